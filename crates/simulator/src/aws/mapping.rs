//! Lambda's event source mapping: carries a queue's messages to a function, batch by batch.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::lambda::{self, Handler};
use super::{Message, Queue};

/// How a mapping batches and retries.
#[derive(Clone, Copy, Debug)]
pub struct MappingSettings {
    /// The most messages in a batch, at least 1; 10 unless told otherwise. Source: `BatchSize`.
    pub batch_size: usize,
    /// How long a batch that is not full waits for more, shorter than the queue's visibility; not at all
    /// unless told otherwise. Source: `MaximumBatchingWindowInSeconds`.
    pub window: Duration,
    /// The most batches at the same time, at least 1; 10 unless told otherwise.
    /// Source: `ScalingConfig.MaximumConcurrency`.
    pub concurrency: usize,
    /// When a message that failed is received again; 1 second unless told otherwise. On AWS it is the rest of
    /// the queue's visibility, which is longer than people and tests like to wait.
    pub retry_after: Duration,
}

impl Default for MappingSettings {
    fn default() -> Self {
        Self { batch_size: 10, window: Duration::ZERO, concurrency: 10, retry_after: Duration::from_secs(1) }
    }
}

/// A running mapping. Dropping it stops it, and the calls that it is in the middle of; their messages come
/// back when their visibility ends, as after a crash.
#[derive(Debug)]
pub struct Mapping {
    queue: Queue,
    pump: AbortHandle,
}

impl Mapping {
    /// Starts carrying messages from the queue to the function. Needs a Tokio runtime around it.
    pub fn start(queue: &Queue, function: Handler, settings: MappingSettings) -> Self {
        let pump = tokio::spawn(pump(queue.clone(), function, settings)).abort_handle();
        Self { queue: queue.clone(), pump }
    }

    /// The queue that is emptied.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Waits until the queue has nothing waiting, not even for a retry, and nothing in flight.
    pub async fn idle(&self) {
        self.queue.idle().await;
    }

    /// Tells of every change of the queue by a new number.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.queue.changes()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

/// Runs until it is aborted; the calls in `running` end with it.
async fn pump(queue: Queue, function: Handler, settings: MappingSettings) {
    let mut running = JoinSet::new();
    loop {
        while running.len() >= settings.concurrency.max(1) {
            running.join_next().await;
        }
        let batch = gather(&queue, settings).await;
        while running.try_join_next().is_some() {}
        running.spawn(deliver(queue.clone(), function.clone(), batch, settings.retry_after));
    }
}

async fn gather(queue: &Queue, settings: MappingSettings) -> Vec<Message> {
    let size = settings.batch_size.max(1);
    let mut batch = queue.receive_some(size).await;
    let deadline = Instant::now() + settings.window;
    while batch.len() < size && !settings.window.is_zero() {
        match timeout_at(deadline, queue.receive_some(size - batch.len())).await {
            Ok(more) => batch.extend(more),
            Err(_) => break,
        }
    }
    batch
}

/// Calls the function with a batch, deletes what it handled and hands back what it did not.
async fn deliver(queue: Queue, function: Handler, batch: Vec<Message>, retry_after: Duration) {
    let event = lambda::queue_event(&queue, &batch);
    let answer = lambda::call(&function, event).await;
    let failed = answer.and_then(|answer| lambda::failed(&answer, &batch)).unwrap_or_else(|error| {
        tracing::warn!(queue = queue.name(), messages = batch.len(), error, "whole batch failed");
        (0..batch.len()).collect()
    });
    for (position, message) in batch.iter().enumerate() {
        if failed.contains(&position) {
            queue.hand_back(&message.receipt, retry_after);
        } else {
            queue.delete(&message.receipt);
        }
    }
}

#[cfg(test)]
mod tests;
