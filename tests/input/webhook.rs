//! What GitHub and PagerDuty tell of: bodies that they signed, and the marker in the body of an issue.

use base64::{Engine, engine::general_purpose::STANDARD};
use dispatch_core::{alarm::Key, journal::LifeId, words::read_marker};
use dispatch_services::webhook::{GITHUB, PAGERDUTY, Signer};
use dispatch_triage::{Request, github, pagerduty};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    gateway::status,
    world::{Memory, defaults},
};

/// Who signs, and the headers that go with it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    signer: Signer,
    headers: &'static [(&'static str, &'static str)],
}

/// Both of them.
pub const SERVICES: [Service; 2] = [
    Service { signer: GITHUB, headers: &[("x-github-event", "issues"), ("x-github-delivery", "d-1")] },
    Service { signer: PAGERDUTY, headers: &[("x-webhook-id", "w-1")] },
];

/// What a service signs with, in every test of inputs.
pub fn secret(service: Service) -> SecretString {
    SecretString::from(format!("not a secret of {}", service.signer.header))
}

/// An event with this body and this signature. A body that is no text can only come as base64.
fn event(body: &[u8], service: Service, signature: &str, encoded: bool) -> Value {
    let signature = [(service.signer.header, signature)];
    let headers = service.headers.iter().chain(&signature).map(|(name, value)| ((*name).to_owned(), json!(value)));
    let body = if encoded { STANDARD.encode(body) } else { String::from_utf8_lossy(body).into_owned() };
    let headers: Value = headers.collect::<serde_json::Map<_, _>>().into();
    json!({ "version": "2.0", "requestContext": {}, "headers": headers, "isBase64Encoded": encoded, "body": body })
}

/// An event with this body, signed as the service signs.
pub fn signed(body: &[u8], service: Service, encoded: bool) -> Value {
    event(body, service, &service.signer.sign(&secret(service), body), encoded)
}

/// Bytes that a service signed are taken or refused, in every form in which they may come, and have an effect only
/// when they tell of something. Bytes that it did not sign have none.
pub fn body_holds(body: &[u8]) {
    for service in SERVICES {
        for encoded in [true, false] {
            if !encoded && std::str::from_utf8(body).is_err() {
                continue;
            }
            let memory = Memory::up();
            let event = signed(body, service, encoded);
            let status = status(&memory, &event);
            let told = told(&event, service);
            assert_eq!(status, if told.is_some() { 200 } else { 400 }, "signed");
            assert!(told == Some(true) || memory.kept().effects() == 0, "nothing was told, and had an effect");
        }
        for other in SERVICES {
            unsigned_holds(&event(body, service, &other.signer.sign(&"another".into(), body), true));
        }
    }
}

/// A body with the signature of another secret is refused.
fn unsigned_holds(event: &Value) {
    let memory = Memory::up();
    assert_eq!(status(&memory, event), 401, "nobody signed this");
    assert_eq!(memory.kept().effects(), 0, "an unsigned webhook had an effect");
}

/// Whether the event tells of something; `None` when it cannot be read.
fn told(event: &Value, service: Service) -> Option<bool> {
    let request = Request::read(event.clone()).expect("a request");
    match service.signer.header == GITHUB.header {
        true => github::read(&request).ok().map(|event| event.is_some()),
        false => pagerduty::read(&request.body).ok().map(|event| event.is_some()),
    }
}

/// Whatever stands above it, the marker at the end is the one that is read; and what people write below it does not
/// hide it, unless that is a marker, too.
pub fn marker_holds(text: &str) {
    let (key, life) = (Key::new(&defaults().repo, "key"), LifeId("5eed".to_owned()));
    let marker = format!("<!-- dispatch:{key}:{life} -->");
    let own = Some((key, life));
    assert_eq!(read_marker(&format!("{text}\n\n{marker}")), own);
    let below = read_marker(text);
    assert_eq!(read_marker(&format!("{marker}\n\n{text}")), below.or(own));
}

/// An issue that was closed, as GitHub tells of it.
pub fn closed() -> Value {
    let key = Key::new(&defaults().repo, "key");
    let account = |login: &str| json!({ "login": login, "id": 1, "type": "User", "site_admin": false });
    json!({
        "action": "closed",
        "issue": {
            "id": 7, "number": 12, "title": "Two-factor off: jane", "state": "closed", "state_reason": "completed",
            "html_url": "https://github.com/example-org/alarms/issues/12", "user": account("dispatch[bot]"),
            "body": format!("Body.\n\n@jane\n\n<sub>dispatch r-1</sub>\n\n<!-- dispatch:{key}:5eed -->"),
            "labels": [], "assignee": null, "closed_at": "2026-11-21T03:00:00Z",
        },
        "repository": {
            "id": 8, "name": "alarms", "full_name": "example-org/alarms", "owner": account("example-org"),
        },
        "sender": account("jane"),
        "installation": { "id": 1 },
    })
}

/// An incident that was acknowledged, as PagerDuty tells of it.
pub fn acknowledged() -> Value {
    let reference = |kind: &str, id: &str| {
        let url = format!("https://example.pagerduty.com/{kind}s/{id}");
        json!({ "id": id, "type": format!("{kind}_reference"), "summary": "Jane", "html_url": url, "self": url })
    };
    json!({ "event": {
        "id": "01FKZSRAQJLP9S3OPM2VALGUPJ", "event_type": "incident.acknowledged", "resource_type": "incident",
        "occurred_at": "2026-11-21T03:00:00.546Z", "agent": reference("user", "PJANE"), "client": null,
        "data": {
            "id": "Q2CKYRLH85UNN4", "type": "incident", "number": 37, "status": "acknowledged",
            "html_url": "https://example.pagerduty.com/incidents/Q2CKYRLH85UNN4", "incident_key": "key",
            "title": "Root login", "service": reference("service", "PABC123"), "assignees": [], "urgency": "high",
            "created_at": "2026-11-21T02:59:00Z", "resolve_reason": null,
        },
    }})
}
