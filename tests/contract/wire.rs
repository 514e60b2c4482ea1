//! Queries and forms: text on the wire, typed values in a contract.

use serde_json::{Map, Value};

use super::schema::Schemas;

/// The names and values of a query or a form, decoded, in order.
pub(super) fn pairs(encoded: &str) -> Vec<(String, String)> {
    serde_urlencoded::from_str(encoded).unwrap_or_default()
}

/// A form as the object that its schema describes. Lists and objects are JSON inside their field, as Slack wants them.
pub(super) fn form(schemas: &Schemas, schema: &Value, body: &[u8]) -> Option<Value> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    let mut object = Map::new();
    for (name, text) in pairs {
        let value = match schemas.property(schema, &name).map(|schema| schemas.resolve(schema)) {
            Some(schema) if is(schema, "array") || is(schema, "object") => serde_json::from_str(&text).ok(),
            Some(schema) => Some(scalar(schema, &text)),
            None => None,
        };
        object.insert(name, value.unwrap_or(Value::String(text)));
    }
    Some(Value::Object(object))
}

/// A parameter's values as its schema types them: a list for a list, else the one value.
pub(super) fn parameter(schemas: &Schemas, schema: &Value, explode: bool, values: &[&str]) -> Option<Value> {
    let schema = schemas.resolve(schema);
    if !is(schema, "array") {
        let [value] = values else { return None };
        return Some(scalar(schema, value));
    }
    let items = schema.get("items").map(|items| schemas.resolve(items)).unwrap_or(&Value::Null);
    let split =
        |value: &&str| if explode { vec![(*value).to_owned()] } else { value.split(',').map(str::to_owned).collect() };
    Some(values.iter().flat_map(split).map(|value| scalar(items, &value)).collect())
}

/// The text as a number or truth value where the schema wants one and the text is one.
fn scalar(schema: &Value, text: &str) -> Value {
    let typed = is(schema, "integer") || is(schema, "number") || is(schema, "boolean");
    let value = if typed { serde_json::from_str(text).ok() } else { None };
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn is(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == kind,
        Some(Value::Array(names)) => names.iter().any(|name| name == kind),
        _ => false,
    }
}
