//! Core is told everything: no line of it asks a clock, the environment, a disk or the network.

use std::path::Path;

use crate::tree::{files, read};

/// Names by which Rust reaches the world outside.
const OUTSIDE: &[&str] = &[
    "Instant",
    "SystemTime",
    "async",
    "await",
    "env",
    "fs",
    "net",
    "option_env",
    "process",
    "rand",
    "reqwest",
    "stdin",
    "tokio",
];

#[test]
fn no_line_of_core_reaches_outside() {
    let mut found = Vec::new();
    for path in files("crates/core/src").iter().filter(|path| is_source(path)) {
        let code = code(&read(path));
        for (line, code) in code.lines().enumerate() {
            found.extend(outside(code).map(|name| format!("{}:{}: {name}", path.display(), line + 1)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

fn is_source(path: &Path) -> bool {
    let test = path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
    path.extension().is_some_and(|extension| extension == "rs") && !test
}

fn outside(code: &str) -> impl Iterator<Item = &str> {
    let names = code.split(|character: char| !character.is_alphanumeric() && character != '_');
    let clock = code.contains("::now(").then_some("now");
    // Of a conversation there may be a thread; one of the operating system stands beside colons.
    let thread = (code.contains("::thread") || code.contains("thread::")).then_some("thread");
    names.filter(|name| OUTSIDE.contains(name)).chain(clock).chain(thread)
}

/// The source without comments, texts and the tests at its end; each line keeps its place.
fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut code = String::new();
    let mut rest = source;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => text_length(rest, '"'),
            '\'' if is_character(rest) => text_length(rest, '\''),
            _ => 0,
        };
        if length == 0 {
            code.push(character);
        }
        let (passed, next) = rest.split_at(length.max(character.len_utf8()));
        code.extend(passed.chars().filter(|passed| *passed == '\n' && length > 0));
        rest = next;
    }
    code
}

/// The bytes of a literal that begins here, up to and with the quote that ends it.
fn text_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == quote && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// Whether a quote begins a character, not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut characters = rest.chars().skip(1);
    characters.next() == Some('\\') || characters.next() == Some('\'')
}

#[test]
fn code_is_told_from_comments_and_texts() {
    let source = "let a = \"tokio \\\" env\n\"; // tokio\nlet b: &'static str = f('\"'); net();\n#[cfg(test)]\nmod tests {\ntokio";
    assert_eq!(code(source), "let a = \n; \nlet b: &'static str = f(); net();\n");
    assert_eq!(outside("std::env::var(tokio)").collect::<Vec<_>>(), ["env", "tokio"]);
    assert_eq!(outside("Timestamp::now()").collect::<Vec<_>>(), ["now"]);
    assert_eq!(outside("use std::{thread::spawn}").collect::<Vec<_>>(), ["thread"]);
    assert_eq!(outside("use std::thread;").collect::<Vec<_>>(), ["thread"]);
    assert_eq!(outside("environment(now, process_all, notice.thread)").count(), 0);
}
