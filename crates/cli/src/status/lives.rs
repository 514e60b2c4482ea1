//! What the store says: what is due and when, and which alarms wait.

use dispatch_core::{
    alarm::Key,
    journal::{Fact, Journal},
    life::{Plan, Progress, plan, state, timetable},
};
use dispatch_engine::{
    Stopped,
    ports::{Failed, Store},
    view,
};
use futures::{StreamExt, stream};
use jiff::Timestamp;

/// Names of timers that are counted: ten pages of a bucket's list.
const TIMERS_MAX: usize = 10_000;
/// Journals that are read side by side.
const ABREAST: usize = 32;

/// How much is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Alarms that are shown of each kind.
    pub(super) shown: usize,
    /// Journals that are read beside those of timers.
    pub(super) journals: usize,
}

/// What the store says.
#[derive(Debug)]
pub(super) struct Lives {
    /// When it was asked.
    pub(super) now: Timestamp,
    pub(super) timers: Timers,
    /// How many journals were read, but for those of timers.
    pub(super) looked: usize,
    /// Whether there are others.
    pub(super) unlooked: bool,
    /// Wait, and no timer will wake them: a run died before it had set one.
    pub(super) untimed: Found,
    /// Were begun and not finished, and no run is at work on them.
    pub(super) unfinished: Found,
    /// Cannot be read.
    pub(super) unreadable: Found,
}

/// Timers, which stand for alarms that the clock will wake.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// How many there are.
    pub(super) count: usize,
    /// Whether there are more, which were not counted.
    pub(super) more: bool,
    /// How many of them should have gone off.
    pub(super) overdue: usize,
    /// The time of the first; overdue if there is one that is.
    pub(super) first: Option<Timestamp>,
    /// The time of the first that is not overdue.
    pub(super) next: Option<Timestamp>,
    /// The first of them.
    pub(super) alarms: Vec<Alarm>,
}

/// The first of several alarms, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) count: usize,
    pub(super) alarms: Vec<Alarm>,
}

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) key: Key,
    /// When its timer goes off, else when it began.
    pub(super) at: Timestamp,
    /// What its journal says, or why it says nothing.
    pub(super) life: Result<Life, String>,
}

/// What a journal says, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) title: String,
    /// As `dispatch life` calls it.
    pub(super) state: &'static str,
    /// Where its issue is.
    pub(super) issue: Option<String>,
    /// What time brings next; empty where it brings nothing.
    pub(super) next: &'static str,
    /// Steps that a service refused for good.
    pub(super) given_up: usize,
}

impl Life {
    fn of(journal: &Journal) -> Self {
        let progress = Progress::of(journal);
        Life {
            title: journal.alarm.title.clone(),
            state: state(journal).word(),
            issue: progress.issue.map(|(issue, _)| issue.url),
            next: timetable(journal).first().map_or("", |due| brings(&due.fact)),
            given_up: progress.given_up.len(),
        }
    }
}

/// What comes of time, in a word or two.
fn brings(fact: &Fact) -> &'static str {
    match fact {
        Fact::Silent { .. } => "deadline",
        Fact::RemindDue { .. } => "reminder",
        Fact::ClimbDue { .. } => "escalation",
        Fact::Looked => "look at issue",
        _ => "",
    }
}

/// Looks into the store.
///
/// # Errors
/// When it cannot be asked.
pub(super) async fn look(store: &dyn Store, bounds: Bounds, now: Timestamp) -> Result<Lives, Failed> {
    let timers = timers(store, bounds.shown, now).await?;
    let (keys, unlooked) = view::keys(store, bounds.journals).await?;
    let looked = keys.len();
    let mut kinds: [Vec<Alarm>; 3] = Default::default();
    let mut read =
        stream::iter(keys).map(|key| async { (view::journal(store, &key).await, key) }).buffer_unordered(ABREAST);
    while let Some((journal, key)) = read.next().await {
        let [untimed, unfinished, unreadable] = &mut kinds;
        match journal {
            Ok(Some(journal)) => {
                let alarm = Alarm { key, at: journal.began, life: Ok(Life::of(&journal)) };
                match kind(&journal, now) {
                    Kind::Untimed => untimed.push(alarm),
                    Kind::Unfinished => unfinished.push(alarm),
                    Kind::Other => {}
                }
            }
            Ok(None) => {}
            Err(Stopped::Store(failed)) => return Err(failed),
            Err(stopped) => unreadable.push(Alarm { key, at: now, life: Err(stopped.to_string()) }),
        }
    }
    let [untimed, unfinished, unreadable] = kinds.map(|alarms| Found::of(alarms, bounds.shown));
    Ok(Lives { now, timers, looked, unlooked, untimed, unfinished, unreadable })
}

impl Found {
    /// The oldest come first.
    fn of(mut alarms: Vec<Alarm>, shown: usize) -> Self {
        alarms.sort_by(|one, other| (one.at, one.key.as_str()).cmp(&(other.at, other.key.as_str())));
        let count = alarms.len();
        alarms.truncate(shown);
        Found { count, alarms }
    }
}

/// What a journal waits for.
enum Kind {
    /// A timer, which it does not have.
    Untimed,
    /// A message that comes again.
    Unfinished,
    /// Its timer, a run that is at work, or nothing more.
    Other,
}

fn kind(journal: &Journal, now: Timestamp) -> Kind {
    let leased = journal.lease.as_ref().is_some_and(|lease| lease.until > now);
    let timed = journal.timer.as_ref().is_some_and(|timer| !timer.fired);
    match plan(journal) {
        Plan::Wait { .. } if !timed => Kind::Untimed,
        Plan::Do(_) if !leased && !timed => Kind::Unfinished,
        _ => Kind::Other,
    }
}

async fn timers(store: &dyn Store, shown: usize, now: Timestamp) -> Result<Timers, Failed> {
    let (standing, more) = view::timers(store, TIMERS_MAX).await?;
    let overdue = standing.partition_point(|timer| timer.at <= now);
    let mut timers = Timers {
        count: standing.len(),
        more,
        overdue,
        first: standing.first().map(|timer| timer.at),
        next: standing.get(overdue).map(|timer| timer.at),
        alarms: Vec::new(),
    };
    let shown = stream::iter(standing.into_iter().take(shown));
    let read = shown.map(|timer| async { (view::journal(store, &timer.key).await, timer) });
    let mut read = read.buffered(ABREAST);
    while let Some((journal, timer)) = read.next().await {
        let life = match journal {
            Ok(Some(journal)) => Ok(Life::of(&journal)),
            Ok(None) => Err("its journal is gone".to_owned()),
            Err(Stopped::Store(failed)) => return Err(failed),
            Err(stopped) => Err(stopped.to_string()),
        };
        timers.alarms.push(Alarm { key: timer.key, at: timer.at, life });
    }
    Ok(timers)
}

#[cfg(test)]
mod tests;
