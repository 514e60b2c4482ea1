//! The journal: everything that has happened to one alarm, as one small JSON object.

mod fact;
mod step;
mod strict;
#[cfg(test)]
mod tests;
mod ticket;
mod tidy;
mod timer;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    fact::{Change, Fact},
    step::{Place, Remark, Stage, Step},
    ticket::Ticket,
    timer::{TIMERS, Timer},
};
use crate::{
    alarm::{Alarm, Key, Person, Rung},
    text::without_values,
};

/// The only version of the object that this code reads and writes.
pub const VERSION: u32 = 1;

/// How many message ids one life remembers, so that a redelivery is not taken for a repeat.
const MESSAGES_MAX: usize = 500;

/// One life of an alarm: from a message to its end. The next alarm with the same key begins another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LifeId(pub String);

impl fmt::Display for LifeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Position of a person in [`Alarm::people`], from 0. Behind these stand [`Alarm::deputies`], and behind them
/// whoever is asked step by step of [`Alarm::chain`], wave by wave: see [`Journal::role`].
pub type Who = usize;

/// What somebody is asked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of the alarm's people.
    Person,
    /// In the place of one of them, who passed the question on; position in [`Alarm::deputies`].
    Deputy(usize),
    /// Because nobody answered.
    Rung {
        /// As in [`Fact::Silent`].
        wave: usize,
        /// Position in [`Alarm::chain`].
        rung: usize,
    },
}

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was me, all is well.
    Yes,
    /// It was not me.
    No,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Answer::Yes => "yes",
            Answer::No => "no",
        })
    }
}

/// Who pressed a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clicker {
    /// User id of the destination.
    pub id: String,
    /// What to call them; the id when the service sent no name.
    pub name: String,
}

/// A fact and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was known.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// The right of one run to act for the alarm until its time is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The run that holds it.
    pub run: String,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Whether a message stands behind the run, and comes again if the run dies: then others may leave
    /// to it what they added to the journal.
    pub backed: bool,
}

/// Everything that is known of one life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// [`VERSION`].
    pub version: u32,
    /// The alarm's key; the name of the object.
    pub key: Key,
    /// Which life this is.
    pub life: LifeId,
    /// When it began.
    pub began: Timestamp,
    /// What was read from the message that began it.
    pub alarm: Alarm,
    /// The messages that were folded into this life, newest last; at most 500 are kept.
    pub messages: Vec<String>,
    /// What happened, oldest first.
    pub entries: Vec<Entry>,
    /// Steps that were begun and of which no result is known: look before repeating.
    pub begun: Vec<Step>,
    /// Who may act now.
    pub lease: Option<Lease>,
    /// When the clock will wake it.
    pub timer: Option<Timer>,
}

/// A journal that cannot be read. It is never guessed at: the run stops.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are not a journal.
    #[error("journal at {path}: {reason}")]
    Malformed {
        /// Field path within the object.
        path: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// A later Dispatch wrote it.
    #[error("journal of version {found}, expected {VERSION}")]
    Version {
        /// The version that stands there.
        found: u64,
    },
}

impl Journal {
    /// A life that has just begun.
    pub fn begin(alarm: Alarm, life: LifeId, messages: &[String], now: Timestamp) -> Self {
        let mut journal = Journal {
            version: VERSION,
            key: alarm.key(),
            life,
            began: now,
            alarm,
            messages: Vec::new(),
            entries: Vec::new(),
            begun: Vec::new(),
            lease: None,
            timer: None,
        };
        journal.remember(messages);
        journal
    }

    /// Adds what happened.
    pub fn push(&mut self, at: Timestamp, fact: Fact) {
        self.entries.push(Entry { at, fact });
    }

    /// The ids among `messages` that this life has not seen.
    pub fn unseen(&self, messages: &[String]) -> Vec<String> {
        messages.iter().filter(|id| !self.messages.contains(id)).cloned().collect()
    }

    /// Whom a nag told what in this round, from 1.
    pub fn nagged(&self, round: usize) -> Option<(&[Person], &str)> {
        self.entries.iter().find_map(|entry| match &entry.fact {
            Fact::Nagged { round: this, people, message } if *this == round => {
                Some((people.as_slice(), message.as_str()))
            }
            _ => None,
        })
    }

    /// The person of [`Step::Reach`]; of an escalation as the chain names them.
    pub fn person(&self, who: Who, round: usize) -> Option<Person> {
        if round > 0 {
            return self.nagged(round)?.0.get(who).cloned();
        }
        match self.role(who)? {
            Role::Person => self.alarm.people.get(who).cloned(),
            Role::Deputy(at) => self.alarm.deputies.get(at).cloned(),
            Role::Rung { rung, .. } => {
                let Rung { name, to, .. } = self.alarm.chain.get(rung)?;
                Some(Person { name: name.clone(), address: Some(to.clone()) })
            }
        }
    }

    /// What `who` is asked as; `None` when nobody can be.
    pub fn role(&self, who: Who) -> Option<Role> {
        let (people, deputies) = (self.alarm.people.len(), self.alarm.deputies.len());
        let Some(behind) = who.checked_sub(people) else { return Some(Role::Person) };
        let Some(behind) = behind.checked_sub(deputies) else { return Some(Role::Deputy(behind)) };
        let rungs = self.alarm.chain.len();
        Some(Role::Rung { wave: behind.checked_div(rungs)?, rung: behind.checked_rem(rungs)? })
    }

    /// The position of somebody who is asked as this.
    pub fn position(&self, role: Role) -> Who {
        let (people, deputies) = (self.alarm.people.len(), self.alarm.deputies.len());
        match role {
            Role::Person => 0,
            Role::Deputy(at) => people.saturating_add(at),
            Role::Rung { wave, rung } => {
                let before = wave.saturating_mul(self.alarm.chain.len());
                people.saturating_add(deputies).saturating_add(before).saturating_add(rung)
            }
        }
    }

    /// Keeps message ids, the newest 500 of them.
    pub fn remember(&mut self, messages: &[String]) {
        self.messages.extend_from_slice(messages);
        let surplus = self.messages.len().saturating_sub(MESSAGES_MAX);
        self.messages.drain(..surplus);
    }

    /// The lease under which a run other than `run` may act at `now`.
    pub fn leased_to_other(&self, run: &str, now: Timestamp) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| lease.run != run && lease.until > now)
    }

    /// The object's bytes.
    ///
    /// # Errors
    /// Never for a journal that was made by this code; the serializer's error otherwise.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads the object.
    ///
    /// # Errors
    /// [`Unreadable`] when the bytes are no journal, or one of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        // Nearly every journal was written by this very code: what would be written the same was understood.
        let read: Option<Self> = serde_json::from_slice(bytes).ok();
        let plain = read.filter(|read| read.version == VERSION && read.to_bytes().is_ok_and(|again| again == bytes));
        plain.map_or_else(|| Self::examine(bytes), Ok)
    }

    /// Reads the object with a close look at what is not as it should be.
    fn examine(bytes: &[u8]) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Head {
            version: u64,
        }
        let malformed = |path: String, reason: String| Unreadable::Malformed { path, reason };
        let head: Head =
            serde_json::from_slice(bytes).map_err(|error| malformed(".".to_owned(), without_values(&error)))?;
        if head.version != u64::from(VERSION) {
            return Err(Unreadable::Version { found: head.version });
        }
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let journal: Journal = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| malformed(error.path().to_string(), without_values(error.inner())))?;
        let whole = |error: serde_json::Error| malformed(".".to_owned(), without_values(&error));
        let read = serde_json::from_slice(bytes).map_err(whole)?;
        match strict::misread(&read, &serde_json::to_value(&journal).map_err(whole)?) {
            Some(path) => Err(malformed(path, "not as Dispatch writes it".to_owned())),
            None => Ok(journal),
        }
    }
}
