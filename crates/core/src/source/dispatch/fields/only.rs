//! Objects that may be written as nothing else.

use std::{borrow::Cow, fmt, marker::PhantomData, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{
    Deserialize, Deserializer,
    de::{
        Visitor,
        value::{Error, MapAccessDeserializer, UnitDeserializer},
    },
};

/// An object, and no list in its place, which serde would take for the values of its fields in their order.
#[derive(Debug)]
pub(in crate::source::dispatch) struct Only<T>(pub T);

impl<T> Deref for Only<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = T;
            /// What the object itself says that it expects, which only an error of its own tells.
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let error = T::deserialize(UnitDeserializer::<Error>::new()).err().map(|error| error.to_string());
                let expected = error.as_deref().and_then(|error| error.split_once("expected "));
                f.write_str(expected.map_or("an object", |(_, expected)| expected))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }
        deserializer.deserialize_map(Object(PhantomData)).map(Only)
    }
}

impl<T: JsonSchema> JsonSchema for Only<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
