//! Carries alarms through their lives: effects at the rim, decisions in `dispatch-core`.
//!
//! - [`receive`] takes a message, [`answer`] a click, [`heard`] what people did elsewhere, [`sweep`] is the
//!   clock, and [`drive`] goes on with a life from wherever it stands. All of them read the journal, do what comes next, and write down what happened.
//! - [`ports`] is what they need of the world, [`world`] is where it is put together; [`view`] only looks.
//!
//! Deliberately absent: vendors, HTTP, settings. Those are in `dispatch-services`.

pub mod answer;
mod budget;
pub mod digest;
mod drive;
pub mod heard;
mod held;
mod incidents;
pub mod last_resort;
pub mod lost;
mod perform;
pub mod ports;
pub mod receive;
pub mod sweep;
mod tally;
pub mod view;
pub mod world;

use dispatch_core::journal::Step;
use jiff::Timestamp;

use self::ports::Failed;
pub use self::{
    budget::Budget,
    drive::drive,
    tally::{Count, Numbers, Span, Tally},
};

/// The labels that Dispatch puts on issues by itself, beside those that messages name.
pub const LABELS: [&str; 1] = [perform::UNANSWERED];

/// Why a run ended with something left to do.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Another run is acting for this alarm.
    #[error("another run acts for this alarm until {until}")]
    Leased {
        /// When its lease ends by itself.
        until: Timestamp,
        /// Whether a message stands behind it, and comes again if it dies.
        backed: bool,
    },
    /// A step did not work.
    #[error("could not {step}: {failed}")]
    Failed {
        /// Which step.
        step: Step,
        /// Why.
        failed: Failed,
    },
    /// The run's time is up.
    #[error("time is up with {left} steps left")]
    OutOfTime {
        /// How many.
        left: usize,
        /// Whether this run has come any further: then another one will, too.
        moved: bool,
    },
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] Failed),
    /// The journal cannot be read or written; never guessed at.
    #[error("{0}")]
    Journal(String),
    /// Another life has taken this one's place.
    #[error("another life has begun")]
    Replaced,
    /// The journal takes no more unreadable texts before those that it holds are told.
    #[error("more unreadable texts than a journal holds")]
    Full,
    /// Too many others change the same journal.
    #[error("too many runs change this alarm at once")]
    Contended,
    /// The plan never came to rest: a defect.
    #[error("the plan does not come to rest")]
    Endless,
}
