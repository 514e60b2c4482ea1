//! What Slack sends when somebody presses a button, or fills in a form.

use std::{sync::Arc, time::Duration};

use dispatch_core::journal::{Answer, Journal, Ticket};
use dispatch_engine::answer::Button;
use dispatch_triage::{Action, read};
use serde_json::{Value, json};

use super::{
    event,
    gateway::{Kind, signed, status},
    world::{Kept, Memory, run},
};

/// Who is asked.
const READER: &str = "U012AB3CD";

/// A payload is refused without any effect, or it is taken: then the answer of whoever was asked is kept, and
/// nobody else's is.
pub fn holds(payload: &str) {
    let memory = asked();
    let before = memory.kept();
    let body = serde_urlencoded::to_string([("payload", payload)]).expect("a form");
    let status = status(&memory, &signed(body.as_bytes(), Kind::Http, true));
    let after = memory.kept();
    match read(payload) {
        Ok(Action::Click(click)) => {
            assert_eq!(status, 200, "a click that can be read");
            let is_theirs = click.ticket == ticket(&before) && click.by.id == READER;
            let answered = match click.button {
                Button::Yes => Some(Answer::Yes),
                Button::No => Some(Answer::No),
                _ => None,
            };
            let answered = answered.filter(|_| is_theirs);
            assert_eq!(answer(&after), answered, "{click:?}");
        }
        Ok(Action::Legacy(_)) => assert_eq!(status, 200, "a click on an old button"),
        Ok(Action::Nothing) => assert_eq!((status, after.effects()), (200, before.effects())),
        Err(_) => assert_eq!((status, after.effects()), (400, before.effects())),
    }
}

/// A world in which one person was asked one thing.
fn asked() -> Arc<Memory> {
    let message = json!({
        "type": "self-service", "users": [{ "slack": "jane", "slackId": READER }],
        "body": { "github": { "title": "Two-factor off: jane" }, "slack": { "prompt": "Was this you?" } },
    });
    let memory = Memory::up();
    let event = event::batch(&[message.to_string()]);
    run(dispatch_incoming::handle(&memory.world(), event, Duration::from_secs(3_600))).expect("an answer");
    memory
}

/// The value of the buttons of the question. The same in every run, as everything in this world.
pub fn value() -> String {
    ticket(&asked().kept()).to_string()
}

fn ticket(kept: &Kept) -> Ticket {
    let value = kept.notices.iter().find_map(|(_, notice)| Some(notice.buttons.first()?.value.clone()));
    Ticket::read(&value.expect("a question")).expect("a ticket")
}

/// The answer that the question's journal holds.
fn answer(kept: &Kept) -> Option<Answer> {
    let (bytes, _) = kept.objects.get(&format!("alarms/{}.json", ticket(kept).key)).expect("a journal");
    let journal = Journal::from_bytes(bytes).expect("a journal");
    dispatch_core::life::Progress::of(&journal).people.into_iter().next()?.answer.map(|answered| answered.answer)
}

/// A click, as Slack sends it.
pub fn click(value: &str) -> Value {
    json!({
        "type": "block_actions", "user": { "id": READER, "username": "jane", "name": "jane", "team_id": "T1" },
        "api_app_id": "A1", "token": "x", "trigger_id": "1.2.x", "team": { "id": "T1", "domain": "example" },
        "container": { "type": "message", "message_ts": "1", "channel_id": READER, "is_ephemeral": false },
        "channel": { "id": READER, "name": "directmessage" }, "message": { "type": "message", "text": "t", "ts": "1" },
        "response_url": "https://hooks.slack.com/actions/x",
        "actions": [{
            "action_id": "no", "block_id": "answer", "type": "button", "value": value, "action_ts": "2",
            "text": { "type": "plain_text", "text": "No", "emoji": true },
        }],
    })
}

/// A form that was filled in, as Slack sends it.
pub fn form(kind: &str, value: &str) -> Value {
    let words = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": true });
    let chosen = json!({ "text": words("For four hours"), "value": "4h" });
    json!({
        "type": "view_submission", "team": { "id": "T1", "domain": "example" }, "trigger_id": "1.2.x", "token": "x",
        "user": { "id": READER, "username": "jane", "name": "jane", "team_id": "T1" }, "api_app_id": "A1",
        "view": {
            "id": "V1", "team_id": "T1", "type": "modal", "callback_id": kind, "private_metadata": value, "hash": "1.x",
            "title": words("Later"), "submit": words("Send"), "blocks": [], "root_view_id": "V1", "bot_id": "B1",
            "state": { "values": {
                "choice": { "choice": { "type": "radio_buttons", "selected_option": chosen } },
                "text": { "text": { "type": "plain_text_input", "value": "On a train." } },
            } },
        },
        "response_urls": [], "is_enterprise_install": false, "enterprise": null,
    })
}

/// A click on a button that the predecessor left behind, as Slack sends it.
pub fn legacy_click(callback_id: &str) -> Value {
    json!({
        "type": "interactive_message", "callback_id": callback_id, "action_ts": "2", "message_ts": "1.1",
        "attachment_id": "1", "token": "x", "is_app_unfurl": false, "trigger_id": "1.2.x",
        "actions": [{ "name": "yes", "type": "button", "value": "Thanks for your yes." }],
        "team": { "id": "T1", "domain": "example" }, "channel": { "id": "D1", "name": "directmessage" },
        "user": { "id": READER, "name": "jane" }, "response_url": "https://hooks.slack.com/actions/x",
        "original_message": { "text": "Did you do this?", "attachments": [{ "text": "Please answer.", "id": 1 }] },
    })
}
