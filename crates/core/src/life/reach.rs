//! Who is told, asked and reminded.

use super::{PersonProgress, Progress};
use crate::{
    alarm::Again,
    journal::{Journal, Step, Who},
};

/// Whoever is still to be told or asked, and the notes for those who cannot be.
pub(super) fn reach(journal: &Journal, progress: &Progress) -> Vec<Step> {
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

/// Reminders whose time has come.
pub(super) fn reminders(progress: &Progress) -> Vec<Step> {
    let due = |(who, person): (Who, &PersonProgress)| {
        let nth = person.reminds.len().checked_sub(1)?;
        let reached = progress.asked(who).is_some_and(|asked| asked.reached.is_some());
        let wanted = person.answer.is_none() && person.silent.is_none() && progress.withdrawn.is_none();
        (wanted && reached && person.reminded <= nth).then_some(Step::Remind { who, nth })
    };
    progress.people.iter().enumerate().filter_map(due).collect()
}
