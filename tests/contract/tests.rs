//! The checker can pass and can fail: each vendor's good requests, and each with one thing wrong.

mod github;
mod pagerduty;
mod slack;

use serde_json::Value;

use super::{Sent, check};

impl Sent {
    fn new(service: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Sent {
            service: service.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Vec::new(),
        }
    }

    fn json(self, body: &Value) -> Self {
        self.header_set("content-type", "application/json; charset=utf-8").body(&body.to_string())
    }

    fn form(self, body: &str) -> Self {
        self.header_set("content-type", "application/x-www-form-urlencoded").body(body)
    }

    fn body(self, body: &str) -> Self {
        Sent { body: body.as_bytes().to_vec(), ..self }
    }

    fn header_set(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }
}

/// The request keeps its contract.
#[track_caller]
fn passes(sent: Sent) {
    let name = sent.to_string();
    let findings = check([sent]);
    assert!(findings.is_empty(), "{name} is fine, but: {findings:#?}");
}

/// The request has exactly one thing wrong, and the finding names the place and what is the matter.
#[track_caller]
fn fails(sent: Sent, place: &str, what: &str) {
    let name = sent.to_string();
    let findings = check([sent]);
    let [finding] = findings.as_slice() else {
        panic!("{name}: expected one finding ({place}: {what}), found {findings:#?}");
    };
    assert!(finding.contains(place) && finding.contains(what), "expected {place}: {what}, found {finding}");
}

/// The same value with the one at this pointer replaced, or removed where `new` is `Null`.
fn with(value: &Value, pointer: &str, new: Value) -> Value {
    let mut value = value.clone();
    let (owner, name) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(owner).unwrap() {
        Value::Object(object) if new.is_null() => drop(object.remove(name)),
        Value::Object(object) => drop(object.insert(name.to_owned(), new)),
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = new,
        other => panic!("{other} holds nothing"),
    }
    value
}

#[test]
fn every_request_is_looked_at_and_named() {
    let bad = Sent::new("github", "GET", "/repos/example-org/alarms/pulls", &[]);
    let findings = check([bad.clone(), Sent::new("gitlab", "GET", "/", &[]), bad]);
    assert_eq!(
        findings,
        [
            "github GET /repos/example-org/alarms/pulls: path: no such operation in the contract",
            "gitlab GET /: service: there is no contract for it",
            "github GET /repos/example-org/alarms/pulls: path: no such operation in the contract",
        ]
    );
}
