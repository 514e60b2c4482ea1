//! What a town does beside its queues: ticks of the clock, and webhooks on their way.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{runtime::Handle, sync::watch, task::JoinSet};

/// Work that is under way. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Errands {
    count: Count,
    runtime: Handle,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

/// How much of it there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Count(watch::Sender<usize>);

/// One errand; it is over when this is dropped.
#[derive(Debug)]
pub(super) struct Errand(watch::Sender<usize>);

impl Errands {
    /// Nothing yet. What is begun later, from whatever thread, runs here; it needs a Tokio runtime around it.
    pub(super) fn new() -> Self {
        Errands { count: Count::default(), runtime: Handle::current(), tasks: Arc::default() }
    }

    pub(super) fn count(&self) -> &Count {
        &self.count
    }

    /// Does something that counts as under way from this moment on.
    pub(super) fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let errand = self.count.begin();
        self.keep(async move {
            work.await;
            drop(errand);
        });
    }

    /// Does something that goes on for as long as the town.
    pub(super) fn keep(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(work, &self.runtime);
    }
}

impl Count {
    pub(super) fn begin(&self) -> Errand {
        self.0.send_modify(|count| *count += 1);
        Errand(self.0.clone())
    }

    pub(super) fn is_idle(&self) -> bool {
        *self.0.borrow() == 0
    }

    /// Waits until nothing is under way.
    pub(super) async fn idle(&self) {
        // Cannot fail: the sender lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
