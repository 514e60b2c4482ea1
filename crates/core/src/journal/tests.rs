use proptest::prelude::*;

use super::*;
use crate::{alarm::Address, notice::Receipt, testing::*};

fn receipt() -> Receipt {
    Receipt { at: Address::new("slack", "D2"), id: "17.2".to_owned(), reader: Some("U2".to_owned()), url: None }
}

/// A journal that holds every kind of fact.
fn full() -> Journal {
    let gave_up = |step| Fact::GaveUp { step, reason: "locked".to_owned() };
    let mut journal = journal_with(
        &waiting(),
        [
            opened(),
            stood(),
            reached(0, 0),
            unreached(1, 0),
            Fact::FellBack { round: 0 },
            answered(0, Answer::Yes),
            answered(1, Answer::No),
            paged(1),
            remarked(Remark::Answer(0)),
            remarked(Remark::Tally(2)),
            remarked(Remark::Paged(1)),
            remarked(Remark::Unreached),
            remarked(Remark::Repeats(4)),
            remarked(Remark::Evidence("e1".to_owned())),
            remarked(Remark::Alerted(0)),
            remarked(Remark::Listing { page: 0, turn: 3 }),
            digested(),
            nagged(1),
            Fact::Remarked { remark: Remark::Tally(1), place: Place::Digest(Key::new(&defaults().repo, "digest")) },
            shown(0, Stage::Answered),
            shown(1, Stage::Paged),
            repeated(3),
            evidence("e1", "{\u{0}\""),
            gave_up(Step::Open),
            gave_up(Step::Reach { who: 1, round: 2 }),
            gave_up(Step::FallBack { round: 1 }),
            gave_up(Step::Page(1)),
            gave_up(Step::Remark(Remark::Tally(1))),
            gave_up(Step::Show { who: 0, stage: Stage::Answered }),
            gave_up(Step::Close),
            Fact::Closed,
            ended(),
            reopened(),
            withdrawn(),
            alerted(),
            listed("a", "alarm", 1),
            remind_due(0),
            Fact::Reminded { who: 0, nth: 1 },
            snoozed(0, 3_600),
            passed(0, Some(0)),
            passed(0, None),
            Fact::Sought { nth: 1 },
            reason(1, "Not \u{0}me.\n"),
            silent(0, &[0, 1]),
            Fact::ClimbDue { wave: 0, rung: 1 },
            climbed(0, 1, "pagerduty"),
            incident("Q0", Change::Taken),
            incident("Q0", Change::Resolved),
            incident("Q0", Change::Reopened),
            incident("Q0", Change::Dropped),
            inherited("Q9"),
            incident("Q0", Change::Left),
            Fact::Marked,
            Fact::Looked,
            Fact::Reached { who: 2, round: 0, receipt: receipt(), zone: Some("Europe/Berlin".to_owned()) },
            Fact::Answered { who: 0, answer: Answer::No, variant: Some(1), by: clicker("joe") },
            remarked(Remark::Silent { wave: 0, rung: 1 }),
            remarked(Remark::Snoozed(0)),
            remarked(Remark::Passed(1)),
            remarked(Remark::Reason(0)),
            remarked(Remark::Incident(2)),
            remarked(Remark::Withdrawn),
            shown(0, Stage::Snoozed(0)),
            shown(0, Stage::Silent(1)),
            shown(0, Stage::Passed),
            shown(0, Stage::Incident(2)),
            shown(0, Stage::Outcome(3)),
            shown(0, Stage::Ended),
            gave_up(Step::Seek(1)),
            gave_up(Step::Remind { who: 0, nth: 1 }),
            gave_up(Step::Climb { wave: 0, rung: 1 }),
            gave_up(Step::Resolve { page: "Q0".to_owned(), if_open: true }),
            gave_up(Step::Mark),
        ],
    );
    journal.begun = vec![Step::Open, Step::Remark(Remark::Repeats(1))];
    journal.timer = Some(Timer { at: at(60), n: 3, fired: true });
    journal.lease = Some(Lease { run: "r1".to_owned(), until: at(40), backed: true });
    journal
}

#[test]
fn a_journal_survives_its_bytes() {
    let journal = full();
    assert_eq!(Journal::from_bytes(&journal.to_bytes().unwrap()).unwrap(), journal);
}

#[test]
fn the_form_of_a_fact_is_fixed() {
    let journal = journal_with(&self_service(), [answered(0, Answer::No)]);
    let written: serde_json::Value = serde_json::from_slice(&journal.to_bytes().unwrap()).unwrap();
    let entry = serde_json::json!({
        "at": "2026-11-21T03:00:01Z", "what": "answered", "who": 0, "answer": "no", "variant": null, "by": { "id": "U0", "name": "jane" }
    });
    assert_eq!(written["entries"][0], entry);
    assert_eq!(written["version"], 1);
}

#[test]
fn a_journal_of_another_version_is_refused_before_it_is_read() {
    for (bytes, text) in [
        (r#"{"version":2,"life":7}"#, "journal of version 2, expected 1"),
        (r#"{"version":0}"#, "journal of version 0, expected 1"),
        (r#"{"version":99999999999}"#, "journal of version 99999999999, expected 1"),
    ] {
        assert_eq!(Journal::from_bytes(bytes.as_bytes()).unwrap_err().to_string(), text);
    }
}

#[test]
fn malformed_bytes_name_the_place() {
    let mut journal = serde_json::to_value(full()).unwrap();
    journal["alarm"]["people"][0]["name"] = serde_json::json!(5);
    let cases: [(Vec<u8>, &str); 5] = [
        (Vec::new(), "."),
        (b"{\"version\":1".to_vec(), "."),
        (b"\xff\xfe".to_vec(), "."),
        (b"{\"version\":\"1\"}".to_vec(), "."),
        (serde_json::to_vec(&journal).unwrap(), "alarm.people[0].name"),
    ];
    for (bytes, place) in cases {
        match Journal::from_bytes(&bytes) {
            Err(Unreadable::Malformed { path, .. }) => assert_eq!(path, place),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_cut_of_a_journal_is_refused() {
    let bytes = full().to_bytes().unwrap();
    for end in (0..bytes.len()).step_by(37) {
        assert!(Journal::from_bytes(&bytes[..end]).is_err(), "{end}");
    }
}

#[test]
fn a_life_remembers_the_newest_messages() {
    let mut journal = journal(&low_priority());
    let ids: Vec<String> = (0..700).map(|n| format!("n{n}")).collect();
    journal.remember(&ids);
    assert_eq!(journal.messages.len(), 500);
    assert_eq!(journal.unseen(&ids).len(), 200);
    assert_eq!(journal.unseen(&["n699".to_owned(), "new".to_owned()]), ["new"]);
}

#[test]
fn a_lease_binds_other_runs_until_its_time_is_up() {
    let journal = full();
    assert!(journal.leased_to_other("r2", at(39)).is_some());
    assert!(journal.leased_to_other("r2", at(40)).is_none());
    assert!(journal.leased_to_other("r1", at(1)).is_none());
}

#[test]
fn only_what_dispatch_wrote_is_a_ticket() {
    let key = "0123456789abcdef0123456789abcdef01234567";
    assert!(Ticket::read(&format!("v1.{key}.5eed.0")).is_some());
    for value in [
        "".to_owned(),
        "yes".to_owned(),
        format!("v2.{key}.5eed.0"),
        format!("v1.{key}.5eed"),
        format!("v1.{key}.5eed.0.0"),
        format!("v1.{key}.5eed.-1"),
        format!("v1.{key}.5eed.+1"),
        format!("v1.{key}.5eed.01"),
        format!("v1.{key}.5eed. 1"),
        format!("v1.{key}.5eed.99999999999999999999999"),
        format!("v1.{}.5eed.0", key.to_uppercase()),
        format!("v1.../{}.5eed.0", &key[3..]),
        format!("v1.{key}.5eed.0\n"),
        "v1.".repeat(100_000),
    ] {
        assert_eq!(Ticket::read(&value), None, "{}", value.chars().take(80).collect::<String>());
    }
}

/// Every fact of a full journal has been read back, so the list of kinds is complete when it has one of each.
#[test]
fn the_full_journal_has_every_kind_of_fact() {
    let written = serde_json::to_value(full()).unwrap();
    let kinds = written["entries"].as_array().unwrap().iter().map(|entry| entry["what"].as_str().unwrap());
    let kinds: std::collections::BTreeSet<_> = kinds.collect();
    // A fact of an unknown name is refused with a list of all of them.
    let refused =
        serde_json::from_value::<Fact>(serde_json::json!({ "what": "no such fact" })).unwrap_err().to_string();
    let names = refused.split_once("expected one of ").unwrap().1;
    let known: std::collections::BTreeSet<_> = names.split('`').skip(1).step_by(2).collect();
    assert_eq!(kinds, known);
}

#[test]
fn everybody_who_is_asked_has_a_seat_of_their_own() {
    let journal = journal(&waiting());
    let rung = |wave, rung| Role::Rung { wave, rung };
    let seats = [Role::Person, Role::Deputy(0), Role::Deputy(1), rung(0, 0), rung(0, 1), rung(0, 2)];
    for (who, role) in seats.into_iter().enumerate() {
        assert_eq!((journal.role(who), journal.position(role)), (Some(role), who));
    }
    assert_eq!((journal.role(8), journal.position(rung(1, 0))), (Some(rung(1, 0)), 8));
    let names = [0, 1, 2, 3, 8].map(|who| journal.person(who, 0).unwrap().name);
    assert_eq!(names, ["jane", "joe", "sam", "sam", "sam"]);
    assert_eq!(crate::testing::journal(&broadcast()).role(2), None);
}

#[test]
fn timers_stand_in_the_order_of_time_and_only_timers_are_read() {
    let key = Key::new(&defaults().repo, "a");
    let path = |second, n| Timer { at: at(second), n, fired: false }.path(&key);
    assert_eq!(path(0, 1), format!("due/20261121T030000Z/{key}.1"));
    assert_eq!(Timer::read(&path(0, 12)), Some((key.clone(), 12)));
    assert_eq!(Timer::time(&path(61, 3)), Some(at(61)));
    assert!(path(59, 2) < path(60, 1) && path(60, 1) < Timer::prefix(at(61)) && path(60, 9) > Timer::prefix(at(60)));
    for path in ["", "due/", "due/x", "due/x/y.1", &format!("due/x/{key}"), &format!("due/x/{key}.-1"), key.as_str()] {
        assert_eq!(Timer::read(path), None, "{path}");
        assert_eq!(Timer::time(path), None, "{path}");
    }
}

proptest! {
    #[test]
    fn a_ticket_is_read_as_it_was_written(dedup in ".{0,20}", life in "[0-9a-f]{32}", who in any::<usize>()) {
        let ticket = Ticket { key: Key::new(&defaults().repo, &dedup), life: LifeId(life), who };
        prop_assert_eq!(Ticket::read(&ticket.to_string()), Some(ticket));
    }

    #[test]
    fn a_hostile_value_is_no_ticket_or_the_very_one(value in prop_oneof![".{0,80}", "v1\\.[0-9a-f]{39,41}\\.[a-z.]{0,5}\\.[0-9+. -]{0,4}"]) {
        if let Some(ticket) = Ticket::read(&value) {
            prop_assert_eq!(ticket.to_string(), value);
        }
    }

    #[test]
    fn hostile_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Journal::from_bytes(&bytes).is_err());
    }
}
