//! When the clock wakes a life.

use jiff::{Timestamp, fmt::strtime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::alarm::Key;

/// When the clock will wake a life. It stands in the store under [`Timer::path`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// When, in whole seconds.
    pub at: Timestamp,
    /// Which one of this alarm, from 1: a timer that has gone off is never taken for the next.
    pub n: u32,
    /// Whether it has gone off. Then it stands in the store no more.
    pub fired: bool,
}

/// Where timers stand.
pub const TIMERS: &str = "due/";
/// Their time in their name, in UTC.
const TIME: &str = "%Y%m%dT%H%M%SZ";

impl Timer {
    /// The name of its object: in the order of time, then of keys.
    pub fn path(&self, key: &Key) -> String {
        format!("{}{key}.{}", Timer::prefix(self.at), self.n)
    }

    /// What the names of all timers of this second begin with; those of earlier ones come before it.
    pub fn prefix(at: Timestamp) -> String {
        format!("{TIMERS}{}/", at.strftime(TIME))
    }

    /// When the timer that this object is goes off; `None` when it is none.
    pub fn time(path: &str) -> Option<Timestamp> {
        let (time, _) = path.strip_prefix(TIMERS)?.split_once('/')?;
        let time = strtime::parse(TIME, time).ok()?.to_datetime().ok()?;
        TimeZone::UTC.to_timestamp(time).ok()
    }

    /// The alarm and the number of the timer that this object is; `None` when it is none.
    pub fn read(path: &str) -> Option<(Key, u32)> {
        let (_, name) = path.strip_prefix(TIMERS)?.split_once('/')?;
        let (key, n) = name.split_once('.')?;
        Some((Key::try_from(key.to_owned()).ok()?, n.parse().ok()?))
    }
}
