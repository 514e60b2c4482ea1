//! The life of an alarm: what a journal says so far, and what comes next.

mod picture;
mod progress;
mod rehearsal;
#[cfg(test)]
mod tests;
mod timetable;

use jiff::Timestamp;

pub use self::{
    picture::PICTURE,
    progress::{Answered, Incident, Pass, PersonProgress, Progress, Snooze, Wave},
    rehearsal::{rehearse, rehearse_answer, rehearse_silence},
    timetable::{Due, deadline, due, timetable, wake},
};
use crate::{
    alarm::{Again, RungKind},
    digest,
    journal::{Answer, Change, Journal, Remark, Role, Stage, Step, Who},
};

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
    } else if progress.issue.is_none() {
        vec![Step::Open]
    } else if progress.handed_back {
        pages(&progress).into_iter().chain(noted(repeats_due(&progress), &progress)).collect()
    } else {
        // Where only so many go at once, pages go first.
        let mut steps = pages(&progress);
        steps.extend(silence(journal, &progress));
        steps.extend(outcomes(journal, &progress));
        steps.extend(reach(journal, &progress));
        steps.extend(reminders(&progress));
        steps.extend(remarks(journal, &progress));
        steps.extend(resolves(&progress));
        steps.extend(close(journal, &progress));
        steps
    };
    steps.retain(|step| !progress.given_up.contains(step));
    let waits = !progress.over && !progress.stood && !progress.handed_back && progress.waits(&journal.alarm);
    match (steps, wake(journal)) {
        (steps, _) if !steps.is_empty() => Plan::Do(steps),
        (_, until) if waits || until.is_some() => Plan::Wait { until },
        _ => Plan::Done,
    }
}

/// Closed by whomever: a no that was given before is still paged, what was answered is still told, and what
/// was asked and paged for it ends, too.
fn over(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let told = answers_told(progress).into_iter().chain(incidents_told(progress));
    let told = told.chain(progress.withdrawn.iter().map(|_| Remark::Withdrawn));
    let mut steps = pages(progress);
    steps.extend(outcomes(journal, progress));
    steps.extend(noted(told, progress));
    steps.extend(resolves(progress));
    steps
}

/// Those of the comments that the issue lacks.
fn noted(remarks: impl IntoIterator<Item = Remark>, progress: &Progress) -> impl Iterator<Item = Step> {
    remarks.into_iter().filter(|remark| !progress.has(remark)).map(Step::Remark)
}

/// Whoever is still to be told or asked, and the notes for those who cannot be.
fn reach(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let alarm = &journal.alarm;
    // What stood already is known to people, unless they are to be told each time. What its publisher has
    // taken back is of no interest to those who were not asked yet.
    let silent = alarm.message.is_none() && alarm.question.is_none();
    let is_late = progress.withdrawn.is_some();
    let first = if silent || is_late || (progress.stood && alarm.again == Again::Count) { 1 } else { 0 };
    let rounds = std::iter::once(0).chain(progress.nags.keys().copied());
    let rounds = rounds.filter(|round| *round >= first).flat_map(|round| reach_in(progress, round));
    rounds.chain(if is_late { Vec::new() } else { deputies(progress) }).collect()
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

/// Who is asked in the place of somebody who passed the question on; where nobody is left, or they cannot be
/// reached, the fallback channel learns of it.
fn deputies(progress: &Progress) -> Vec<Step> {
    let passes = progress.passes.iter().enumerate();
    let steps = passes.filter_map(|(nth, pass)| {
        let is_answered = progress.people.get(pass.who).is_none_or(|person| person.answer.is_some());
        let deputy = pass.to.and_then(|who| progress.others.get(&who));
        match pass.to {
            _ if is_answered => None,
            Some(who) if deputy.is_none_or(|person| !person.is_settled()) => Some(Step::Reach { who, round: 0 }),
            Some(_) if deputy.is_some_and(|person| person.unreached.is_none()) => None,
            _ => (!progress.sought.contains(&nth)).then_some(Step::Seek(nth)),
        }
    });
    steps.collect()
}

/// What follows from silence: each step of the chain whose time has come, and the label.
fn silence(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let mut steps = Vec::new();
    for (wave, known) in progress.waves.iter().enumerate().filter(|_| progress.withdrawn.is_none()) {
        if !timetable::is_climbing(progress, known) {
            continue;
        }
        for (rung, step) in journal.alarm.chain.iter().enumerate() {
            if rung > 0 && !known.due.contains_key(&rung) {
                break;
            }
            let who = journal.position(Role::Rung { wave, rung });
            match step.kind() {
                _ if timetable::failed(journal, progress, wave, rung) => {}
                RungKind::Ask if progress.others.get(&who).is_none_or(|person| !person.is_settled()) => {
                    steps.push(Step::Reach { who, round: 0 });
                }
                RungKind::Tell | RungKind::Page if !known.climbed.contains_key(&rung) => {
                    steps.push(Step::Climb { wave, rung });
                }
                _ => {}
            }
        }
    }
    if !progress.waves.is_empty() && !progress.marked && progress.digest.is_none() {
        steps.push(Step::Mark);
    }
    steps
}

/// Reminders whose time has come.
fn reminders(progress: &Progress) -> Vec<Step> {
    let due = |(who, person): (Who, &PersonProgress)| {
        let nth = person.reminds.len().checked_sub(1)?;
        let asked = person.deputy.map_or(Some(person), |deputy| progress.others.get(&deputy));
        let reached = asked.is_some_and(|asked| asked.reached.is_some());
        let wanted = person.answer.is_none() && person.silent.is_none() && progress.withdrawn.is_none();
        (wanted && reached && person.reminded <= nth).then_some(Step::Remind { who, nth })
    };
    progress.people.iter().enumerate().filter_map(due).collect()
}

/// What the questions show beside themselves, or in place of their buttons.
fn outcomes(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let seats = progress.people.iter().enumerate().chain(progress.others.iter().map(|(who, person)| (*who, person)));
    let shown = |(who, person): (Who, &PersonProgress)| {
        let stage = stage(journal, progress, who).filter(|_| person.reached.is_some())?;
        (journal.alarm.question.is_some() && person.shown != Some(stage)).then_some(Step::Show { who, stage })
    };
    seats.filter_map(shown).collect()
}

/// How this person's question stands; `None` as it was asked.
fn stage(journal: &Journal, progress: &Progress, who: Who) -> Option<Stage> {
    let asked = progress.anybody(who)?;
    let stands_for = progress.stands_for(journal, who);
    let people: Vec<&PersonProgress> = stands_for.iter().filter_map(|who| progress.people.get(*who)).collect();
    let is_answered = !people.is_empty() && people.iter().all(|person| person.answer.is_some());
    let theirs = |page: &str| {
        let pages = progress.pages();
        pages.iter().any(|(receipt, whose)| receipt.id == page && whose.iter().any(|who| stands_for.contains(who)))
    };
    let incident = progress.incidents.iter().rposition(|known| known.change != Change::Left && theirs(&known.page));
    let own = match journal.role(who) {
        Some(Role::Rung { rung, .. }) => Some(rung),
        _ => None,
    };
    let rung =
        people.iter().find_map(|person| highest(journal, progress, person.silent?)).filter(|rung| Some(*rung) > own);
    let snoozed = || {
        let seat = stands_for.first()?;
        let nth = progress.snoozes.iter().rposition(|snooze| snooze.who == *seat)?;
        let since = progress.snoozes.get(nth)?.at;
        let reminds = &progress.people.get(*seat)?.reminds;
        reminds.iter().all(|remind| *remind <= since).then_some(Stage::Snoozed(nth))
    };
    match incident {
        _ if progress.over && !is_answered => Some(Stage::Ended),
        Some(nth) if is_answered || rung.is_some() => Some(Stage::Incident(nth)),
        _ if is_answered && people.iter().any(|person| person.paged.is_some()) => Some(Stage::Paged),
        _ if is_answered => Some(Stage::Answered),
        _ if asked.passed => Some(Stage::Passed),
        _ => rung.map(Stage::Silent).or_else(snoozed),
    }
}

/// The last step that was taken for the people of a wave.
fn highest(journal: &Journal, progress: &Progress, wave: usize) -> Option<usize> {
    let known = progress.waves.get(wave)?;
    let asked = |rung: &usize| {
        let who = journal.position(Role::Rung { wave, rung: *rung });
        progress.others.get(&who).is_some_and(|person| person.reached.is_some())
    };
    (0..journal.alarm.chain.len()).rfind(|rung| known.climbed.contains_key(rung) || asked(rung))
}

/// A page for each no.
fn pages(progress: &Progress) -> Vec<Step> {
    let due = |person: &PersonProgress| {
        person.paged.is_none() && person.answer.as_ref().is_some_and(|answered| answered.answer == Answer::No)
    };
    let people = progress.people.iter().enumerate();
    people.filter(|(_, person)| due(person)).map(|(who, _)| Step::Page(who)).collect()
}

/// Pages that nobody needs any more: because it is over, or because those who were silent have said yes.
fn resolves(progress: &Progress) -> Vec<Step> {
    let yes = |who: &Who| {
        let answer = progress.people.get(*who).and_then(|person| person.answer.as_ref());
        answer.is_some_and(|answered| answered.answer == Answer::Yes)
    };
    // Dispatch closes an issue after a yes, and leaves the page of somebody else's no to whoever has it.
    let ended = progress.ended.is_some() || progress.withdrawn.is_some();
    let due = progress.pages().into_iter().filter_map(|(receipt, who)| {
        let known = progress.incident(&receipt.id).map(|known| known.change);
        let page = receipt.id.clone();
        match known {
            Some(Change::Resolved) => None,
            _ if ended => Some(Step::Resolve { page, if_open: false }),
            None | Some(Change::Reopened) if who.iter().all(yes) => Some(Step::Resolve { page, if_open: true }),
            _ => None,
        }
    });
    due.collect()
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
    let due = journal.alarm.question.is_some() && all_well && answer_remark(progress).is_none_or(told) && nobody_works;
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

/// The comments that tell of answers, why they were given, and of their pages.
fn answers_told(progress: &Progress) -> Vec<Remark> {
    let paged = progress.people.iter().enumerate().filter(|(_, person)| person.paged.is_some());
    let told = answer_remark(progress).into_iter().chain(paged.map(|(who, _)| Remark::Paged(who)));
    told.chain((0..progress.reasons.len()).map(Remark::Reason)).collect()
}

fn incidents_told(progress: &Progress) -> impl Iterator<Item = Remark> {
    (0..progress.incidents.len()).map(Remark::Incident)
}

/// Comments that the issue still lacks.
fn remarks(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let mut due = answers_told(progress);
    let note_refused = progress.given_up.iter().any(|step| matches!(step, Step::FallBack { .. }));
    if !progress.noted.is_empty() || note_refused {
        due.push(Remark::Unreached);
    }
    due.extend((0..progress.snoozes.len()).map(Remark::Snoozed));
    due.extend((0..progress.passes.len()).map(Remark::Passed));
    due.extend(silences_told(journal, progress));
    due.extend(incidents_told(progress));
    due.extend(progress.withdrawn.iter().map(|_| Remark::Withdrawn));
    due.extend(progress.evidence.iter().filter(|(_, text)| text.is_some()).map(|(id, _)| Remark::Evidence(id.clone())));
    due.extend((0..progress.alerts.len()).map(Remark::Alerted));
    due.extend(digest::pages(&progress.lines).map(|(page, turn)| Remark::Listing { page, turn }));
    due.extend(repeats_due(progress));
    noted(due, progress).collect()
}

/// A comment for each step of an escalation, once it is taken or cannot be.
fn silences_told(journal: &Journal, progress: &Progress) -> Vec<Remark> {
    let mut told = Vec::new();
    for (wave, known) in progress.waves.iter().enumerate() {
        for rung in 0..journal.alarm.chain.len() {
            let who = journal.position(Role::Rung { wave, rung });
            let asked = progress.others.get(&who).is_some_and(PersonProgress::is_settled);
            if asked || known.climbed.contains_key(&rung) || timetable::failed(journal, progress, wave, rung) {
                told.push(Remark::Silent { wave, rung });
            }
        }
    }
    told
}

/// The count of repeats, when the issue shows another.
fn repeats_due(progress: &Progress) -> Option<Remark> {
    let repeats = progress.repeats.saturating_add(usize::from(progress.stood));
    (repeats > 0).then_some(Remark::Repeats(repeats))
}
