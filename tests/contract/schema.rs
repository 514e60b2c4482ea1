//! OpenAPI 3.0 schemas as JSON Schemas of the draft 2020-12.

use serde_json::{Map, Value, json};

/// What `$ref`s point below.
const COMPONENTS: &str = "#/components/schemas/";

/// The schemas of one document, changed so that a validator of JSON Schema reads them as OpenAPI means them.
pub(super) struct Schemas(Value);

impl Schemas {
    /// Takes the `components` of an OpenAPI document.
    pub(super) fn of(components: &Value) -> Self {
        let mut schemas = Map::new();
        let published = components.get("schemas").and_then(Value::as_object);
        for (name, schema) in published.into_iter().flatten() {
            schemas.insert(name.clone(), schema.clone());
        }
        let open = Schemas(Value::Object(schemas));
        let closed = open.0.as_object().into_iter().flatten();
        Schemas(closed.map(|(name, schema)| (name.clone(), open.translated(schema))).collect())
    }

    /// A schema that stands alone: it holds what it refers to, and at its root it takes named properties only.
    pub(super) fn alone(&self, schema: &Value) -> Value {
        let mut root = self.closed(schema);
        if let Some(root) = root.as_object_mut() {
            root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
            root.insert("components".to_owned(), json!({ "schemas": self.0 }));
        }
        root
    }

    /// Follows a reference, once or more.
    pub(super) fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        while let Some(referred) = reference(schema).and_then(|name| self.0.get(name)) {
            schema = referred;
        }
        schema
    }

    /// The schema of one property, wherever among the parts of a composed schema it is named.
    pub(super) fn property<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        let schema = self.resolve(schema);
        let direct = schema.get("properties").and_then(|properties| properties.get(name));
        direct.or_else(|| parts(schema).find_map(|part| self.property(part, name)))
    }

    /// Translates the schema of a whole value: it takes only the properties that it names, if it names any.
    ///
    /// The parts of a composed schema must stay open, because each part sees the properties of the others.
    fn closed(&self, schema: &Value) -> Value {
        let mut translated = self.translated(schema);
        if let Some(object) = translated.as_object_mut()
            && !object.contains_key("additionalProperties")
            && self.names_properties(schema)
        {
            object.insert("unevaluatedProperties".to_owned(), json!(false));
        }
        translated
    }

    fn translated(&self, schema: &Value) -> Value {
        let Some(object) = schema.as_object() else {
            return schema.clone();
        };
        let nullable = object.get("nullable") == Some(&json!(true));
        let translated = object.iter().filter_map(|(word, value)| {
            let value = match word.as_str() {
                "properties" => each(value, |schema| self.closed(schema)),
                "items" | "additionalProperties" => self.closed(value),
                "allOf" | "oneOf" | "anyOf" => each(value, |schema| self.translated(schema)),
                "type" if nullable => json!([value, "null"]),
                "enum" if nullable => with_null(value),
                // What only OpenAPI knows. `readOnly` is no ban here: PagerDuty marks the `id` of a reference so, and
                // wants it sent. The `discriminator`s of these files are said again by `enum`s.
                "nullable" | "readOnly" | "discriminator" | "example" | "examples" | "description" => return None,
                _ => value.clone(),
            };
            Some((word.clone(), value))
        });
        let translated: Value = Value::Object(translated.collect());
        // `nullable` beside `oneOf` and the like, without a type of its own.
        if nullable && !object.contains_key("type") {
            json!({ "anyOf": [translated, { "type": "null" }] })
        } else {
            translated
        }
    }

    fn names_properties(&self, schema: &Value) -> bool {
        let schema = self.resolve(schema);
        schema.get("properties").is_some() || parts(schema).any(|part| self.names_properties(part))
    }
}

/// The name of the schema that this one refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(COMPONENTS)
}

/// The parts of a composed schema.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten()
}

/// The same list or object with each schema in it changed.
fn each(schemas: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match schemas {
        Value::Array(list) => list.iter().map(change).collect(),
        Value::Object(named) => named.iter().map(|(name, schema)| (name.clone(), change(schema))).collect(),
        other => other.clone(),
    }
}

fn with_null(values: &Value) -> Value {
    let values = values.as_array().into_iter().flatten().cloned();
    values.chain([Value::Null]).collect()
}
