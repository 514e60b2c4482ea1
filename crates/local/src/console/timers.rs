//! What the page shows of time: the town's clock, and what it brings to each alarm.

use std::time::Duration;

use axum::extract::State;
use dispatch_core::{
    journal::{Fact, Journal, Who},
    life::{Due, Progress, timetable},
    words::holder,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Console,
    actions::{Done, Posted, Refused, done},
    state::journals,
};
use crate::town::{Real, Town};

/// The clock, and when it next brings something that the page shows; `next` is null when nothing is left.
pub(super) fn clock(town: &Town, journals: &[Journal]) -> Value {
    json!({
        "now": town.now(),
        "speed": town.clock().speed(),
        "moves": town.real == Real::default(),
        "next": next(journals),
    })
}

/// What time brings to an alarm if nothing else happens before.
pub(super) fn of(journal: &Journal) -> Vec<Value> {
    let progress = Progress::of(journal);
    shown(journal)
        .map(|due| json!({ "at": due.at, "what": word(&due.fact), "text": tell(journal, &progress, &due.fact) }))
        .collect()
}

fn next(journals: &[Journal]) -> Option<Timestamp> {
    journals.iter().filter_map(|journal| shown(journal).next()).map(|due| due.at).min()
}

/// The looks at an issue are no news to anybody.
fn shown(journal: &Journal) -> impl Iterator<Item = Due> {
    timetable(journal).into_iter().filter(|due| due.fact != Fact::Looked)
}

fn word(fact: &Fact) -> &'static str {
    match fact {
        Fact::RemindDue { .. } => "reminder",
        Fact::Silent { .. } => "deadline",
        _ => "escalation",
    }
}

/// What happens then, behind "in 2 h".
fn tell(journal: &Journal, progress: &Progress, fact: &Fact) -> String {
    let rung = |at: usize| journal.alarm.chain.get(at).map_or("somebody else", |rung| rung.name.as_str());
    match fact {
        Fact::RemindDue { who } => format!("a reminder to {}", names(journal, progress, who)),
        Fact::Silent { who, .. } => {
            format!("on to {}, without an answer from {}", rung(0), names(journal, progress, who))
        }
        Fact::ClimbDue { rung: at, .. } => format!("on to {}", rung(*at)),
        _ => String::new(),
    }
}

fn names(journal: &Journal, progress: &Progress, who: &[Who]) -> String {
    const SHOWN: usize = 3;
    let names: Vec<_> = who.iter().take(SHOWN).map(|who| holder(journal, progress, *who)).collect();
    match who.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// How far the clock is put forward; without seconds to what comes next.
#[derive(Deserialize)]
pub(super) struct Jump {
    seconds: Option<u32>,
}

const SECOND: Duration = Duration::from_secs(1);

/// A year; more than any timer waits.
const JUMP_MAX_S: u32 = 366 * 24 * 3_600;

pub(super) async fn jump(State(console): State<Console>, Posted(jump): Posted<Jump>) -> Done {
    let town = &console.town;
    let by = match jump.seconds {
        Some(seconds) if seconds > JUMP_MAX_S => return Err(Refused::new(&"the clock goes forward a year at most")),
        Some(seconds) => Duration::from_secs(seconds.into()),
        None => {
            let next = next(&journals(town).await).ok_or_else(|| Refused::new(&"no timer is running"))?;
            // One whose time has come already is only waiting for its tick. Timers stand at whole seconds.
            let wait = Duration::try_from(next.duration_since(town.now())).unwrap_or_default();
            wait.saturating_add(SECOND)
        }
    };
    match town.jump(by) {
        true => done(),
        false => Err(Refused::new(&"a real service is connected, and keeps its own time")),
    }
}
