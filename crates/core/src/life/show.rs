//! What the questions show.

use super::{PersonProgress, Progress};
use crate::{
    journal::{Change, Journal, Role, Stage, Step, Who},
    notice::Receipt,
};

/// What the questions show beside themselves, or in place of their buttons.
pub(super) fn outcomes(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let seats = progress.people.iter().enumerate().chain(progress.others.iter().map(|(who, person)| (*who, person)));
    let pages = progress.pages();
    let shown = |(who, person): (Who, &PersonProgress)| {
        let stage = stage(journal, progress, &pages, who).filter(|_| person.reached.is_some())?;
        (journal.alarm.question.is_some() && person.shown != Some(stage)).then_some(Step::Show { who, stage })
    };
    seats.filter_map(shown).collect()
}

/// How this person's question stands; `None` as it was asked.
fn stage(journal: &Journal, progress: &Progress, pages: &[(&Receipt, Vec<Who>)], who: Who) -> Option<Stage> {
    let asked = progress.anybody(who)?;
    let stands_for = progress.stands_for(journal, who);
    let people: Vec<&PersonProgress> = stands_for.iter().filter_map(|who| progress.people.get(*who)).collect();
    let is_answered = !people.is_empty() && people.iter().all(|person| person.answer.is_some());
    let theirs = |page: &str| {
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
        progress.people.get(*seat)?.is_unreminded().then_some(Stage::Snoozed(nth))
    };
    match incident {
        _ if progress.over && !is_answered => Some(Stage::Ended),
        Some(nth) if is_answered => Some(Stage::Outcome(nth)),
        Some(nth) if rung.is_some() => Some(Stage::Incident(nth)),
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
