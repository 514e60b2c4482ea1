//! Dispatch's own message: go on with a life that a run could not finish in its time.

use serde_json::{Value, json};

use super::{Defaults, Invalid, Letter, Read, Source, describe};
use crate::alarm::{Key, Signal};

/// Dispatch itself.
pub(super) const SOURCE: Source = Source { name: "resume", plain: |_, _| None, knows, read };

const TYPE: &str = "dispatch:resume";

/// The message that hands `key` on.
pub fn resume(key: &Key) -> String {
    json!({ "type": TYPE, "key": key }).to_string()
}

/// The message that wakes `key`, because its timer with this number has gone off.
pub fn wake(key: &Key, timer: u32) -> String {
    json!({ "type": TYPE, "key": key, "timer": timer }).to_string()
}

fn knows(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some(TYPE)
}

fn read(_: &Letter<'_>, value: &Value, _: &Defaults) -> Result<Read, Invalid> {
    let key = value.get("key").unwrap_or(&Value::Null);
    let timer = value.get("timer").and_then(Value::as_u64).and_then(|timer| u32::try_from(timer).ok());
    match key.as_str().map(|text| Key::try_from(text.to_owned())) {
        Some(Ok(key)) => Ok(Signal::Resume { key, timer }.into()),
        _ => Err(Invalid::new("key", describe(key), "an alarm key of 40 hex digits")),
    }
}
