//! What a button carries.

use std::fmt;

use super::{LifeId, Who};
use crate::alarm::Key;

/// What a button carries: which question of which life it answers.
///
/// Written as `v1.KEY.LIFE.WHO`. The life cannot be guessed, so a value that matches its journal
/// came from a message that Dispatch sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The alarm.
    pub key: Key,
    /// Its life.
    pub life: LifeId,
    /// Whose question.
    pub who: Who,
}

impl Ticket {
    /// Reads a button's value; `None` when it is not one of Dispatch's.
    pub fn read(value: &str) -> Option<Self> {
        let mut parts = value.split('.');
        let (_, key, life, who) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let key = Key::try_from(key.to_owned()).ok()?;
        let ticket = Ticket { key, life: LifeId(life.to_owned()), who: who.parse().ok()? };
        (ticket.to_string() == value).then_some(ticket)
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.{}.{}", self.key, self.life, self.who)
    }
}
