//! Modals: opened with a trigger, filled in, answered.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;

use super::*;
use crate::fake::Clock;

fn text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

fn view() -> Value {
    let option = |value: &str| json!({"text": text(value), "value": value});
    json!({
        "type": "modal", "callback_id": "snooze", "private_metadata": "v1.ticket", "title": text("Later"),
        "submit": text("Send"),
        "blocks": [
            {"type": "section", "text": text("Hm.")},
            {"type": "input", "block_id": "choice", "label": text("How long?"), "element":
                {"type": "radio_buttons", "action_id": "c", "options": [option("1h"), option("4h")],
                 "initial_option": option("1h")}},
            {"type": "input", "block_id": "text", "label": text("Why?"), "optional": true, "element":
                {"type": "plain_text_input", "max_length": 5}},
        ],
    })
}

/// A view opens for jane, who has just clicked.
async fn open(fake: &Slack, view: &Value) {
    let (channel, ts) = asked(fake).await;
    let trigger = fake.click(&channel, &ts, "jane", "no").unwrap().payload()["trigger_id"].clone();
    let answer = call(fake, "views.open", json!({"trigger_id": trigger, "view": view})).await;
    assert_eq!(answer["ok"], true, "{answer}");
}

#[tokio::test]
async fn a_form_that_is_sent_carries_what_was_chosen_and_written() {
    let fake = fresh().await;
    assert!(fake.submit("jane", &[]).is_err(), "nothing is open");
    open(&fake, &view()).await;
    let sent = fake.submit("jane", &[("choice", "4h"), ("text", "tired")]).unwrap();
    let payload = sent.payload();
    assert_eq!((&payload["type"], &payload["user"]["id"]), (&json!("view_submission"), &json!("U0JANE")));
    let shown = &payload["view"];
    assert_eq!((&shown["callback_id"], &shown["private_metadata"]), (&json!("snooze"), &json!("v1.ticket")));
    let four = json!({"text": text("4h"), "value": "4h"});
    let values = json!({
        "choice": {"c": {"type": "radio_buttons", "selected_option": four}},
        "text": {"a0": {"type": "plain_text_input", "value": "tired"}},
    });
    assert_eq!(shown["state"]["values"], values);
    let header = |name: &str| sent.headers.iter().find(|(key, _)| key == name).unwrap().1.clone();
    let at = header("x-slack-request-timestamp").parse().unwrap();
    assert_eq!(super::super::Click::signed(sent.body.clone(), &Settings::default().signing_secret, at), sent);

    let left = fake.submit("U0JANE", &[]).unwrap().payload();
    assert_eq!(left["view"]["state"]["values"]["choice"]["c"]["selected_option"]["value"], "1h");
    assert_eq!(left["view"]["state"]["values"]["text"]["a0"]["value"], Value::Null);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn what_a_form_does_not_take_is_not_sent() {
    let fake = fresh().await;
    let mut strict = view();
    strict["blocks"][1]["element"].as_object_mut().unwrap().remove("initial_option");
    open(&fake, &strict).await;
    for values in [
        &[][..],
        &[("choice", "5h")],
        &[("choice", "1h"), ("text", "too long")],
        &[("choice", "1h"), ("other", "x")],
        &[("text", "x")],
    ] {
        assert!(fake.submit("jane", values).is_err(), "{values:?}");
    }
    assert!(fake.submit("jane", &[("choice", "1h")]).is_ok());
    assert!(fake.submit("joe", &[("choice", "1h")]).is_err(), "it is open for jane");
}

#[tokio::test]
async fn an_empty_answer_closes_a_form_and_any_other_leaves_it() {
    let fake = fresh().await;
    open(&fake, &view()).await;
    let seen = |fake: &Slack| fake.console_slack()["views"].clone();
    assert_eq!(seen(&fake)[0]["user"], "U0JANE");
    assert!(fake.acknowledge("jane", 500, "").is_err());
    let errors = json!({"response_action": "errors", "errors": {"text": "Too vague."}}).to_string();
    assert_eq!(fake.acknowledge("jane", 200, &errors), Err("Too vague.".to_owned()));
    assert_eq!(seen(&fake)[0]["errors"], json!({"text": "Too vague."}));
    assert!(fake.violations().is_empty());
    for mistake in ["ok", "{}", r#"{"response_action": "errors", "errors": {"nothing": "x"}}"#] {
        assert!(fake.acknowledge("jane", 200, mistake).is_err(), "{mistake}");
    }
    assert_eq!(fake.violations().len(), 3);
    assert_eq!(fake.acknowledge("jane", 200, ""), Ok(()));
    assert_eq!((seen(&fake), fake.views()[0].is_open), (json!([]), false));
    open(&fake, &view()).await;
    open(&fake, &view()).await;
    assert_eq!(seen(&fake).as_array().unwrap().len(), 1, "the newer one takes the place of the older");
    fake.cancel("jane").unwrap();
    assert!(fake.cancel("jane").is_err());
}

#[tokio::test]
async fn a_trigger_has_three_seconds() {
    let second = Arc::new(AtomicI64::new(1_712_345_678));
    let clock = {
        let second = Arc::clone(&second);
        Clock::new(move || Timestamp::from_second(second.load(Ordering::Relaxed)).unwrap())
    };
    let fake = Slack::start(Settings { clock, ..Settings::default() }).await.unwrap();
    for (waited, error) in [(3, Value::Null), (4, json!("expired_trigger_id"))] {
        let (channel, ts) = asked(&fake).await;
        let trigger = fake.click(&channel, &ts, "jane", "no").unwrap().payload()["trigger_id"].clone();
        second.fetch_add(waited, Ordering::Relaxed);
        let answer = call(&fake, "views.open", json!({"trigger_id": trigger, "view": view()})).await;
        assert_eq!(answer["error"], error, "after {waited} s");
    }
}

#[tokio::test]
async fn a_view_that_slack_refuses_is_refused() {
    let fake = fresh().await;
    let refused = [
        ("/title/text", json!("x".repeat(25)), "view.title.text is too long (maximum is 24)"),
        ("/submit/text", json!("x".repeat(25)), "view.submit.text is too long (maximum is 24)"),
        ("/private_metadata", json!("x".repeat(3_001)), "view.private_metadata is too long (maximum is 3000)"),
        ("/blocks", json!([]), "view.blocks is missing"),
        ("/blocks/1/label", text(""), "view.blocks.1.label.text is missing"),
        ("/blocks/1/element/options/0/text", text(&"x".repeat(76)), "text is too long (maximum is 75)"),
        ("/blocks/1/element/initial_option", text("5h"), "initial_option is not one of the options"),
        ("/blocks/2/block_id", json!("choice"), "choice is used twice"),
    ];
    for (pointer, value, expected) in refused {
        let mut view = view();
        *view.pointer_mut(pointer).unwrap() = value;
        let answer = call(&fake, "views.open", json!({"trigger_id": "1.2", "view": view})).await;
        let why = answer["response_metadata"]["messages"][0].as_str().unwrap_or_default();
        assert!(answer["error"] == "invalid_arguments" && why.contains(expected), "{pointer}: {answer}");
    }
}
