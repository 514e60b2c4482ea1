//! The life of an alarm: what a journal says so far, and what comes next.

mod known;
mod pages;
mod picture;
mod progress;
mod reach;
mod rehearsal;
mod remarks;
mod show;
mod silence;
#[cfg(test)]
mod tests;
mod timetable;

use std::collections::HashSet;

use jiff::Timestamp;

pub use self::{
    known::{Answered, Incident, Pass, PersonProgress, Snooze, Wave},
    picture::PICTURE,
    progress::Progress,
    rehearsal::{rehearse, rehearse_answer, rehearse_silence},
    timetable::{Due, deadline, due, timetable, wake},
};
use crate::journal::{Answer, Change, Journal, Remark, Step};

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// These steps, in any order or side by side.
    Do(Vec<Step>),
    /// Nothing, before a person answers or time brings something: see [`timetable`].
    Wait {
        /// When the clock must wake this life; `None` waits for people alone.
        until: Option<Timestamp>,
    },
    /// Nothing more.
    Done,
}

/// Where a life stands, in one word for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// The message was read.
    Received,
    /// The issue is open.
    Open,
    /// Everybody was told; nobody is asked.
    Told,
    /// At least one person has not answered yet.
    Asked,
    /// The answers are in; they are being carried out.
    Answered,
    /// Somebody was paged.
    Paged,
    /// An issue stood already: this was a repeat.
    Stood,
    /// It is over: the issue is closed.
    Closed,
    /// Somebody opened the issue again: it is theirs.
    HandedBack,
}

impl State {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            State::Received => "received",
            State::Open => "open",
            State::Told => "told",
            State::Asked => "asked",
            State::Answered => "answered",
            State::Paged => "paged",
            State::Stood => "stood",
            State::Closed => "closed",
            State::HandedBack => "handed-back",
        }
    }
}

/// Reads a state off a journal.
pub fn state(journal: &Journal) -> State {
    let progress = Progress::of(journal);
    let asked = journal.alarm.question.is_some();
    match progress.issue {
        _ if progress.over => State::Closed,
        _ if progress.handed_back => State::HandedBack,
        None => State::Received,
        Some(_) if progress.stood => State::Stood,
        Some(_) if !progress.pages().is_empty() => State::Paged,
        Some(_) if progress.people.iter().any(|person| !person.is_settled()) => State::Open,
        Some(_) if asked && progress.people.iter().all(|person| person.answer.is_some()) => State::Answered,
        Some(_) if asked => State::Asked,
        Some(_) => State::Told,
    }
}

/// Names the next steps. Pure: same journal, same plan.
///
/// The steps do not depend on each other, so that an outage of one service holds up only what
/// needs that service. A step that was given up is not named again.
pub fn plan(journal: &Journal) -> Plan {
    let progress = Progress::of(journal);
    let mut steps = if progress.over {
        over(journal, &progress)
    } else if progress.handed_back {
        pages(&progress).into_iter().chain(noted(remarks::repeats_due(&progress), &progress)).collect()
    } else if progress.issue.is_none() {
        vec![Step::Open]
    } else {
        // Where only so many go at once, pages go first, and what is one for many before what is one for each.
        let mut steps = pages(&progress);
        steps.extend(silence::silence(journal, &progress));
        steps.extend(remarks::remarks(journal, &progress));
        steps.extend(silence::resolves(&progress));
        steps.extend(close(journal, &progress));
        steps.extend(show::outcomes(journal, &progress));
        steps.extend(reach::reach(journal, &progress));
        steps.extend(reach::reminders(&progress));
        steps
    };
    steps.retain(|step| !progress.given_up.contains(step));
    let waits = !progress.over && !progress.stood && !progress.handed_back && progress.waits(&journal.alarm);
    if !steps.is_empty() {
        return Plan::Do(steps);
    }
    let until = timetable::timetable_of(journal, &progress).first().map(|due| due.at);
    if waits || until.is_some() { Plan::Wait { until } } else { Plan::Done }
}

/// Closed by whomever: a no that was given before is still paged, what was answered and who was silent is still
/// told, and what was asked and paged for it ends, too.
fn over(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let told = remarks::answers_told(progress).into_iter().chain(remarks::incidents_told(progress));
    let told = told.chain(remarks::silences_told(journal, progress));
    let told = told.chain(progress.withdrawn.iter().map(|_| Remark::Withdrawn));
    // A digest may be closed before it tells of the last alarms: they stand nowhere else.
    let told = told.chain(remarks::listings(progress));
    let mut steps = pages(progress);
    steps.extend(noted(told, progress));
    steps.extend(silence::resolves(progress));
    steps.extend(show::outcomes(journal, progress));
    steps
}

/// Those of the comments that the issue lacks.
fn noted(remarks: impl IntoIterator<Item = Remark>, progress: &Progress) -> impl Iterator<Item = Step> {
    remarks.into_iter().filter(|remark| !progress.has(remark)).map(Step::Remark)
}

/// A page for each no.
fn pages(progress: &Progress) -> Vec<Step> {
    let mut said = HashSet::new();
    let mut due = |person: &PersonProgress| {
        let no = person.answer.as_ref().filter(|answered| answered.answer == Answer::No);
        // Somebody else's no for all who were silent is one no.
        let is_first = no.is_some_and(|no| person.silent.is_none_or(|wave| said.insert((wave, no.by.id.clone()))));
        is_first && person.paged.is_none()
    };
    let people = progress.people.iter().enumerate();
    people.filter(|(_, person)| due(person)).map(|(who, _)| Step::Page(who)).collect()
}

/// The end, once everyone who was to be asked said yes and the issue tells so, or the publisher says so.
fn close(journal: &Journal, progress: &Progress) -> Option<Step> {
    let told = |remark: Remark| progress.has(&remark) || progress.given_up.contains(&Step::Remark(remark));
    if progress.withdrawn.is_some() {
        return told(Remark::Withdrawn).then_some(Step::Close);
    }
    let yes = |person: &PersonProgress| person.answer.as_ref().is_some_and(|answered| answered.answer == Answer::Yes);
    let all_well = !progress.people.is_empty() && progress.people.iter().all(yes);
    // Whoever has taken a page closes the issue, too.
    let resolved = |page: &str| progress.incident(page).is_some_and(|known| known.change == Change::Resolved);
    let nobody_works = progress.pages().iter().all(|(receipt, _)| resolved(&receipt.id));
    let due = journal.alarm.question.is_some()
        && all_well
        && remarks::answer_remark(progress).is_none_or(told)
        && nobody_works;
    due.then_some(Step::Close)
}
