//! Slack's ways of reading arguments and of saying yes and no.

use http::Method;
use serde_json::{Map, Value, json};

use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw};

/// Arguments that a form carries as JSON text.
const AS_JSON: [&str; 4] = ["attachments", "blocks", "metadata", "view"];
/// Arguments that a form carries as `true`, `false`, `1` or `0`.
const AS_FLAG: [&str; 12] = [
    "exclude_archived",
    "include_all_metadata",
    "include_locale",
    "include_num_members",
    "inclusive",
    "link_names",
    "mrkdwn",
    "prevent_creation",
    "reply_broadcast",
    "return_im",
    "unfurl_links",
    "unfurl_media",
];

/// Which bodies a method takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bodies {
    JsonOrForm,
    /// Methods that may also be called with GET take their arguments as a query or a form, not as JSON.
    FormOnly,
}

/// A success. JSON that was sent without a charset earns a warning.
pub(super) fn ok(call: &Call, mut value: Value) -> Answer {
    let content_type = call.header("content-type").unwrap_or_default();
    if content_type.starts_with("application/json")
        && !content_type.contains("charset")
        && let Some(members) = value.as_object_mut()
    {
        members.insert("warning".to_owned(), json!("missing_charset"));
        members.insert("response_metadata".to_owned(), json!({"warnings": ["missing_charset"]}));
    }
    Answer::json(200, &value)
}

/// A refusal: status 200, and a code.
pub(super) fn failed(error: &str) -> Answer {
    Answer::json(200, &json!({"ok": false, "error": error}))
}

/// A refusal because of one argument, with this code.
pub(super) fn flawed(error: &'static str) -> impl Fn(Flaw) -> Answer {
    move |flaw| {
        let pointer = flaw.field.replace('.', "/");
        let message = format!("[ERROR] {flaw} [json-pointer:/{pointer}]");
        let body = json!({"ok": false, "error": error, "response_metadata": {"messages": [message]}});
        Answer::json(200, &body).blaming(format!("{error}: {flaw}"))
    }
}

/// Reads the arguments of a call, from the query, a form or JSON, and refuses names that the method does not know.
pub(super) fn arguments(call: &Call, known: &[&str], bodies: Bodies) -> Result<Value, Answer> {
    let value = match call.media_type().as_deref() {
        _ if call.method == Method::GET => from_pairs(call.pairs())?,
        Some("application/json") if bodies == Bodies::JsonOrForm => {
            call.json().map_err(|why| failed("invalid_json").blaming(format!("the body is not JSON: {why}")))?
        }
        Some("application/x-www-form-urlencoded") => {
            let pairs = serde_urlencoded::from_bytes(&call.body);
            from_pairs(pairs.map_err(|why| failed("invalid_form_data").blaming(why.to_string()))?)?
        }
        None if call.body.is_empty() => json!({}),
        None => return Err(failed("missing_post_type").blaming("a body without a content type")),
        Some(other) => return Err(failed("invalid_post_type").blaming(format!("the content type {other}"))),
    };
    if !value.is_object() {
        return Err(failed("json_not_object").blaming("the body is not an object"));
    }
    let check = || Fields::of(&value, "")?.only(known);
    check().map_err(flawed("invalid_arguments"))?;
    Ok(value)
}

/// Gives form values the types that JSON would have given them.
fn from_pairs(pairs: Vec<(String, String)>) -> Result<Value, Answer> {
    let mut members = Map::new();
    for (name, text) in pairs {
        let value = if AS_JSON.contains(&name.as_str()) {
            let parsed = serde_json::from_str(&text);
            parsed.map_err(|why| failed("invalid_arguments").blaming(format!("{name} is not JSON: {why}")))?
        } else if AS_FLAG.contains(&name.as_str()) {
            match text.as_str() {
                "true" | "1" => Value::Bool(true),
                "false" | "0" => Value::Bool(false),
                _ => Value::String(text),
            }
        } else if name == "limit" {
            text.parse::<i64>().map_or(Value::String(text), Value::from)
        } else {
            Value::String(text)
        };
        members.insert(name, value);
    }
    Ok(Value::Object(members))
}
