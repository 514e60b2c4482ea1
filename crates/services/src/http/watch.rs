//! What is told of calls that fail.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use dispatch_engine::{Count, Tally, ports::Failed};

/// Counts calls that fail, and remembers when a service did not know who calls. Cheap to clone; all clones share it.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    tally: Arc<Tally>,
    is_denied: Arc<AtomicBool>,
}

impl Watch {
    /// One that counts there.
    pub fn new(tally: Arc<Tally>) -> Self {
        Watch { tally, is_denied: Arc::default() }
    }

    /// Whether, since the last time, a service did not know who calls.
    pub fn was_denied(&self) -> bool {
        self.is_denied.swap(false, Ordering::Relaxed)
    }

    pub(super) fn failed(&self, failed: &Failed, denied: bool) {
        self.tally.failed(failed, denied);
        if denied {
            self.tally.add(Count::Unauthorized, 1);
            self.is_denied.store(true, Ordering::Relaxed);
        }
    }
}
