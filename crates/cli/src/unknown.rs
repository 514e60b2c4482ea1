//! Fields that nobody reads: most of them are misspelt.

use std::sync::LazyLock;

use dispatch_core::source::dispatch::schema;
use serde_json::{Map, Value};

static SCHEMA: LazyLock<Value> = LazyLock::new(schema);

/// The path of every field of a message that its schema does not know, with a sentence about it.
/// Empty for a text that is not JSON.
pub(crate) fn fields(message: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let (Ok(message), Some(schema)) = (serde_json::from_str(message), SCHEMA.pointer("/$defs/Message")) {
        walk("", &message, schema, &mut found);
    }
    found
}

fn walk(path: &str, value: &Value, schema: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            let Some(known) = look(schema, "properties").and_then(Value::as_object) else { return };
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match known.get(name) {
                    Some(schema) => walk(&path, value, schema, found),
                    None => found.push((path.clone(), sentence(&path, known))),
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = look(schema, "items") else { return };
            for (index, item) in items.iter().enumerate() {
                walk(&format!("{path}[{index}]"), item, schema, found);
            }
        }
        _ => {}
    }
}

fn sentence(path: &str, known: &Map<String, Value>) -> String {
    let names: Vec<_> = known.keys().map(String::as_str).collect();
    format!("{path}: found a field that is not read, expected one of {}", names.join(", "))
}

/// What a schema says under `word`: itself, where it refers to, or one of its alternatives.
fn look<'s>(schema: &'s Value, word: &str) -> Option<&'s Value> {
    if let Some(said) = schema.get(word) {
        return Some(said);
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return look(SCHEMA.pointer(reference.strip_prefix('#')?)?, word);
    }
    schema.get("anyOf")?.as_array()?.iter().find_map(|alternative| look(alternative, word))
}

#[cfg(test)]
mod tests {
    use dispatch_local::examples::EXAMPLES;

    use super::*;

    fn paths(message: &str) -> Vec<String> {
        fields(message).into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn every_field_of_the_examples_is_known() {
        for example in EXAMPLES {
            assert_eq!(paths(example.message), [] as [&str; 0], "{}", example.name);
        }
    }

    #[test]
    fn misspelt_fields_are_found_at_every_depth() {
        let message = r#"{
            "type": "self-service", "user": [],
            "users": [{ "slack": "jane" }, { "slak": "joe" }],
            "body": { "slack": { "promt": "?", "actions": { "Yes": "y" } } }
        }"#;
        assert_eq!(paths(message), ["body.slack.actions.Yes", "body.slack.promt", "user", "users[1].slak"]);
    }

    #[test]
    fn what_has_no_fields_has_no_unknown_ones() {
        for text in ["", "null", "[]", "[{\"a\": 1}]", "\"text\"", "{\"users\": \"jane\", \"body\": 5}"] {
            assert_eq!(paths(text), [] as [&str; 0], "{text}");
        }
    }
}
