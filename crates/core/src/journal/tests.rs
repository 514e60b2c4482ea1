use proptest::prelude::*;

use super::*;
use crate::testing::*;

/// A journal that holds every kind of fact.
fn full() -> Journal {
    let gave_up = |step| Fact::GaveUp { step, reason: "locked".to_owned() };
    let mut journal = journal_with(
        &poll(),
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
            Fact::Ended,
        ],
    );
    journal.begun = vec![Step::Open, Step::Remark(Remark::Repeats(1))];
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
        "at": "2026-11-21T03:00:01Z", "what": "answered", "who": 0, "answer": "no", "by": { "id": "U0", "name": "jane" }
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
    journal["alarm"]["people"][1]["name"] = serde_json::json!(5);
    let cases: [(Vec<u8>, &str); 5] = [
        (Vec::new(), "."),
        (b"{\"version\":1".to_vec(), "."),
        (b"\xff\xfe".to_vec(), "."),
        (b"{\"version\":\"1\"}".to_vec(), "."),
        (serde_json::to_vec(&journal).unwrap(), "alarm.people[1].name"),
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
