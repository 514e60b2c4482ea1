//! What is done about silence, and how it ends when somebody answers after all.

use super::{
    silence::{asked, asked_with, asks, paged_for_silence, played, table},
    *,
};
use crate::words;

#[test]
fn an_escalation_takes_its_steps_one_after_the_other() {
    let expected = [
        "1800 remind 0.0",
        // sam, in Slack: behind jane and the two in her place.
        "3600 reach 3",
        "4200 climb 0.1",
        "5400 climb 0.2",
        // Whoever is on call.
        "5700 reach 6",
        "6600 climb 0.4",
    ];
    assert_eq!(played(asked(&waiting())), expected);
    let journal = asked(&waiting());
    let kinds: Vec<_> = journal.alarm.chain.iter().map(|rung| rung.to.scheme()).collect();
    assert_eq!(kinds, ["slack", "slack", "slack", "on-call", "pagerduty"]);
}

#[test]
fn a_step_that_cannot_be_taken_is_passed_over_at_once() {
    let note = Step::Climb { wave: 0, rung: 1 };
    let refused = Fact::GaveUp { step: note, reason: "channel_not_found".to_owned() };
    let journal = asked_with(&waiting(), [(3_600, silent(0, &[0])), (3_601, unreached(3, 0)), (3_602, refused)]);
    assert_eq!(table(&journal), ["3600 climb 0.1"]);
    let expected = ["3600 climb 0.2", "3900 reach 6", "4800 climb 0.4"];
    assert_eq!(played(journal), expected);
}

#[test]
fn an_outage_does_not_keep_an_escalation_from_going_on() {
    let mut journal = asked_with(&waiting(), [(3_600, silent(0, &[0]))]);
    for (rung, second) in [(1, 4_200), (2, 5_400), (3, 5_700), (4, 6_600)] {
        assert_eq!(table(&journal), [format!("{second} climb 0.{rung}")]);
        for fact in due(&journal, at(second)) {
            journal.push(at(second), fact);
        }
    }
    let expected = "climb 0.1, climb 0.2, climb 0.4, mark, reach 3, reach 6";
    assert_eq!(next(&journal), expected);
}

#[test]
fn each_step_is_told_on_the_issue_and_shown() {
    let mut journal = asked_with(&waiting(), [(3_600, silent(0, &[0]))]);
    assert_eq!(next(&journal), "mark, reach 3");
    journal.push(at(3_601), reached(3, 0));
    assert_eq!(next(&journal), "comment silent 0.0, mark, show 0 silent 0");
    rehearse(&mut journal, at(3_602));
    journal.push(at(4_200), Fact::ClimbDue { wave: 0, rung: 1 });
    journal.push(at(4_201), climbed(0, 1, "slack"));
    assert_eq!(next(&journal), "comment silent 0.1, show 0 silent 1, show 3 silent 1");
}

#[test]
fn a_page_that_somebody_takes_stops_the_escalation_and_one_that_is_open_again_goes_on() {
    let mut journal = paged_for_silence();
    assert_eq!((state(&journal), table(&journal)), (State::Paged, vec!["15000 climb 0.1".to_owned()]));
    let rows: [(Change, &[&str]); 4] =
        [(Change::Taken, &[]), (Change::Reopened, &["15000 climb 0.1"]), (Change::Taken, &[]), (Change::Resolved, &[])];
    for (n, (change, expected)) in rows.into_iter().enumerate() {
        journal.push(at(14_500), incident("Q0", change));
        assert_eq!(table(&journal), expected, "{change:?}");
        assert_eq!(next(&journal), format!("comment incident {n}, show 0 incident {n}"));
        rehearse(&mut journal, at(14_500));
    }
    // Whoever answers after all is heard.
    assert_eq!((state(&journal), next(&journal).as_str()), (State::Paged, "wait"));
}

#[test]
fn an_acknowledgement_that_times_out_late_has_the_next_step_taken_at_once() {
    let mut journal = paged_for_silence();
    journal.push(at(14_500), incident("Q0", Change::Taken));
    journal.push(at(20_000), incident("Q0", Change::Reopened));
    assert!(due(&journal, at(20_000)).contains(&Fact::ClimbDue { wave: 0, rung: 1 }));
}

#[test]
fn a_late_yes_resolves_the_page_and_then_closes() {
    let mut journal = paged_for_silence();
    journal.push(at(15_000), answered(0, Yes));
    assert_eq!(next(&journal), "comment answer 0, resolve Q0 if open, show 0 answer");
    journal.push(at(15_001), remarked(Remark::Answer(0)));
    journal.push(at(15_002), shown(0, Stage::Answered));
    assert_eq!(next(&journal), "resolve Q0 if open");
    assert_eq!(table(&journal), [""; 0]);
    journal.push(at(15_003), incident("Q0", Change::Resolved));
    assert_eq!(next(&journal), "close, comment incident 0, show 0 outcome 0");
    rehearse(&mut journal, at(15_004));
    assert_eq!((state(&journal), next(&journal).as_str()), (State::Closed, "done"));
}

#[test]
fn a_late_yes_leaves_a_page_that_somebody_has_taken() {
    for change in [Change::Taken, Change::Left] {
        let mut journal = paged_for_silence();
        journal.push(at(15_000), answered(0, Yes));
        journal.push(at(15_001), incident("Q0", change));
        rehearse(&mut journal, at(15_002));
        assert_eq!((state(&journal), next(&journal).as_str()), (State::Paged, "wait"), "{change:?}");
        // Whoever has it resolves it, and that was all that the issue waited for.
        journal.push(at(15_003), incident("Q0", Change::Resolved));
        rehearse(&mut journal, at(15_004));
        assert_eq!(state(&journal), State::Closed, "{change:?}");
    }
}

#[test]
fn a_yes_in_time_and_a_yes_before_anything_was_done_page_nobody() {
    let message = asks(&json!({}));
    for (facts, told) in [
        ([answered(0, Yes), silent(0, &[0])], "comment answer 0, show 0 answer"),
        ([silent(0, &[0]), answered(0, Yes)], "comment answer 0, comment silent 0.0, mark, show 0 answer"),
    ] {
        let mut journal = asked(&message);
        for fact in facts {
            journal.push(at(14_400), fact);
        }
        assert_eq!(next(&journal), told);
        rehearse(&mut journal, at(14_401));
        assert_eq!((state(&journal), Progress::of(&journal).pages().len()), (State::Closed, 0));
    }
}

#[test]
fn a_late_no_joins_the_page() {
    let mut journal = paged_for_silence();
    journal.push(at(15_000), answered(0, No));
    assert_eq!(next(&journal), "comment answer 0, page 0, show 0 answer");
    let progress = Progress::of(&journal);
    let silence = words::climb(&journal, &issue(), &progress, 0, 0).unwrap();
    assert_eq!(words::page_for_no(&journal, &issue(), &progress, 0).key, silence.key);
    // The same incident, so it ends once.
    journal.push(at(15_001), paged(0));
    rehearse(&mut journal, at(15_002));
    assert_eq!((state(&journal), table(&journal)), (State::Paged, Vec::new()));
    journal.push(at(15_003), ended());
    assert_eq!(next(&journal), "resolve Q0");
}

#[test]
fn a_page_that_an_earlier_life_left_open_is_resolved_and_never_joined() {
    let mut journal = paged_for_silence();
    let plain = words::climb(&journal, &issue(), &Progress::of(&journal), 0, 0).unwrap().key;
    journal.push(at(14_402), inherited("Q9"));
    assert_eq!(next(&journal), "resolve Q9");
    let own = words::climb(&journal, &issue(), &Progress::of(&journal), 0, 0).unwrap().key;
    assert!(own != plain && own.contains(&journal.life.to_string()), "{own}");
    journal.push(at(14_403), incident("Q9", Change::Resolved));
    assert!(!next(&journal).contains("resolve"), "{}", next(&journal));
}

#[test]
fn a_key_that_is_paged_under_again_after_its_page_was_resolved_is_open() {
    let mut journal = paged_for_silence();
    journal.push(at(14_500), incident("Q0", Change::Resolved));
    journal.push(at(15_000), answered(0, No));
    journal.push(at(15_001), paged(0));
    assert!(Progress::of(&journal).incident("Q0").unwrap().is_waiting());
    // The same fact once more, by a run that did not know: nothing was opened again.
    journal.push(at(15_002), incident("Q0", Change::Resolved));
    journal.push(at(15_003), paged(0));
    assert!(!Progress::of(&journal).incident("Q0").unwrap().is_waiting());
}
