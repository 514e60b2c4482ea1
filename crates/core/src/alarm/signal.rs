//! What a message comes to.

use super::{Address, Alarm, Key, Page};

/// The end of an alarm, as its publisher tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// The alarm that may stand open.
    pub key: Option<Key>,
    /// The page that was asked for as such: where, and under which key.
    pub page: Option<(Address, String)>,
    /// What the publisher says about it, one line.
    pub note: Option<String>,
}

/// What a message asks Dispatch to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Page, and nothing else on the way.
    Page(Page),
    /// Begin or repeat a life.
    Alarm(Box<Alarm>),
    /// Go on with a life that another run could not finish in its time, or whose time has come.
    Resume {
        /// The alarm.
        key: Key,
        /// The timer that has gone off; see [`crate::journal::Timer`].
        timer: Option<u32>,
    },
    /// It is over, says whoever published it.
    Resolve(Resolve),
}
