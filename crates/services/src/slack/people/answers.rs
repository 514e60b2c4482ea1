//! What Slack said when it was asked about one person: kept for a while, and asked once by many.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dispatch_engine::ports::Failed;
use tokio::{sync::Mutex as Turn, time::Instant};

use super::{FOUND, UNKNOWN};

/// Answers by what was asked for. Whoever asks while another is asking waits for the same answer.
#[derive(Debug)]
pub(super) struct Answers<T>(Mutex<HashMap<String, Slot<T>>>);

/// One answer; its lock is held while Slack is asked.
type Slot<T> = Arc<Turn<Option<Known<T>>>>;

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Answers(Mutex::default())
    }
}

impl<T: Clone> Answers<T> {
    /// The answer that is known, else what `ask` brings.
    ///
    /// # Errors
    /// Those of `ask`, which are kept for a while, too.
    pub(super) async fn get(&self, key: &str, ask: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        let arrived = Instant::now();
        let slot = self.slot(key);
        let mut known = slot.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.holds(arrived)) {
            return known.found.clone();
        }
        let found = ask.await;
        *known = Some(Known { at: Instant::now(), found: found.clone() });
        found
    }

    /// Keeps what another call told, unless somebody is asking right now.
    pub(super) fn put(&self, key: &str, answer: T) {
        if let Ok(mut known) = self.slot(key).try_lock() {
            *known = Some(Known { at: Instant::now(), found: Ok(answer) });
        }
    }

    fn slot(&self, key: &str) -> Slot<T> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key.to_owned()).or_default())
    }
}

/// What Slack said.
#[derive(Debug)]
struct Known<T> {
    at: Instant,
    found: Result<T, Failed>,
}

impl<T> Known<T> {
    /// Whether it answers those who came at `arrived`.
    fn holds(&self, arrived: Instant) -> bool {
        let keep = self.found.as_ref().map_or_else(patience, |_| FOUND);
        self.at + keep >= arrived
    }
}

/// How long a failure answers those who come after it. Those who waited for it share it in any case.
pub(super) fn patience(failed: &Failed) -> Duration {
    match failed {
        Failed::Refused { .. } => UNKNOWN,
        Failed::Busy { wait, .. } => wait.unwrap_or_default().min(UNKNOWN),
        Failed::Forbidden { .. } | Failed::Unreachable { .. } => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_for_its_time() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let holds = |found: Result<(), Failed>, age| Known { at: now, found }.holds(now + age);
        assert!(holds(Ok(()), FOUND) && !holds(Ok(()), FOUND + second));
        let (call, reason) = ("slack users.info", String::new);
        let nobody = || Err(Failed::Refused { call, reason: reason() });
        assert!(holds(nobody(), UNKNOWN) && !holds(nobody(), UNKNOWN + second));
        let lost = || Err(Failed::Unreachable { call, reason: reason() });
        assert!(holds(lost(), Duration::ZERO) && !holds(lost(), Duration::from_millis(1)));
        let busy = || Err(Failed::Busy { call, reason: reason(), wait: Some(2 * second) });
        assert!(holds(busy(), second) && !holds(busy(), 3 * second));
    }
}
