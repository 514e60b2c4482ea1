//! What is more than GitHub takes goes into one digest issue a repository and hour.
//!
//! An item is added to the digest's journal first; its comments are brought up to date afterwards, once
//! for all items of a run.

use dispatch_core::{
    alarm::{Issue, Key, Repo},
    digest::{self, Item, LINES_MAX},
    journal::{Entry, Fact, Journal, LifeId},
    life::Progress,
    source,
};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Stopped,
    drive::{carry, drive},
    held::{Held, SWAPS_MAX, Saved},
    perform::Hint,
    ports::Failed,
    world::{Run, World},
};

/// Parts that one hour may have.
const PARTS_MAX: usize = 100;

/// A digest that was not changed for so long is asked whether a person has closed it.
const UNWATCHED: SignedDuration = SignedDuration::from_mins(5);

/// Adds an item to the digest of this hour and returns the digest's key and, once there is one, its
/// issue.
pub(crate) async fn list(world: &World, run: &Run, repo: &Repo, item: &Item) -> Result<(Key, Option<Issue>), Failed> {
    // Alarms of one process take turns instead of overtaking each other.
    let _turn = world.budget.turn().await;
    let held = add(world, run, repo, item).await.map_err(failed)?;
    Ok((held.journal.key.clone(), issue(&held.journal)))
}

/// As [`list`], and opens the digest's issue when it has none yet.
///
/// A digest is carried as any alarm is, so the type of this future would hold itself: it is boxed.
pub(crate) fn list_and_open<'a>(
    world: &'a World,
    run: &'a Run,
    repo: &'a Repo,
    item: &'a Item,
) -> BoxFuture<'a, Result<(Key, Issue), Failed>> {
    Box::pin(async move {
        let _turn = world.budget.turn().await;
        let held = add(world, run, repo, item).await.map_err(failed)?;
        let key = held.journal.key.clone();
        if let Some(issue) = issue(&held.journal) {
            return Ok((key, issue));
        }
        let stopped = carry(world, run, held, Hint::Unknown).await.err();
        let held = Held::load(world, &key).await.map_err(failed)?;
        match (held.and_then(|held| issue(&held.journal)), stopped) {
            (Some(issue), _) => Ok((key, issue)),
            (None, Some(stopped)) => Err(failed(stopped)),
            (None, None) => Err(busy("the digest has no issue")),
        }
    })
}

fn issue(journal: &Journal) -> Option<Issue> {
    Progress::of(journal).issue.map(|(issue, _)| issue)
}

fn busy(reason: &str) -> Failed {
    Failed::Busy { call: "dispatch digest", reason: reason.to_owned(), wait: None }
}

fn failed(stopped: Stopped) -> Failed {
    match stopped {
        Stopped::Store(failed) | Stopped::Failed { failed, .. } => failed,
        stopped => busy(&stopped.to_string()),
    }
}

/// Writes the item into the first part that has room for it.
async fn add(world: &World, run: &Run, repo: &Repo, item: &Item) -> Result<Held, Stopped> {
    let mut part = 0;
    for _ in 0..SWAPS_MAX + PARTS_MAX {
        let now = world.clock.now();
        let alarm = digest::alarm(repo, now, part, world.defaults.github_user.as_deref());
        let Some(mut held) = Held::load(world, &alarm.key()).await? else {
            let mut journal = Journal::begin(alarm, LifeId(world.clock.fresh()), &[], now);
            let fact = Fact::Listed { item: Item { turn: 1, ..item.clone() } };
            journal.entries.push(Entry { at: now, fact });
            match Held::create(world, journal).await? {
                Some(held) => return Ok(held),
                None => continue,
            }
        };
        if !is_open(world, &mut held).await? || is_full(&held.journal, item) {
            part += 1;
            continue;
        }
        if !put(&mut held.journal, item, now) {
            return Ok(held);
        }
        held.changed();
        if held.save(world).await? == Saved::Clean {
            tracing::info!(digest = %held.journal.key, run = run.id, "listed");
            return Ok(held);
        }
    }
    Err(Stopped::Contended)
}

fn is_full(journal: &Journal, item: &Item) -> bool {
    let lines = Progress::of(journal).lines;
    lines.len() >= LINES_MAX && !lines.iter().any(|line| line.name == item.line)
}

/// Puts the item into the journal, in the place of an older version; `false` when it says so already.
fn put(journal: &mut Journal, item: &Item, now: Timestamp) -> bool {
    journal.tidy();
    let items = journal.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Listed { item } => Some(item.turn),
        _ => None,
    });
    let turn = items.max().unwrap_or(0) + 1;
    let new = Item { turn, ..item.clone() };
    let older = journal.entries.iter_mut().find_map(|entry| match &mut entry.fact {
        Fact::Listed { item: known } if (&known.line, &known.name) == (&item.line, &item.name) => Some(known),
        _ => None,
    });
    match older {
        Some(known) if known.text == item.text => return false,
        Some(known) => *known = new,
        None => journal.push(now, Fact::Listed { item: new }),
    }
    true
}

/// Whether the digest is open, as far as is known: nothing is lost when it is not, but people who have
/// closed it would not look again.
async fn is_open(world: &World, held: &mut Held) -> Result<bool, Stopped> {
    let progress = Progress::of(&held.journal);
    let now = world.clock.now();
    let watched = held.journal.entries.iter().map(|entry| entry.at).max();
    let watched = watched.is_some_and(|at| now.duration_since(at) < UNWATCHED);
    let Some((issue, _)) = progress.issue.filter(|_| !progress.over && !watched) else { return Ok(!progress.over) };
    match world.audit.is_open(&issue).await {
        Ok(false) => {
            held.learn(world, Fact::Ended { by: None });
            held.save(world).await?;
            Ok(false)
        }
        Ok(true) | Err(_) => Ok(true),
    }
}

/// Brings up to date whatever digests tell of alarms that `run` carried; what cannot be done now is
/// handed on. Returns the alarms of digests for which neither worked: their messages must come again.
pub async fn refresh(world: &World, run: &Run) -> Vec<Key> {
    let mut left = Vec::new();
    // Each one is noted until it is done: whoever cuts this off still knows the rest.
    while let Some((digest, alarms)) = run.next_touched() {
        match drive(world, run, &digest, None).await {
            Ok(_) => {}
            // Also when another run holds the lease: it may be dead, and the message behind it may be this one.
            Err(stopped) => {
                tracing::info!(digest = %digest, reason = %stopped, "handed on");
                if let Err(failed) = hand_on(world, &digest).await {
                    tracing::error!(digest = %digest, error = %failed, "could not hand on");
                    left.extend(alarms);
                }
            }
        }
        run.settle(&digest);
    }
    left
}

/// Hands on whatever digests `run` touched, without waiting for them.
pub(crate) async fn hand_on_touched(world: &World, run: &Run) -> Result<(), Failed> {
    while let Some((digest, _)) = run.next_touched() {
        hand_on(world, &digest).await?;
        run.settle(&digest);
    }
    Ok(())
}

/// Hands on the digests that tell of a life whose place another one takes: nobody else knows that they
/// may be out of date.
pub(crate) async fn hand_on_digests(world: &World, journal: &Journal) -> Result<(), Failed> {
    for digest in Progress::of(journal).digests() {
        hand_on(world, digest).await?;
    }
    Ok(())
}

async fn hand_on(world: &World, digest: &Key) -> Result<(), Failed> {
    world.topic.publish(&source::resume(digest)).await
}
