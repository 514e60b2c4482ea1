//! Events of the function that takes messages in, damaged.

use std::time::Duration;

use dispatch_core::source::{Letter, again};
use dispatch_incoming::{handle, letters};
use dispatch_tests::input::{
    event::{self, batch, direct, envelope},
    world::{Memory, run},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::{
    damage::{damaged, damaged_text},
    examples,
};

/// The ways in which a text comes to the function, as a record.
const WAYS: usize = 5;

fn record(way: usize, id: usize, text: &str) -> Value {
    let name = format!("m-{id}");
    let wrapped = || again(&Letter { id: &format!("old-{id}"), subject: Some("s"), text });
    let body = match way {
        0 => text.to_owned(),
        1 => envelope(&name, text).to_string(),
        2 => envelope(&name, &wrapped()).to_string(),
        3 => again(&Letter { id: &name, subject: None, text: &wrapped() }),
        _ => return direct(&name, text),
    };
    let mut record = batch(&[body])["Records"][0].take();
    record["messageId"] = format!("sqs-{id}").into();
    record
}

/// A record of a text that is perhaps damaged, in an envelope that is perhaps damaged.
fn any_record() -> impl Strategy<Value = Value> {
    let sound =
        (0..WAYS, 0usize..40, damaged_text(examples::messages())).prop_map(|(way, id, text)| record(way, id, &text));
    let examples = (0..WAYS).map(|way| record(way, way, &examples::messages()[way].to_string())).collect();
    let strange = prop::sample::select(vec![
        json!(null),
        json!(5),
        json!("text"),
        json!([]),
        json!({}),
        json!({ "eventSource": "aws:s3", "s3": {} }),
        json!({ "messageId": "m" }),
        json!({ "body": "text" }),
        json!({ "Sns": null }),
        json!({ "Sns": "text" }),
    ]);
    prop_oneof![5 => sound, 3 => damaged(examples), 1 => strange]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_record_of_a_damaged_event_is_acted_on_or_named(records in vec(any_record(), 0..8)) {
        event::holds(&json!({ "Records": records }));
    }

    #[test]
    fn a_damaged_event_is_no_event_or_all_of_it_is_acted_on(
        event in damaged(vec![json!({ "Records": [record(0, 0, "{}"), record(1, 1, "oops"), record(4, 2, "x")] })]),
    ) {
        event::holds(&event);
    }

    #[test]
    fn a_text_comes_out_of_its_envelopes_as_it_was_published(
        way in 0..WAYS,
        text in prop_oneof![damaged_text(examples::messages()), any::<String>()],
    ) {
        let read = letters(json!({ "Records": [record(way, 7, &text)] })).unwrap();
        prop_assert_eq!(&read[0].text, &text);
        prop_assert_eq!(&read[0].id, ["sqs-7", "m-7", "old-7", "old-7", "m-7"][way]);
    }
}

#[test]
fn one_bad_record_costs_its_neighbours_nothing() {
    let titled = |title: &str| json!({ "type": "low-priority", "body": { "github": { "title": title } } }).to_string();
    let mut bad = record(0, 1, "");
    bad["body"] = json!(5);
    for bad in [bad, json!({ "messageId": "m-1" }), json!("no record")] {
        let memory = Memory::up();
        let event = json!({ "Records": [record(1, 0, &titled("first")), bad, record(1, 2, &titled("second"))] });
        let answer = run(handle(&memory.world(), event, Duration::from_secs(3_600))).unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [] }), "{bad}");
        let titles: Vec<_> = memory.kept().issues.iter().map(|issue| issue.title.clone()).collect();
        assert!(titles.contains(&"first".to_owned()) && titles.contains(&"second".to_owned()), "{titles:?}");
        let shown = format!("{:.20}", bad.to_string());
        assert!(memory.kept().issues.iter().any(|issue| issue.body.contains(&shown)), "{shown} is shown");
    }
}

#[test]
fn a_record_without_a_name_that_fails_brings_back_the_event() {
    let mut nameless = record(0, 1, "oops");
    nameless["messageId"] = Value::Null;
    let event = json!({ "Records": [record(1, 0, "oops"), nameless] });
    run(handle(&Memory::down().world(), event.clone(), Duration::from_secs(3_600))).unwrap_err();
    event::holds(&event);
}

#[test]
fn a_thousand_records_are_each_acted_on() {
    let many = 1_000;
    let text = |n: usize| match n % 4 {
        0 => json!({ "type": "low-priority", "body": { "github": { "title": format!("t{n}") } } }).to_string(),
        1 => json!({ "type": "high", "body": { "pagerduty": { "title": format!("p{n}") } } }).to_string(),
        2 => {
            json!({ "type": "nag", "users": [{ "slack": format!("u{n}") }], "body": { "github": { "title": "nag" } } })
                .to_string()
        }
        _ => format!("oops {n}"),
    };
    let records: Vec<_> = (0..many).map(|n| record(n % WAYS, n, &text(n))).collect();
    event::holds(&json!({ "Records": records }));
}

#[test]
fn a_hundred_thousand_records_are_read() {
    let records: Vec<_> = (0..100_000).map(|n| record(n % 2, n, "x")).collect();
    assert_eq!(letters(json!({ "Records": records })).unwrap().len(), 100_000);
}
