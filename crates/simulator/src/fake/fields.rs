//! Strict reading of JSON objects: every field is expected, of the right type and within its limit.

use serde_json::{Map, Value};

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Where: `labels.0`, `incident.service.id`; empty for the whole body.
    pub(crate) field: String,
    pub(crate) problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    Missing,
    Unknown,
    /// Of another type than this.
    NotA(&'static str),
    /// More characters or items than this.
    TooLong(usize),
    /// Not one of these.
    NotOneOf(Vec<&'static str>),
    /// Anything else, in words.
    Wrong(String),
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let field = if self.field.is_empty() { "the body" } else { &self.field };
        match &self.problem {
            Problem::Missing => write!(f, "{field} is missing"),
            Problem::Unknown => write!(f, "{field} is not known"),
            Problem::NotA(kind) => write!(f, "{field} is not {kind}"),
            Problem::TooLong(limit) => write!(f, "{field} is too long (maximum is {limit})"),
            Problem::NotOneOf(choices) => write!(f, "{field} is not one of {}", choices.join(", ")),
            Problem::Wrong(why) => write!(f, "{field} {why}"),
        }
    }
}

/// An object being read.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// Reads `value`, found at `path`, as an object.
    pub(crate) fn of(value: &'a Value, path: &str) -> Result<Self, Flaw> {
        match value {
            Value::Object(object) => Ok(Self { object, path: path.to_owned() }),
            _ => Err(flaw(path, Problem::NotA("an object"))),
        }
    }

    /// Refuses every field but these.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), Flaw> {
        match self.object.keys().find(|key| !names.contains(&key.as_str())) {
            Some(key) => Err(self.flaw(key, Problem::Unknown)),
            None => Ok(()),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Flaw> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.flaw(name, Problem::NotA("a string"))),
        }
    }

    /// A text of at most `limit` characters.
    pub(crate) fn text_within(&self, name: &str, limit: usize) -> Result<Option<&'a str>, Flaw> {
        match self.text(name)? {
            Some(text) if text.chars().count() > limit => Err(self.flaw(name, Problem::TooLong(limit))),
            text => Ok(text),
        }
    }

    /// A text that must be there and not be blank.
    pub(crate) fn words(&self, name: &str, limit: usize) -> Result<&'a str, Flaw> {
        match self.text_within(name, limit)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(self.flaw(name, Problem::Missing)),
        }
    }

    pub(crate) fn choice(&self, name: &str, choices: &[&'static str]) -> Result<Option<&'a str>, Flaw> {
        match self.text(name)? {
            Some(text) if !choices.contains(&text) => Err(self.flaw(name, Problem::NotOneOf(choices.to_vec()))),
            text => Ok(text),
        }
    }

    pub(crate) fn required_choice(&self, name: &str, choices: &[&'static str]) -> Result<&'a str, Flaw> {
        self.choice(name, choices)?.ok_or_else(|| self.flaw(name, Problem::Missing))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Flaw> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.flaw(name, Problem::NotA("a boolean"))),
        }
    }

    pub(crate) fn whole(&self, name: &str) -> Result<Option<i64>, Flaw> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| self.flaw(name, Problem::NotA("an integer"))),
        }
    }

    /// A list of at most `limit` items.
    pub(crate) fn list(&self, name: &str, limit: usize) -> Result<Option<&'a [Value]>, Flaw> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(items)) if items.len() > limit => Err(self.flaw(name, Problem::TooLong(limit))),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(self.flaw(name, Problem::NotA("an array"))),
        }
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, Flaw> {
        match self.value(name) {
            None => Ok(None),
            Some(value) => Fields::of(value, &self.path_of(name)).map(Some),
        }
    }

    pub(crate) fn required_object(&self, name: &str) -> Result<Fields<'a>, Flaw> {
        self.object(name)?.ok_or_else(|| self.flaw(name, Problem::Missing))
    }

    /// A complaint about one of this object's fields.
    pub(crate) fn flaw(&self, name: &str, problem: Problem) -> Flaw {
        flaw(&self.path_of(name), problem)
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }
}

/// The path of a part: `labels` and `0` make `labels.0`.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A complaint about the field at this path.
pub(crate) fn flaw(path: &str, problem: Problem) -> Flaw {
    Flaw { field: path.to_owned(), problem }
}
