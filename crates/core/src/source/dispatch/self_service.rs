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
    let mut people = fields.people_to_ask();
    alarm.deputies = people.split_off(1.min(people.len()));
    alarm.people = people;
    alarm.message = fields.message();
    fields.ask(&mut alarm, defaults)?;
    // Whoever cannot pass the question on has nobody in their place.
    alarm.deputies.retain(|_| alarm.question.as_ref().is_some_and(|question| question.wrong_person));
    Ok(Signal::Alarm(Box::new(alarm)))
}
