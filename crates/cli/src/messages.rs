//! Messages in files: one after the other, or in lists, each with its place.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read},
    path::Path,
};

use serde_json::value::RawValue;

use crate::Failure;

/// A position in a text, counted from 1 as editors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line.
    pub(crate) line: usize,
    /// Column, in characters.
    pub(crate) column: usize,
}

/// A file's text, and what it is called in errors.
#[derive(Debug)]
pub(crate) struct File {
    /// As it was typed.
    pub(crate) name: String,
    /// All of it; bytes that are not UTF-8 are replaced, as SNS would refuse them.
    pub(crate) text: String,
}

/// A message within a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'f> {
    /// Its own text.
    pub(crate) text: &'f str,
    /// Where it begins in the file, in bytes.
    pub(crate) at: usize,
}

/// Where a file stops being JSON, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotJson {
    /// Where.
    pub(crate) place: Place,
    /// Why.
    pub(crate) reason: String,
}

impl File {
    /// Reads a file; `-` is standard input.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        let mut bytes = Vec::new();
        let read = match path {
            path if path == Path::new("-") => io::stdin().read_to_end(&mut bytes).map(|_| ()),
            path => fs::read(path).map(|read| bytes = read),
        };
        read.map_err(|error| Failure::File { file: name.clone(), error })?;
        Ok(File { name, text: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// The messages, in order; a list stands for its items.
    pub(crate) fn messages(&self) -> Result<Vec<Message<'_>>, NotJson> {
        let mut messages = Vec::new();
        let mut values = serde_json::Deserializer::from_str(&self.text).into_iter::<&RawValue>();
        while let Some(value) = values.next() {
            let value = value.map_err(|error| NotJson {
                place: Place { line: error.line(), column: error.column() },
                reason: reason(&error),
            })?;
            match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
                Ok(items) => messages.extend(items.into_iter().map(|item| self.message(item))),
                Err(_) => messages.push(self.message(value)),
            }
        }
        Ok(messages)
    }

    fn message<'f>(&'f self, value: &'f RawValue) -> Message<'f> {
        Message { text: value.get(), at: offset(&self.text, value.get()) }
    }

    /// The place of a byte.
    pub(crate) fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count()) + 1;
        Place { line: before.matches('\n').count() + 1, column }
    }

    /// The place of the field `path` of a message, such as `users[0].slack`; the nearest field around
    /// it when it is missing.
    pub(crate) fn place_of(&self, message: &Message<'_>, path: &str) -> Place {
        self.place(offset(&self.text, descend(message.text, path)))
    }
}

/// What serde says of a syntax error, without the position that it repeats at the end.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// The text of the value at `path` within a JSON text, as far as it leads.
fn descend<'t>(json: &'t str, path: &str) -> &'t str {
    let names = path.split(['.', '[']).map(|name| name.trim_end_matches(']')).filter(|name| !name.is_empty());
    let mut here = json;
    for name in names {
        let found = match name.parse::<usize>() {
            Ok(index) => serde_json::from_str::<Vec<&RawValue>>(here).ok().and_then(|items| items.get(index).copied()),
            Err(_) => serde_json::from_str::<HashMap<String, &RawValue>>(here)
                .ok()
                .and_then(|fields| fields.get(name).copied()),
        };
        let Some(found) = found else { break };
        here = found.get();
    }
    here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File { name: "test".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn messages_may_stand_alone_in_a_row_or_in_a_list() {
        let file = file("{\"a\": 1}\n{\"b\": 2} [ {\"c\": 3},\n null ]");
        let messages = file.messages().unwrap();
        let texts: Vec<_> = messages.iter().map(|message| message.text).collect();
        assert_eq!(texts, ["{\"a\": 1}", "{\"b\": 2}", "{\"c\": 3}", "null"]);
        assert_eq!(file.place(messages[2].at), Place { line: 2, column: 12 });
    }

    #[test]
    fn a_field_has_its_own_place_and_a_missing_one_that_of_its_parent() {
        let file = file("{\n  \"users\": [\n    { \"slack\": [] }\n  ]\n}");
        let message = file.messages().unwrap()[0];
        assert_eq!(file.place_of(&message, "users[0].slack"), Place { line: 3, column: 16 });
        assert_eq!(file.place_of(&message, "users[0].github"), Place { line: 3, column: 5 });
        assert_eq!(file.place_of(&message, "body.github.title"), Place { line: 1, column: 1 });
        assert_eq!(file.place_of(&message, "."), Place { line: 1, column: 1 });
    }

    #[test]
    fn what_is_not_json_is_found_to_the_column() {
        let error = file("{\"a\": 1}\n{\"b\" 2}").messages().unwrap_err();
        assert_eq!((error.place, error.reason.as_str()), (Place { line: 2, column: 6 }, "expected `:`"));
    }
}
