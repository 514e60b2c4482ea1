//! The JSON Schema of messages, made from the types that read them.

use serde_json::{Map, Value, json};

use super::{TYPES, fields::Fields};

/// The schema, as JSON Schema 2020-12.
pub fn schema() -> Value {
    let mut message = schemars::schema_for!(Fields).to_value();
    let mut definitions = match message.as_object_mut().map(|schema| (schema.remove("$defs"), schema.remove("$schema")))
    {
        Some((Some(Value::Object(definitions)), _)) => definitions,
        _ => Map::new(),
    };
    definitions.insert("Message".to_owned(), message);
    let types: Vec<_> = TYPES
        .iter()
        .map(|kind| {
            let mut schema = json!({
                "title": kind.name(),
                "description": kind.purpose,
                "$ref": "#/$defs/Message",
                "required": ["type"],
                "properties": { "type": { "enum": kind.names } },
            });
            for path in kind.required {
                require(&mut schema, path);
            }
            schema
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dispatch message",
        "description": "What is published to Dispatch's topic. MESSAGE-SPEC.md says what each field does.",
        "oneOf": types,
        "$defs": definitions,
    })
}

/// Adds to `schema` that something that is not blank stands at `path`, such as `body.github.title`.
fn require(schema: &mut Value, path: &str) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut)
        && !required.iter().any(|known| known == name)
    {
        required.push(json!(name));
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    match rest {
        Some(rest) => {
            let inner =
                properties.entry(name).or_insert_with(|| json!({ "type": "object", "required": [], "properties": {} }));
            require(inner, rest);
        }
        None if name == "users" => {
            properties.insert(name.to_owned(), json!({ "type": "array", "minItems": 1 }));
        }
        None => {
            properties.insert(name.to_owned(), json!({ "not": { "type": "null" }, "pattern": r"\S" }));
        }
    }
}
