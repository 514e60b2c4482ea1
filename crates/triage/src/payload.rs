//! What Slack sends when somebody presses a button.

use dispatch_core::{
    alarm::Address,
    journal::{Answer, Clicker, Ticket},
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

/// A payload that Dispatch did not cause.
#[derive(Debug, thiserror::Error)]
#[error("payload: {0}")]
pub struct Unknown(pub String);

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
    let value: Value = serde_json::from_str(payload).map_err(|error| Unknown(error.to_string()))?;
    match value.get("type").and_then(Value::as_str) {
        Some("block_actions") => blocks(value),
        Some("interactive_message") => crate::legacy::read(value).map(Action::Legacy),
        found => Err(Unknown(format!("type: found {found:?}, expected block_actions or interactive_message"))),
    }
}

fn blocks(value: Value) -> Result<Action, Unknown> {
    let payload: Blocks = serde_json::from_value(value).map_err(|error| Unknown(error.to_string()))?;
    let [pressed] = payload.actions.as_slice() else {
        return Err(Unknown(format!("actions: found {}, expected one", payload.actions.len())));
    };
    let Some(answer) = answer(&pressed.action_id) else { return Ok(Action::Nothing) };
    let ticket = pressed.value.as_deref().and_then(Ticket::read);
    let ticket = ticket.ok_or_else(|| Unknown("actions[0].value: not one of Dispatch's".to_owned()))?;
    let in_container = payload.container.and_then(|container| container.channel_id);
    let by = Clicker::from(payload.user);
    let channel = payload.channel.map(|channel| channel.id).or(in_container).unwrap_or_else(|| by.id.clone());
    Ok(Action::Click(Click { ticket, answer, by, at: Address::new("slack", &channel) }))
}

pub(crate) fn answer(name: &str) -> Option<Answer> {
    match name {
        "yes" => Some(Answer::Yes),
        "no" => Some(Answer::No),
        _ => None,
    }
}
