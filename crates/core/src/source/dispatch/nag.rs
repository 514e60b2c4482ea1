//! Nag: tell everyone listed, and again with every message.

use super::{Fields, MessageType};
use crate::{
    alarm::{Again, Signal},
    source::{Defaults, Invalid, Letter},
};

/// Without users it is an issue alone.
pub(super) const TYPE: MessageType = MessageType {
    names: &["nag"],
    purpose: "Opens one issue and tells everyone listed, again with every message until the issue is closed.",
    required: &["body.github.title"],
    build,
};

fn build(fields: &Fields, letter: &Letter<'_>, defaults: &Defaults) -> Result<Signal, Invalid> {
    let mut alarm = fields.alarm(letter, defaults)?;
    alarm.people = fields.people();
    alarm.message = fields.message().filter(|_| !alarm.people.is_empty());
    alarm.again = Again::Tell;
    Ok(Signal::Alarm(Box::new(alarm)))
}
