//! The Lambda that takes messages in: queue batches and direct SNS events.
//!
//! Messages that raise the same alarm are folded into one run; different alarms run at the same
//! time. Each failed message goes back to the queue on its own.

mod letter;
mod remains;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse};
use dispatch_core::{
    alarm::{Key, Page, Signal},
    source,
};
use dispatch_engine::{
    Stopped, digest, drive,
    receive::{self, Arrival},
    world::{Run, World, until},
};
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use self::remains::{Cause, Remains};

pub use self::letter::{Letter, UnknownEvent, letters};

/// How much longer than its time a run may take to write the journal and to hand on. It is less than
/// what the function keeps back of an invocation's time.
const GRACE: Duration = Duration::from_secs(2);

/// What is kept back of the time for the last resort, in deliveries that may be the last.
const LAST_RESORT: Duration = Duration::from_secs(10);

/// Alarms that are carried at the same time in one batch: as many as a batch may hold without a window,
/// and more, because one that waits for a service that hangs must not hold up one that does not.
const ABREAST_MAX: usize = 64;

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
    lives: Lives,
}

/// Alarms and hand-ons by key, each with the positions of its letters.
type Lives = BTreeMap<Key, (Vec<Arrival>, Vec<usize>)>;

/// Handles one event within `time`.
///
/// For an SQS batch the answer names the messages that must come again.
///
/// # Errors
/// [`Error`] when the event is none that Dispatch knows, or a record of a direct event failed.
pub async fn handle(world: &World, event: Value, time: Duration) -> Result<Value, Error> {
    let letters = letters(event)?;
    let end = Instant::now() + time;
    let is_late = letters.iter().any(|letter| remains::is_late(world, letter));
    let run = Run::new(world, if is_late { time - LAST_RESORT.min(time / 3) } else { time });
    let work = sort(world, &letters);
    // Who writes the journal and hands on when the time is up must still be able to call.
    let failures = until(end + GRACE, async {
        let (pages, lives) = tokio::join!(send(world, &run, &work.pages), carry(world, &run, &work.lives));
        let digests = refresh(world, &run, &work.lives).await;
        let remains: Vec<Remains<'_>> = pages.into_iter().chain(lives).chain(digests).collect();
        remains::settle(world, end, &letters, remains).await
    });
    let failures = failures.await;
    for (position, reason) in &failures {
        let message_id = letters.get(*position).map(|letter| letter.id.as_str());
        tracing::error!(message_id, reason, "a message goes back to the queue");
    }
    answer(&letters, &failures)
}

/// Reads every letter and folds those that belong together.
fn sort(world: &World, letters: &[Letter]) -> Work {
    let mut work = Work::default();
    let mut paged: HashMap<_, usize> = HashMap::new();
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
                let at = *paged.entry((page.key.clone(), page.to.clone())).or_insert(work.pages.len());
                match work.pages.get_mut(at) {
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

/// Pages for all that asked for it; returns what is left to do.
async fn send<'a>(world: &World, run: &Run, pages: &'a [(Page, Vec<usize>)]) -> Vec<Remains<'a>> {
    let sent = pages.iter().map(|(page, positions)| async move {
        match receive::page(world, run, page).await {
            Ok(receipt) => {
                tracing::info!(at = %receipt.at, messages = positions.len(), "paged");
                None
            }
            Err(failed) => Some(Remains { positions, cause: Cause::Page(failed) }),
        }
    });
    abreast(sent.collect()).await
}

/// Carries all lives; returns what is left to do.
async fn carry<'a>(world: &World, run: &Run, lives: &'a Lives) -> Vec<Remains<'a>> {
    let carried = lives.iter().map(|(key, (arrivals, positions))| async move {
        // A store that hangs must not take the whole batch with it.
        let stopped = match timeout_at(run.deadline + GRACE, carry_one(world, run, key, arrivals)).await {
            Ok(Ok(())) => return None,
            Ok(Err(stopped)) => stopped,
            Err(_) => Stopped::OutOfTime { left: 1, moved: false },
        };
        let alarm = arrivals.first().map(|arrival| &arrival.alarm);
        Some(Remains { positions, cause: Cause::Life { key, alarm, stopped } })
    });
    abreast(carried.collect()).await
}

/// Runs tasks side by side; returns what is left of them.
async fn abreast<'a>(tasks: Vec<impl Future<Output = Option<Remains<'a>>>>) -> Vec<Remains<'a>> {
    let done: Vec<Option<Remains<'a>>> = stream::iter(tasks).buffer_unordered(ABREAST_MAX).collect().await;
    done.into_iter().flatten().collect()
}

/// Brings digests up to date; returns the lives that one tells of when not even handing that on worked.
async fn refresh<'a>(world: &World, run: &Run, lives: &'a Lives) -> Vec<Remains<'a>> {
    let left = match timeout_at(run.deadline + GRACE, digest::refresh(world, run)).await {
        Ok(left) => left,
        Err(_) => run.left_over(),
    };
    let left = left.iter().filter_map(|key| lives.get_key_value(key));
    left.map(|(key, (arrivals, positions))| {
        let alarm = arrivals.first().map(|arrival| &arrival.alarm);
        let stopped = Stopped::OutOfTime { left: 1, moved: false };
        Remains { positions, cause: Cause::Life { key, alarm, stopped } }
    })
    .collect()
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
