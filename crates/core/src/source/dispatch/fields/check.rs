//! What is wrong with the form of a message.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::super::{
    super::{Invalid, describe},
    at,
};

/// What `users` must be.
pub(super) const PEOPLE: &str = "a list of people";

/// Where objects stand, besides the people.
const OBJECTS: [&str; 5] = ["body", "body.github", "body.slack", "body.slack.actions", "body.pagerduty"];

/// Refuses a list in the place of an object: serde would take it for the object's values in order.
pub(super) fn refuse_lists(message: &Value) -> Result<(), Invalid> {
    for path in OBJECTS {
        refuse(at(message, path), || path.to_owned(), "an object")?;
    }
    let lists = [
        (message.get("users"), "users", "a person: an object with slackId, email, slack or github"),
        (
            at(message, "body.slack.actions.more"),
            "body.slack.actions.more",
            "a further answer: an object with label and counts",
        ),
        (message.get("escalation"), "escalation", "a step of an escalation: an object"),
    ];
    for (list, path, expected) in lists {
        for (position, item) in list.and_then(Value::as_array).into_iter().flatten().enumerate() {
            refuse(Some(item), || format!("{path}[{position}]"), expected)?;
        }
    }
    Ok(())
}

fn refuse(found: Option<&Value>, path: impl FnOnce() -> String, expected: &str) -> Result<(), Invalid> {
    match found {
        Some(list @ Value::Array(_)) => Err(Invalid::new(path(), describe(list), expected)),
        _ => Ok(()),
    }
}

/// What stands at the path of an error.
pub(super) fn find<'v>(message: &'v Value, path: &Path) -> Option<&'v Value> {
    path.iter().try_fold(message, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } => value.get(key),
        Segment::Enum { .. } | Segment::Unknown => Some(value),
    })
}
