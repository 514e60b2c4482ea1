//! Broadcast: tell everyone listed, or ask everyone listed.

use super::{Fields, MessageType};
use crate::{
    alarm::Signal,
    source::{Defaults, Invalid, Letter},
};

/// With a prompt everyone is asked, one answer each; without one everyone is told.
pub(super) const TYPE: MessageType = MessageType {
    names: &["broadcast"],
    purpose: "Opens one issue that lists everyone, and tells them all; with a prompt, asks them all, one answer each.",
    required: &["users", "body.github.title"],
    build,
};

fn build(fields: &Fields, letter: &Letter<'_>, defaults: &Defaults) -> Result<Signal, Invalid> {
    let mut alarm = fields.alarm(letter, defaults)?;
    alarm.people = fields.people();
    alarm.list_people = true;
    alarm.message = fields.message();
    if fields.asks() {
        alarm.people = fields.people_to_ask();
        fields.ask(&mut alarm, defaults)?;
    }
    Ok(Signal::Alarm(Box::new(alarm)))
}
