//! What Slack sends when somebody presses a button, or fills in a form.

use dispatch_core::{
    alarm::Address,
    journal::{Clicker, Ticket},
    text::without_values,
};
use dispatch_engine::answer::{Button, Click};
use serde::Deserialize;
use serde_json::Value;

use crate::{form, legacy::Legacy};

/// Something that a person did in Slack.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// A button of a question, or a form that one of them opened.
    Click(Click),
    /// A button of a message that the predecessor sent.
    Legacy(Legacy),
    /// Something that needs no more than an acknowledgement, such as a button that opens a link.
    Nothing,
}

/// The button with this `action_id`: `yes`, `no`, `more.N` from 0, `wrong` or `snooze`.
fn button(action_id: &str) -> Option<Button> {
    match (action_id, action_id.strip_prefix("more.").map(str::as_bytes)) {
        ("yes", _) => Some(Button::Yes),
        ("no", _) => Some(Button::No),
        ("wrong", _) => Some(Button::Wrong),
        ("snooze", _) => Some(Button::Snooze),
        (_, Some([digit @ b'0'..=b'9'])) => Some(Button::More((digit - b'0').into())),
        _ => None,
    }
}

/// A payload that Dispatch did not cause. Its text goes to the log, so it holds nothing that was sent.
#[derive(Debug, thiserror::Error)]
#[error("payload: {0}")]
pub struct Unknown(pub String);

impl From<serde_json::Error> for Unknown {
    fn from(error: serde_json::Error) -> Self {
        Unknown(without_values(&error))
    }
}

#[derive(Deserialize)]
struct Blocks {
    user: User,
    channel: Option<Channel>,
    container: Option<Container>,
    trigger_id: Option<String>,
    actions: Vec<Pressed>,
}

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) username: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Channel {
    pub(crate) id: String,
}

#[derive(Deserialize)]
struct Container {
    channel_id: Option<String>,
    message_ts: Option<String>,
}

#[derive(Deserialize)]
struct Pressed {
    action_id: String,
    value: Option<String>,
}

impl From<User> for Clicker {
    fn from(user: User) -> Self {
        let name = user.name.or(user.username).filter(|name| !name.is_empty());
        Clicker { name: name.unwrap_or_else(|| user.id.clone()), id: user.id }
    }
}

/// Reads the `payload` field of an interaction.
///
/// # Errors
/// [`Unknown`] when it is not JSON, of a kind that Dispatch does not cause, or its button or form is not
/// one of Dispatch's.
pub fn read(payload: &str) -> Result<Action, Unknown> {
    let value: Value = serde_json::from_str(payload)?;
    match value.get("type").and_then(Value::as_str) {
        Some("block_actions") => blocks(value),
        Some("interactive_message") => crate::legacy::read(value).map(Action::Legacy),
        Some("view_submission") => form::read(value),
        _ => Err(Unknown("type: expected block_actions, interactive_message or view_submission".to_owned())),
    }
}

fn blocks(value: Value) -> Result<Action, Unknown> {
    let payload: Blocks = serde_json::from_value(value)?;
    let [pressed] = payload.actions.as_slice() else {
        return Err(Unknown(format!("actions: found {}, expected one", payload.actions.len())));
    };
    let Some(button) = button(&pressed.action_id) else { return Ok(Action::Nothing) };
    let ticket = pressed.value.as_deref().and_then(Ticket::read);
    let ticket = ticket.ok_or_else(|| Unknown("actions[0].value: not one of Dispatch's".to_owned()))?;
    let (in_container, message) =
        payload.container.map_or((None, None), |container| (container.channel_id, container.message_ts));
    let by = Clicker::from(payload.user);
    let channel = payload.channel.map(|channel| channel.id).or(in_container);
    let message = message.filter(|_| channel.is_some());
    let at = Address::new("slack", channel.as_ref().unwrap_or(&by.id));
    let trigger = payload.trigger_id.filter(|trigger| !trigger.is_empty());
    Ok(Action::Click(Click { ticket, button, by, at, message, trigger }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn press(action_id: &str, trigger: &Value) -> Action {
        let value = format!("v1.{}.5eed.0", "a".repeat(40));
        let payload = json!({
            "type": "block_actions", "user": { "id": "U1", "name": "jane" }, "channel": { "id": "D1" },
            "container": { "message_ts": "1.1" }, "trigger_id": trigger,
            "actions": [{ "action_id": action_id, "value": value }],
        });
        read(&payload.to_string()).unwrap()
    }

    #[test]
    fn a_press_says_which_button_and_what_opens_a_form() {
        for (action_id, expected) in [
            ("yes", Button::Yes),
            ("no", Button::No),
            ("more.0", Button::More(0)),
            ("more.2", Button::More(2)),
            ("wrong", Button::Wrong),
            ("snooze", Button::Snooze),
        ] {
            let Action::Click(click) = press(action_id, &json!("1.2.x")) else { panic!("{action_id}") };
            assert_eq!((click.button, click.trigger.as_deref()), (expected, Some("1.2.x")));
            assert_eq!((click.at.to_string().as_str(), click.message.as_deref()), ("slack:D1", Some("1.1")));
        }
        for absent in [json!(null), json!("")] {
            let Action::Click(click) = press("snooze", &absent) else { panic!("{absent}") };
            assert_eq!(click.trigger, None);
        }
    }

    #[test]
    fn a_button_that_only_opens_a_link_needs_no_more_than_an_acknowledgement() {
        for action_id in ["", "link", "Yes", "more", "more.", "more.x", "more.-1", "more.+1", "more.10", "more.00"] {
            assert_eq!(press(action_id, &json!(null)), Action::Nothing, "{action_id}");
        }
    }
}
