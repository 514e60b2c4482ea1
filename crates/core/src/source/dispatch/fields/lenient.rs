//! Values that publishers write in more than one form.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A text. A number or a boolean counts as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source::dispatch) struct Words(pub String);

/// A boolean, also written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source::dispatch) struct Flag(pub bool);

/// One label or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source::dispatch) struct Labels(pub Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Words;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                // Also when it is written as \u0000; see `source::accept`.
                Ok(Words(text.replace('\0', "\u{FFFD}")))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Words, E> {
                Ok(Words(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Words, E> {
                Ok(Words(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Words, E> {
                Ok(Words(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Words, E> {
                Ok(Words(value.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Flag, E> {
                match text.trim().to_ascii_lowercase().as_str() {
                    "true" => Ok(Flag(true)),
                    "false" => Ok(Flag(false)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Labels;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts")
            }
            fn visit_str<E>(self, text: &str) -> Result<Labels, E> {
                Ok(Labels(vec![text.to_owned()]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Labels, A::Error> {
                let mut labels = Vec::new();
                while let Some(label) = items.next_element::<Option<Words>>()? {
                    labels.extend(label.map(|words| words.0));
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Words {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Words".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl JsonSchema for Flag {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Flag".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, false, "true", "false"] })
    }
}

impl JsonSchema for Labels {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Labels".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let label = json_schema!({ "type": ["string", "number", "boolean", "null"] });
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": label }] })
    }
}
