//! Plans in few words.

use super::*;

/// A plan in few words: `reach 0`, `reach 0 again 2`, `page 1`, `comment answer 0`, `wait`, `done`.
/// The steps of a plan have no order that matters, so they stand in that of the alphabet.
pub(super) fn brief(plan: &Plan) -> String {
    match plan {
        Plan::Do(steps) => {
            let mut steps: Vec<_> = steps.iter().map(step).collect();
            steps.sort_unstable();
            steps.join(", ")
        }
        Plan::Wait { until: None } => "wait".to_owned(),
        Plan::Wait { until: Some(until) } => format!("wait until {}", until.as_second() - at(0).as_second()),
        Plan::Done => "done".to_owned(),
    }
}

/// As [`brief`]; a life that only looks from time to time whether its issue is still open just waits.
pub(super) fn next(journal: &Journal) -> String {
    let looks = |plan: &Plan| {
        matches!(plan, Plan::Wait { .. }) && timetable(journal).iter().all(|due| due.fact == Fact::Looked)
    };
    let plan = plan(journal);
    if looks(&plan) { "wait".to_owned() } else { brief(&plan) }
}

pub(super) fn step(step: &Step) -> String {
    match step {
        Step::Open => "open".to_owned(),
        Step::Reach { who, round: 0 } => format!("reach {who}"),
        Step::Reach { who, round } => format!("reach {who} again {round}"),
        Step::FallBack { round } => format!("fall back {round}"),
        Step::Page(who) => format!("page {who}"),
        Step::Remark(remark) => format!("comment {}", comment(remark)),
        Step::Show { who, stage } => format!("show {who} {}", stage_name(*stage)),
        Step::Seek(nth) => format!("seek {nth}"),
        Step::Remind { who, nth } => format!("remind {who}.{nth}"),
        Step::Climb { wave, rung } => format!("climb {wave}.{rung}"),
        Step::Resolve { page, if_open: true } => format!("resolve {page} if open"),
        Step::Resolve { page, if_open: false } => format!("resolve {page}"),
        Step::Mark => "mark".to_owned(),
        Step::Close => "close".to_owned(),
    }
}

fn stage_name(stage: Stage) -> String {
    match stage {
        Stage::Snoozed(nth) => format!("snoozed {nth}"),
        Stage::Silent(rung) => format!("silent {rung}"),
        Stage::Passed => "passed".to_owned(),
        Stage::Answered => "answer".to_owned(),
        Stage::Paged => "page".to_owned(),
        Stage::Incident(nth) => format!("incident {nth}"),
        Stage::Outcome(nth) => format!("outcome {nth}"),
        Stage::Ended => "ended".to_owned(),
    }
}

fn comment(remark: &Remark) -> String {
    match remark {
        Remark::Silent { wave, rung } => format!("silent {wave}.{rung}"),
        Remark::Snoozed(nth) => format!("snoozed {nth}"),
        Remark::Passed(nth) => format!("passed {nth}"),
        Remark::Reason(nth) => format!("reason {nth}"),
        Remark::Incident(nth) => format!("incident {nth}"),
        Remark::Withdrawn => "withdrawn".to_owned(),
        Remark::Answer(who) => format!("answer {who}"),
        Remark::Tally(answers) => format!("tally {answers}"),
        Remark::Paged(who) => format!("page {who}"),
        Remark::Unreached => "unreached".to_owned(),
        Remark::Repeats(count) => format!("repeats {count}"),
        Remark::Evidence(id) => format!("evidence {id}"),
        Remark::Alerted(n) => format!("alerted {n}"),
        Remark::Listing { page, turn } => format!("page {page} up to {turn}"),
    }
}
