//! Messages that the predecessor's publishers send, and buttons that it left behind.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::story::{REPO, Story, blocks_text, with_service};

/// Posts a message as the predecessor did and returns its conversation and `ts`.
fn old_message(story: &Story, callback: &Value) -> (String, String) {
    old_message_to(story, "jane", callback)
}

fn old_message_to(story: &Story, person: &str, callback: &Value) -> (String, String) {
    let message = json!({
        "text": "Did you do this?",
        "attachments": [{
            "text": "Please answer.", "fallback": "no buttons here", "callback_id": URL_SAFE_NO_PAD.encode(callback.to_string()),
            "attachment_type": "default",
            "actions": [
                { "name": "yes", "text": "Yes", "type": "button", "value": "Thanks for your yes." },
                { "name": "no", "text": "No", "type": "button", "style": "danger", "value": false },
            ],
        }],
    });
    story.town.fakes.slack.post_by_hand(person, &message).unwrap()
}

#[tokio::test]
async fn an_old_yes_closes_the_issue_with_the_custom_text() {
    for number in [json!(1), json!("1")] {
        let story = Story::begin().await;
        story.town.fakes.github.open_by_hand(REPO, "Old alarm", "b", false).unwrap();
        let (channel, ts) = old_message(&story, &json!({ "github": number, "requestId": "abc123" }));
        let click = story.town.fakes.slack.legacy_click(&channel, &ts, "jane", "yes").unwrap();
        assert_eq!(story.send(&click).await, 200);
        assert_eq!(story.issue().state, "closed");
        assert!(story.issue().comments[0].body.contains("answered **yes**"));
        let message = story.message_to("jane");
        assert!(blocks_text(&message).contains("Thanks for your yes."), "{message:?}");
        assert!(message.attachments.is_empty(), "the old buttons are gone");
    }
}

#[tokio::test]
async fn an_old_no_pages_the_service_that_the_button_names() {
    let story = Story::with(with_service("PDATABASE")).await;
    story.town.fakes.github.open_by_hand(REPO, "Old alarm", "b", false).unwrap();
    let (channel, ts) =
        old_message(&story, &json!({ "github": 1, "requestId": "abc123", "pagerDutyServiceId": "PDATABASE" }));
    let no = story.town.fakes.slack.legacy_click(&channel, &ts, "jane", "no").unwrap();
    let yes = story.town.fakes.slack.legacy_click(&channel, &ts, "jane", "yes").unwrap();
    assert_eq!(story.send(&no).await, 200);
    assert_eq!(story.send(&yes).await, 200);
    let incident = story.incident();
    assert_eq!((incident.key.as_str(), incident.service_id.as_str()), ("abc123", "PDATABASE"));
    assert!(incident.title.contains("jane") && incident.title.contains("example-org/alarms#1"), "{}", incident.title);
    assert_eq!(story.issue().state, "open", "the first answer stands");
}

#[tokio::test]
async fn an_old_button_that_names_no_issue_is_refused() {
    let story = Story::begin().await;
    for callback in [json!({ "requestId": "abc" }), json!({ "github": "x" }), json!(5)] {
        let (channel, ts) = old_message(&story, &callback);
        let click = story.town.fakes.slack.legacy_click(&channel, &ts, "jane", "yes").unwrap();
        assert_eq!(story.send(&click).await, 400, "{callback}");
    }
}

#[tokio::test]
async fn everyone_who_was_asked_about_one_issue_has_an_answer_of_their_own() {
    let story = Story::begin().await;
    story.town.fakes.github.open_by_hand(REPO, "Old alarm", "b", false).unwrap();
    let callback = json!({ "github": 1, "requestId": "abc123" });
    let clicks = [("jane", "yes"), ("joe", "no")].map(|(person, button)| {
        let (channel, ts) = old_message_to(&story, person, &callback);
        story.town.fakes.slack.legacy_click(&channel, &ts, person, button).unwrap()
    });
    for click in &clicks {
        assert_eq!(story.send(click).await, 200);
    }
    assert_eq!(story.incident().key, "abc123");
    let comments: String = story.issue().comments.iter().map(|comment| comment.body.as_str()).collect();
    assert!(comments.contains("answered **yes**") && comments.contains("answered **no**"), "{comments}");
}
