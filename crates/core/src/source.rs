//! Reads what was published. Each source is one file and one line in [`SOURCES`].

mod again;
pub mod dispatch;
mod resume;
#[cfg(test)]
mod tests;
mod unreadable;

use std::{borrow::Cow, fmt};

use serde_json::Value;

pub use self::{
    again::{Unwrapped, again, unwrap},
    resume::{resume, wake},
};
use crate::{
    alarm::{Address, Repo, Rung, Signal},
    hours::Hours,
};

/// Everyone who may publish to the topic. The first that knows a message reads it.
pub const SOURCES: &[Source] = &[resume::SOURCE, dispatch::SOURCE];

/// A kind of publisher.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// What it is called.
    pub name: &'static str,
    /// Reads most of its own messages, without a tree of them, which takes half of the time: `None` for others, for
    /// whatever is not as it should be, and for any that are rare.
    pub plain: fn(&Letter<'_>, &Defaults) -> Option<Read>,
    /// Whether the message is one of its own.
    pub knows: fn(&Value) -> bool,
    /// Reads the message.
    pub read: fn(&Letter<'_>, &Value, &Defaults) -> Result<Read, Invalid>,
}

/// A message with what its envelope tells of it.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The same for every delivery of one publication.
    pub id: &'a str,
    /// The subject that the publisher gave.
    pub subject: Option<&'a str>,
    /// The text that was published.
    pub text: &'a str,
}

/// What holds where a message is silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// Where issues go.
    pub repo: Repo,
    /// User or `org/team` tagged when a message names nobody, without `@`.
    pub github_user: Option<String>,
    /// The fallback channel.
    pub channel: Address,
    /// Seconds of silence before it goes on to others; `None` waits for ever.
    pub patience_s: Option<u32>,
    /// When people work.
    pub hours: Hours,
    /// Whether questions keep to these hours.
    pub keeps_hours: bool,
    /// What happens when nobody answers; empty for the one page.
    pub chain: Vec<Rung>,
}

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it asks for.
    pub signal: Signal,
    /// What was odd about it.
    pub warning: Option<Invalid>,
}

impl From<Signal> for Read {
    fn from(signal: Signal) -> Self {
        Read { signal, warning: None }
    }
}

/// What is wrong with a message, in words that its sender can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// Where: `users[0].slack`; `.` for the message as a whole.
    pub path: String,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: String,
}

impl Invalid {
    /// Something at `path` that should be otherwise.
    pub fn new(path: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Invalid { path: path.into(), found: found.into(), expected: expected.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invalid { path, found, expected } = self;
        if path != "." {
            write!(f, "{path}: ")?;
        }
        write!(f, "found {found}, expected {expected}")
    }
}

/// Reads a message as strictly as `dispatch check` does.
///
/// # Errors
/// [`Invalid`] when it is not JSON, of no known source, or lacks what its type needs.
pub fn read(letter: &Letter<'_>, defaults: &Defaults) -> Result<Read, Invalid> {
    match SOURCES.iter().find_map(|source| (source.plain)(letter, defaults)) {
        Some(read) => Ok(read),
        None => read_with_care(letter, defaults),
    }
}

/// The same by way of a tree, which knows where a mistake stands.
///
/// # Errors
/// As [`read`].
pub fn read_with_care(letter: &Letter<'_>, defaults: &Defaults) -> Result<Read, Invalid> {
    let value: Value = serde_json::from_str(letter.text).map_err(|error| {
        let found = format!("text that is not JSON ({error})");
        Invalid::new(".", found, "a JSON object")
    })?;
    match SOURCES.iter().find(|source| (source.knows)(&value)) {
        Some(source) => (source.read)(letter, &value, defaults),
        None => Err(dispatch::unknown(&value)),
    }
}

/// Reads a message, whatever it is. What cannot be read becomes a low-priority alarm that shows the
/// text and says what is wrong; what was meant to page does page.
pub fn accept(letter: &Letter<'_>, defaults: &Defaults) -> Read {
    // No service takes a NUL, and a text must not be lost for one.
    let text = match letter.text.contains('\0') {
        true => Cow::Owned(letter.text.replace('\0', "\u{FFFD}")),
        false => Cow::Borrowed(letter.text),
    };
    let letter = Letter { text: &text, ..*letter };
    read(&letter, defaults).unwrap_or_else(|invalid| {
        let signal = match dispatch::urgent(&letter, &invalid) {
            Some(page) => Signal::Page(page),
            None => unreadable::alarm(&letter, &invalid, defaults),
        };
        Read { signal, warning: Some(invalid) }
    })
}

/// What a JSON value is called in an error: its kind, and itself when it is short.
pub(crate) fn describe(value: &Value) -> String {
    let kind = match value {
        Value::Null => return "null".to_owned(),
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(text) if text.is_empty() => return "an empty text".to_owned(),
        Value::String(_) => "text",
        Value::Array(items) => return format!("a list of {}", items.len()),
        Value::Object(_) => return "an object".to_owned(),
    };
    format!("{kind} {}", crate::text::shorten(&value.to_string(), 80))
}
