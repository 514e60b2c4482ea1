//! What GitHub's document leaves out: who calls, and how long things may be.

use serde_json::Value;

use super::{Findings, Request, Sent, openapi};

const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];
/// <https://docs.github.com/en/rest/search/search>
const SEARCH_CHARS_MAX: usize = 256;
const PER_PAGE_MAX: u32 = 100;

pub(super) fn check(sent: &Sent, request: &Request<'_>, findings: &mut Findings) {
    check_headers(sent, findings);
    check_query(request, findings);
    match request.operation.id.as_str() {
        "issues/create" | "issues/update" => check_issue(&request.body, findings),
        "issues/create-comment" | "issues/update-comment" => check_text(&request.body, findings),
        "issues/create-label" => check_label(request.body.get("name"), "body /name", findings),
        "issues/add-labels" | "issues/set-labels" => check_labels(&request.body, findings),
        "issues/add-assignees" => check_assignees(&request.body, findings),
        _ => {}
    }
}

fn check_headers(sent: &Sent, findings: &mut Findings) {
    if !sent.header("authorization").is_some_and(|value| value.starts_with("Bearer ")) {
        findings.add("header authorization", "expected \"Bearer\" and a token");
    }
    if sent.header("user-agent").is_none_or(str::is_empty) {
        findings.add("header user-agent", "missing: GitHub refuses requests without one");
    }
    if sent.header("accept") != Some("application/vnd.github+json") {
        findings.add("header accept", "expected application/vnd.github+json");
    }
    if !sent.header("x-github-api-version").is_some_and(|version| VERSIONS.contains(&version)) {
        findings.add("header x-github-api-version", format_args!("expected one of {VERSIONS:?}"));
    }
}

fn check_query(request: &Request<'_>, findings: &mut Findings) {
    for (name, value) in &request.query {
        match name.as_str() {
            "q" if request.operation.id.starts_with("search/") => findings.within("query q", value, SEARCH_CHARS_MAX),
            "per_page" if !value.parse().is_ok_and(|number| (1..=PER_PAGE_MAX).contains(&number)) => {
                findings.add("query per_page", format_args!("expected 1 to {PER_PAGE_MAX}, found {value}"));
            }
            _ => {}
        }
    }
}

fn check_issue(body: &Value, findings: &mut Findings) {
    if let Some(title) = body.get("title").and_then(Value::as_str) {
        findings.within("body /title", title, limit("issue title"));
        if title.trim().is_empty() {
            findings.add("body /title", "is blank");
        }
    }
    if body.get("state_reason").is_some() && body.get("state").is_none() {
        findings.add("body /state_reason", "is ignored unless the state changes, too");
    }
    check_text(body, findings);
    check_labels(body, findings);
    check_assignees(body, findings);
}

fn check_text(body: &Value, findings: &mut Findings) {
    if let Some(text) = body.get("body").and_then(Value::as_str) {
        findings.within("body /body", text, limit("issue or comment body"));
    }
}

fn check_labels(body: &Value, findings: &mut Findings) {
    let Some(labels) = body.get("labels").and_then(Value::as_array) else {
        return;
    };
    at_most(labels, "body /labels", limit("labels per issue"), findings);
    for (at, label) in labels.iter().enumerate() {
        check_label(Some(label.get("name").unwrap_or(label)), &format!("body /labels/{at}"), findings);
    }
}

fn check_label(name: Option<&Value>, place: &str, findings: &mut Findings) {
    if let Some(name) = name.and_then(Value::as_str) {
        findings.within(place, name, limit("label name"));
        if name.trim().is_empty() {
            findings.add(place, "is blank");
        }
    }
}

fn check_assignees(body: &Value, findings: &mut Findings) {
    if let Some(assignees) = body.get("assignees").and_then(Value::as_array) {
        at_most(assignees, "body /assignees", limit("assignees per issue"), findings);
    }
}

fn at_most(list: &[Value], place: &str, items_max: usize, findings: &mut Findings) {
    if list.len() > items_max {
        findings.add(place, format_args!("{} entries, at most {items_max} are taken", list.len()));
    }
}

/// A limit that the contract file states beside the vendor's own text.
fn limit(name: &str) -> usize {
    let limits = openapi::github().info.get("x-handwritten-limits");
    let limit = limits.and_then(|limits| limits.get(name)?.as_u64());
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or_default()
}
