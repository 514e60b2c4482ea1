//! Limits that services spoke of, remembered for the calls that come after.
//!
//! Without this, each message of a storm would learn of the same limit by a call of its own, and vendors
//! count those, too: GitHub bans who goes on. A gate belongs to one call of one service, such as
//! `slack chat.postMessage`, so that it holds up nothing else. Only a limit with a time closes one. What is
//! merely broken is not helped by staying away, and a page must not wait for a guess.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The longest that a gate is shut on one service's word: a function lives for hours, and one odd header must
/// not keep pages inside for as long.
const SHUT_MAX: Duration = Duration::from_secs(60);
/// How long the others stay outside while one call tries whether the limit is over.
const PROBE: Duration = Duration::from_millis(500);

/// The gates of one client, by call.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<HashMap<&'static str, Gate>>);

#[derive(Debug)]
struct Gate {
    until: Instant,
    /// Whether it was over once, and a call was let through to see.
    probed: bool,
}

impl Gates {
    /// Lets a call through, or says how long it has to wait before it asks again.
    ///
    /// When the time of a gate is over, one call a moment is let through until one of them is answered by
    /// something else than a limit.
    pub(super) fn enter(&self, call: &'static str) -> Option<Duration> {
        let mut gates = self.lock();
        let gate = gates.get_mut(call)?;
        let now = Instant::now();
        if gate.until > now {
            return Some(gate.until - now);
        }
        *gate = Gate { until: now + PROBE, probed: true };
        None
    }

    /// Keeps calls out for `wait`. A gate that is shut for longer stays so.
    pub(super) fn shut(&self, call: &'static str, wait: Duration) {
        if wait.is_zero() {
            return;
        }
        let until = Instant::now() + wait.min(SHUT_MAX);
        let mut gates = self.lock();
        let until = gates.get(call).map_or(until, |gate| gate.until.max(until));
        gates.insert(call, Gate { until, probed: false });
    }

    /// Opens a gate whose time is over. One that was shut while the call was on its way stays so.
    pub(super) fn open(&self, call: &'static str) {
        let mut gates = self.lock();
        if gates.get(call).is_some_and(|gate| gate.probed) {
            gates.remove(call);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_gate_is_shut_for_one_call_and_as_long_as_asked() {
        let gates = Gates::default();
        gates.shut("a", Duration::from_secs(7));
        gates.shut("a", Duration::from_secs(3));
        assert_eq!(gates.enter("a"), Some(Duration::from_secs(7)));
        assert_eq!(gates.enter("b"), None);
        gates.shut("b", Duration::ZERO);
        assert_eq!((gates.enter("b"), gates.enter("b")), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn an_odd_time_shuts_it_for_a_minute() {
        let gates = Gates::default();
        gates.shut("a", Duration::MAX);
        assert_eq!(gates.enter("a"), Some(MINUTE));
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_tries_it_before_the_others_follow() {
        let gates = Gates::default();
        gates.shut("a", MINUTE);
        gates.open("a");
        assert_eq!(gates.enter("a"), Some(MINUTE), "what was on its way before says nothing");
        advance(MINUTE).await;
        assert_eq!((gates.enter("a"), gates.enter("a")), (None, Some(PROBE)));
        gates.shut("a", MINUTE);
        assert_eq!(gates.enter("a"), Some(MINUTE), "it was limited again");
        advance(MINUTE).await;
        assert_eq!(gates.enter("a"), None);
        advance(PROBE).await;
        assert_eq!(gates.enter("a"), None, "who tried it never came back");
        gates.open("a");
        assert_eq!((gates.enter("a"), gates.enter("a")), (None, None));
    }
}
