//! What Slack's document leaves out: who calls, what a message must hold, and the addresses that answer a click.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Findings, Sent, block_kit, conforms, openapi};

/// Where the fakes serve `response_url`s; Slack's are on a host of their own.
const RESPONSE_URL: &str = "/actions/";
/// The largest text that stays one message. Longer ones are split or refused.
const TEXT_CHARS_MAX: usize = 4_000;
const VIEW_BYTES_MAX: usize = 250_000;
/// Shorter parts of a button's value can be guessed, so they are no secret.
const SECRET_CHARS_MIN: usize = 16;

pub(super) fn check(sent: &Sent, findings: &mut Findings) {
    if sent.header("content-type").is_some_and(|kind| kind.starts_with("application/json"))
        && !sent.header("content-type").is_some_and(|kind| kind.to_lowercase().contains("charset=utf-8"))
    {
        findings.add("header content-type", "the charset is missing");
    }
    if sent.path.starts_with(RESPONSE_URL) {
        check_response(sent, findings);
        return;
    }
    let Some(operation) = openapi::slack().operation(sent) else {
        findings.add("path", "no such method in the contract");
        return;
    };
    if !sent.header("authorization").is_some_and(|value| value.starts_with("Bearer xox")) {
        findings.add("header authorization", "expected \"Bearer\" and a token");
    }
    let request = conforms(openapi::slack(), operation, sent, findings);
    match operation.id.as_str() {
        "chat_postMessage" | "chat_update" | "chat_postEphemeral" => check_message(&request.body, findings),
        "views_open" => check_view(&request.body, findings),
        _ => {}
    }
}

/// A message posted to a `response_url`: no token, no method, only a body.
fn check_response(sent: &Sent, findings: &mut Findings) {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    if sent.header("authorization").is_some() {
        findings.add("header authorization", "a response_url wants no token");
    }
    let Ok(body) = serde_json::from_slice(&sent.body) else {
        findings.add("body", "cannot be read as JSON");
        return;
    };
    let schema = json!({ "$ref": "#/components/schemas/response_url_message" });
    openapi::report(VALIDATOR.get_or_init(|| openapi::slack().validator(&schema)), &body, "body ", findings);
    let deletes = body.get("delete_original").is_some_and(|value| value == true || value == "true");
    if !deletes {
        check_message(&body, findings);
    }
}

fn check_message(body: &Value, findings: &mut Findings) {
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
    findings.within("body /text", text, TEXT_CHARS_MAX);
    if body.get("markdown_text").is_some() {
        if body.get("text").is_some() || body.get("blocks").is_some() {
            findings.add("body /markdown_text", "excludes text and blocks");
        }
    } else if text.trim().is_empty() {
        findings.add("body /text", "is blank: it is what notifications and screen readers say");
    }
    if let Some(blocks) = body.get("blocks") {
        block_kit::check_blocks(blocks, "body /blocks", findings);
    }
    let attachments = body.get("attachments").and_then(Value::as_array);
    for (at, attachment) in attachments.into_iter().flatten().enumerate() {
        if let Some(blocks) = attachment.get("blocks") {
            let place = format!("body /attachments/{at}/blocks");
            openapi::report(attached(), blocks, &place, findings);
            block_kit::check_blocks(blocks, &place, findings);
        }
    }
    check_secrecy(body, findings);
    let payload = body.pointer("/metadata/event_payload").and_then(Value::as_object);
    for (name, value) in payload.into_iter().flatten() {
        let list_of_others = value.as_array().is_some_and(|items| !items.iter().all(Value::is_object));
        if value.is_null() || list_of_others {
            findings.add(
                format_args!("body /metadata/event_payload/{name}"),
                "expected text, a number, a truth value, an object or a list of objects",
            );
        }
    }
}

/// Every app of the workspace can read metadata, so nothing that a button's value keeps may be in it.
fn check_secrecy(body: &Value, findings: &mut Findings) {
    let metadata = body.get("metadata").map(Value::to_string).unwrap_or_default();
    let blocks = body.get("blocks").and_then(Value::as_array).into_iter().flatten();
    let elements = blocks.filter_map(|block| block.get("elements")?.as_array()).flatten();
    let values = elements.filter_map(|element| element.get("value")?.as_str());
    let mut parts = values.flat_map(|value| value.split('.')).filter(|part| part.len() >= SECRET_CHARS_MIN);
    if parts.any(|part| metadata.contains(part)) {
        findings.add("body /metadata", "holds a part of a button's value");
    }
}

/// The blocks of an attachment, of which the contract says nothing, are blocks like any others.
fn attached() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| openapi::slack().validator(&json!({ "$ref": "#/components/schemas/blocks" })))
}

fn check_view(body: &Value, findings: &mut Findings) {
    let Some(view) = body.get("view") else {
        return;
    };
    if view.to_string().len() > VIEW_BYTES_MAX {
        findings.add("body /view", format_args!("more than {VIEW_BYTES_MAX} bytes"));
    }
    block_kit::check_view(view, "body /view", findings);
}
