//! Messages in files: one after the other, or in lists, each with its place.

mod places;

use std::{
    collections::HashMap,
    fs,
    io::{self, Read},
    path::Path,
};

use serde_json::value::RawValue;

pub(crate) use self::places::{Place, Places};
use crate::Failure;

/// A file's text, and what it is called in errors.
#[derive(Debug)]
pub(crate) struct File {
    /// As it was typed.
    pub(crate) name: String,
    /// All of it without a byte order mark, up to the first byte that is not UTF-8.
    pub(crate) text: String,
    /// Whether `text` is all of it.
    pub(crate) whole: bool,
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
    /// Where, in bytes of the file.
    pub(crate) at: usize,
    /// Where the value begins that cannot be read to its end, in bytes of the file.
    pub(crate) from: usize,
    /// What is wrong, in words.
    pub(crate) reason: String,
}

impl File {
    /// Reads a file; `-` is standard input.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let (name, read) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            ("standard input".to_owned(), io::stdin().read_to_end(&mut bytes).map(|_| bytes))
        } else {
            (path.display().to_string(), fs::read(path))
        };
        match read {
            Ok(bytes) => Ok(File::of(name, &bytes)),
            Err(error) => Err(Failure::File { file: name, error }),
        }
    }

    /// Something that was typed or read, called `name` in errors.
    pub(crate) fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let chunk = bytes.utf8_chunks().next();
        let text = chunk.as_ref().map_or("", std::str::Utf8Chunk::valid).to_owned();
        File { name: name.into(), whole: text.len() == bytes.len(), text }
    }

    /// The messages, in order; a list stands for its items. An error is the last.
    pub(crate) fn messages(&self) -> Vec<Result<Message<'_>, NotJson>> {
        let mut messages = Vec::new();
        let mut values = serde_json::Deserializer::from_str(&self.text).into_iter::<&RawValue>();
        while let Some(value) = values.next() {
            match value.map(|value| (value, serde_json::from_str::<Vec<&RawValue>>(value.get()))) {
                Ok((_, Ok(items))) => messages.extend(items.into_iter().map(|item| Ok(self.message(item)))),
                Ok((value, Err(_))) => messages.push(Ok(self.message(value))),
                Err(error) if error.is_eof() && !self.whole => break,
                Err(error) => {
                    messages.push(Err(self.not_json(&error, values.byte_offset())));
                    return messages;
                }
            }
        }
        if !self.whole {
            let reason = "found bytes that are not UTF-8, expected JSON in UTF-8".to_owned();
            messages.push(Err(NotJson { at: self.text.len(), from: 0, reason }));
        } else if messages.is_empty() {
            let reason = "found no message, expected a JSON object".to_owned();
            messages.push(Err(NotJson { at: 0, from: 0, reason }));
        }
        messages
    }

    /// The start of the place of a byte: `alarm.json:3:14:`.
    pub(crate) fn at(&self, place: Place) -> String {
        format!("{}:{}:{}:", self.name, place.line, place.column)
    }

    /// Where the field `path` of a message begins, such as `users[0].slack`, in bytes; the nearest
    /// field around it when it is missing.
    pub(crate) fn find(&self, message: &Message<'_>, path: &str) -> usize {
        offset(&self.text, descend(message.text, path))
    }

    fn message<'f>(&'f self, value: &'f RawValue) -> Message<'f> {
        Message { text: value.get(), at: offset(&self.text, value.get()) }
    }

    fn not_json(&self, error: &serde_json::Error, from: usize) -> NotJson {
        // Serde counts columns in bytes, and repeats the position at the end of its sentence.
        let lines_before = self.text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let at = lines_before.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let sentence = error.to_string();
        let reason = sentence.rsplit_once(" at line ").map_or(sentence.as_str(), |(reason, _)| reason);
        NotJson { at, from, reason: format!("not JSON: {reason}") }
    }
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
        File::of("test", text.as_bytes())
    }

    fn fine(file: &File) -> Vec<Message<'_>> {
        file.messages().into_iter().map(Result::unwrap).collect()
    }

    fn place(file: &File, at: usize) -> (usize, usize) {
        let place = Places::of(&file.text).find(at);
        (place.line, place.column)
    }

    #[test]
    fn messages_may_stand_alone_in_a_row_or_in_a_list() {
        let file = file("{\"a\": 1}\n{\"b\": 2} [ {\"c\": 3},\n null ]");
        let messages = fine(&file);
        let texts: Vec<_> = messages.iter().map(|message| message.text).collect();
        assert_eq!(texts, ["{\"a\": 1}", "{\"b\": 2}", "{\"c\": 3}", "null"]);
        assert_eq!(place(&file, messages[2].at), (2, 12));
    }

    #[test]
    fn a_field_has_its_own_place_and_a_missing_one_that_of_its_parent() {
        let file = file("{\n  \"users\": [\n    { \"slack\": [] }\n  ]\n}");
        let message = fine(&file)[0];
        assert_eq!(place(&file, file.find(&message, "users[0].slack")), (3, 16));
        assert_eq!(place(&file, file.find(&message, "users[0].github")), (3, 5));
        assert_eq!(place(&file, file.find(&message, "body.github.title")), (1, 1));
        assert_eq!(place(&file, file.find(&message, ".")), (1, 1));
    }

    #[test]
    fn what_is_not_json_is_found_to_the_column_behind_what_is() {
        let file = file("{\"a\": 1}\n{\"ä\": \"ö\", \"b\" 2}");
        let messages = file.messages();
        assert!(messages[0].is_ok());
        let error = messages[1].as_ref().unwrap_err();
        assert_eq!((place(&file, error.at), error.reason.as_str()), ((2, 16), "not JSON: expected `:`"));
        assert_eq!(messages.len(), 2);
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_are_no_part_of_a_message() {
        let file = File::of("test", b"\xEF\xBB\xBF{\"a\": 1}\r\n{\"b\": 2}\r\n");
        let messages = fine(&file);
        assert_eq!((messages[0].text, place(&file, messages[1].at)), ("{\"a\": 1}", (2, 1)));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_found_where_they_are() {
        for (bytes, at) in [(&b"{\"a\": 1}\n{\"b\": \"\xE4\"}"[..], (2, 8)), (b"\xFF\xFE{\0}\0", (1, 1))] {
            let file = File::of("test", bytes);
            let last = file.messages().pop().unwrap().unwrap_err();
            assert_eq!((place(&file, last.at), last.reason.contains("not UTF-8")), (at, true), "{last:?}");
        }
    }

    #[test]
    fn a_file_without_a_message_is_an_error() {
        for text in ["", " \n\t\r\n", "[]"] {
            let file = file(text);
            let error = file.messages().pop().unwrap().unwrap_err();
            assert_eq!(error.reason, "found no message, expected a JSON object");
        }
    }
}
