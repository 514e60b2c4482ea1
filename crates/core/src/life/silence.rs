//! What follows from silence, and how it ends.

use super::{Progress, timetable};
use crate::{
    alarm::RungKind,
    journal::{Answer, Change, Journal, Role, Step, Who},
};

/// What follows from silence: each step of the chain whose time has come, and the label.
pub(super) fn silence(journal: &Journal, progress: &Progress) -> Vec<Step> {
    let mut steps = Vec::new();
    for (wave, known) in progress.waves.iter().enumerate().filter(|_| progress.withdrawn.is_none()) {
        if !timetable::is_climbing(progress, known) {
            continue;
        }
        for (rung, step) in journal.alarm.chain.iter().enumerate().take(known.rung().saturating_add(1)) {
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

/// Pages that nobody needs any more: because it is over, or because those who were silent have said yes.
pub(super) fn resolves(progress: &Progress) -> Vec<Step> {
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
            None | Some(Change::Reopened | Change::Dropped) if who.iter().all(yes) => {
                Some(Step::Resolve { page, if_open: true })
            }
            _ => None,
        }
    });
    let resolved = |page: &str| progress.incident(page).is_some_and(|known| known.change == Change::Resolved);
    let inherited = progress.inherited.iter().filter(|receipt| !resolved(&receipt.id));
    let inherited = inherited.map(|receipt| Step::Resolve { page: receipt.id.clone(), if_open: false });
    due.chain(inherited).collect()
}
