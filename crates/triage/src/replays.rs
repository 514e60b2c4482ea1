//! Which requests were handled already, so that one that is sent again does nothing new.
//!
//! One process knows only what it handled itself. Across processes the journal keeps an answer from
//! counting twice; there a replay costs a private note at most.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// Slack's signatures count for five minutes on either side of their own time, so for ten in all. Those of webhooks
/// count for ever: what is sent again later has to be told by what has become of the alarm.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Far more clicks than people make in that time.
const KEPT_MAX: usize = 1_000;

/// The signatures of the requests that were handled lately. Clones share one memory.
#[derive(Clone, Debug, Default)]
pub struct Replays(Arc<Mutex<VecDeque<Handled>>>);

#[derive(Debug)]
struct Handled {
    at: Timestamp,
    /// In lower case: its digits are hex, and count the same in upper case.
    signature: String,
}

impl Replays {
    /// Whether the request with this signature was handled.
    pub(crate) fn knows(&self, signature: &str, now: Timestamp) -> bool {
        let handled = self.lock();
        handled.iter().any(|known| !known.is_old(now) && known.signature.eq_ignore_ascii_case(signature))
    }

    /// Remembers a request that was handled. Its signature must have been verified: else anybody
    /// could fill the memory.
    pub(crate) fn remember(&self, signature: &str, now: Timestamp) {
        let mut handled = self.lock();
        handled.retain(|known| !known.is_old(now));
        if handled.len() == KEPT_MAX {
            handled.pop_front();
        }
        handled.push_back(Handled { at: now, signature: signature.to_ascii_lowercase() });
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Handled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handled {
    fn is_old(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) > KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_was_handled_is_known_for_ten_minutes() {
        let replays = Replays::default();
        assert!(!replays.knows("v0=ab", at(0)));
        replays.remember("v0=aB", at(0));
        for (second, known) in [(0, true), (600, true), (601, false), (-60, true)] {
            assert_eq!(replays.clone().knows("v0=AB", at(second)), known, "{second}");
        }
        assert!(!replays.knows("v0=ac", at(0)));
        replays.remember("v0=ac", at(601));
        assert_eq!(replays.lock().len(), 1, "what is old is forgotten");
    }

    #[test]
    fn the_memory_is_bounded_and_the_oldest_go_first() {
        let replays = Replays::default();
        for number in 0..KEPT_MAX + 2 {
            replays.remember(&number.to_string(), at(0));
        }
        assert_eq!(replays.lock().len(), KEPT_MAX);
        assert!(!replays.knows("1", at(0)) && replays.knows("2", at(0)));
    }
}
