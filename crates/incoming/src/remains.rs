//! What is left of a batch: it goes back to the queue, and in its last deliveries somebody is told.

use std::time::Duration;

use dispatch_core::{
    alarm::{Alarm, Key},
    source,
};
use dispatch_engine::{
    Stopped,
    last_resort::{self, Failure},
    ports::Failed,
    world::World,
};
use futures::{StreamExt, future::join_all, stream};
use tokio::time::Instant;

use crate::{ABREAST_MAX, Letter};

/// What is kept of the time for publishing anew what nobody could be told of.
const PUBLISH: Duration = Duration::from_secs(3);

/// Something that could not be finished, with the positions of the letters that asked for it.
#[derive(Debug)]
pub(crate) struct Remains<'a> {
    pub(crate) positions: &'a [usize],
    pub(crate) cause: Cause<'a>,
}

/// What could not be finished, and why.
#[derive(Debug)]
pub(crate) enum Cause<'a> {
    Page(Failed),
    Life { key: &'a Key, alarm: Option<&'a Alarm>, stopped: Stopped },
}

/// Whether this is one of the last two deliveries: a run that dies in the last one tells nobody.
pub(crate) fn is_late(world: &World, letter: &Letter) -> bool {
    letter.item.is_some() && letter.receives.saturating_add(1) >= world.limits.receives_max
}

/// Returns the letters that must come again, with the reason. Of those that are in their last
/// deliveries the person on call is told; where that does not work either, they are published anew, so
/// that no letter is given up before somebody knows.
pub(crate) async fn settle(
    world: &World,
    end: Instant,
    letters: &[Letter],
    remains: Vec<Remains<'_>>,
) -> Vec<(usize, String)> {
    // Side by side: a pager that hangs for one must not use up the time of the others.
    let settled: Vec<_> = remains.iter().map(|remains| settle_one(world, end, letters, remains)).collect();
    stream::iter(settled).buffer_unordered(ABREAST_MAX).concat().await
}

async fn settle_one(
    world: &World,
    end: Instant,
    letters: &[Letter],
    Remains { positions, cause }: &Remains<'_>,
) -> Vec<(usize, String)> {
    let reason = cause.to_string();
    let late: Vec<&Letter> =
        positions.iter().filter_map(|at| letters.get(*at)).filter(|letter| is_late(world, letter)).collect();
    let is_told = late.is_empty() || cause.tell(world, end - PUBLISH, &late).await;
    let comes_again: Vec<_> = positions
        .iter()
        .map(|position| {
            comes_again(world, end, cause, letters.get(*position).filter(|letter| !is_told && is_late(world, letter)))
        })
        .collect();
    let settled = positions.iter().zip(join_all(comes_again).await);
    settled.filter(|(_, again)| !again).map(|(position, _)| (*position, reason.clone())).collect()
}

/// Publishes a letter anew that would be a dead letter nobody knows of; `true` when it is certain to come
/// again that way.
async fn comes_again(world: &World, end: Instant, cause: &Cause<'_>, letter: Option<&Letter>) -> bool {
    let Some(letter) = letter else { return false };
    if publish_again(world, letter).await {
        return true;
    }
    // Whoever could not be left to another delivery is told of at last.
    if let Cause::Life { key, alarm, stopped: stopped @ Stopped::Leased { .. } } = cause {
        page(world, end, key, *alarm, stopped, &[letter]).await;
    }
    false
}

/// `true` when another delivery of the same message is certain.
async fn publish_again(world: &World, letter: &Letter) -> bool {
    let copy = source::Letter { id: &letter.id, subject: letter.subject.as_deref(), text: &letter.text };
    match last_resort::again(world, &copy).await {
        Ok(()) => {
            tracing::warn!(message_id = letter.id, "published anew, because nobody could be told");
            true
        }
        Err(failed) => {
            tracing::error!(message_id = letter.id, error = %failed, "nobody could be told");
            false
        }
    }
}

impl Cause<'_> {
    /// Whether the letters may be given up: somebody knows, or nobody else can be told.
    async fn tell(&self, world: &World, end: Instant, late: &[&Letter]) -> bool {
        match self {
            // The pager itself refuses for good: only the dead letters can keep it.
            Cause::Page(failed) if failed.is_final() => {
                for letter in late {
                    last_resort::lose(world, &letter.id, None, "", &failed.to_string(), None).await;
                }
                true
            }
            // The pager cannot be reached, or another run is at work: nothing to tell, and nothing to give up.
            Cause::Page(_) | Cause::Life { stopped: Stopped::Leased { .. }, .. } => false,
            Cause::Life { key, alarm, stopped } => page(world, end, key, *alarm, stopped, late).await,
        }
    }
}

/// Pages for an alarm; `true` when the letters may be given up.
async fn page(
    world: &World,
    end: Instant,
    key: &Key,
    alarm: Option<&Alarm>,
    stopped: &Stopped,
    late: &[&Letter],
) -> bool {
    let messages: Vec<&str> = late.iter().map(|letter| letter.id.as_str()).collect();
    let receives = late.iter().map(|letter| letter.receives).max().unwrap_or(1);
    let of = world.limits.receives_max;
    let reason = format!("could not finish this alarm (delivery {receives} of {of}): {stopped}");
    let failure = Failure { key, alarm, messages: &messages, reason: &reason };
    match last_resort::alert(world, end, failure).await {
        Ok(_) => true,
        // As for a page: published anew it would come back for ever, and never be a dead letter.
        Err(failed) if failed.is_final() => {
            let reason = format!("{reason}; and nobody could be paged: {failed}");
            let title = alarm.map_or("", |alarm| alarm.title.as_str());
            for message in messages {
                last_resort::lose(world, message, Some(key), title, &reason, None).await;
            }
            true
        }
        Err(failed) => {
            tracing::error!(alarm.key = %key, error = %failed, "the last resort failed");
            false
        }
    }
}

impl std::fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::Page(failed) => write!(f, "{failed}"),
            Cause::Life { key, stopped, .. } => write!(f, "alarm {key}: {stopped}"),
        }
    }
}
