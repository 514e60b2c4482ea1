//! Journals, as they may stand in the store.

use dispatch_core::{
    alarm::Issue,
    journal::{Answer, Journal, Remark, Stage, Step},
    life::{Plan, Progress, plan, rehearse, rehearse_answer, state},
    notice::Notice,
    words::{self, Reply},
};

use super::world;

/// More than this many steps of one life are not put into words one by one.
const STEPS_MAX: usize = 200;

/// More people than this are not answered one by one.
const PEOPLE_MAX: usize = 50;

/// Bytes are a journal, or an error. What is read is written back equal, and nothing that reads it panics.
pub fn holds(bytes: &[u8]) {
    let Ok(journal) = Journal::from_bytes(bytes) else { return };
    let written = journal.to_bytes().expect("what was read can be written");
    assert_eq!(Journal::from_bytes(&written).expect("and read again"), journal);
    lives(&journal);
}

/// Whatever the journal says, it can be planned, told, and played to an end.
fn lives(journal: &Journal) {
    let mut steps = match plan(journal) {
        Plan::Do(steps) => steps,
        Plan::Wait { .. } | Plan::Done => Vec::new(),
    };
    steps.extend(journal.begun.iter().cloned());
    told(journal, steps);
    let mut tidy = journal.clone();
    tidy.tidy();
    assert_eq!(plan(&tidy), plan(journal), "tidying changes the plan");
    for answer in [Answer::Yes, Answer::No] {
        let mut journal = journal.clone();
        let mut played = rehearse(&mut journal, world::now());
        played.extend(rehearse_answer(&mut journal, answer, world::now()));
        assert!(!matches!(plan(&journal), Plan::Do(_)), "the life has no end: {:?}", plan(&journal));
        told(&journal, played);
    }
}

/// Some of the steps, from the first to the last.
pub(super) fn some(mut steps: Vec<Step>) -> Vec<Step> {
    let every = steps.len() / STEPS_MAX + 1;
    let mut position = 0;
    steps.retain(|_| {
        position += 1;
        position % every == 0
    });
    steps
}

fn told(journal: &Journal, steps: Vec<Step>) {
    let steps = &some(steps);
    let _ = state(journal).word();
    drop(texts(journal, steps));
    drop(notices(journal, steps));
    drop(comments(journal, steps));
}

/// Where the alarm stands; somewhere even when it stands nowhere.
fn issue(journal: &Journal, progress: &Progress) -> Issue {
    let somewhere = || Issue {
        repo: journal.alarm.repo.clone(),
        number: dispatch_core::alarm::IssueNumber(1),
        url: "https://github.com/example-org/alarms/issues/1".to_owned(),
    };
    progress.issue.as_ref().map_or_else(somewhere, |(issue, _)| issue.clone())
}

/// The issue's texts, and every line of the timeline.
pub(super) fn texts(journal: &Journal, steps: &[Step]) -> Vec<String> {
    let draft = words::draft(journal, None);
    let mut texts = vec![draft.title, draft.body, draft.marker];
    texts.extend(draft.labels);
    texts.push(words::digest_alarm(journal).text);
    texts.extend(journal.entries.iter().map(|entry| words::tell(&journal.alarm, &entry.fact).1));
    texts.extend(journal.entries.iter().map(|entry| words::time(entry.at)));
    texts.extend(steps.iter().map(|step| words::step_name(&journal.alarm, step)));
    texts.extend(steps.iter().map(ToString::to_string));
    texts
}

/// What people and the pager are told by these steps, and those who click in vain.
pub(super) fn notices(journal: &Journal, steps: &[Step]) -> Vec<Notice> {
    let progress = Progress::of(journal);
    let issue = issue(journal, &progress);
    let mut notices: Vec<Notice> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Reach { who, round } => Some(words::reach(journal, &issue, &progress, *who, *round)),
            Step::FallBack { round } => Some(words::fallback(journal, &issue, &progress, *round)),
            Step::Seek(nth) => Some(words::seek(journal, &issue, *nth)),
            Step::Remind { who, nth } => words::remind(journal, &issue, &progress, *who, *nth),
            Step::Climb { wave, rung } => words::climb(journal, &issue, &progress, *wave, *rung),
            Step::Page(who) => Some(words::page_for_no(journal, &issue, &progress, *who)),
            Step::Show { who, stage } => Some(words::outcome(journal, &issue, &progress, *who, *stage)),
            _ => None,
        })
        .collect();
    for (who, person) in progress.people.iter().enumerate().take(PEOPLE_MAX) {
        let Some(answered) = &person.answer else { continue };
        for reply in [Reply::NotYours, Reply::Stands(answered.clone()), Reply::Over] {
            notices.push(words::reply(Some(journal), who, Some(&issue), &reply, &answered.by));
        }
    }
    let reason = "could not open the issue";
    notices.push(words::last_resort(Some(&journal.alarm), Some(&issue), &journal.key, &["m-1"], reason));
    // Nobody who is known has these places.
    for who in [progress.people.len(), usize::MAX] {
        notices.push(words::reach(journal, &issue, &progress, who, usize::MAX));
        notices.push(words::page_for_no(journal, &issue, &progress, who));
        notices.push(words::outcome(journal, &issue, &progress, who, Stage::Paged));
    }
    notices
}

/// The comments that these steps write.
pub(super) fn comments(journal: &Journal, steps: &[Step]) -> Vec<String> {
    let progress = Progress::of(journal);
    let remarks = steps.iter().filter_map(|step| match step {
        Step::Remark(remark) => Some(remark.clone()),
        _ => None,
    });
    // Nobody and nothing that is known has these places.
    let strange = [
        Remark::Answer(usize::MAX),
        Remark::Paged(usize::MAX),
        Remark::Alerted(usize::MAX),
        Remark::Listing { page: usize::MAX, turn: 0 },
        Remark::Evidence("none".to_owned()),
        Remark::Tally(usize::MAX),
        Remark::Repeats(usize::MAX),
        Remark::Unreached,
    ];
    let remarks: Vec<Remark> = remarks.chain(strange).collect();
    for remark in &remarks {
        drop(words::digest_remark(journal, &progress, remark, world::now()));
    }
    remarks.iter().map(|remark| words::comment(journal, &progress, remark, world::now())).collect()
}
