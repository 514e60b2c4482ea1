//! What people are asked, and what happens when nobody answers.

use serde::{Deserialize, Serialize};

use super::Address;
use crate::{hours::Hours, journal::Answer};

/// One of the two buttons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The text on the button.
    pub label: String,
    /// What the person reads after pressing it.
    pub response: String,
}

/// A further answer, which counts as yes or no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Its words.
    pub choice: Choice,
    /// What it comes to.
    pub counts: Answer,
}

/// What people are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The question itself, as the sender wrote it.
    pub prompt: String,
    /// The answer that closes.
    pub yes: Choice,
    /// The answer that pages.
    pub no: Choice,
    /// Further answers, at most three.
    pub more: Vec<Variant>,
    /// How long a person may stay silent before silence counts as no.
    ///
    /// Whole seconds, 60 to 604,800; `None` waits for ever.
    /// Source: `answerTimeout` in MESSAGE-SPEC.md, else the deployment's setting.
    pub patience_s: Option<u32>,
    /// How long a person may stay silent before they are reminded, in whole seconds, less than the patience;
    /// `None` reminds nobody.
    pub remind_s: Option<u32>,
    /// The hours outside of which neither counts on; `None` counts always.
    pub hours: Option<Hours>,
    /// Whether an answer is followed by the question why.
    pub asks_reason: bool,
    /// Whether a person can say that somebody else is meant.
    pub wrong_person: bool,
    /// Whether a person can put off the reminder.
    pub snooze: bool,
}

impl Question {
    /// The words of an answer.
    pub fn choice(&self, answer: Answer, variant: Option<usize>) -> &Choice {
        let variant = variant.and_then(|at| self.more.get(at)).map(|variant| &variant.choice);
        variant.unwrap_or(match answer {
            Answer::Yes => &self.yes,
            Answer::No => &self.no,
        })
    }
}

/// One step of what happens when nobody answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Who is asked (`slack:U012AB3CD`, `on-call:PABC123`), told (`slack:#security`) or paged (`pagerduty:`).
    pub to: Address,
    /// What texts call them.
    pub name: String,
    /// The Slack user group that a channel's note mentions.
    pub group: Option<String>,
    /// How long it has before the next step, in whole seconds.
    pub wait_s: u32,
}

/// What a [`Rung`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RungKind {
    /// A person gets the question.
    Ask,
    /// A channel gets a note.
    Tell,
    /// Somebody is paged.
    Page,
}

impl Rung {
    /// What it does.
    pub fn kind(&self) -> RungKind {
        match self.to.scheme() {
            "pagerduty" => RungKind::Page,
            "slack" if self.group.is_some() || self.to.is_channel() => RungKind::Tell,
            _ => RungKind::Ask,
        }
    }
}

/// What whoever is on call in a schedule or an escalation policy of PagerDuty answers to: `on-call:PABC123`.
pub const ON_CALL: &str = "on-call";
