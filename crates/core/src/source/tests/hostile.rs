//! Whatever is published: no crash, and nothing is lost.

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

use crate::{
    alarm::Signal,
    journal::{Journal, LifeId},
    source::{Letter, accept},
    testing::{at, defaults, letter},
    words,
};

/// Anything that JSON can hold, with the names of real fields here and there.
pub(super) fn json_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,12}",
        prop::sample::select(vec!["", " ", "high", "self-service", "false", "U012AB3CD", "#c", "a/b", "PT5M", "@jane"])
            .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((field(), inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    let known = vec![
        "type",
        "users",
        "body",
        "github",
        "slack",
        "pagerduty",
        "title",
        "message",
        "prompt",
        "actions",
        "yes",
        "no",
        "slackId",
        "email",
        "labels",
        "label",
        "retrigger",
        "requestId",
        "dedupKey",
        "githubRepo",
        "answerTimeout",
        "remindAfter",
        "escalation",
        "wait",
        "group",
        "onCall",
        "during",
        "workingHours",
        "urgency",
        "more",
        "counts",
    ];
    prop_oneof![3 => prop::sample::select(known).prop_map(str::to_owned), 1 => ".{0,8}"]
}

/// Whether what became of the text still shows it.
fn is_kept(text: &str) -> bool {
    let accepted = accept(&letter(text), &defaults());
    let text = &*text.replace('\0', "\u{FFFD}");
    match (accepted.signal, accepted.warning) {
        (_, None) => true,
        (Signal::Page(page), Some(_)) => page.details.ends_with(text.trim_end()),
        (Signal::Alarm(alarm), Some(_)) => {
            alarm.evidence.as_deref() == Some(text) && alarm.body.contains(text.trim_end_matches('\n'))
        }
        (Signal::Resume { .. } | Signal::Resolve(_), Some(_)) => false,
    }
}

proptest! {
    #[test]
    fn no_json_is_lost(value in json_value()) {
        prop_assert!(is_kept(&value.to_string()));
    }

    #[test]
    fn no_text_is_lost(text in "\\PC{0,200}|[\\x00-\\x7f]{0,200}") {
        prop_assert!(is_kept(&text));
    }

    #[test]
    fn no_damaged_message_is_lost(at in any::<prop::sample::Index>(), byte in any::<char>()) {
        let text = crate::testing::self_service().to_string();
        let at = at.index(text.len());
        let damaged = [&text[..at], &byte.to_string(), &text[at..]].concat();
        prop_assert!(is_kept(&damaged));
    }
}

#[test]
fn deep_nesting_is_refused_and_kept() {
    let deep = format!(r#"{{"type":"nag","body":{}"#, "[".repeat(1_000));
    let balanced = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    for text in [deep, balanced, "{\"a\":".repeat(1_000)] {
        let warning = accept(&letter(&text), &defaults()).warning.unwrap();
        assert!(warning.found.contains("recursion limit exceeded"), "{warning}");
        assert!(is_kept(&text));
    }
}

/// The issue of a message that must be readable.
fn issue_of(message: &Value) -> words::Draft {
    let text = message.to_string();
    let accepted = accept(&letter(&text), &defaults());
    assert_eq!(accepted.warning, None);
    let Signal::Alarm(alarm) = accepted.signal else { panic!() };
    words::draft(&Journal::begin(*alarm, LifeId("5eed".to_owned()), &[], at(0)), None)
}

#[test]
fn long_texts_are_read_and_worded_in_every_field() {
    for filling in ["x", "@", "`", "<", "<!", "@a/b ", "\u{1F6A8}", "\u{0}", "\n", "```\n", "~"] {
        let text = filling.repeat(30_000);
        let message = json!({
            "type": "self-service", "users": [{ "slack": text, "github": text }], "requestId": text,
            "body": {
                "github": { "title": format!("a{text}"), "body": text, "labels": [text] },
                "slack": { "message": text, "prompt": text },
            },
        });
        let draft = issue_of(&message);
        assert!(draft.body.chars().count() <= 65_536 && draft.title.chars().count() <= 256, "{filling:?}");
        assert!(draft.body.ends_with(&draft.marker), "{filling:?}");
    }
}

#[test]
fn a_body_of_a_mebibyte_is_read_and_worded() {
    for filling in ["x", "@a/b ", "```\n"] {
        let body = filling.repeat((1 << 20) / filling.len());
        let draft = issue_of(&json!({ "type": "nag", "body": { "github": { "title": "t", "body": body } } }));
        assert!(draft.body.chars().count() > 65_000 && draft.body.chars().count() <= 65_536, "{filling:?}");
        assert!(draft.body.contains(" … [shortened]"), "{filling:?}");
    }
}

#[test]
fn a_mebibyte_that_nobody_can_read_is_shown_as_far_as_it_goes() {
    let text = "é".repeat(1 << 19);
    let Signal::Alarm(alarm) = accept(&letter(&text), &defaults()).signal else { panic!() };
    let evidence = alarm.evidence.unwrap();
    assert_eq!(evidence.chars().count(), 50_000);
    assert!(evidence.ends_with(" … [shortened]"));
}

#[test]
fn a_subject_stands_in_for_nothing_else() {
    let letter = Letter { subject: Some("high"), ..letter("{}") };
    assert!(matches!(accept(&letter, &defaults()).signal, Signal::Alarm(_)));
}

#[test]
fn nul_which_no_service_takes_is_replaced() {
    let text = r#"{"type":"nag","body":{"github":{"title":"\u0000","body":"a\u0000b"}}}"#;
    let accepted = accept(&letter(text), &defaults());
    let Signal::Alarm(alarm) = accepted.signal else { panic!() };
    assert_eq!(accepted.warning, None);
    assert_eq!((words::issue_title(&alarm).as_str(), alarm.body.as_str()), ("\u{FFFD}", "a\u{FFFD}b"));
}
