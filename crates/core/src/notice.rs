//! One thing to say to one reader, in a form that every destination can render.

use serde::{Deserialize, Serialize};

use crate::alarm::Address;

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Dispatch's own words or untrusted text: the destination escapes it.
    Plain(String),
    /// The sender's words in Slack's markup, which they intend to work; mass mentions are already
    /// defused. A destination without that markup shows it as it is.
    Markup(String),
}

impl Text {
    /// The words, whatever their markup.
    pub fn as_str(&self) -> &str {
        match self {
            Text::Plain(text) | Text::Markup(text) => text,
        }
    }
}

/// An address to open, with the words that stand for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Absolute http or https address.
    pub url: String,
    /// The words.
    pub text: String,
}

/// How a notice looks where that can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As any other.
    #[default]
    Neutral,
    /// It is over and well.
    Good,
    /// Somebody was paged.
    Bad,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What pressing it means: `yes`, `no`, a further answer such as `more.0`, `wrong` (somebody else
    /// should be asked), `snooze`. No two buttons of a notice have the same.
    pub action: String,
    /// The words on it.
    pub label: String,
    /// What comes back with the click; at most 2,000 characters.
    pub value: String,
    /// Whether pressing it has consequences for others.
    pub danger: bool,
}

/// One thing to say. All texts may have any length: the destination shortens them visibly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// The same key twice reaches its reader once, where the service allows that.
    pub key: String,
    /// One line: the title of a page, the notification of a message.
    pub headline: String,
    /// What follows it, top to bottom.
    pub paragraphs: Vec<Text>,
    /// What to open; shown behind the first paragraph.
    pub link: Option<Link>,
    /// The question, below the link.
    pub prompt: Option<Text>,
    /// What can be answered.
    pub buttons: Vec<Button>,
    /// Small print below everything.
    pub footer: Option<Text>,
    /// How it looks.
    pub tone: Tone,
    /// Shown to this reader alone (a user id of the destination), and not kept.
    pub only_for: Option<String>,
    /// A message of the same destination, itself in no thread: the notice answers it, and goes where it
    /// is. `None`: a message of its own.
    pub thread: Option<Receipt>,
}

/// A form that opens over the conversation. All texts may have any length: the destination shortens
/// them visibly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Which form it is; comes back: [`Form::REASON`] or [`Form::SNOOZE`].
    pub kind: &'static str,
    /// What comes back with it; at most 3,000 characters.
    pub value: String,
    /// One or two words above everything.
    pub title: String,
    /// The words on the button that sends it.
    pub submit: String,
    /// What stands above the fields.
    pub intro: Option<Text>,
    /// What there is to choose from.
    pub choices: Option<Choices>,
    /// What there is to write.
    pub text: Option<Ask>,
}

impl Form {
    /// Asks why somebody answered as they did: [`Form::text`] alone.
    pub const REASON: &'static str = "reason";
    /// Asks how long to wait, and why: [`Form::choices`] and [`Form::text`].
    pub const SNOOZE: &'static str = "snooze";
}

/// A field of a form: one of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The words above it.
    pub label: String,
    /// What comes back, at most 150 characters, and the words for it. The first is chosen to begin with.
    pub options: Vec<(String, String)>,
}

/// A field of a form: some lines to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The words above it.
    pub label: String,
    /// Whether it may stay empty.
    pub optional: bool,
    /// What stands in it while it is empty.
    pub hint: String,
}

/// Proof of delivery, and what is needed to change the notice later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Where it is now: `slack:D0123`, `pagerduty:PABC123`.
    pub at: Address,
    /// The destination's own name for it: Slack's `ts`, PagerDuty's incident id or dedup key.
    pub id: String,
    /// Who reads it: the user id that an e-mail or a handle led to.
    pub reader: Option<String>,
    /// The address that people open.
    pub url: Option<String>,
}
