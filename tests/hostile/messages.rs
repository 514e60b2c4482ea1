//! Messages, damaged.

use dispatch_core::source::{Letter, read, read_with_care};
use dispatch_tests::input::{message, world::defaults};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    damage::{HEAVY, damaged_text},
    examples,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_message_becomes_a_page_or_an_alarm_that_shows_it(
        text in damaged_text(examples::messages()),
        subject in prop::option::of("[a\\x00\\n]{0,3}"),
    ) {
        message::holds(&Letter { id: "m-1", subject: subject.as_deref(), text: &text });
    }

    #[test]
    fn a_damaged_message_is_read_the_same_whichever_way(text in damaged_text(examples::messages())) {
        let letter = Letter { id: "m-1", subject: None, text: &text };
        match (read(&letter, &defaults()), read_with_care(&letter, &defaults())) {
            // A number or an escape that a tree cannot hold, in a field that nobody reads.
            (Ok(_), Err(invalid)) if invalid.found.starts_with("text that is not JSON") => {}
            (plain, careful) => prop_assert_eq!(plain, careful),
        }
    }
}

#[test]
fn a_mebibyte_of_anything_in_any_place_is_read_and_worded() {
    for filling in HEAVY {
        let text = filling.repeat((1 << 20) / filling.len());
        let text = text.as_str();
        let messages = [
            json!({ "type": "low-priority", "requestId": text, "body": { "github": { "title": text, "body": text, "labels": text } } }),
            json!({ "type": "self-service", "users": [{ "slack": text, "github": "jane" }],
                "body": { "github": { "title": "t" }, "slack": { "message": text, "prompt": text, "actions": { "yes": text } } } }),
            json!({ "type": "high-priority", "dedupKey": text, "body": { "pagerduty": { "title": text, "body": text } } }),
            json!({ "type": text, "body": { "pagerduty": { "title": text, "body": text, "service": text } } }),
            json!({ "type": "nag", "githubRepo": text, "body": { "github": { "title": "t" } } }),
        ];
        for letter in messages.iter().map(ToString::to_string).chain([text.to_owned()]) {
            message::holds(&Letter { id: "m-1", subject: None, text: &letter });
        }
        // What stands in an envelope may be no less.
        message::holds(&Letter { id: text, subject: Some(text), text: "what nobody can read" });
        message::holds(&Letter { id: text, subject: Some(text), text: r#"{"type":"high"}"# });
    }
}

#[test]
fn many_of_anything_are_read_and_worded() {
    let many = 5_000;
    let users: Vec<_> = (0..many).map(|n| json!({ "slack": format!("a{n}"), "github": format!("a{n}") })).collect();
    let labels: Vec<_> = (0..many).map(|n| format!("label {n}")).collect();
    let mentions: String = (0..many).map(|n| format!("@org/a{n} ")).collect();
    for kind in ["self-service", "broadcast", "nag"] {
        let message = json!({ "type": kind, "users": users, "body": {
            "github": { "title": "t", "body": mentions, "labels": labels }, "slack": { "prompt": "Was it you?" } } });
        message::holds(&Letter { id: "m-1", subject: None, text: &message.to_string() });
    }
}
