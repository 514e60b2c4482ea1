//! Self-service: ask the one person who should know.

use super::{Fields, MessageType};
use crate::{
    alarm::Signal,
    source::{Defaults, Invalid, Letter},
};

/// Only the first of `users` is asked.
pub(super) const TYPE: MessageType = MessageType {
    names: &["self-service"],
    purpose: "Opens an issue and asks one person in Slack; yes closes the issue, no pages.",
    required: &["users", "body.github.title"],
    build,
};

fn build(fields: &Fields, letter: &Letter<'_>, defaults: &Defaults) -> Result<Signal, Invalid> {
    let mut alarm = fields.alarm(letter, defaults)?;
    alarm.mentions = fields.mentions(defaults);
    alarm.people = fields.people_to_ask().into_iter().take(1).collect();
    alarm.message = fields.message();
    alarm.link = true;
    alarm.question = Some(fields.question(defaults)?);
    Ok(Signal::Alarm(Box::new(alarm)))
}
