//! Journals, damaged.

use dispatch_core::journal::{Journal, Unreadable};
use dispatch_tests::input::journal;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::{
    damage::{damaged, damaged_text},
    examples,
};

/// Whether everything that was understood stands in what was read. Fields that nobody knows may be left out.
fn is_read_from(understood: &Value, read: &Value) -> bool {
    match (understood, read) {
        (Value::Object(understood), Value::Object(read)) => {
            understood.iter().all(|(name, value)| is_read_from(value, read.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(understood), Value::Array(read)) => {
            understood.len() == read.len() && understood.iter().zip(read).all(|(one, two)| is_read_from(one, two))
        }
        (understood, read) => understood == read,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_journal_is_an_error_or_what_it_says(value in damaged(examples::journals())) {
        let bytes = serde_json::to_vec(&value).unwrap();
        journal::holds(&bytes);
        if let Ok(journal) = Journal::from_bytes(&bytes) {
            let understood = serde_json::to_value(&journal).unwrap();
            prop_assert!(is_read_from(&understood, &value), "{understood}\n{value}");
        }
    }

    #[test]
    fn a_damaged_text_is_an_error_or_a_journal_that_lives(text in damaged_text(examples::journals())) {
        journal::holds(text.as_bytes());
    }

    #[test]
    fn bytes_are_no_journal(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(Journal::from_bytes(&bytes).is_err());
    }

    #[test]
    fn entries_that_contradict_each_other_make_a_life_all_the_same(
        which in any::<prop::sample::Index>(),
        order in vec(any::<prop::sample::Index>(), 0..20),
        who in prop::sample::select(vec![0u64, 1, 2, 999, u64::MAX]),
    ) {
        let journals = examples::journals();
        let mut journal = which.get(&journals).clone();
        let all: Vec<Value> = journals.iter().flat_map(|journal| journal["entries"].as_array().unwrap().clone()).collect();
        let mut entries: Vec<Value> = order.iter().map(|index| index.get(&all).clone()).collect();
        for field in entries.iter_mut().flat_map(|entry| entry.as_object_mut().unwrap()).filter(|(name, _)| *name == "who") {
            *field.1 = who.into();
        }
        journal["entries"] = entries.into();
        let bytes = serde_json::to_vec(&journal).unwrap();
        prop_assert!(Journal::from_bytes(&bytes).is_ok());
        journal::holds(&bytes);
    }
}

#[test]
fn the_examples_are_read() {
    for journal in examples::journals() {
        let bytes = serde_json::to_vec(&journal).unwrap();
        assert_eq!(serde_json::to_value(Journal::from_bytes(&bytes).unwrap()).unwrap(), journal);
        journal::holds(&bytes);
    }
}

#[test]
fn a_journal_of_any_other_version_is_an_error() {
    let text = examples::journals()[1].to_string();
    let version = "\"version\":1";
    assert_eq!(text.matches(version).count(), 1);
    for other in [
        "\"version\":2",
        "\"version\":0",
        "\"version\":18446744073709551615",
        "\"version\":18446744073709551617",
        "\"version\":4294967297",
        "\"version\":-1",
        "\"version\":1.0",
        "\"version\":1e0",
        "\"version\":\"1\"",
        "\"version\":null",
        "\"version\":true",
        "\"version\":[1]",
        "\"version\":{}",
        "\"Version\":1",
        "\"v\":1",
        "\"version\":1,\"version\":1",
        "\"version\":2,\"version\":1",
        "\"version\":1,\"version\":2",
    ] {
        let bytes = text.replace(version, other).into_bytes();
        match Journal::from_bytes(&bytes) {
            Err(Unreadable::Version { found }) => assert!(other.ends_with(&found.to_string()), "{other}: {found}"),
            Err(Unreadable::Malformed { .. }) => {}
            Ok(_) => panic!("{other} was read"),
        }
    }
}

#[test]
fn what_is_unknown_or_in_another_form_is_an_error() {
    for journal in examples::journals() {
        for (position, _) in journal["entries"].as_array().unwrap().iter().enumerate() {
            for what in [json!("imagined"), json!(null), json!(5)] {
                let mut journal = journal.clone();
                journal["entries"][position]["what"] = what;
                Journal::from_bytes(&serde_json::to_vec(&journal).unwrap()).unwrap_err();
            }
        }
        for step in
            [json!("imagined"), json!({ "reach": {} }), json!({ "page": "0" }), json!({ "open": null, "close": null })]
        {
            let mut journal = journal.clone();
            journal["begun"] = json!([step]);
            Journal::from_bytes(&serde_json::to_vec(&journal).unwrap()).unwrap_err();
        }
        for path in ["", "/alarm", "/alarm/people/0", "/entries/0", "/lease"] {
            let mut journal = journal.clone();
            let Some(object) = journal.pointer_mut(path).and_then(Value::as_object_mut) else { continue };
            object.insert("later".to_owned(), Value::Null);
            Journal::from_bytes(&serde_json::to_vec(&journal).unwrap()).unwrap_err();
        }
        // A list of the fields' values is no journal, although it has all of them.
        let names = ["version", "key", "life", "began", "alarm", "messages", "entries", "begun", "lease"];
        let listed: Vec<_> = names.iter().map(|name| journal[name].clone()).collect();
        Journal::from_bytes(&serde_json::to_vec(&listed).unwrap()).unwrap_err();
    }
}
