//! What is wrong with the form of a message.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// What `users` must be.
pub(super) const PEOPLE: &str = "a list of people";

/// What stands at the path of an error.
pub(super) fn find<'v>(message: &'v Value, path: &Path) -> Option<&'v Value> {
    path.iter().try_fold(message, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } => value.get(key),
        Segment::Enum { .. } | Segment::Unknown => Some(value),
    })
}
