//! Journals, plausible or not.

use proptest::prelude::*;

use super::*;

pub(super) fn message() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![self_service(), broadcast(), poll(), nag(), low_priority(), waiting(), patient_poll()])
}

/// Two people with a deadline, and PagerDuty behind it.
pub(super) fn patient_poll() -> Value {
    let mut message = poll();
    message["answerTimeout"] = json!("PT1H");
    message
}

fn remark() -> impl Strategy<Value = Remark> {
    prop_oneof![
        (0..3usize).prop_map(Remark::Answer),
        (0..4usize).prop_map(Remark::Tally),
        (0..3usize).prop_map(Remark::Paged),
        Just(Remark::Unreached),
        (0..9usize).prop_map(Remark::Repeats),
        (0..3u8).prop_map(|id| Remark::Evidence(id.to_string())),
        (0..2usize).prop_map(Remark::Alerted),
        (0..2usize, 0..4usize).prop_map(|(page, turn)| Remark::Listing { page, turn }),
        (0..2usize, 0..5usize).prop_map(|(wave, rung)| Remark::Silent { wave, rung }),
        (0..2usize).prop_map(Remark::Snoozed),
        (0..2usize).prop_map(Remark::Passed),
        (0..2usize).prop_map(Remark::Reason),
        (0..3usize).prop_map(Remark::Incident),
        Just(Remark::Withdrawn),
    ]
}

fn stage() -> impl Strategy<Value = Stage> {
    prop_oneof![
        prop::sample::select(vec![Stage::Answered, Stage::Paged, Stage::Passed, Stage::Ended]),
        (0..2usize).prop_map(Stage::Snoozed),
        (0..5usize).prop_map(Stage::Silent),
        (0..3usize).prop_map(Stage::Incident),
        (0..3usize).prop_map(Stage::Outcome),
    ]
}

/// Steps that the engine gives up; never an issue or a page.
fn refused() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2usize).prop_map(|round| Step::FallBack { round }),
        remark().prop_map(Step::Remark),
        (0..8usize, stage()).prop_map(|(who, stage)| Step::Show { who, stage }),
        prop::sample::select(vec![Step::Close, Step::Mark]),
        (0..2usize).prop_map(Step::Seek),
        (0..2usize, 0..2usize).prop_map(|(who, nth)| Step::Remind { who, nth }),
        // The notes of an escalation; its pages are never given up.
        (0..2usize, 1..3usize).prop_map(|(wave, rung)| Step::Climb { wave, rung }),
    ]
}

/// Also about people that the alarm does not have.
fn fact() -> impl Strategy<Value = Fact> {
    let answer = prop::sample::select(vec![Yes, No]);
    prop_oneof![
        2 => Just(opened()),
        1 => Just(stood()),
        4 => (0..9usize, 0..3usize).prop_map(|(who, round)| reached(who, round)),
        2 => (0..9usize, 0..3usize).prop_map(|(who, round)| unreached(who, round)),
        2 => (0..3usize).prop_map(|round| Fact::FellBack { round }),
        4 => (0..3usize, answer).prop_map(|(who, answer)| answered(who, answer)),
        2 => (0..3usize).prop_map(paged),
        4 => remark().prop_map(remarked),
        2 => (0..9usize, stage()).prop_map(|(who, stage)| shown(who, stage)),
        1 => prop::sample::select(vec![Fact::Closed, ended(), reopened(), withdrawn()]),
        6 => in_time(),
        1 => Just(digested()),
        2 => any::<usize>().prop_map(|count| Fact::Repeated { count }),
        1 => (0..3u8, any::<bool>())
            .prop_map(|(id, new)| Fact::Evidence { id: id.to_string(), text: new.then(|| id.to_string()) }),
        1 => (1..3usize).prop_map(nagged),
        1 => Just(alerted()),
        1 => Just(inherited("Q9")),
        2 => (0..3u8, 0..2u8, 1..9usize).prop_map(|(life, name, turn)| listed(&life.to_string(), &name.to_string(), turn)),
        1 => refused().prop_map(|step| Fact::GaveUp { step, reason: String::new() }),
    ]
}

/// What silence brings, and what people do instead of answering.
fn in_time() -> impl Strategy<Value = Fact> {
    let change =
        prop::sample::select(vec![Change::Taken, Change::Resolved, Change::Reopened, Change::Dropped, Change::Left]);
    prop_oneof![
        3 => (0..2usize, prop::collection::vec(0..2usize, 1..3)).prop_map(|(wave, who)| silent(wave, &who)),
        2 => (0..2usize, 1..5usize).prop_map(|(wave, rung)| Fact::ClimbDue { wave, rung }),
        2 => (0..2usize, 0..5usize, any::<bool>())
            .prop_map(|(wave, rung, pages)| climbed(wave, rung, if pages { "pagerduty" } else { "slack" })),
        2 => (0..2usize).prop_map(remind_due),
        1 => (0..2usize, 0..2usize).prop_map(|(who, nth)| Fact::Reminded { who, nth }),
        2 => (0..2usize, 60..5_000i64).prop_map(|(who, until)| snoozed(who, until)),
        2 => (0..2usize, prop::option::of(0..2usize)).prop_map(|(who, to)| passed(who, to)),
        1 => (0..2usize).prop_map(|nth| Fact::Sought { nth }),
        1 => (0..2usize).prop_map(|who| reason(who, "Why not.")),
        3 => (prop::sample::select(vec!["Q0", "Q1"]), change).prop_map(|(page, change)| incident(page, change)),
        1 => prop::sample::select(vec![Fact::Marked, Fact::Looked]),
    ]
}

pub(super) fn facts() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec(fact(), 0..30)
}
