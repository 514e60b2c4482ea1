//! Messages in Dispatch's own form, as MESSAGE-SPEC.md describes them. Each type is one file and
//! one line in [`TYPES`].

mod broadcast;
mod escalation;
mod fields;
mod high_priority;
mod low_priority;
mod nag;
mod resolve;
mod schema;
mod self_service;

use serde_json::Value;

use self::fields::Fields;
pub use self::{escalation::chain_of, fields::patience_s, schema::schema};
use super::{Defaults, Invalid, Letter, Read, Source, describe};
use crate::alarm::{Address, Page, Signal, digest};

/// Publishers that were made for Dispatch or its predecessor.
pub(super) const SOURCE: Source = Source { name: "dispatch", plain, knows, read };

/// The message types.
pub const TYPES: &[MessageType] =
    &[self_service::TYPE, broadcast::TYPE, high_priority::TYPE, low_priority::TYPE, nag::TYPE, resolve::TYPE];

/// One message type: a way of filling in an alarm.
#[derive(Clone, Copy, Debug)]
pub struct MessageType {
    /// What `type` may say; the first is the name, the others are aliases.
    pub names: &'static [&'static str],
    /// What it does, in one sentence.
    pub purpose: &'static str,
    /// Paths of the fields without which it cannot be routed.
    pub required: &'static [&'static str],
    /// Fills in the alarm.
    build: fn(&Fields, &Letter<'_>, &Defaults) -> Result<Signal, Invalid>,
}

impl MessageType {
    /// The type's name.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

fn knows(value: &Value) -> bool {
    type_of(value).is_some()
}

/// The type that the message names, if it is one of [`TYPES`].
fn type_of(value: &Value) -> Option<&'static MessageType> {
    named(value.get("type")?.as_str()?)
}

fn named(name: &str) -> Option<&'static MessageType> {
    let name = name.trim().to_ascii_lowercase();
    TYPES.iter().find(|known| known.names.contains(&name.as_str()))
}

fn plain(letter: &Letter<'_>, defaults: &Defaults) -> Option<Read> {
    let fields = Fields::of(letter.text)?;
    let kind = named(&fields.kind.as_ref()?.0)?;
    let is_whole = kind.required.iter().all(|path| fields.has(path));
    Some((kind.build)(&fields, letter, defaults).ok().filter(|_| is_whole)?.into())
}

fn read(letter: &Letter<'_>, value: &Value, defaults: &Defaults) -> Result<Read, Invalid> {
    let kind = type_of(value).ok_or_else(|| unknown(value))?;
    let fields = Fields::read(value)?;
    for path in kind.required {
        require(value, path)?;
    }
    Ok((kind.build)(&fields, letter, defaults)?.into())
}

/// What is wrong with a message that no source knows.
pub(super) fn unknown(value: &Value) -> Invalid {
    if !value.is_object() {
        return Invalid::new(".", describe(value), "a JSON object");
    }
    let names: Vec<_> = TYPES.iter().map(MessageType::name).collect();
    let found = value.get("type").map_or_else(|| "nothing".to_owned(), describe);
    Invalid::new("type", found, format!("one of {}", names.join(", ")))
}

/// What stands at `path`, such as `body.github.title`.
fn at<'v>(message: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(message, |value, name| value.get(name))
}

/// Checks that something stands at `path`, such as `body.github.title`.
fn require(message: &Value, path: &str) -> Result<(), Invalid> {
    let found = at(message, path);
    let expected = if path == "users" { "a list with at least one person" } else { "a text" };
    let missing = match found {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    if missing {
        Err(Invalid::new(path, found.map_or_else(|| "nothing".to_owned(), describe), expected))
    } else {
        Ok(())
    }
}

/// The page for a message that cannot be read but was meant to page: a high-priority one, or one of
/// an unknown type that says what to page. It is late at night and the sender means it.
pub(super) fn urgent(letter: &Letter<'_>, invalid: &Invalid) -> Option<Page> {
    let value: Value = serde_json::from_str(letter.text).ok()?;
    let body = value.pointer("/body/pagerduty").filter(|body| body.is_object());
    let urgent = match type_of(&value) {
        Some(kind) => kind.name() == high_priority::TYPE.name(),
        None => value.get("type").is_some_and(|kind| !kind.is_null()) && body.is_some(),
    };
    let spoken = |text: &&str| !text.trim().is_empty();
    // Also a NUL that is written as \u0000; see `source::accept`.
    let text = |text: &str| text.replace('\0', "\u{FFFD}");
    let words = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).filter(spoken).map(text);
    let title = words("/body/pagerduty/title").or_else(|| words("/body/github/title"));
    let title = title.or_else(|| letter.subject.filter(spoken).map(text));
    let title = title.unwrap_or_else(|| "High-priority alarm that could not be read".to_owned());
    let service = words("/pagerDutyServiceId").or_else(|| words("/body/pagerduty/service")).unwrap_or_default();
    let about = words("/body/pagerduty/body").unwrap_or_default();
    urgent.then(|| Page {
        key: words("/dedupKey").unwrap_or_else(|| title.clone()),
        details: format!("{about}\n\nThe message is not as it should be: {invalid}\n\n{}", letter.text)
            .trim()
            .to_owned(),
        title,
        to: Address::new("pagerduty", &service),
    })
}

/// The publisher's id for the alarm, else 12 hex digits that every delivery of the message shares.
pub(super) fn request_id(given: Option<&str>, letter: &Letter<'_>) -> String {
    match given.map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        None => digest(&[b"request id", letter.id.as_bytes()], 12),
    }
}
