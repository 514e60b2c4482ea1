//! What Slack sends, damaged.

use dispatch_engine::answer::Button;
use dispatch_tests::input::payload;
use dispatch_triage::Action;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{damage::damaged_text, examples};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_payload_is_refused_or_answers_for_whom_it_says(payload in damaged_text(examples::payloads())) {
        payload::holds(&payload);
    }
}

#[test]
fn the_examples_are_taken() {
    for payload in examples::payloads() {
        payload::holds(&payload.to_string());
    }
    let read = |payload: &Value| dispatch_triage::read(&payload.to_string()).unwrap();
    let button = |nth: usize| match read(&examples::payloads()[nth]) {
        Action::Click(click) => click.button,
        other => panic!("{other:?}"),
    };
    assert_eq!(button(0), Button::No);
    assert!(matches!(read(&examples::payloads()[3]), Action::Legacy(_)));
    assert!(matches!(button(4), Button::Reason(_)));
    assert!(matches!(button(5), Button::Snoozed { .. }));
}

#[test]
fn a_mebibyte_in_any_field_is_taken_or_refused() {
    for filling in ["<!channel>", "\0", "%"] {
        let text = json!(filling.repeat((1 << 20) / filling.len()));
        for (which, path) in [
            (0, "/user/id"),
            (0, "/user/name"),
            (0, "/channel/id"),
            (0, "/container/message_ts"),
            (0, "/actions/0/value"),
            (3, "/user/name"),
            (3, "/channel/id"),
            (3, "/callback_id"),
            (3, "/message_ts"),
            (3, "/actions/0/value"),
            (3, "/original_message/text"),
            (5, "/user/name"),
            (5, "/view/callback_id"),
            (5, "/view/private_metadata"),
            (5, "/view/state/values/choice/choice/selected_option/value"),
            (5, "/view/state/values/text/text/value"),
            (6, "/actions/0/action_id"),
            (6, "/trigger_id"),
        ] {
            let mut payload = examples::payloads()[which].clone();
            *payload.pointer_mut(path).unwrap() = text.clone();
            payload::holds(&payload.to_string());
        }
    }
}
