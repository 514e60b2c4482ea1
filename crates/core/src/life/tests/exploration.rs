//! Every life there can be, step by step, against the picture.

use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::life::picture::CHANGES;

/// What a step can come to.
fn results(step: &Step, refusals: bool) -> Vec<Vec<Fact>> {
    let gave_up = || Fact::GaveUp { step: step.clone(), reason: "refused".to_owned() };
    let mut results = match step {
        Step::Open => return vec![vec![opened()], vec![stood()], vec![stood(), Fact::Ended]],
        Step::Reach { who, round } => return vec![vec![reached(*who, *round)], vec![unreached(*who, *round)]],
        Step::Page(who) => return vec![vec![paged(*who)]],
        Step::FallBack { round } => vec![vec![Fact::FellBack { round: *round }]],
        Step::Remark(remark) => vec![vec![remarked(remark.clone())]],
        Step::Show { who, stage } => vec![vec![shown(*who, *stage)]],
        Step::Close => vec![vec![Fact::Closed]],
    };
    if refusals {
        results.push(vec![gave_up()]);
    }
    results
}

/// What can happen beside the steps: somebody answers, the alarm comes again, somebody closes the
/// issue.
fn events(journal: &Journal) -> Vec<Vec<Fact>> {
    let progress = Progress::of(journal);
    let mut events = Vec::new();
    if progress.issue.is_none() || progress.over {
        return events;
    }
    events.push(vec![Fact::Ended]);
    if progress.repeats == 0 {
        events.push(vec![repeated(1)]);
    }
    if journal.alarm.question.is_some() && !progress.stood {
        // A click may overtake the receipt of its question.
        let silent = progress.people.iter().enumerate().filter(|(_, person)| person.answer.is_none());
        let silent = silent.filter(|(_, person)| person.unreached.is_none());
        events.extend(silent.flat_map(|(who, _)| [vec![answered(who, Yes)], vec![answered(who, No)]]));
    }
    events
}

/// Follows every life of `message` and returns the changes of state.
fn explore(message: &Value, refusals: bool) -> BTreeSet<(&'static str, &'static str)> {
    let mut changes = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![journal(message)];
    while let Some(journal) = open.pop() {
        let steps = match plan(&journal) {
            Plan::Do(steps) => steps,
            Plan::Wait { .. } | Plan::Done => Vec::new(),
        };
        let mut next = events(&journal);
        next.extend(steps.iter().flat_map(|step| results(step, refusals)));
        for facts in next {
            let mut after = journal.clone();
            for fact in facts {
                after.push(at(1), fact);
            }
            changes.insert((state(&journal).word(), state(&after).word()));
            if seen.insert(what_is_known(&after)) {
                open.push(after);
            }
        }
    }
    changes.retain(|(from, to)| from != to);
    changes
}

/// The facts, whatever their order: it makes no difference, as the properties show.
fn what_is_known(journal: &Journal) -> String {
    let mut facts: Vec<_> = journal.entries.iter().map(|entry| format!("{:?}", entry.fact)).collect();
    facts.sort_unstable();
    facts.concat()
}

#[test]
fn lives_change_their_state_as_the_picture_says() {
    let mut changes = BTreeSet::new();
    for message in [self_service(), broadcast(), nag(), low_priority()] {
        changes.extend(explore(&message, true));
    }
    changes.extend(explore(&poll(), false));
    assert_eq!(changes.into_iter().collect::<Vec<_>>(), CHANGES);
}
