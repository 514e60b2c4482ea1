//! The life of an alarm: what a journal says so far, and what comes next.

mod picture;
mod progress;
mod rehearsal;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

pub use self::{
    picture::PICTURE,
    progress::{Answered, PersonProgress, Progress},
    rehearsal::{rehearse, rehearse_answer},
};
use crate::{
    alarm::Again,
    digest,
    journal::{Answer, Journal, Remark, Stage, Step},
};

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// These steps, in any order or side by side.
    Do(Vec<Step>),
    /// Nothing, before a person answers.
    Wait {
        /// When silence will count as no; `None` waits for ever.
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
        }
    }
}

/// Reads a state off a journal.
pub fn state(journal: &Journal) -> State {
    let progress = Progress::of(journal);
    let asked = journal.alarm.question.is_some();
    match progress.issue {
        _ if progress.over => State::Closed,
        None => State::Received,
        Some(_) if progress.stood => State::Stood,
        Some(_) if progress.people.iter().any(|person| person.paged.is_some()) => State::Paged,
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
        // Closed by whomever: a no that was given before is still paged, and what was answered is
        // still told.
        let told = answers_told(&progress).into_iter().filter(|remark| !progress.has(remark)).map(Step::Remark);
        pages(&progress).into_iter().chain(outcomes(&progress)).chain(told).collect()
    } else if progress.issue.is_none() {
        vec![Step::Open]
    } else {
        // Where only so many go at once, pages go first.
        let mut steps = pages(&progress);
        steps.extend(outcomes(&progress));
        steps.extend(reach(journal, &progress));
        steps.extend(remarks(&progress));
        steps.extend(close(journal, &progress));
        steps
    };
    steps.retain(|step| !progress.given_up.contains(step));
    let waits = !progress.over && !progress.stood && progress.waits(&journal.alarm);
    match steps {
        steps if !steps.is_empty() => Plan::Do(steps),
        _ if waits => Plan::Wait { until: deadline(journal, &progress) },
        _ => Plan::Done,
    }
}

/// When silence counts as no. It counts from the opening of the issue, not from the question: an
/// alarm whose question could not be delivered has a deadline too.
fn deadline(journal: &Journal, progress: &Progress) -> Option<Timestamp> {
    let patience_s = journal.alarm.question.as_ref()?.patience_s?;
    let opened = progress.issue.as_ref().map_or(journal.began, |(_, at)| *at);
    opened.checked_add(SignedDuration::from_secs(i64::from(patience_s))).ok()
}

/// Whoever is still to be told or asked, and the notes for those who cannot be.
fn reach(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let alarm = &journal.alarm;
    // What stood already is known to people, unless they are to be told each time.
    let silent = alarm.message.is_none() && alarm.question.is_none();
    let first = if silent || (progress.stood && alarm.again == Again::Count) { 1 } else { 0 };
    let rounds = std::iter::once(0).chain(progress.nags.keys().copied());
    rounds.filter(|round| *round >= first).flat_map(|round| reach_in(progress, round)).collect()
}

fn reach_in(progress: &Progress, round: usize) -> Vec<Step> {
    let people = progress.round(round);
    let missing = people.iter().enumerate().filter(|(_, person)| !person.is_settled());
    let mut steps: Vec<_> = missing.map(|(who, _)| Step::Reach { who, round }).collect();
    let unreached = people.iter().any(|person| person.unreached.is_some());
    if steps.is_empty() && unreached && !progress.noted.contains(&round) {
        steps.push(Step::FallBack { round });
    }
    steps
}

/// What the questions show once they are answered.
fn outcomes(progress: &Progress) -> Vec<Step> {
    let shown = |(who, person): (usize, &PersonProgress)| {
        let stage = if person.paged.is_some() { Stage::Paged } else { Stage::Answered };
        let due = person.answer.is_some() && person.reached.is_some() && person.shown < Some(stage);
        due.then_some(Step::Show { who, stage })
    };
    progress.people.iter().enumerate().filter_map(shown).collect()
}

/// A page for each no.
fn pages(progress: &Progress) -> Vec<Step> {
    let due = |person: &PersonProgress| {
        person.paged.is_none() && person.answer.as_ref().is_some_and(|answered| answered.answer == Answer::No)
    };
    let people = progress.people.iter().enumerate();
    people.filter(|(_, person)| due(person)).map(|(who, _)| Step::Page(who)).collect()
}

/// The end, once everyone who was to be asked said yes and the issue tells so.
fn close(journal: &Journal, progress: &Progress) -> Option<Step> {
    let yes = |person: &PersonProgress| person.answer.as_ref().is_some_and(|answered| answered.answer == Answer::Yes);
    let told = |remark: Remark| progress.has(&remark) || progress.given_up.contains(&Step::Remark(remark));
    let all_well = !progress.people.is_empty() && progress.people.iter().all(yes);
    let due = journal.alarm.question.is_some() && all_well && answer_remark(progress).is_none_or(told);
    due.then_some(Step::Close)
}

/// The comment that tells the answers so far: one for a single person, a tally for several.
fn answer_remark(progress: &Progress) -> Option<Remark> {
    match progress.people.iter().filter(|person| person.answer.is_some()).count() {
        0 => None,
        _ if progress.people.len() == 1 => Some(Remark::Answer(0)),
        answers => Some(Remark::Tally(answers)),
    }
}

/// The comments that tell of answers and of their pages.
fn answers_told(progress: &Progress) -> Vec<Remark> {
    let paged = progress.people.iter().enumerate().filter(|(_, person)| person.paged.is_some());
    answer_remark(progress).into_iter().chain(paged.map(|(who, _)| Remark::Paged(who))).collect()
}

/// Comments that the issue still lacks.
fn remarks(progress: &Progress) -> Vec<Step> {
    let mut due = answers_told(progress);
    let note_refused = progress.given_up.iter().any(|step| matches!(step, Step::FallBack { .. }));
    if !progress.noted.is_empty() || note_refused {
        due.push(Remark::Unreached);
    }
    due.extend(progress.evidence.iter().filter(|(_, text)| text.is_some()).map(|(id, _)| Remark::Evidence(id.clone())));
    due.extend((0..progress.alerts.len()).map(Remark::Alerted));
    due.extend(digest::pages(&progress.lines).map(|(page, turn)| Remark::Listing { page, turn }));
    due.extend(repeats_due(progress));
    due.retain(|remark| !progress.has(remark));
    due.into_iter().map(Step::Remark).collect()
}

/// The count of repeats, when the issue shows another.
fn repeats_due(progress: &Progress) -> Option<Remark> {
    let repeats = progress.repeats.saturating_add(usize::from(progress.stood));
    (repeats > 0).then_some(Remark::Repeats(repeats))
}
