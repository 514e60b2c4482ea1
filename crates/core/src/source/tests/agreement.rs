//! The schema and the reader give the same verdict on the same message.
//!
//! Where they differ is told in MESSAGE-SPEC.md, "Schema", and listed in [`DIFFERENT`].

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::hostile::json_value;
use crate::{
    source::{dispatch::schema, read},
    testing::*,
};

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

fn is_read(message: &Value) -> bool {
    read(&letter(&message.to_string()), &defaults()).is_ok()
}

/// A way to write, and the verdicts on it: schema, reader.
const DIFFERENT: [(&str, &str, bool, bool); 13] = [
    ("/type", r#"" Self-Service ""#, false, true),
    ("/retrigger", r#"" FALSE ""#, false, true),
    ("/answerTimeout", r#""soon""#, true, false),
    ("/remindAfter", r#""soon""#, true, false),
    ("/during", r#""nights""#, true, false),
    ("/workingHours", r#""nine to five""#, true, false),
    ("/urgency", r#""medium""#, true, false),
    ("/escalation", "[{}]", true, false),
    ("/escalation", r#"[{ "channel": "ops", "wait": "soon" }]"#, true, false),
    ("/body", r#"{ "github": { "title": "t" }, "slack": { "actions": { "more": [{}] } } }"#, true, false),
    (
        "/body",
        r#"{ "github": { "title": "t" }, "slack": { "actions": { "more": [{ "label": "x", "counts": "x" }] } } }"#,
        true,
        false,
    ),
    ("/githubRepo", r#""a b""#, true, false),
    ("/gitHubRepo", r#""a b""#, true, false),
];

#[test]
fn the_known_differences_are_all_there_is_to_tell() {
    let validator = validator();
    for (place, value, by_schema, by_reader) in DIFFERENT {
        let mut message = self_service();
        message[place.trim_start_matches('/')] = serde_json::from_str(value).unwrap();
        assert_eq!((validator.is_valid(&message), is_read(&message)), (by_schema, by_reader), "{message}");
    }
}

#[test]
fn good_and_bad_messages_are_judged_alike() {
    let validator = validator();
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5),
        json!(""),
        json!(" "),
        json!("x"),
        json!("true"),
        json!([]),
        json!([null]),
        json!(["x"]),
        json!([["x"]]),
        json!([{}]),
        json!([{ "slack": {} }]),
        json!({}),
        json!({ "x": 1 }),
        json!(["x", null, null, null]),
        json!([["x", null, null, null]]),
        json!([null, null, null]),
    ];
    let places = [
        "/requestId",
        "/users",
        "/users/0",
        "/users/0/slack",
        "/users/0/slackId",
        "/users/0/email",
        "/users/0/github",
        "/retrigger",
        "/dedupKey",
        "/pagerDutyServiceId",
        "/askReason",
        "/wrongPerson",
        "/snooze",
        "/body",
        "/body/github",
        "/body/github/title",
        "/body/github/body",
        "/body/github/labels",
        "/body/github/label",
        "/body/slack",
        "/body/slack/message",
        "/body/slack/prompt",
        "/body/slack/actions",
        "/body/slack/actions/yes",
        "/body/slack/actions/no_response",
        "/body/pagerduty",
        "/body/pagerduty/title",
        "/body/pagerduty/body",
        "/body/pagerduty/service",
    ];
    let mut refused = 0;
    for message in [self_service(), poll(), nag(), low_priority(), high_priority()] {
        for place in places {
            for value in &values {
                let mut message = message.clone();
                let (parent, name) = place.rsplit_once('/').unwrap();
                match message.pointer_mut(parent) {
                    Some(Value::Object(fields)) => fields.insert(name.to_owned(), value.clone()),
                    Some(Value::Array(items)) => items.get_mut(0).map(|item| std::mem::replace(item, value.clone())),
                    _ => continue,
                };
                let read = is_read(&message);
                refused += usize::from(!read);
                assert_eq!(validator.is_valid(&message), read, "{place} = {value} in {message}");
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

/// The schema cannot say that one of several texts must be there.
#[test]
fn a_resolve_that_names_nothing_is_refused_by_the_reader_alone() {
    let message = json!({ "type": "resolve", "body": { "github": { "body": "b" } } });
    assert_eq!((validator().is_valid(&message), is_read(&message)), (true, false));
}

#[test]
fn what_is_no_message_is_none_for_both() {
    let validator = validator();
    for value in [json!(null), json!([]), json!("x"), json!({}), json!({ "type": null }), json!({ "type": "medium" })] {
        assert!(!validator.is_valid(&value) && !is_read(&value), "{value}");
    }
}

#[test]
fn the_schema_itself_is_valid_and_its_types_exclude_each_other() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let mut names: Vec<_> = Vec::new();
    for kind in schema["oneOf"].as_array().unwrap() {
        names.extend(kind["properties"]["type"]["enum"].as_array().unwrap());
        assert!(kind["required"].as_array().unwrap().contains(&json!("type")));
    }
    let unique: std::collections::BTreeSet<_> = names.iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(unique.len(), names.len());
}

proptest! {
    #[test]
    fn any_json_is_judged_alike(kind in 0..5usize, fields in prop::collection::vec(("(users|body|requestId|retrigger|dedupKey)", json_value()), 0..4)) {
        let name = ["self-service", "broadcast", "high", "low-priority", "nag"][kind];
        let mut message = Map::from_iter([("type".to_owned(), json!(name)), ("body".to_owned(), json!({ "github": { "title": "t" } }))]);
        message.extend(fields);
        let message = Value::Object(message);
        // The reader alone forgives the case of `true` and `false`, and checks durations and repositories.
        let text = message["retrigger"].as_str().unwrap_or_default();
        prop_assume!(matches!(text, "true" | "false") || !matches!(text.trim().to_lowercase().as_str(), "true" | "false"));
        thread_local!(static SCHEMA: Validator = validator());
        let by_schema = SCHEMA.with(|schema| schema.is_valid(&message));
        prop_assert_eq!(by_schema, is_read(&message), "{}", message);
    }
}
