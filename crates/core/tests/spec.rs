//! Holds MESSAGE-SPEC.md and infra/message.schema.json against the code.
#![expect(clippy::disallowed_methods, clippy::expect_used, reason = "this reads files, and it may fail")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use dispatch_core::{
    alarm::{Address, Repo},
    source::{Defaults, Invalid, Letter, Read, dispatch::schema, read},
};
use jsonschema::Validator;
use serde_json::Value;

fn top(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn spec() -> String {
    fs::read_to_string(top("MESSAGE-SPEC.md")).expect("MESSAGE-SPEC.md can be read")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("the schema is one")
}

fn read_text(text: &str) -> Result<Read, Invalid> {
    let defaults = Defaults {
        repo: Repo::new("example-org", "alarms"),
        github_user: None,
        channel: Address::new("slack", "#security"),
        patience_s: None,
        hours: dispatch_core::hours::Hours::default(),
        keeps_hours: false,
        chain: Vec::new(),
    };
    read(&Letter { id: "m1", subject: None, text }, &defaults)
}

/// A fenced block: what stands behind its fence, and its text.
struct Block {
    info: String,
    text: String,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { info: info.to_owned(), text: text.join("\n") });
        }
    }
    blocks
}

/// The message of an `aws sns publish` line.
fn published(line: &str) -> &str {
    let message = line.split_once(" --message '").expect("a message in single quotes").1;
    message.strip_suffix('\'').expect("a message in single quotes, at the end of the line")
}

#[test]
fn every_example_is_read_and_fits_the_schema() {
    let validator = validator();
    let (spec, mut types) = (spec(), BTreeSet::new());
    let mut lines = 0;
    for Block { info, text } in blocks(&spec) {
        let messages: Vec<&str> = match info.as_str() {
            "json" => vec![&text],
            "sh" => text.lines().map(published).collect(),
            _ => continue,
        };
        lines += usize::from(info == "sh") * messages.len();
        for message in messages {
            let read = read_text(message).unwrap_or_else(|error| panic!("{error}\n{message}"));
            assert_eq!(read.warning, None, "{message}");
            let value: Value = serde_json::from_str(message).expect("it was read");
            assert!(validator.is_valid(&value), "{message}");
            types.insert(value["type"].as_str().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(lines, 6, "one line to publish for each type");
    let expected = ["broadcast", "high", "high-priority", "low-priority", "nag", "resolve", "self-service"];
    assert!(types.iter().map(String::as_str).eq(expected), "{types:?}");
}

#[test]
fn every_mistake_is_refused_with_the_words_beneath_it() {
    let validator = validator();
    let spec = spec();
    let blocks = blocks(&spec);
    let mistakes: Vec<_> = blocks.iter().enumerate().filter(|(_, block)| block.info == "json invalid").collect();
    assert!(mistakes.len() >= 5);
    for (position, Block { text, .. }) in mistakes {
        let beneath = &blocks[position + 1];
        assert_eq!(beneath.info, "text", "what is read about {text}");
        let error = read_text(text).expect_err(text);
        assert_eq!(error.to_string(), beneath.text);
        let by_reader_alone = ["answerTimeout", "githubRepo", "escalation[0]"].contains(&error.path.as_str());
        let fits = serde_json::from_str(text).is_ok_and(|value: Value| validator.is_valid(&value));
        assert_eq!(fits, by_reader_alone, "{text}");
    }
}

#[test]
fn every_block_is_of_a_kind_that_is_tested() {
    for block in blocks(&spec()) {
        assert!(["json", "json invalid", "text", "sh"].contains(&block.info.as_str()), "{}", block.info);
    }
}

/// The paths of all fields below `schema`, such as `users[].slack` and `body.github.title`.
fn fields(root: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        found.insert(path.clone());
        let items = &field["items"];
        for (inner, path) in [(items, format!("{path}[]")), (field, path)] {
            let choices = inner["anyOf"].as_array().into_iter().flatten();
            for inner in choices.chain([inner]) {
                let reference =
                    inner["$ref"].as_str().and_then(|reference| root.pointer(reference.trim_start_matches('#')));
                if let Some(inner) = reference {
                    fields(root, inner, &path, found);
                }
            }
        }
    }
}

#[test]
fn the_tables_name_every_field_and_no_other() {
    let schema = schema();
    let mut known = BTreeSet::new();
    fields(&schema, &schema["$defs"]["Message"], "", &mut known);
    let spec = spec();
    let rows = spec.lines().filter(|line| line.matches(" | ").count() >= 3 && line.starts_with("| `"));
    let told: BTreeSet<String> = rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    let types = schema["oneOf"].as_array().into_iter().flatten().filter_map(|kind| kind["title"].as_str());
    let types: BTreeSet<String> = types.map(str::to_owned).collect();

    let invented: Vec<_> = told.difference(&known).filter(|name| !types.contains(*name)).collect();
    // What holds other fields is told by them.
    let silent: Vec<_> = known
        .difference(&told)
        .filter(|name| !known.iter().any(|other| other.starts_with(&format!("{name}."))))
        .collect();
    assert!(invented.is_empty() && silent.is_empty(), "not in the schema: {invented:?}; not in the tables: {silent:?}");
    assert!(types.is_subset(&told), "{told:?}");
}

/// Write the file anew with `UPDATE=1 cargo test -p dispatch-core`.
#[test]
fn the_schema_file_is_the_schema() {
    let path = top("infra/message.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        let text = serde_json::to_string_pretty(&schema()).expect("a schema is JSON");
        fs::write(&path, text + "\n").expect("the schema can be written");
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    // The order of fields depends on how serde_json is built.
    let same = serde_json::from_str(&file).is_ok_and(|file: Value| file == schema());
    assert!(
        same && file.ends_with("}\n"),
        "{} is out of date: run UPDATE=1 cargo test -p dispatch-core",
        path.display()
    );
}
