//! HTTP events of the function that takes clicks.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use dispatch_services::slack::signature::sign;
use dispatch_triage::{Request, Triage};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    webhook,
    world::{Memory, now, run},
};

/// Who makes an event of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An HTTP API with payload 2.0, or a function URL.
    Http,
    /// A REST API: names as they were sent, and lists beside them.
    Rest,
}

/// The event is answered with an HTTP response. One that nobody signed changes nothing and reads nothing.
pub fn holds(event: &Value) {
    let memory = Memory::up();
    let status = status(&memory, event);
    assert!(matches!(status, 400 | 401), "nobody signed this: {status}");
    assert_eq!(memory.kept().effects(), 0, "an unsigned request had an effect");
    let Ok(request) = Request::read(event.clone()) else {
        assert_eq!(status, 400);
        return;
    };
    body_holds(&request.body);
}

/// Bytes that Slack signed are taken or refused, in every form in which they may come.
pub fn body_holds(body: &[u8]) {
    let text = std::str::from_utf8(body).ok();
    for kind in [Kind::Http, Kind::Rest] {
        for encoded in [true, false] {
            if encoded || text.is_some() {
                let status = status(&Memory::up(), &signed(body, kind, encoded));
                assert!(matches!(status, 200 | 400), "signed: {status}");
            }
        }
    }
}

/// The status that triage answers with.
pub fn status(memory: &Arc<Memory>, event: &Value) -> u64 {
    let [github, pagerduty] = webhook::SERVICES.map(|service| Some(webhook::secret(service)));
    let triage = Triage {
        world: memory.world(),
        signing_secret: secret(),
        github_secret: github,
        pagerduty_secret: pagerduty,
        replays: dispatch_triage::Replays::default(),
    };
    let answer = run(triage.handle(event.clone()));
    assert!(answer["body"].is_string() && answer["headers"].is_object(), "no response: {answer}");
    answer["statusCode"].as_u64().expect("a status")
}

fn secret() -> SecretString {
    SecretString::from("not-a-secret".to_owned())
}

/// An event with this body, signed as Slack signs. A body that is no text can only come as base64.
pub fn signed(body: &[u8], kind: Kind, encoded: bool) -> Value {
    let at = now().as_second().to_string();
    let signature = sign(&secret(), &at, body);
    let body = if encoded { STANDARD.encode(body) } else { String::from_utf8_lossy(body).into_owned() };
    match kind {
        Kind::Http => json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "isBase64Encoded": encoded, "body": body,
            "headers": { "x-slack-request-timestamp": at, "x-slack-signature": signature },
            "requestContext": { "http": { "method": "POST", "path": "/" } },
        }),
        Kind::Rest => json!({
            "resource": "/", "path": "/", "httpMethod": "POST", "isBase64Encoded": encoded, "body": body,
            "headers": { "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature },
            "multiValueHeaders": { "X-Slack-Request-Timestamp": [at], "X-Slack-Signature": [signature] },
            "requestContext": { "httpMethod": "POST" },
        }),
    }
}
