//! Valid input, to start from.

use std::{fs, path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dispatch_core::{
    alarm::Signal,
    journal::{Answer, Journal, LifeId},
    life::{rehearse, rehearse_answer},
    source::{Letter, accept},
};
use dispatch_tests::input::{
    event,
    payload::{click, form, legacy_click, value},
    world::{Memory, defaults, now, run},
};
use serde_json::{Value, json};

/// The examples of MESSAGE-SPEC.md, and one message that has everything.
pub(crate) fn messages() -> Vec<Value> {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("MESSAGE-SPEC.md");
    let spec = fs::read_to_string(spec).unwrap();
    let fences = spec.split("```json").skip(1).map(|rest| rest.split("```").next().unwrap());
    let fences = fences.filter_map(|fence| serde_json::from_str(fence.trim_start_matches(" invalid")).ok());
    let mut messages: Vec<Value> = fences.filter(|message: &Value| message.get("type").is_some()).collect();
    assert!(messages.len() >= 6, "MESSAGE-SPEC.md has examples");
    let everything = json!({
        "type": "broadcast", "requestId": "r-1", "retrigger": false, "dedupKey": "key", "githubRepo": "example-org/other",
        "pagerDutyServiceId": "PABC123", "answerTimeout": "PT4H",
        "users": [
            { "slack": "jane", "slackId": "U012AB3CD", "github": "jane" }, { "email": "joe@example.com" },
            { "slack": "nobody" }, { "github": "sam" },
        ],
        "body": {
            "github": { "title": "Title", "body": "Body, @example-org/all", "labels": ["a", "b"] },
            "slack": {
                "message": "Message", "prompt": "Prompt?",
                "actions": { "yes": "Y", "no": "N", "yes_response": "Thanks", "no_response": "Coming" },
            },
            "pagerduty": { "service": "PABC123", "title": "Page", "body": "Now" },
        },
    });
    for kind in ["self-service", "broadcast", "high-priority", "low-priority", "nag"] {
        let mut message = everything.clone();
        message["type"] = kind.into();
        messages.push(message);
    }
    messages.push(serde_json::from_str(&dispatch_core::source::resume(&key())).unwrap());
    messages
}

fn key() -> dispatch_core::alarm::Key {
    dispatch_core::alarm::Key::new(&defaults().repo, "key")
}

/// What Slack sends.
pub(crate) fn payloads() -> Vec<Value> {
    let id = json!({ "github": 12, "requestId": "abc123", "pagerDutyServiceId": "PABC123" });
    let own = click(&value());
    let mut yes = own.clone();
    yes["actions"][0]["action_id"] = json!("yes");
    let mut payloads = vec![own.clone(), yes, click("v1.x"), legacy_click(&URL_SAFE_NO_PAD.encode(id.to_string()))];
    payloads.extend(["reason", "snooze"].map(|kind| form(kind, &value())));
    payloads.extend(["more.0", "wrong", "snooze"].map(|button| {
        let mut press = own.clone();
        press["actions"][0]["action_id"] = json!(button);
        press
    }));
    payloads
}

/// Journals of lives at many stages, as they stand in the store.
pub(crate) fn journals() -> Vec<Value> {
    let mut journals = Vec::new();
    for message in messages() {
        let text = message.to_string();
        let letter = Letter { id: "m-1", subject: None, text: &text };
        let Signal::Alarm(alarm) = accept(&letter, &defaults()).signal else { continue };
        let mut journal = Journal::begin(*alarm, LifeId("5eed".to_owned()), &["m-1".to_owned()], now());
        journals.push(journal.clone());
        journal.begun = rehearse(&mut journal, now());
        journals.push(journal.clone());
        rehearse_answer(&mut journal, Answer::No, now());
        journals.push(journal);
    }
    let written = journals.iter().map(|journal| serde_json::to_value(journal).unwrap());
    written.chain(stored()).collect()
}

/// Journals that the function itself wrote: of alarms that came again, and of texts that nobody can read.
fn stored() -> Vec<Value> {
    let memory = Memory::up();
    let mut bodies: Vec<String> = messages().iter().map(Value::to_string).collect();
    bodies.extend(["oops", "another oops"].map(str::to_owned));
    for round in 0..2 {
        let bodies: Vec<_> = bodies.iter().map(|text| event::envelope(&format!("{round}{text}"), text)).collect();
        let event = event::batch(&bodies.iter().map(Value::to_string).collect::<Vec<_>>());
        run(dispatch_incoming::handle(&memory.world(), event, Duration::from_secs(3_600))).unwrap();
    }
    let kept = memory.kept();
    let journals = kept.objects.iter().filter(|(path, _)| path.starts_with("alarms/"));
    journals.map(|(_, (bytes, _))| serde_json::from_slice(bytes).unwrap()).collect()
}
