//! What Slack sends when somebody presses a button.

use dispatch_core::{
    alarm::Address,
    journal::{Answer, Clicker, Ticket},
    text::without_values,
};
use dispatch_engine::answer::Click;
use serde::Deserialize;
use serde_json::Value;

use crate::legacy::Legacy;

/// Something that a person did in Slack.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// A button of a question.
    Click(Click),
    /// A button of a message that the predecessor sent.
    Legacy(Legacy),
    /// Something that needs no more than an acknowledgement, such as a button that opens a link.
    Nothing,
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
/// [`Unknown`] when it is not JSON, of a kind that Dispatch does not cause, or its button is not one
/// of Dispatch's.
pub fn read(payload: &str) -> Result<Action, Unknown> {
    let value: Value = serde_json::from_str(payload)?;
    match value.get("type").and_then(Value::as_str) {
        Some("block_actions") => blocks(value),
        Some("interactive_message") => crate::legacy::read(value).map(Action::Legacy),
        _ => Err(Unknown("type: expected block_actions or interactive_message".to_owned())),
    }
}

fn blocks(value: Value) -> Result<Action, Unknown> {
    let payload: Blocks = serde_json::from_value(value)?;
    let [pressed] = payload.actions.as_slice() else {
        return Err(Unknown(format!("actions: found {}, expected one", payload.actions.len())));
    };
    let Some(answer) = answer(&pressed.action_id) else { return Ok(Action::Nothing) };
    let ticket = pressed.value.as_deref().and_then(Ticket::read);
    let ticket = ticket.ok_or_else(|| Unknown("actions[0].value: not one of Dispatch's".to_owned()))?;
    let (in_container, message) =
        payload.container.map_or((None, None), |container| (container.channel_id, container.message_ts));
    let by = Clicker::from(payload.user);
    let channel = payload.channel.map(|channel| channel.id).or(in_container);
    let message = message.filter(|_| channel.is_some());
    let at = Address::new("slack", channel.as_ref().unwrap_or(&by.id));
    Ok(Action::Click(Click { ticket, answer, by, at, message }))
}

pub(crate) fn answer(name: &str) -> Option<Answer> {
    match name {
        "yes" => Some(Answer::Yes),
        "no" => Some(Answer::No),
        _ => None,
    }
}
