use serde_json::{Value, json};

use super::{Sent, fails, passes, with};

fn github(method: &str, path: &str) -> Sent {
    let headers = [
        ("authorization", "Bearer a-token"),
        ("user-agent", "dispatch/0.1.0"),
        ("accept", "application/vnd.github+json"),
        ("x-github-api-version", "2022-11-28"),
    ];
    Sent::new("github", method, path, &headers)
}

fn create(body: &Value) -> Sent {
    github("POST", "/repos/example-org/alarms/issues").json(body)
}

fn issue() -> Value {
    json!({ "title": "2FA was turned off", "body": "@jane, was this you?", "labels": ["dispatch"], "assignees": ["jane"] })
}

#[test]
fn good_requests_pass() {
    passes(create(&issue()));
    passes(create(&json!({ "title": "t", "milestone": null, "labels": [{ "name": "dispatch", "color": null }] })));
    passes(github("PATCH", "/repos/example-org/alarms/issues/7").json(&json!({
        "state": "closed", "state_reason": "completed", "title": null,
    })));
    passes(github("GET", "/repos/example-org/alarms/issues/7"));
    passes(github("POST", "/repos/example-org/alarms/issues/7/comments").json(&json!({ "body": "jane: yes" })));
    passes(github("GET", "/repos/example-org/alarms/issues/7/comments?per_page=100&page=2&since=2026-11-21T03:00:00Z"));
    passes(github("PATCH", "/repos/example-org/alarms/issues/comments/9").json(&json!({ "body": "counted" })));
    passes(github("GET", "/repos/example-org/alarms/issues?state=all&sort=created&direction=desc&per_page=100"));
    passes(github("GET", "/search/issues?q=repo%3Aexample-org%2Falarms+is%3Aissue+%222FA%22&per_page=100"));
    passes(github("POST", "/repos/example-org/alarms/issues/7/labels").json(&json!({ "labels": ["dispatch"] })));
    passes(github("GET", "/repos/example-org/alarms"));
    passes(github("GET", "/repos/example-org/alarms/installation"));
    passes(github("GET", "/repos/example-org/alarms/assignees/jane"));
    passes(github("GET", "/users/jane"));
    passes(github("GET", "/orgs/example-org/teams/security"));
    passes(github("GET", "/rate_limit"));
    passes(
        github("POST", "/repos/example-org/alarms/labels").json(&json!({ "name": "unanswered", "color": "d93f0b" })),
    );
    passes(github("POST", "/app/installations/12/access_tokens"));
    passes(
        github("POST", "/app/installations/12/access_tokens").json(&json!({ "permissions": { "issues": "write" } })),
    );
}

#[test]
fn bodies_keep_the_schema() {
    let issue = issue();
    fails(create(&with(&issue, "/title", Value::Null)), "body", "\"title\" is a required property");
    fails(create(&with(&issue, "/titel", json!("t"))), "body", "titel");
    fails(create(&with(&issue, "/body", json!(7))), "body /body", "string");
    fails(create(&with(&issue, "/labels", json!("dispatch"))), "body /labels", "array");
    fails(create(&with(&issue, "/labels/0", json!({ "nam": "dispatch" }))), "body /labels/0", "nam");
    let patch = |body| github("PATCH", "/repos/example-org/alarms/issues/7").json(&body);
    fails(patch(json!({ "state": "done" })), "body /state", "done");
    fails(patch(json!({ "state": "closed", "state_reason": "finished" })), "body /state_reason", "finished");
    fails(patch(json!({ "state_reason": "completed" })), "body /state_reason", "ignored");
    fails(create(&issue).body("{"), "body", "cannot be read as application/json");
    fails(create(&issue).body(""), "body", "missing");
    fails(create(&issue).header_set("content-type", "text/plain"), "header content-type", "text/plain");
    fails(github("GET", "/app").json(&json!({})), "body", "knows none");
}

#[test]
fn texts_and_lists_keep_the_limits() {
    let issue = issue();
    passes(create(&with(&issue, "/title", json!("ä".repeat(256)))));
    fails(create(&with(&issue, "/title", json!("ä".repeat(257)))), "body /title", "257 characters");
    fails(create(&with(&issue, "/title", json!(" "))), "body /title", "is blank");
    passes(create(&with(&issue, "/body", json!("b".repeat(65_536)))));
    fails(create(&with(&issue, "/body", json!("b".repeat(65_537)))), "body /body", "at most 65536");
    fails(create(&with(&issue, "/labels", json!(["l".repeat(51)]))), "body /labels/0", "at most 50");
    fails(create(&with(&issue, "/labels", json!(vec!["l"; 101]))), "body /labels", "at most 100");
    fails(create(&with(&issue, "/assignees", json!(vec!["jane"; 11]))), "body /assignees", "at most 10");
    let comment = github("POST", "/repos/example-org/alarms/issues/7/comments");
    fails(comment.json(&json!({ "body": "c".repeat(65_537) })), "body /body", "at most 65536");
}

#[test]
fn parameters_are_known_typed_and_present() {
    fails(github("GET", "/repos/example-org/alarms/issues?status=open"), "query status", "no such parameter");
    fails(github("GET", "/repos/example-org/alarms/issues?state=ajar"), "query state", "ajar");
    fails(github("GET", "/repos/example-org/alarms/issues?state=open&state=closed"), "query state", "more than once");
    fails(github("GET", "/repos/example-org/alarms/issues?page=two"), "query page", "integer");
    fails(github("GET", "/repos/example-org/alarms/issues?since=yesterday"), "query since", "date-time");
    fails(github("GET", "/repos/example-org/alarms/issues?per_page=101"), "query per_page", "1 to 100");
    fails(github("GET", "/search/issues"), "query q", "missing");
    fails(github("GET", &format!("/search/issues?q={}", "q".repeat(257))), "query q", "at most 256");
    fails(github("GET", "/repos/example-org/alarms/issues/seven"), "path issue_number", "integer");
    fails(github("DELETE", "/repos/example-org/alarms/issues/7"), "path", "no such operation");
    fails(github("GET", "/repos/example-org/alarms?visibility=all"), "query visibility", "no such parameter");
    fails(github("GET", "/repos/example-org//issues"), "path", "no such operation");
    fails(github("GET", "/users/jane?role=admin"), "query role", "no such parameter");
}

#[test]
fn headers_say_who_calls() {
    let read = || github("GET", "/repos/example-org/alarms/issues/7");
    fails(read().without("authorization"), "header authorization", "Bearer");
    fails(read().header_set("authorization", "Basic x"), "header authorization", "Bearer");
    fails(read().without("user-agent"), "header user-agent", "missing");
    fails(read().header_set("accept", "*/*"), "header accept", "application/vnd.github+json");
    fails(read().header_set("x-github-api-version", "2021-01-01"), "header x-github-api-version", "2022-11-28");
}
