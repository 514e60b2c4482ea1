//! What PagerDuty's documents leave out: who calls, and how large things may be.

use serde_json::Value;

use super::{Findings, Request, Sent};

const ACCEPT: &str = "application/vnd.pagerduty+json;version=2";
/// <https://developer.pagerduty.com/docs/send-alert-event>: 512 KB; a kilobyte is read as 1,000 bytes to be safe.
const EVENT_BYTES_MAX: usize = 512_000;
/// The length of Events' `dedup_key`, which becomes the incident's key.
const KEY_CHARS_MAX: usize = 255;
const PAGE_MAX: u32 = 100;

pub(super) fn check(sent: &Sent, request: &Request<'_>, findings: &mut Findings) {
    if request.operation.id == "createV2Event" {
        check_event(sent, &request.body, findings);
        return;
    }
    if !sent.header("authorization").is_some_and(|value| value.starts_with("Token token=")) {
        findings.add("header authorization", "expected \"Token token=\" and a key");
    }
    if sent.header("accept") != Some(ACCEPT) {
        findings.add("header accept", format_args!("expected {ACCEPT}"));
    }
    check_query(request, findings);
    if let Some(incident) = request.body.get("incident") {
        check_incident(incident, findings);
    }
}

fn check_event(sent: &Sent, body: &Value, findings: &mut Findings) {
    if sent.body.len() > EVENT_BYTES_MAX {
        findings.add("body", format_args!("{} bytes, at most {EVENT_BYTES_MAX} are taken", sent.body.len()));
    }
    if sent.header("authorization").is_some() {
        findings.add("header authorization", "the routing key is all that Events wants to know");
    }
    for name in ["summary", "source"] {
        let text = body.pointer(&format!("/payload/{name}")).and_then(Value::as_str);
        if text.is_some_and(|text| text.trim().is_empty()) {
            findings.add(format_args!("body /payload/{name}"), "is blank");
        }
    }
    if body.get("dedup_key").and_then(Value::as_str).is_some_and(str::is_empty) {
        findings.add("body /dedup_key", "is empty");
    }
    let images = body.get("images").and_then(Value::as_array);
    for (at, image) in images.into_iter().flatten().enumerate() {
        if !image.get("src").and_then(Value::as_str).is_some_and(|source| source.starts_with("https://")) {
            findings.add(format_args!("body /images/{at}/src"), "expected an address that begins with https://");
        }
    }
}

fn check_query(request: &Request<'_>, findings: &mut Findings) {
    for (name, value) in &request.query {
        match name.as_str() {
            "incident_key" if value.is_empty() => findings.add("query incident_key", "is empty: that lists everything"),
            "escalation_policy_ids[]" | "schedule_ids[]" if value.is_empty() => {
                findings.add(format_args!("query {name}"), "is empty: that lists everybody");
            }
            "limit" if !value.parse().is_ok_and(|number| (1..=PAGE_MAX).contains(&number)) => {
                findings.add("query limit", format_args!("expected 1 to {PAGE_MAX}, found {value}"));
            }
            _ => {}
        }
    }
}

fn check_incident(incident: &Value, findings: &mut Findings) {
    if incident.get("assignments").is_some() && incident.get("escalation_policy").is_some() {
        findings.add("body /incident", "assignments or an escalation policy, not both");
    }
    if incident.get("title").and_then(Value::as_str).is_some_and(|title| title.trim().is_empty()) {
        findings.add("body /incident/title", "is blank");
    }
    if let Some(key) = incident.get("incident_key").and_then(Value::as_str) {
        findings.within("body /incident/incident_key", key, KEY_CHARS_MAX);
        if key.is_empty() {
            findings.add("body /incident/incident_key", "is empty");
        }
    }
}
