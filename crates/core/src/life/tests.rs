//! The life, told as tables: after each fact, the state and the plan.

mod brief;
mod endings;
mod escalation;
mod exploration;
mod facts;
mod properties;
mod silence;

use serde_json::{Value, json};

use self::brief::{next, step};
use super::*;
use crate::{
    journal::{Answer::*, Fact, Stage},
    testing::*,
};

/// Tells a life: one fact a row (the first row has none), and what holds after it.
fn tell(message: &Value, rows: &[(Option<Fact>, &str, &str)]) {
    let mut journal = journal(message);
    for (second, (fact, word, then)) in rows.iter().enumerate() {
        if let Some(fact) = fact {
            journal.push(at(second as i64), fact.clone());
        }
        let told = (state(&journal).word(), next(&journal));
        assert_eq!(told, (*word, (*then).to_owned()), "row {second}, after {fact:?}");
    }
}

#[test]
fn yes_closes_the_issue_once_it_tells_the_answer() {
    tell(
        &self_service(),
        &[
            (None, "received", "open"),
            (Some(opened()), "open", "reach 0"),
            (Some(reached(0, 0)), "asked", "wait"),
            (Some(answered(0, Yes)), "answered", "comment answer 0, show 0 answer"),
            (Some(remarked(Remark::Answer(0))), "answered", "close, show 0 answer"),
            (Some(Fact::Closed), "closed", "show 0 answer"),
            (Some(shown(0, Stage::Answered)), "closed", "done"),
        ],
    );
}

#[test]
fn no_pages_and_the_issue_stays_open() {
    tell(
        &self_service(),
        &[
            (Some(opened()), "open", "reach 0"),
            (Some(reached(0, 0)), "asked", "wait"),
            (Some(answered(0, No)), "answered", "comment answer 0, page 0, show 0 answer"),
            (Some(shown(0, Stage::Answered)), "answered", "comment answer 0, page 0"),
            (Some(paged(0)), "paged", "comment answer 0, comment page 0, show 0 page"),
            (Some(remarked(Remark::Answer(0))), "paged", "comment page 0, show 0 page"),
            (Some(remarked(Remark::Paged(0))), "paged", "show 0 page"),
            (Some(shown(0, Stage::Paged)), "paged", "wait"),
        ],
    );
}

#[test]
fn the_first_answer_stands() {
    for (first, second, then) in
        [(Yes, No, "comment answer 0, show 0 answer"), (No, Yes, "comment answer 0, page 0, show 0 answer")]
    {
        let facts = [opened(), reached(0, 0), answered(0, first), answered(0, second)];
        assert_eq!(next(&journal_with(&self_service(), facts)), then);
    }
}

#[test]
fn a_no_is_paged_shown_and_told_even_when_somebody_has_closed_the_issue() {
    tell(
        &self_service(),
        &[
            (Some(opened()), "open", "reach 0"),
            (Some(reached(0, 0)), "asked", "wait"),
            (Some(answered(0, No)), "answered", "comment answer 0, page 0, show 0 answer"),
            (Some(ended()), "closed", "comment answer 0, page 0, show 0 answer"),
            (Some(paged(0)), "closed", "comment answer 0, comment page 0, resolve Q0, show 0 page"),
            (Some(shown(0, Stage::Paged)), "closed", "comment answer 0, comment page 0, resolve Q0"),
            (Some(remarked(Remark::Answer(0))), "closed", "comment page 0, resolve Q0"),
            (Some(remarked(Remark::Paged(0))), "closed", "resolve Q0"),
            (Some(incident("Q0", Change::Resolved)), "closed", "comment incident 0, show 0 outcome 0"),
            (Some(remarked(Remark::Incident(0))), "closed", "show 0 outcome 0"),
            (Some(shown(0, Stage::Outcome(0))), "closed", "done"),
        ],
    );
}

#[test]
fn an_issue_that_is_closed_by_hand_ends_the_question() {
    let facts = [opened(), reached(0, 0), ended()];
    let journal = journal_with(&self_service(), facts);
    assert_eq!((state(&journal), next(&journal).as_str()), (State::Closed, "show 0 ended"));
}

#[test]
fn a_click_that_overtakes_its_receipt_is_not_asked_again() {
    tell(
        &self_service(),
        &[
            (Some(opened()), "open", "reach 0"),
            (Some(answered(0, Yes)), "answered", "comment answer 0"),
            (Some(reached(0, 0)), "answered", "comment answer 0, show 0 answer"),
        ],
    );
}

#[test]
fn somebody_who_cannot_be_asked_is_left_to_the_channel_and_the_deadline_runs_on() {
    let mut message = self_service();
    message["answerTimeout"] = json!("PT1H");
    tell(
        &message,
        &[
            (None, "received", "open"),
            (Some(opened()), "open", "reach 0"),
            (Some(unreached(0, 0)), "asked", "fall back 0"),
            (Some(Fact::FellBack { round: 0 }), "asked", "comment unreached"),
            (Some(remarked(Remark::Unreached)), "asked", "wait until 3601"),
        ],
    );
}

#[test]
fn a_channel_that_refuses_the_note_is_told_on_the_issue() {
    let step = Step::FallBack { round: 0 };
    let refused = Fact::GaveUp { step, reason: "channel_not_found".to_owned() };
    tell(
        &self_service(),
        &[
            (Some(opened()), "open", "reach 0"),
            (Some(unreached(0, 0)), "asked", "fall back 0"),
            (Some(refused), "asked", "comment unreached"),
            (Some(remarked(Remark::Unreached)), "asked", "wait"),
        ],
    );
}

#[test]
fn a_refused_comment_does_not_keep_the_issue_open() {
    let step = Step::Remark(Remark::Answer(0));
    let refused = Fact::GaveUp { step, reason: "locked".to_owned() };
    let facts = [opened(), reached(0, 0), answered(0, Yes), shown(0, Stage::Answered), refused];
    assert_eq!(next(&journal_with(&self_service(), facts)), "close");
}

#[test]
fn everyone_of_a_broadcast_is_told_and_nobody_asked() {
    tell(
        &broadcast(),
        &[
            (None, "received", "open"),
            (Some(opened()), "open", "reach 0, reach 1"),
            (Some(reached(1, 0)), "open", "reach 0"),
            (Some(reached(0, 0)), "told", "done"),
            (Some(repeated(1)), "told", "comment repeats 1"),
        ],
    );
}

#[test]
fn one_answer_each_and_all_yes_closes() {
    tell(
        &poll(),
        &[
            (Some(opened()), "open", "reach 0, reach 1"),
            (Some(reached(0, 0)), "open", "reach 1"),
            (Some(reached(1, 0)), "asked", "wait"),
            (Some(answered(1, Yes)), "asked", "comment tally 1, show 1 answer"),
            (Some(remarked(Remark::Tally(1))), "asked", "show 1 answer"),
            (Some(shown(1, Stage::Answered)), "asked", "wait"),
            (Some(answered(0, Yes)), "answered", "comment tally 2, show 0 answer"),
            (Some(remarked(Remark::Tally(2))), "answered", "close, show 0 answer"),
        ],
    );
}

#[test]
fn each_no_pages_once_while_the_others_are_waited_for() {
    tell(
        &poll(),
        &[
            (Some(opened()), "open", "reach 0, reach 1"),
            (Some(reached(0, 0)), "open", "reach 1"),
            (Some(answered(0, No)), "open", "comment tally 1, page 0, reach 1, show 0 answer"),
            (Some(paged(0)), "paged", "comment page 0, comment tally 1, reach 1, show 0 page"),
            (Some(remarked(Remark::Tally(1))), "paged", "comment page 0, reach 1, show 0 page"),
            (Some(remarked(Remark::Paged(0))), "paged", "reach 1, show 0 page"),
            (Some(shown(0, Stage::Paged)), "paged", "reach 1"),
            (Some(reached(1, 0)), "paged", "wait"),
            (Some(answered(1, No)), "paged", "comment tally 2, page 1, show 1 answer"),
        ],
    );
}

#[test]
fn a_nag_tells_everyone_again_with_every_message() {
    tell(
        &nag(),
        &[
            (Some(opened()), "open", "reach 0, reach 1"),
            (Some(reached(0, 0)), "open", "reach 1"),
            (Some(reached(1, 0)), "told", "done"),
            (Some(repeated(1)), "told", "comment repeats 1"),
            (Some(nagged(1)), "told", "comment repeats 1, reach 0 again 1, reach 1 again 1"),
            (Some(reached(0, 1)), "told", "comment repeats 1, reach 1 again 1"),
            (Some(unreached(1, 1)), "told", "comment repeats 1, fall back 1"),
        ],
    );
}

#[test]
fn a_nag_tells_also_when_the_issue_stood_already() {
    tell(
        &nag(),
        &[
            (Some(stood()), "stood", "comment repeats 1, reach 0, reach 1"),
            (Some(reached(0, 0)), "stood", "comment repeats 1, reach 1"),
            (Some(reached(1, 0)), "stood", "comment repeats 1"),
            (Some(remarked(Remark::Repeats(1))), "stood", "done"),
            (Some(repeated(1)), "stood", "comment repeats 2"),
            (Some(nagged(1)), "stood", "comment repeats 2, reach 0 again 1, reach 1 again 1"),
        ],
    );
}

#[test]
fn a_low_priority_alarm_is_an_issue_and_nothing_else() {
    tell(&low_priority(), &[(None, "received", "open"), (Some(opened()), "told", "done")]);
}

#[test]
fn an_issue_that_stood_already_is_counted_and_nobody_is_asked() {
    for message in [self_service(), poll(), broadcast(), low_priority()] {
        tell(
            &message,
            &[
                (None, "received", "open"),
                (Some(stood()), "stood", "comment repeats 1"),
                (Some(remarked(Remark::Repeats(1))), "stood", "done"),
                (Some(ended()), "closed", "done"),
            ],
        );
    }
}

#[test]
fn a_batch_of_repeats_is_written_with_its_true_number() {
    let facts = [opened(), repeated(5), repeated(6)];
    assert_eq!(next(&journal_with(&low_priority(), facts)), "comment repeats 11");
}

#[test]
fn an_unreadable_text_that_is_new_is_added() {
    let facts = [opened(), repeated(1), evidence("e1", "{"), remarked(Remark::Repeats(1))];
    let mut journal = journal_with(&low_priority(), facts);
    assert_eq!(next(&journal), "comment evidence e1");
    journal.push(at(9), remarked(Remark::Evidence("e1".to_owned())));
    assert_eq!(next(&journal), "done");
}

#[test]
fn a_digest_shows_each_page_that_is_out_of_date() {
    let mut journal = journal_with(&low_priority(), [opened(), listed("a", "alarm", 1)]);
    assert_eq!(next(&journal), "comment page 0 up to 1");
    journal.push(at(3), remarked(Remark::Listing { page: 0, turn: 1 }));
    assert_eq!(next(&journal), "done");
    journal.push(at(4), listed("a", "answer:0", 2));
    assert_eq!(next(&journal), "comment page 0 up to 2");
}

#[test]
fn an_alarm_in_a_digest_lives_as_any_other() {
    tell(
        &self_service(),
        &[
            (None, "received", "open"),
            (Some(digested()), "open", "reach 0"),
            (Some(reached(0, 0)), "asked", "wait"),
            (Some(answered(0, Yes)), "answered", "comment answer 0, show 0 answer"),
        ],
    );
}

#[test]
fn the_issue_tells_that_dispatch_could_not_go_on() {
    let mut journal = journal_with(&low_priority(), [alerted()]);
    assert_eq!(next(&journal), "open");
    journal.push(at(2), opened());
    assert_eq!(next(&journal), "comment alerted 0");
}

#[test]
fn the_deadline_counts_from_the_opening_of_the_issue() {
    let mut message = poll();
    message["answerTimeout"] = json!("P1D");
    let facts = [opened(), reached(0, 0), unreached(1, 0), Fact::FellBack { round: 0 }, remarked(Remark::Unreached)];
    let due = Due { at: at(86_401), fact: silent(0, &[0, 1]) };
    assert!(timetable(&journal_with(&message, facts)).contains(&due));
}

#[test]
fn pages_go_first() {
    let facts = [opened(), reached(0, 0), answered(0, No), reached(1, 0), answered(1, No)];
    let Plan::Do(steps) = plan(&journal_with(&poll(), facts)) else { panic!() };
    assert_eq!(steps[..2], [Step::Page(0), Step::Page(1)]);
}

#[test]
fn a_rehearsal_ends_and_leaves_nothing_to_do() {
    for message in [self_service(), broadcast(), poll(), nag(), low_priority()] {
        let mut journal = journal(&message);
        assert_eq!(rehearse(&mut journal, at(1)).first(), Some(&Step::Open));
        assert!(!matches!(plan(&journal), Plan::Do(_)));
    }
}

#[test]
fn a_rehearsed_yes_closes_and_a_rehearsed_no_pages() {
    for message in [self_service(), poll()] {
        for answer in [Yes, No] {
            let mut journal = journal(&message);
            rehearse(&mut journal, at(1));
            let played = rehearse_answer(&mut journal, answer, at(2));
            let people = journal.alarm.people.len();
            let pages = played.iter().filter(|step| matches!(step, Step::Page(_))).count();
            assert_eq!((played.contains(&Step::Close), pages), if answer == Yes { (true, 0) } else { (false, people) });
        }
    }
}

#[test]
fn the_picture_names_every_state() {
    use State::*;
    for state in [Received, Open, Told, Asked, Answered, Paged, Stood, Closed, HandedBack] {
        assert!(PICTURE.contains(state.word()), "{state:?}");
    }
}
