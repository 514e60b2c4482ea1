//! Counts the work that hostile input causes, and fails where four times the input is far more than four times the
//! work.
//!
//! The count is how often each piece of code ran, as the compiler counts it with `-C instrument-coverage`, and the
//! bytes that were allocated. It needs no clock: the same on every machine, however busy. The standard library's own
//! loops are not in the count, but every call that leads to them is.

mod count;
mod inputs;
#[path = "../../../../crates/incoming/src/letter.rs"]
mod letter;

use dispatch_core::{
    alarm::{Address, Repo, Signal},
    journal::{Answer, Journal, LifeId, Step},
    life::{Progress, plan, rehearse, rehearse_answer},
    source::{Defaults, Letter, accept},
    words,
};
use jiff::Timestamp;

/// Linear work is 4, work by n log n is less than 5, and quadratic work is 16.
const RATIO_MAX: u64 = 6;

fn main() {
    let mut bad = 0;
    for input in inputs::all() {
        let [small, large] = [1, 4].map(|times| count::of(|| (input.run)(input.size * times)));
        let ratio = large as f64 / small as f64;
        let verdict = if large > small * RATIO_MAX { "TOO MUCH" } else { "fine" };
        println!("{:<45} {:>9} {:>14} {:>14} {ratio:>5.1} {verdict}", input.name, input.size, small, large);
        bad += u32::from(verdict != "fine");
    }
    assert_eq!(bad, 0, "inputs that cause too much work");
}

/// Reads events, without acting on them.
fn event(event: serde_json::Value) {
    let count = event["Records"].as_array().map(Vec::len);
    assert_eq!(letter::letters(event).ok().map(|letters| letters.len()), count);
}

/// Reads a message and words what follows from it.
fn message(text: &str) {
    let defaults = Defaults {
        repo: Repo::new("example-org", "alarms"),
        github_user: Some("example-org/security".to_owned()),
        channel: Address::new("slack", "#security"),
        patience_s: None,
        hours: dispatch_core::hours::Hours::default(),
        keeps_hours: false,
        chain: Vec::new(),
    };
    match accept(&Letter { id: "m-1", subject: Some(text), text }, &defaults).signal {
        Signal::Page(page) => drop(words::page(&page)),
        Signal::Alarm(alarm) => {
            life(Journal::begin(*alarm, LifeId("5eed".to_owned()), &["m-1".to_owned()], Timestamp::UNIX_EPOCH));
        }
        Signal::Resume { .. } | Signal::Resolve(_) => {}
    }
}

/// Plays a life to its end, and words its first and last step of each kind: each is sent on its own, so that all of
/// them cost as much as there are.
fn life(mut journal: Journal) {
    let now = Timestamp::UNIX_EPOCH;
    let mut steps = rehearse(&mut journal, now);
    if journal.alarm.question.is_some() {
        steps.extend(rehearse_answer(&mut journal, Answer::No, now));
    }
    drop(plan(&journal));
    drop(words::draft(&journal, None));
    let progress = Progress::of(&journal);
    let Some((issue, _)) = progress.issue.clone() else { return };
    let kinds: [fn(&Step) -> bool; 4] = [
        |step| matches!(step, Step::Reach { .. }),
        |step| matches!(step, Step::Page(_)),
        |step| matches!(step, Step::Remark(_)),
        |step| matches!(step, Step::Show { .. }),
    ];
    for is_one in kinds {
        let mut some = steps.iter().filter(|step| is_one(step));
        for step in some.next().into_iter().chain(some.next_back()) {
            match step {
                Step::Reach { who, round } => drop(words::reach(&journal, &issue, &progress, *who, *round)),
                Step::Page(who) => drop(words::page_for_no(&journal, &issue, &progress, *who)),
                Step::Remark(remark) => drop(words::comment(&journal, &progress, remark, now)),
                Step::Show { who, stage } => drop(words::outcome(&journal, &issue, &progress, *who, *stage)),
                // None of these is among the kinds above.
                Step::Open | Step::FallBack { .. } | Step::Seek(_) | Step::Remind { .. } | Step::Climb { .. } => {}
                Step::Resolve { .. } | Step::Mark | Step::Close => {}
            }
        }
    }
    let bytes = journal.to_bytes().expect("a journal can be written");
    assert_eq!(Journal::from_bytes(&bytes).expect("and read"), journal);
}
