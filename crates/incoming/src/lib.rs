//! The Lambda that takes messages in: queue batches and direct SNS events.
//!
//! Messages that raise the same alarm are folded into one run; different alarms run at the same
//! time. Each failed message goes back to the queue on its own.

mod letter;

use std::{collections::BTreeMap, time::Duration};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse};
use dispatch_core::{
    alarm::{Key, Page, Signal},
    source,
};
use dispatch_engine::{
    Stopped, drive,
    receive::{self, Arrival},
    world::{Run, World},
};
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::time::timeout_at;

pub use self::letter::{Letter, UnknownEvent, letters};

/// How much longer than its time a run may take to write the journal and to hand on. It is less than
/// what the function keeps back of an invocation's time.
const GRACE: Duration = Duration::from_secs(2);

/// Alarms that are carried at the same time in one batch.
const ABREAST_MAX: usize = 8;

/// What goes wrong with an event as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is none that Dispatch knows.
    #[error(transparent)]
    Unknown(#[from] UnknownEvent),
    /// Some of a direct event's records are left to do; the whole event must come again, and what
    /// is done already will not be done twice.
    #[error("{failed} of {all} messages are left to do: {first}")]
    Left {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
        /// Why, for the first of them.
        first: String,
    },
    /// The answer could not be written.
    #[error(transparent)]
    Answer(#[from] serde_json::Error),
}

/// What a batch asks for, folded.
#[derive(Debug, Default)]
struct Work {
    /// Pages, each with the positions of the letters that asked for it.
    pages: Vec<(Page, Vec<usize>)>,
    /// Alarms and hand-ons by key, each with the positions of its letters.
    lives: BTreeMap<Key, (Vec<Arrival>, Vec<usize>)>,
}

/// Handles one event within `time`.
///
/// For an SQS batch the answer names the messages that must come again.
///
/// # Errors
/// [`Error`] when the event is none that Dispatch knows, or a record of a direct event failed.
pub async fn handle(world: &World, event: Value, time: Duration) -> Result<Value, Error> {
    let letters = letters(event)?;
    let run = Run::new(world, time);
    let work = sort(world, &letters);
    let (pages, lives) = tokio::join!(send(world, &run, work.pages), carry(world, &run, work.lives));
    let failures: Vec<(usize, String)> = pages.into_iter().chain(lives).collect();
    for (position, reason) in &failures {
        let message_id = letters.get(*position).map(|letter| letter.id.as_str());
        tracing::error!(message_id, reason, "a message goes back to the queue");
    }
    answer(&letters, &failures)
}

/// Reads every letter and folds those that belong together.
fn sort(world: &World, letters: &[Letter]) -> Work {
    let mut work = Work::default();
    for (position, letter) in letters.iter().enumerate() {
        let read = source::accept(
            &source::Letter { id: &letter.id, subject: letter.subject.as_deref(), text: &letter.text },
            &world.defaults,
        );
        if let Some(invalid) = read.warning {
            tracing::warn!(message_id = letter.id, path = invalid.path, "a message is not as it should be");
        }
        match read.signal {
            Signal::Page(page) => {
                match work.pages.iter_mut().find(|(known, _)| (&known.key, &known.to) == (&page.key, &page.to)) {
                    Some((_, positions)) => positions.push(position),
                    None => work.pages.push((page, vec![position])),
                }
            }
            Signal::Alarm(alarm) => {
                let (arrivals, positions) = work.lives.entry(alarm.key()).or_default();
                arrivals.push(Arrival { message: letter.id.clone(), alarm: *alarm });
                positions.push(position);
            }
            Signal::Resume(key) => work.lives.entry(key).or_default().1.push(position),
        }
    }
    work
}

/// Pages for all that asked for it; returns the positions of letters that are left to do.
async fn send(world: &World, run: &Run, pages: Vec<(Page, Vec<usize>)>) -> Vec<(usize, String)> {
    let sent = stream::iter(pages).map(|(page, positions)| async move {
        match receive::page(world, run, &page).await {
            Ok(receipt) => {
                tracing::info!(at = %receipt.at, messages = positions.len(), "paged");
                Vec::new()
            }
            Err(failed) => positions.into_iter().map(|position| (position, failed.to_string())).collect(),
        }
    });
    sent.buffer_unordered(ABREAST_MAX).collect::<Vec<_>>().await.concat()
}

/// Carries all lives; returns the positions of letters that are left to do.
async fn carry(world: &World, run: &Run, lives: BTreeMap<Key, (Vec<Arrival>, Vec<usize>)>) -> Vec<(usize, String)> {
    let carried = stream::iter(lives).map(|(key, (arrivals, positions))| async move {
        // A store that hangs must not take the whole batch with it.
        let stopped = match timeout_at(run.deadline + GRACE, carry_one(world, run, &key, &arrivals)).await {
            Ok(Ok(())) => return Vec::new(),
            Ok(Err(stopped)) => stopped,
            Err(_) => Stopped::OutOfTime { left: 1, moved: false },
        };
        positions.into_iter().map(|position| (position, format!("alarm {key}: {stopped}"))).collect::<Vec<_>>()
    });
    carried.buffer_unordered(ABREAST_MAX).collect::<Vec<_>>().await.concat()
}

/// Carries one life. One that is longer than a run, such as a large broadcast, is handed on: its
/// message would use up its deliveries. Each run must have come further, so this has an end.
async fn carry_one(world: &World, run: &Run, key: &Key, arrivals: &[Arrival]) -> Result<(), Stopped> {
    let result = match arrivals {
        [] => drive(world, run, key).await,
        arrivals => receive::receive(world, run, arrivals).await,
    };
    match result {
        Ok(plan) => tracing::info!(alarm.key = %key, messages = arrivals.len(), rest = ?plan, "carried"),
        Err(Stopped::OutOfTime { left, moved: true }) => {
            world.topic.publish(&source::resume(key)).await?;
            tracing::info!(alarm.key = %key, left, "handed on");
        }
        Err(stopped) => return Err(stopped),
    }
    Ok(())
}

fn answer(letters: &[Letter], failures: &[(usize, String)]) -> Result<Value, Error> {
    let mut response = SqsBatchResponse::default();
    for (position, reason) in failures {
        match letters.get(*position).and_then(|letter| letter.item.as_ref()) {
            Some(item) => {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier.clone_from(item);
                response.batch_item_failures.push(failure);
            }
            None => {
                return Err(Error::Left { failed: failures.len(), all: letters.len(), first: reason.clone() });
            }
        }
    }
    Ok(serde_json::to_value(response)?)
}
