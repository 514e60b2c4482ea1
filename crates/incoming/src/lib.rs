//! The Lambda that takes messages in: queue batches and direct SNS events.
//!
//! Messages that raise the same alarm are folded into one run; different alarms run at the same
//! time. Each failed message goes back to the queue on its own.

mod letter;
mod remains;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse};
use dispatch_core::{
    alarm::{Key, Page, Resolve, Signal},
    life::Plan,
    source,
};
use dispatch_engine::{
    Stopped, digest, drive, heard,
    ports::Failed,
    receive::{self, Arrival},
    sweep::sweep,
    world::{Run, World, until},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

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
    /// The timers cannot be listed; the next tick finds what is due.
    #[error(transparent)]
    Clock(Failed),
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
    /// What is over, each with the position of its letter and the key that its failures go by.
    ends: Vec<(Resolve, usize, Key)>,
}

/// Alarms and hand-ons by key.
type Lives = BTreeMap<Key, Life>;

/// What one alarm has to do in a batch.
#[derive(Debug, Default)]
struct Life {
    /// Messages that raised it.
    arrivals: Vec<Arrival>,
    /// The newest of its timers that has gone off.
    timer: Option<u32>,
    /// The positions of all its letters.
    positions: Vec<usize>,
}

/// Handles one event within `time`: a batch of messages, a tick of the clock, or a ping, `{"dispatch": "ping"}`,
/// whose answer is the version.
///
/// For an SQS batch the answer names the messages that must come again.
///
/// # Errors
/// [`Error`] when the event is none that Dispatch knows, or a record of a direct event failed.
pub async fn handle(world: &World, event: Value, time: Duration) -> Result<Value, Error> {
    let end = Instant::now() + time;
    if event.get("dispatch").and_then(Value::as_str) == Some("ping") {
        return Ok(json!({ "version": env!("CARGO_PKG_VERSION") }));
    }
    if is_tick(&event) {
        return tick(world, end).await;
    }
    let letters = letters(event)?;
    let is_late = letters.iter().any(|letter| remains::is_late(world, letter));
    let run = Run::new(world, if is_late { time - LAST_RESORT.min(time / 3) } else { time });
    let work = sort(world, &letters);
    // Who writes the journal and hands on when the time is up must still be able to call.
    let failures = until(end + GRACE, async {
        let (pages, lives) = tokio::join!(send(world, &run, &work.pages), carry(world, &run, &work.lives));
        // Behind what raises it: both may be in one batch.
        let ends = end_all(world, &run, &letters, &work.ends).await;
        let digests = refresh(world, &run, &work).await;
        let remains: Vec<Remains<'_>> = pages.into_iter().chain(lives).chain(ends).chain(digests).collect();
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
                if let Some(published) = letter.published {
                    world.tally.published(&alarm.key(), published);
                }
                let life = work.lives.entry(alarm.key()).or_default();
                life.arrivals.push(Arrival { message: letter.id.clone(), alarm: *alarm });
                life.positions.push(position);
            }
            Signal::Resume { key, timer } => {
                let life = work.lives.entry(key).or_default();
                life.timer = life.timer.max(timer);
                life.positions.push(position);
            }
            Signal::Resolve(resolve) => {
                let repo = &world.defaults.repo;
                let page = resolve.page.as_ref().map_or("", |(_, key)| key.as_str());
                let key = resolve.key.clone().unwrap_or_else(|| Key::new(repo, page));
                work.ends.push((resolve, position, key));
            }
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
    let carried = lives.iter().map(|(key, life)| async move {
        // A store that hangs must not take the whole batch with it.
        let stopped = match timeout_at(run.deadline + GRACE, carry_one(world, run, key, life)).await {
            Ok(Ok(())) => return None,
            Ok(Err(stopped)) => stopped,
            Err(_) => Stopped::OutOfTime { left: 1, moved: false },
        };
        Some(life.remains(key, stopped))
    });
    abreast(carried.collect()).await
}

/// Runs tasks side by side; returns what is left of them.
async fn abreast<'a>(tasks: Vec<impl Future<Output = Option<Remains<'a>>>>) -> Vec<Remains<'a>> {
    let done: Vec<Option<Remains<'a>>> = stream::iter(tasks).buffer_unordered(ABREAST_MAX).collect().await;
    done.into_iter().flatten().collect()
}

/// Brings digests up to date; returns whatever touched one when not even handing that on worked.
async fn refresh<'a>(world: &World, run: &Run, work: &'a Work) -> Vec<Remains<'a>> {
    let left = match timeout_at(run.deadline + GRACE, digest::refresh(world, run)).await {
        Ok(left) => left,
        Err(_) => run.left_over(),
    };
    let left: BTreeSet<Key> = left.into_iter().collect();
    let stopped = || Stopped::OutOfTime { left: 1, moved: false };
    let lives = work.lives.iter().filter(|(key, _)| left.contains(key));
    let lives = lives.map(|(key, life)| life.remains(key, stopped()));
    let ends = work.ends.iter().filter(|(_, _, key)| left.contains(key));
    lives.chain(ends.map(|(_, position, key)| unended(position, key, stopped()))).collect()
}

/// What is left of the end of an alarm.
fn unended<'a>(position: &'a usize, key: &'a Key, stopped: Stopped) -> Remains<'a> {
    Remains { positions: std::slice::from_ref(position), cause: Cause::Life { key, alarm: None, stopped } }
}

impl Life {
    fn remains<'a>(&'a self, key: &'a Key, stopped: Stopped) -> Remains<'a> {
        let alarm = self.arrivals.first().map(|arrival| &arrival.alarm);
        Remains { positions: &self.positions, cause: Cause::Life { key, alarm, stopped } }
    }
}

/// Ends whatever is over; returns what is left to do. What is said of one alarm goes one after the other, because
/// a run's lease does not keep it from itself.
async fn end_all<'a>(
    world: &World,
    run: &Run,
    letters: &[Letter],
    ends: &'a [(Resolve, usize, Key)],
) -> Vec<Remains<'a>> {
    let mut by_key: BTreeMap<&Key, Vec<&(Resolve, usize, Key)>> = BTreeMap::new();
    for end in ends {
        by_key.entry(&end.2).or_default().push(end);
    }
    let ended = by_key.into_values().map(|ends| async move {
        let mut remains = Vec::new();
        for (resolve, position, key) in ends {
            remains.extend(end_one(world, run, letters, resolve, position, key).await);
        }
        remains
    });
    let ended: Vec<_> = ended.collect();
    stream::iter(ended).buffer_unordered(ABREAST_MAX).concat().await
}

async fn end_one<'a>(
    world: &World,
    run: &Run,
    letters: &[Letter],
    resolve: &'a Resolve,
    position: &'a usize,
    key: &'a Key,
) -> Option<Remains<'a>> {
    let message = letters.get(*position).map_or("", |letter| letter.id.as_str());
    let ended = timeout_at(run.deadline + GRACE, heard::withdraw(world, run, message, resolve)).await;
    let stopped = match ended {
        Ok(Ok(())) => return None,
        Ok(Err(stopped)) => stopped,
        Err(_) => Stopped::OutOfTime { left: 1, moved: false },
    };
    Some(unended(position, key, stopped))
}

/// Whether the event is a tick of the clock: a scheduled event of EventBridge, or what its scheduler is told to
/// send.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>
fn is_tick(event: &Value) -> bool {
    event.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event")
        || event.get("dispatch").and_then(Value::as_str) == Some("tick")
}

async fn tick(world: &World, end: Instant) -> Result<Value, Error> {
    let run = Run::alone(world, end);
    let swept = until(end + GRACE, sweep(world, &run)).await.map_err(Error::Clock)?;
    if swept.woken + swept.left > 0 {
        tracing::info!(woken = swept.woken, left = swept.left, "the clock has gone round");
    }
    Ok(json!({ "woken": swept.woken, "left": swept.left }))
}

/// Carries one life. One that is longer than a run, such as a large broadcast, is handed on: its
/// message would use up its deliveries. Each run must have come further, so this has an end.
async fn carry_one(world: &World, run: &Run, key: &Key, life: &Life) -> Result<(), Stopped> {
    let mut result = go_on(world, run, key, life).await;
    // A click's run holds its alarm for seconds, and nobody comes again for it.
    if let Err(Stopped::Leased { until, backed: false }) = result
        && let Some(wait) = run.may_wait(until, world.clock.now())
    {
        sleep(wait).await;
        result = go_on(world, run, key, life).await;
    }
    match result {
        Ok(plan) => tracing::info!(alarm.key = %key, messages = life.arrivals.len(), rest = ?plan, "carried"),
        Err(Stopped::OutOfTime { left, moved: true }) => {
            world.topic.publish(&source::resume(key)).await?;
            tracing::info!(alarm.key = %key, left, "handed on");
        }
        Err(stopped) => return Err(stopped),
    }
    Ok(())
}

async fn go_on(world: &World, run: &Run, key: &Key, life: &Life) -> Result<Plan, Stopped> {
    let woken = match life.timer {
        Some(_) => drive(world, run, key, life.timer).await,
        None => Ok(Plan::Done),
    };
    match life.arrivals.as_slice() {
        [] if life.timer.is_some() => woken,
        [] => drive(world, run, key, None).await,
        arrivals => receive::receive(world, run, arrivals).await.and_then(|plan| woken.map(|_| plan)),
    }
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
