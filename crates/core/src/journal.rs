//! The journal: everything that has happened to one alarm, as one small JSON object.

mod strict;
#[cfg(test)]
mod tests;
mod tidy;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alarm::{Alarm, Issue, Key, Person},
    digest::Item,
    notice::Receipt,
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

/// Position of a person in [`Alarm::people`], from 0.
pub type Who = usize;

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

/// A comment on the issue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// Who answered what, when.
    Answer(Who),
    /// Everyone's answers, one comment that is edited; the number of answers it shows.
    Tally(usize),
    /// Who was paged for this person's no, with the link.
    Paged(Who),
    /// Who could not be reached, and where the note went.
    Unreached,
    /// How often it happened again, one comment that is edited; the number it shows.
    Repeats(usize),
    /// The text of an unreadable message that differs from the ones before; see [`Fact::Evidence`].
    Evidence(String),
    /// That somebody was paged because Dispatch could not go on; which time, from 0.
    Alerted(usize),
    /// A page of a digest, one comment that is edited.
    Listing {
        /// Which, from 0.
        page: usize,
        /// The newest item that it shows; see [`Item::turn`].
        turn: usize,
    },
}

impl Remark {
    /// Whether both are versions of the same comment.
    pub fn same_comment(&self, other: &Remark) -> bool {
        match (self, other) {
            (Remark::Tally(_), Remark::Tally(_)) | (Remark::Repeats(_), Remark::Repeats(_)) => true,
            (Remark::Listing { page: one, .. }, Remark::Listing { page: two, .. }) => one == two,
            (one, two) => one == two,
        }
    }

    /// Whether a newer version takes the place of this one.
    pub fn is_edited(&self) -> bool {
        matches!(self, Remark::Tally(_) | Remark::Repeats(_) | Remark::Listing { .. })
    }
}

/// Where something is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In a comment on the issue, with its id at GitHub.
    Comment(u64),
    /// In the digest that this key names.
    Digest(Key),
}

/// What the question shows in place of its buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// What was answered.
    Answered,
    /// What was answered, and the page.
    Paged,
}

/// One effect outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Open the issue.
    Open,
    /// Tell or ask one person.
    Reach {
        /// Whom.
        who: Who,
        /// 0 for the people of the alarm; from 1 for those of [`Fact::Nagged`].
        round: usize,
    },
    /// Leave a note in the fallback channel for all who could not be reached in this round.
    FallBack {
        /// As in [`Step::Reach`].
        round: usize,
    },
    /// Page for this person's no.
    Page(Who),
    /// Write on the issue.
    Remark(Remark),
    /// Replace the question by its outcome.
    Show {
        /// Whose question.
        who: Who,
        /// What it shows.
        stage: Stage,
    },
    /// Close the issue as completed.
    Close,
}

impl Step {
    /// Whether both come to one thing outside, as two versions of one comment do: whoever looks for
    /// what became of the one finds the other.
    pub fn same_effect(&self, other: &Step) -> bool {
        match (self, other) {
            (Step::Remark(one), Step::Remark(two)) => one.same_comment(two),
            (one, two) => one == two,
        }
    }
}

/// For logs and errors: people by their position, and nothing that a message said.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Open => f.write_str("open the issue"),
            Step::Reach { who, .. } => write!(f, "reach person {who}"),
            Step::FallBack { .. } => f.write_str("leave a note in the fallback channel"),
            Step::Page(who) => write!(f, "page for the no of person {who}"),
            Step::Remark(_) => f.write_str("comment on the issue"),
            Step::Show { who, .. } => write!(f, "show the outcome to person {who}"),
            Step::Close => f.write_str("close the issue"),
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Fact {
    /// The issue was opened for this life.
    Opened {
        /// The issue.
        issue: Issue,
    },
    /// An issue stood already: opened by a person, by the predecessor, or by an earlier life.
    Stood {
        /// The issue.
        issue: Issue,
    },
    /// An issue of its own would have been more than GitHub takes: the alarm stands in a digest.
    Digested {
        /// The digest's issue.
        issue: Issue,
        /// The digest.
        digest: Key,
    },
    /// A person has been told or asked.
    Reached {
        /// Whom.
        who: Who,
        /// As in [`Step::Reach`].
        round: usize,
        /// Where the message is.
        receipt: Receipt,
    },
    /// A person cannot be told or asked.
    Unreached {
        /// Whom.
        who: Who,
        /// As in [`Step::Reach`].
        round: usize,
        /// The service's reason, or what the message lacks.
        reason: String,
    },
    /// The fallback channel has its note.
    FellBack {
        /// As in [`Step::Reach`].
        round: usize,
    },
    /// Somebody answered. The first answer of a person stands; later ones change nothing.
    Answered {
        /// Whose question.
        who: Who,
        /// The answer.
        answer: Answer,
        /// Who pressed the button.
        by: Clicker,
    },
    /// The pager has taken the page for a no.
    Paged {
        /// Whose no.
        who: Who,
        /// The incident.
        receipt: Receipt,
    },
    /// The issue has the comment, or the digest tells it.
    Remarked {
        /// Which.
        remark: Remark,
        /// Where.
        place: Place,
    },
    /// The question shows its outcome.
    Shown {
        /// Whose question.
        who: Who,
        /// What it shows.
        stage: Stage,
    },
    /// Dispatch closed the issue.
    Closed,
    /// The issue was found closed by somebody else.
    Ended,
    /// The alarm came again.
    Repeated {
        /// How many messages this stands for.
        count: usize,
    },
    /// An unreadable message came again with a text that differs from those before.
    Evidence {
        /// Tells texts apart: the same for the same text.
        id: String,
        /// The text as it came; `None` once it is told.
        text: Option<String>,
    },
    /// A nag came again: these people are to be told this.
    Nagged {
        /// Which time, from 1.
        round: usize,
        /// Whom.
        people: Vec<Person>,
        /// What, in Slack's markup.
        message: String,
    },
    /// This life is a digest, and it lists this.
    Listed {
        /// What.
        item: Item,
    },
    /// Somebody was paged because Dispatch could not go on with this alarm.
    Alerted {
        /// The incident.
        receipt: Receipt,
        /// What could not be done.
        reason: String,
    },
    /// The service refused a step for good; the life goes on without it.
    GaveUp {
        /// Which step.
        step: Step,
        /// The service's reason.
        reason: String,
    },
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

    /// The person of [`Step::Reach`].
    pub fn person(&self, who: Who, round: usize) -> Option<&Person> {
        match round {
            0 => self.alarm.people.get(who),
            round => self.nagged(round)?.0.get(who),
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
