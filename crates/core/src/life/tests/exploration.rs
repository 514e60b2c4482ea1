//! Every life there can be, step by step, against the picture.

use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::life::picture::CHANGES;

/// What a step can come to.
fn results(step: &Step, refusals: bool) -> Vec<Vec<Fact>> {
    let gave_up = || Fact::GaveUp { step: step.clone(), reason: "refused".to_owned() };
    let mut results = match step {
        Step::Open => return vec![vec![opened()], vec![stood()], vec![stood(), ended()]],
        Step::Reach { who, round } => return vec![vec![reached(*who, *round)], vec![unreached(*who, *round)]],
        Step::Page(who) => return vec![vec![paged(*who)]],
        Step::FallBack { round } => vec![vec![Fact::FellBack { round: *round }]],
        Step::Remark(remark) => vec![vec![remarked(remark.clone())]],
        Step::Show { who, stage } => vec![vec![shown(*who, *stage)]],
        Step::Close => vec![vec![Fact::Closed]],
        Step::Seek(nth) => vec![vec![Fact::Sought { nth: *nth }]],
        Step::Remind { who, nth } => vec![vec![Fact::Reminded { who: *who, nth: *nth }]],
        Step::Climb { wave, rung } => vec![vec![climbed(*wave, *rung, "pagerduty")]],
        Step::Resolve { page, if_open } => {
            let found = [Some(Change::Resolved), if_open.then_some(Change::Taken), if_open.then_some(Change::Left)];
            return found.into_iter().flatten().map(|change| vec![incident(page, change)]).collect();
        }
        Step::Mark => vec![vec![Fact::Marked]],
    };
    if refusals {
        results.push(vec![gave_up()]);
    }
    results
}

/// What can happen beside the steps: somebody answers, the alarm comes again, somebody closes the
/// issue.
fn events(journal: &Journal, timed: bool) -> Vec<Vec<Fact>> {
    let progress = Progress::of(journal);
    let mut events = Vec::new();
    if timed && progress.over && !progress.handed_back {
        events.push(vec![reopened()]);
    }
    if progress.issue.is_none() || progress.over {
        return events;
    }
    events.push(vec![ended()]);
    if progress.repeats == 0 && !timed {
        events.push(vec![repeated(1)]);
    }
    if timed {
        events.extend(in_time(journal, &progress));
    }
    if journal.alarm.question.is_some() && !progress.stood {
        // A click may overtake the receipt of its question.
        let silent = progress.people.iter().enumerate().filter(|(_, person)| person.answer.is_none());
        let silent = silent.filter(|(_, person)| person.unreached.is_none());
        events.extend(silent.flat_map(|(who, _)| [vec![answered(who, Yes)], vec![answered(who, No)]]));
    }
    events
}

/// What time brings, what becomes of pages, and that the publisher takes the alarm back.
fn in_time(journal: &Journal, progress: &Progress) -> Vec<Vec<Fact>> {
    let mut events = Vec::new();
    let due = timetable(journal).into_iter().find(|due| due.fact != Fact::Looked);
    events.extend(due.map(|due| vec![due.fact]));
    if progress.withdrawn.is_none() {
        events.push(vec![withdrawn()]);
    }
    for (receipt, _) in progress.pages() {
        let changes: &[Change] = match progress.incident(&receipt.id).map(|known| known.change) {
            None => &[Change::Taken, Change::Resolved],
            Some(Change::Taken) if progress.incidents.len() < 2 => &[Change::Reopened],
            Some(_) => &[],
        };
        events.extend(changes.iter().map(|change| vec![incident(&receipt.id, *change)]));
    }
    events
}

/// Does what changes nothing but the looks of a question and of the issue, so that there are fewer lives to follow.
fn embellish(journal: &mut Journal) {
    while let Plan::Do(steps) = plan(journal) {
        let told = steps.iter().find_map(|step| match step {
            Step::Remark(Remark::Answer(_)) => None,
            Step::Remark(remark) => Some(remarked(remark.clone())),
            Step::Show { who, stage } => Some(shown(*who, *stage)),
            Step::Mark => Some(Fact::Marked),
            _ => None,
        });
        let Some(fact) = told else { return };
        journal.push(at(1), fact);
    }
}

/// Follows every life of `message` and returns the changes of state. With `timed`, time passes and pages are taken.
fn explore(message: &Value, refusals: bool, timed: bool) -> BTreeSet<(&'static str, &'static str)> {
    let mut changes = BTreeSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![journal(message)];
    while let Some(mut journal) = open.pop() {
        if timed {
            embellish(&mut journal);
        }
        let steps = match plan(&journal) {
            // Nothing leads on from the end but time and people.
            Plan::Do(_) if !timed && state(&journal) == State::Closed => Vec::new(),
            Plan::Do(steps) => steps,
            Plan::Wait { .. } | Plan::Done => Vec::new(),
        };
        let mut next = events(&journal, timed);
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

/// A question with a deadline, a person behind it, and a page behind both.
fn patient() -> Value {
    let mut message = self_service();
    message["answerTimeout"] = json!("PT1H");
    message["escalation"] = json!([{ "slackId": "U045EF6GH" }]);
    message
}

#[test]
fn lives_change_their_state_as_the_picture_says() {
    let mut changes = BTreeSet::new();
    for message in [self_service(), broadcast(), nag(), low_priority()] {
        changes.extend(explore(&message, true, false));
    }
    changes.extend(explore(&poll(), false, false));
    changes.extend(explore(&patient(), false, true));
    assert_eq!(changes.into_iter().collect::<Vec<_>>(), CHANGES);
}
