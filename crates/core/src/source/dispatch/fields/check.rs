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
    let refuse = |path: String, found: Option<&Value>, expected: &str| match found {
        Some(list @ Value::Array(_)) => Err(Invalid::new(path, describe(list), expected)),
        _ => Ok(()),
    };
    for path in OBJECTS {
        refuse(path.to_owned(), at(message, path), "an object")?;
    }
    let users = message.get("users").and_then(Value::as_array).into_iter().flatten();
    for (position, user) in users.enumerate() {
        refuse(format!("users[{position}]"), Some(user), "a person: an object with slackId, email, slack or github")?;
    }
    let more = at(message, "body.slack.actions.more").and_then(Value::as_array).into_iter().flatten();
    for (position, more) in more.enumerate() {
        let path = format!("body.slack.actions.more[{position}]");
        refuse(path, Some(more), "a further answer: an object with label and counts")?;
    }
    let rungs = message.get("escalation").and_then(Value::as_array).into_iter().flatten();
    for (position, rung) in rungs.enumerate() {
        refuse(format!("escalation[{position}]"), Some(rung), "a step of an escalation: an object")?;
    }
    Ok(())
}

/// What stands at the path of an error.
pub(super) fn find<'v>(message: &'v Value, path: &Path) -> Option<&'v Value> {
    path.iter().try_fold(message, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } => value.get(key),
        Segment::Enum { .. } | Segment::Unknown => Some(value),
    })
}
