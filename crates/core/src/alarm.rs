//! What an alarm is, once its message has been read: whom to tell, whom to ask, where its audit
//! log goes. Message types are not kept here; a source turns each of them into this data.

mod question;
mod signal;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::{
    question::{Choice, ON_CALL, Question, Rung, RungKind, Variant},
    signal::{Resolve, Signal},
};

/// Names one alarm for good: alarms with the same repository and dedup text share a key.
///
/// 40 lower-case hex digits, safe in object names, button values and logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

impl Key {
    /// How many digits a key has.
    pub const LENGTH: usize = 40;

    /// The key of the alarm that `dedup` names within `repo`.
    pub fn new(repo: &Repo, dedup: &str) -> Self {
        let scope = repo.to_string().to_ascii_lowercase();
        Key(digest(&[scope.as_bytes(), dedup.as_bytes()], Self::LENGTH))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fine = text.len() == Self::LENGTH && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fine { Ok(Key(text)) } else { Err(format!("found {text:?}, expected an alarm key of 40 hex digits")) }
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first `digits` hex digits of a SHA-256 over `parts`, each closed by a zero byte.
pub fn digest(parts: &[&[u8]], digits: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let mut text = hex::encode(hash.finalize());
    text.truncate(digits);
    text
}

/// A GitHub repository, `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repo {
    /// User or organisation.
    pub owner: String,
    /// Name of the repository under its owner.
    pub name: String,
}

impl Repo {
    /// A repository by its two names.
    pub fn new(owner: impl Into<String>, name: impl Into<String>) -> Self {
        Repo { owner: owner.into(), name: name.into() }
    }
}

impl TryFrom<String> for Repo {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Repo::new(owner, name))
            }
            _ => Err(format!("found {text:?}, expected owner/name")),
        }
    }
}

impl From<Repo> for String {
    fn from(repo: Repo) -> String {
        repo.to_string()
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// The number of an issue within its repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssueNumber(pub u64);

impl fmt::Display for IssueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One issue: the audit log of one alarm's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Where it stands.
    pub repo: Repo,
    /// Its number there.
    pub number: IssueNumber,
    /// The address that people open.
    pub url: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repo, self.number)
    }
}

/// Where somebody or something is reached, scheme first: `slack:U0123`, `slack:jane@example.com`,
/// `slack:@jane`, `slack:#security`, `pagerduty:PABC123`, `pagerduty:` for the default service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// An address of a destination that answers to `scheme`.
    pub fn new(scheme: &str, rest: &str) -> Self {
        Address(format!("{scheme}:{rest}"))
    }

    /// What names the destination.
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// Whether Slack takes it for a channel: `#name`, or an id that starts with C or G.
    pub fn is_channel(&self) -> bool {
        let rest = self.rest();
        let is_id = rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        rest.starts_with('#') || (rest.starts_with(['C', 'G']) && is_id)
    }

    /// What the destination reads: everything behind the first colon.
    pub fn rest(&self) -> &str {
        self.0.split_once(':').map_or(self.0.as_str(), |(_, rest)| rest)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A page: what wakes the person on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Deduplicates at the pager: an open incident with this key is success. Any length.
    pub key: String,
    /// One line, any length; shortened where it is sent.
    pub title: String,
    /// What is known, as plain text.
    pub details: String,
    /// `pagerduty:SERVICE`, or `pagerduty:` for the service that was deployed as the default.
    pub to: Address,
}

/// Somebody to tell or to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// How texts call this person, without `@`.
    pub name: String,
    /// Where to reach them; `None` when the message gave no usable address.
    pub address: Option<Address>,
}

/// What a repeat of an alarm that is still open does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Again {
    /// It is counted.
    Count,
    /// It is counted, and everyone is told again.
    Tell,
}

/// An alarm that has an audit log. (A bare page has none and is a [`Page`] alone.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The message type as the sender named it; for logs and for people.
    pub kind: String,
    /// The sender's own number for the alarm, or one made from the message id.
    pub request_id: String,
    /// Where the issue is opened.
    pub repo: Repo,
    /// What repeats share: `dedupKey`, else the exact title.
    pub dedup: String,
    /// Title of the issue, any length.
    pub title: String,
    /// Body of the issue as the sender wrote it.
    pub body: String,
    /// Labels of the issue.
    pub labels: Vec<String>,
    /// GitHub users or `org/team`s tagged in the issue, without `@`.
    pub mentions: Vec<String>,
    /// GitHub users and teams that the message names: their mentions in texts are left alone.
    pub named: Vec<String>,
    /// Whom to tell or to ask, in the sender's order.
    pub people: Vec<Person>,
    /// Whether the issue lists these people.
    pub list_people: bool,
    /// What they are told, in Slack's markup; `None` tells nobody.
    pub message: Option<String>,
    /// Whether the message carries the link to the issue.
    pub link: bool,
    /// What they are asked; `None` asks nobody.
    pub question: Option<Question>,
    /// What a repeat does.
    pub again: Again,
    /// `false`: once it has happened it never asks again, even when the old issue is closed.
    pub retrigger: bool,
    /// Who is asked in the place of somebody who says that they are the wrong person, in this order.
    pub deputies: Vec<Person>,
    /// What happens when nobody answers in time, step by step; the last one pages. Empty where nobody is asked.
    pub chain: Vec<Rung>,
    /// Who is paged when the answer is no.
    pub page: Address,
    /// The message as it came, kept only when it could not be read.
    pub evidence: Option<String>,
}

impl Alarm {
    /// The key that this alarm shares with its repeats.
    pub fn key(&self) -> Key {
        Key::new(&self.repo, &self.dedup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_repository_and_text_and_nothing_else() {
        let repo = Repo::new("example-org", "alarms");
        assert_eq!(Key::new(&repo, "a"), Key::new(&Repo::new("Example-Org", "Alarms"), "a"));
        assert_ne!(Key::new(&repo, "a"), Key::new(&repo, "b"));
        assert_ne!(Key::new(&repo, "a"), Key::new(&Repo::new("example-org", "other"), "a"));
        assert_eq!(Key::new(&repo, "a").as_str().len(), 40);
    }

    #[test]
    fn a_key_is_read_back_only_when_it_is_one() {
        let key = Key::new(&Repo::new("o", "r"), "a");
        assert_eq!(Key::try_from(key.to_string()), Ok(key));
        for text in ["", "abc", "../../../../../../../../etc/passwd........", &"A".repeat(40)] {
            assert!(Key::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_keeps_what_stands_behind_its_scheme() {
        let address = Address::new("slack", "jane@example.com");
        assert_eq!((address.scheme(), address.rest()), ("slack", "jane@example.com"));
        assert_eq!(Address::new("pagerduty", "").rest(), "");
    }
}
