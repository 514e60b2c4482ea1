//! What the issue is told.

use super::{PersonProgress, Progress, noted, timetable};
use crate::{
    digest,
    journal::{Journal, Remark, Role, Step},
};

/// The comment that tells the answers so far: one for a single person, a tally for several.
pub(super) fn answer_remark(progress: &Progress) -> Option<Remark> {
    match progress.people.iter().filter(|person| person.answer.is_some()).count() {
        0 => None,
        _ if progress.people.len() == 1 => Some(Remark::Answer(0)),
        answers => Some(Remark::Tally(answers)),
    }
}

/// The comments that tell of answers, why they were given, and of their pages.
pub(super) fn answers_told(progress: &Progress) -> Vec<Remark> {
    let paged = progress.people.iter().enumerate().filter(|(_, person)| person.paged.is_some());
    let told = answer_remark(progress).into_iter().chain(paged.map(|(who, _)| Remark::Paged(who)));
    told.chain((0..progress.reasons.len()).map(Remark::Reason)).collect()
}

pub(super) fn incidents_told(progress: &Progress) -> impl Iterator<Item = Remark> {
    (0..progress.incidents.len()).map(Remark::Incident)
}

/// Comments that the issue still lacks.
pub(super) fn remarks(journal: &Journal, progress: &Progress) -> Vec<Step> {
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
    due.extend(listings(progress));
    due.extend(repeats_due(progress));
    noted(due, progress).collect()
}

/// What a digest lists.
pub(super) fn listings(progress: &Progress) -> impl Iterator<Item = Remark> {
    digest::pages(&progress.lines).map(|(page, turn)| Remark::Listing { page, turn })
}

/// A comment for each step of an escalation, once it is taken or cannot be; one also when the answers came before
/// anything was done.
pub(super) fn silences_told(journal: &Journal, progress: &Progress) -> Vec<Remark> {
    let mut told = Vec::new();
    for (wave, known) in progress.waves.iter().enumerate().filter(|(_, known)| !known.who.is_empty()) {
        let is_answered = !timetable::is_silent(progress, known);
        for rung in 0..journal.alarm.chain.len() {
            let who = journal.position(Role::Rung { wave, rung });
            let asked = progress.others.get(&who).is_some_and(PersonProgress::is_settled);
            if (rung == 0 && is_answered)
                || asked
                || known.climbed.contains_key(&rung)
                || timetable::failed(journal, progress, wave, rung)
            {
                told.push(Remark::Silent { wave, rung });
            }
        }
    }
    told
}

/// The count of repeats, when the issue shows another.
pub(super) fn repeats_due(progress: &Progress) -> Option<Remark> {
    let repeats = progress.repeats.saturating_add(usize::from(progress.stood));
    (repeats > 0).then_some(Remark::Repeats(repeats))
}
