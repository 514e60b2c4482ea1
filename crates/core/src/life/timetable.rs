//! What time brings to a life: reminders, deadlines, the steps of an escalation, and a look at the issue.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{PersonProgress, Progress, Wave};
use crate::{
    alarm::Question,
    hours,
    journal::{Change, Fact, Journal, Role, Step, Who},
};

/// When an issue that may have been closed by hand is looked at, in hours after it was opened. A webhook tells
/// at once; this is for where there is none, or it was lost.
const LOOKS_H: [i64; 7] = [1, 4, 12, 24, 72, 168, 720];

/// Something that time brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// What is known then.
    pub fact: Fact,
}

/// What time will bring if nothing else happens before, in order. Pure: the journal says it all.
pub fn timetable(journal: &Journal) -> Vec<Due> {
    let may_wait = journal.alarm.question.is_some();
    if may_wait { timetable_of(journal, &Progress::of(journal)) } else { Vec::new() }
}

/// The same, of a journal that is folded already.
pub(super) fn timetable_of(journal: &Journal, progress: &Progress) -> Vec<Due> {
    let Some((_, opened)) = progress.issue.as_ref().filter(|_| is_alive(progress)) else { return Vec::new() };
    let mut table = Vec::new();
    if let Some(question) = journal.alarm.question.as_ref().filter(|_| !progress.stood) {
        table.extend(deadlines(question, progress, *opened));
        table.extend(reminders(question, progress, *opened));
    }
    table.extend(climbs(journal, progress));
    table.extend(look(journal, progress, *opened));
    table.sort_by_key(|due| due.at);
    table
}

/// The facts that `now` brings.
pub fn due(journal: &Journal, now: Timestamp) -> Vec<Fact> {
    timetable(journal).into_iter().take_while(|due| due.at <= now).map(|due| due.fact).collect()
}

/// When the clock must wake this life next.
pub fn wake(journal: &Journal) -> Option<Timestamp> {
    timetable(journal).first().map(|due| due.at)
}

/// When silence of this person counts: from the opening of the issue, not from the question, because an alarm
/// whose question could not be delivered has a deadline, too.
pub fn deadline(question: &Question, progress: &Progress, who: Who, opened: Timestamp) -> Option<Timestamp> {
    Some(after(question, progress, who, opened, question.patience_s?))
}

fn after(question: &Question, progress: &Progress, who: Who, from: Timestamp, wait_s: u32) -> Timestamp {
    let zone = progress.asked(who).or(progress.people.get(who)).and_then(|person| person.zone.as_deref());
    let own = question.hours.as_ref().map(|hours| zone.map_or_else(|| hours.clone(), |zone| hours.in_zone(zone)));
    hours::after(own.as_ref(), from, wait_s)
}

fn is_alive(progress: &Progress) -> bool {
    !progress.over && !progress.handed_back && progress.withdrawn.is_none()
}

fn unanswered(progress: &Progress) -> impl Iterator<Item = (Who, &PersonProgress)> {
    progress.people.iter().enumerate().filter(|(_, person)| person.answer.is_none())
}

/// People whose time is up together are one wave.
fn deadlines(question: &Question, progress: &Progress, opened: Timestamp) -> Vec<Due> {
    let mut ends: BTreeMap<Timestamp, Vec<Who>> = BTreeMap::new();
    for (who, _) in unanswered(progress).filter(|(_, person)| person.silent.is_none()) {
        if let Some(at) = deadline(question, progress, who, opened) {
            ends.entry(at).or_default().push(who);
        }
    }
    let waves = progress.waves.len()..;
    ends.into_iter().zip(waves).map(|((at, who), wave)| Due { at, fact: Fact::Silent { wave, who } }).collect()
}

fn reminders(question: &Question, progress: &Progress, opened: Timestamp) -> Vec<Due> {
    let mut ends: BTreeMap<Timestamp, Vec<Who>> = BTreeMap::new();
    for (who, person) in unanswered(progress) {
        let is_asked = progress.asked(who).is_some_and(|asked| asked.reached.is_some());
        if !is_asked || person.silent.is_some() || !person.is_unreminded() {
            continue;
        }
        let at = match (person.snoozed, question.remind_s) {
            (Some((_, until)), _) => Some(until),
            (None, Some(wait_s)) => Some(after(question, progress, who, opened, wait_s)),
            (None, None) => None,
        };
        let end = deadline(question, progress, who, opened);
        if let Some(at) = at.filter(|at| end.is_none_or(|end| *at < end)) {
            ends.entry(at).or_default().push(who);
        }
    }
    ends.into_iter().map(|(at, who)| Due { at, fact: Fact::RemindDue { who } }).collect()
}

/// The next step of each wave that somebody is still silent in, once the one before has had its time. That runs
/// also while an outage keeps the step from being taken; a step that can never be taken has none.
fn climbs(journal: &Journal, progress: &Progress) -> Vec<Due> {
    let waves = progress.waves.iter().enumerate().filter(|(_, wave)| is_climbing(progress, wave));
    let due = waves.filter_map(|(nth, wave)| {
        let rung = wave.rung();
        let next = rung.checked_add(1).filter(|next| *next < journal.alarm.chain.len())?;
        let wait_s = i64::from(journal.alarm.chain.get(rung)?.wait_s);
        let since = wave.due.get(&rung).copied().unwrap_or(wave.at);
        let at = match failed(journal, progress, nth, rung) {
            true => since,
            false => since.checked_add(SignedDuration::from_secs(wait_s)).ok()?,
        };
        Some(Due { at, fact: Fact::ClimbDue { wave: nth, rung: next } })
    });
    due.collect()
}

/// Whether somebody is still silent.
pub(super) fn is_silent(progress: &Progress, wave: &Wave) -> bool {
    wave.who.iter().any(|who| progress.people.get(*who).is_some_and(|person| person.answer.is_none()))
}

/// Whether somebody is still silent, and nobody has taken a page for it.
pub(super) fn is_climbing(progress: &Progress, wave: &Wave) -> bool {
    let taken = |page: &str| progress.incident(page).is_some_and(|known| !known.is_waiting());
    is_silent(progress, wave) && !wave.climbed.values().any(|(receipt, _)| taken(&receipt.id))
}

/// Whether a step can never be taken.
pub(super) fn failed(journal: &Journal, progress: &Progress, wave: usize, rung: usize) -> bool {
    let who = journal.position(Role::Rung { wave, rung });
    progress.others.get(&who).is_some_and(|person| person.unreached.is_some())
        || progress.given_up.contains(&Step::Climb { wave, rung })
        || progress.given_up.contains(&Step::Reach { who, round: 0 })
}

/// The next look at the issue, as long as closing it would end something.
fn look(journal: &Journal, progress: &Progress, opened: Timestamp) -> Option<Due> {
    let is_open = |page: &str| progress.incident(page).is_none_or(|known| known.change != Change::Resolved);
    let pages = progress.pages().iter().any(|(receipt, _)| is_open(&receipt.id));
    let waits = !progress.stood && progress.waits(&journal.alarm);
    let known = progress.looked.map_or(opened, |looked| looked.max(opened));
    let mut looks = LOOKS_H.iter().filter_map(|hours| opened.checked_add(SignedDuration::from_hours(*hours)).ok());
    let at = looks.find(|at| *at > known).filter(|_| waits || pages)?;
    Some(Due { at, fact: Fact::Looked })
}
