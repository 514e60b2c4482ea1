//! What publishers of the predecessor send, in all forms that any of its releases took.

use serde_json::{Value, json};

use crate::{
    alarm::{Address, Signal},
    source::{self, Letter},
    testing::*,
};

fn pagerduty(service: &str) -> Address {
    Address::new("pagerduty", service)
}

/// A self-service message with one top-level field more.
fn with(name: &str, value: Value) -> Value {
    let mut message = self_service();
    message[name] = value;
    message
}

#[test]
fn self_service_with_names_alone() {
    let message = json!({
        "type": "self-service",
        "users": [{ "slack": "jane", "github": "jane" }],
        "body": {
            "github": { "title": "New key", "body": "A key was made." },
            "slack": {
                "message": "A key was made.",
                "prompt": "Was it you?",
                "actions": { "yes": "Yes", "yes_response": "Fine.", "no": "No", "no_response": "Oh." }
            }
        }
    });
    let alarm = alarm(&message);
    assert_eq!(alarm.people[0].address, Some(Address::new("slack", "@jane")));
    assert_eq!(alarm.mentions, ["jane"]);
    assert_eq!(alarm.question.unwrap().no.response, "Oh.");
    assert_eq!(alarm.request_id.len(), 12);
}

#[test]
fn broadcast_with_two_names_a_prompt_and_actions() {
    let mut message = poll();
    message["users"] = json!([{ "slack": "@jane", "github": "jane" }, { "slack": "joe", "github": "joe" }]);
    message["body"]["slack"]["actions"] = json!({ "yes": "Done", "no": "Not yet" });
    let alarm = alarm(&message);
    assert_eq!(alarm.people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["jane", "joe"]);
    assert_eq!(alarm.question.unwrap().no.label, "Not yet");
}

#[test]
fn high_with_a_service_in_its_body() {
    let message = json!({
        "type": "high",
        "body": { "pagerduty": { "service": "PABC123", "title": "Root login", "body": "From abroad." } }
    });
    assert_eq!(page_of(&message).to, pagerduty("PABC123"));
    assert_eq!(page_of(&message).key, "Root login");
}

#[test]
fn a_nag_without_people_and_without_a_text_is_an_issue() {
    let alarm = alarm(&json!({ "type": "nag", "body": { "github": { "title": "t", "body": "b" } } }));
    assert!(alarm.people.is_empty() && alarm.message.is_none());
}

#[test]
fn the_service_is_the_top_levels_else_the_bodys_else_the_default_for_a_no_too() {
    let rows = [
        (Value::Null, Value::Null, ""),
        (Value::Null, json!("PBODY"), "PBODY"),
        (json!("PTOP"), json!("PBODY"), "PTOP"),
        (json!(" PTOP "), Value::Null, "PTOP"),
        (json!(""), json!("PBODY"), "PBODY"),
    ];
    for (top, body, service) in rows {
        let mut high = high_priority();
        let mut asking = self_service();
        asking["body"]["pagerduty"] = json!({});
        for message in [&mut high, &mut asking] {
            message["pagerDutyServiceId"] = top.clone();
            message["body"]["pagerduty"]["service"] = body.clone();
        }
        assert_eq!(page_of(&high).to, pagerduty(service));
        assert_eq!(alarm(&asking).page, pagerduty(service));
    }
}

#[test]
fn the_repository_has_two_spellings() {
    let rows = [
        (json!({ "githubRepo": "other" }), "example-org/other"),
        (json!({ "gitHubRepo": "other" }), "example-org/other"),
        (json!({ "githubRepo": "one", "gitHubRepo": "two" }), "example-org/one"),
        (json!({ "githubRepo": "", "gitHubRepo": " two " }), "example-org/two"),
        (json!({ "githubRepo": "example/other.repo-1" }), "example/other.repo-1"),
        (json!({}), "example-org/alarms"),
    ];
    for (fields, repo) in rows {
        let mut message = self_service();
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(alarm(&message).repo.to_string(), repo, "{fields}");
    }
}

#[test]
fn labels_have_two_spellings_and_two_forms() {
    let rows = [
        (json!({ "labels": ["a", "b"] }), vec!["a", "b"]),
        (json!({ "label": ["a", "b"] }), vec!["a", "b"]),
        (json!({ "labels": "a" }), vec!["a"]),
        (json!({ "label": "a b" }), vec!["a b"]),
        (json!({ "labels": ["a"], "label": "b" }), vec!["a"]),
        (json!({ "labels": [], "label": "b" }), vec!["b"]),
        (json!({ "labels": null, "label": "b" }), vec!["b"]),
        (json!({ "labels": ["a", null, "", 5, true, "a", "x\ny"] }), vec!["a", "5", "true", "x y"]),
    ];
    for (github, labels) in rows {
        let mut message = low_priority();
        message["body"]["github"].as_object_mut().unwrap().extend(github.as_object().unwrap().clone());
        assert_eq!(alarm(&message).labels, labels, "{github}");
    }
}

#[test]
fn a_github_name_may_start_with_an_at_sign() {
    let rows = [
        (json!("jane"), "jane"),
        (json!("@jane"), "jane"),
        (json!("@@jane "), "jane"),
        (json!("example-org/ops"), "example-org/ops"),
        (json!("jane doe"), "example-org/security"),
        (json!("x @all"), "example-org/security"),
        (json!(""), "example-org/security"),
        (Value::Null, "example-org/security"),
    ];
    for (github, tagged) in rows {
        let message = with("users", json!([{ "slackId": "U1", "github": github }]));
        assert_eq!(alarm(&message).mentions, [tagged], "{github}");
    }
}

#[test]
fn a_request_id_may_be_a_number_and_is_made_up_when_absent() {
    let made = |message: &Value| alarm(message).request_id;
    assert_eq!(made(&with("requestId", json!(12_345))), "12345");
    assert_eq!(made(&with("requestId", json!(" a1 "))), "a1");
    let given_none = with("requestId", Value::Null);
    assert_eq!(made(&given_none).len(), 12);
    assert!(made(&given_none).bytes().all(|b| b.is_ascii_hexdigit()));
    // Every delivery of one publication gets the same, another publication another.
    assert_eq!(made(&given_none), made(&with("requestId", json!(""))));
    let other = Letter { id: "another", ..letter("") };
    let text = given_none.to_string();
    let Signal::Alarm(other) = source::read(&Letter { text: &text, ..other }, &defaults()).unwrap().signal else {
        panic!()
    };
    assert_ne!(other.request_id, made(&given_none));
}

#[test]
fn retrigger_is_true_unless_it_says_false() {
    let rows = [
        (Value::Null, true),
        (json!(true), true),
        (json!(false), false),
        (json!("false"), false),
        (json!("FALSE "), false),
        (json!("true"), true),
    ];
    for (given, retrigger) in rows {
        assert_eq!(alarm(&with("retrigger", given.clone())).retrigger, retrigger, "{given}");
    }
}

#[test]
fn unknown_fields_are_ignored_and_null_is_absence() {
    let full = self_service();
    let mut noisy = full.clone();
    for place in ["", "/users/0", "/body", "/body/github", "/body/slack", "/body/slack/actions"] {
        let object = noisy.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("google".to_owned(), json!([{ "deep": [null] }]));
    }
    for name in ["retrigger", "dedupKey", "githubRepo", "gitHubRepo", "pagerDutyServiceId", "answerTimeout"] {
        noisy[name] = Value::Null;
    }
    noisy["body"]["pagerduty"] = Value::Null;
    noisy["body"]["github"]["labels"] = Value::Null;
    noisy["body"]["github"]["label"] = Value::Null;
    noisy["users"][0]["email"] = Value::Null;
    assert_eq!(alarm(&noisy), alarm(&full));
}

#[test]
fn numbers_and_booleans_stand_for_texts() {
    let mut message = self_service();
    message["body"]["github"]["title"] = json!(404);
    message["body"]["slack"]["message"] = json!(true);
    message["body"]["slack"]["actions"]["yes_response"] = json!(false);
    message["users"][0]["slackId"] = json!(-5.5);
    let alarm = alarm(&message);
    assert_eq!((alarm.title.as_str(), alarm.message.as_deref()), ("404", Some("true")));
    assert_eq!(alarm.question.unwrap().yes.response, "false");
    assert_eq!(alarm.people[0].address, Some(Address::new("slack", "-5.5")));
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let text = r#"{"type":"low-priority","type":"nag","body":{"github":{"title":"a","title":"b"}}}"#;
    let read = source::read(&letter(text), &defaults()).unwrap();
    let Signal::Alarm(alarm) = read.signal else { panic!() };
    assert_eq!((alarm.kind.as_str(), alarm.title.as_str()), ("nag", "b"));
}

#[test]
fn an_unknown_type_pages_when_it_says_what_to_page() {
    let message = json!({
        "type": "urgent", "pagerDutyServiceId": "PABC123",
        "body": { "pagerduty": { "title": "Root login", "body": "From abroad." } }
    });
    let text = message.to_string();
    let accepted = source::accept(&letter(&text), &defaults());
    let Signal::Page(page) = accepted.signal else { panic!() };
    assert_eq!((page.title.as_str(), page.key.as_str(), page.to), ("Root login", "Root login", pagerduty("PABC123")));
    assert!(page.details.starts_with("From abroad.\n\n") && page.details.ends_with(&text));
    assert_eq!(accepted.warning.unwrap().path, "type");
}
