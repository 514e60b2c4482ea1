//! How a life ends that nobody has answered.

use super::{
    silence::{asked, asked_with, asks, paged_for_silence},
    *,
};

#[test]
fn closing_by_hand_ends_the_questions_and_the_pages() {
    let mut journal = asked_with(&waiting(), [(1, passed(0, Some(0)))]);
    rehearse(&mut journal, at(2));
    journal.push(at(3_600), silent(0, &[0]));
    rehearse(&mut journal, at(3_600));
    journal.push(at(4_200), Fact::ClimbDue { wave: 0, rung: 1 });
    journal.push(at(4_201), climbed(0, 4, "pagerduty"));
    rehearse(&mut journal, at(4_202));
    journal.push(at(4_300), ended());
    assert_eq!(wake(&journal), None);
    assert_eq!(next(&journal), "resolve Q0, show 0 ended, show 1 ended, show 3 ended");
    rehearse(&mut journal, at(4_301));
    assert_eq!((state(&journal), next(&journal).as_str()), (State::Closed, "done"));
}

#[test]
fn an_issue_that_is_opened_again_is_counted_on_and_nothing_else() {
    let mut journal = paged_for_silence();
    journal.push(at(15_000), ended());
    rehearse(&mut journal, at(15_001));
    journal.push(at(15_002), reopened());
    assert_eq!((state(&journal), next(&journal).as_str(), wake(&journal)), (State::HandedBack, "done", None));
    journal.push(at(15_003), repeated(2));
    assert_eq!(next(&journal), "comment repeats 2");
    journal.push(at(15_004), nagged(1));
    journal.push(at(15_005), silent(0, &[0]));
    assert_eq!(next(&journal), "comment repeats 2");
    journal.push(at(15_006), ended());
    assert_eq!((state(&journal), next(&journal).as_str()), (State::Closed, "done"));
}

#[test]
fn what_its_publisher_takes_back_is_told_closed_and_resolved() {
    let mut journal = paged_for_silence();
    journal.push(at(15_000), withdrawn());
    assert_eq!((next(&journal).as_str(), wake(&journal)), ("comment withdrawn, resolve Q0", None));
    journal.push(at(15_001), incident("Q0", Change::Resolved));
    journal.push(at(15_002), remarked(Remark::Withdrawn));
    assert_eq!(next(&journal), "close, comment incident 0, show 0 incident 0");
    journal.push(at(15_003), Fact::Closed);
    assert_eq!(next(&journal), "comment incident 0, show 0 ended");
    rehearse(&mut journal, at(15_004));
    assert_eq!((state(&journal), next(&journal).as_str()), (State::Closed, "done"));
}

#[test]
fn what_is_taken_back_before_anybody_was_asked_is_closed_without_a_question() {
    let mut journal = journal_with(&waiting(), [withdrawn()]);
    assert_eq!(next(&journal), "open");
    journal.push(at(2), opened());
    assert_eq!(next(&journal), "comment withdrawn");
    journal.push(at(3), remarked(Remark::Withdrawn));
    assert_eq!(next(&journal), "close");
}

#[test]
fn an_issue_is_looked_at_as_long_as_closing_it_would_end_something() {
    let hours = |journal: &Journal| -> Vec<i64> {
        let mut journal = journal.clone();
        let mut hours = Vec::new();
        while let Some(look) = timetable(&journal).into_iter().find(|due| due.fact == Fact::Looked) {
            hours.push((look.at.as_second() - at(0).as_second()) / 3_600);
            journal.push(look.at, Fact::Looked);
        }
        hours
    };
    let all = [1, 4, 12, 24, 72, 168, 720];
    let forever = asks(&json!({ "answerTimeout": "off" }));
    assert_eq!(hours(&asked(&forever)), all);
    let late = asked_with(&forever, [(5 * 3_600, Fact::Looked)]);
    assert_eq!(hours(&late), all[2..]);
    let is_paged = asked_with(&forever, [(1, answered(0, No)), (2, paged(0))]);
    assert_eq!(hours(&is_paged), all);
    let nothing: [i64; 0] = [];
    for fact in [answered(0, Yes), ended(), withdrawn()] {
        assert_eq!(hours(&asked_with(&forever, [(1, fact)])), nothing);
    }
    let resolved = [(1, answered(0, No)), (2, paged(0)), (3, incident("Q0", Change::Resolved))];
    assert_eq!(hours(&asked_with(&forever, resolved)), nothing);
    assert_eq!(hours(&asked(&broadcast())), nothing);
    assert_eq!(hours(&journal_with(&forever, [stood()])), nothing);
}
