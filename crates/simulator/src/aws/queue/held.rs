//! A message in its queue.

use jiff::Timestamp;
use tokio::time::Instant;

use crate::aws::{Message, random_id};

#[derive(Debug)]
pub(super) struct Held {
    pub(super) message: Message,
    /// Hidden until then.
    pub(super) visible_at: Instant,
    /// Whether somebody has it, as opposed to its waiting for a retry.
    pub(super) taken: bool,
}

impl Held {
    pub(super) fn is_in_flight(&self, now: Instant) -> bool {
        self.taken && self.visible_at > now
    }

    /// Hands it out, with a new receipt.
    pub(super) fn take(&mut self, visible_at: Instant) -> Message {
        self.taken = true;
        self.visible_at = visible_at;
        self.message.receipt = random_id();
        self.message.receives += 1;
        self.message.first_received_at.get_or_insert_with(Timestamp::now);
        self.message.clone()
    }

    /// As it enters the queue of dead letters: under its name, with its past.
    pub(super) fn bury(self, died_in: &str, now: Instant) -> Held {
        let message = Message { died_in: Some(died_in.to_owned()), ..self.message };
        Held { message, visible_at: now, taken: false }
    }
}
