//! Low priority: an issue, and nothing else.

use super::{Fields, MessageType};
use crate::{
    alarm::Signal,
    source::{Defaults, Invalid, Letter},
};

/// The first user is tagged, else the deployment's default.
pub(super) const TYPE: MessageType = MessageType {
    names: &["low-priority"],
    purpose: "Opens an issue and tags the first user or the default; nobody is told in Slack.",
    required: &["body.github.title"],
    build,
};

fn build(fields: &Fields, letter: &Letter<'_>, defaults: &Defaults) -> Result<Signal, Invalid> {
    let mut alarm = fields.alarm(letter, defaults)?;
    alarm.mentions = fields.mentions(defaults);
    Ok(Signal::Alarm(Box::new(alarm)))
}
