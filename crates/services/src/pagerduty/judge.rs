//! What PagerDuty's replies mean, for both of its interfaces.
//!
//! <https://developer.pagerduty.com/docs/errors>

use std::time::Duration;

use dispatch_core::text::shorten;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::http::{Reply, Verdict};

/// PagerDuty documents the sentence nowhere; its code 2002 stands for any bad argument.
const OPEN_ALREADY: &str = "open incident with matching dedup key already exists";
const REASON_CHARS_MAX: usize = 300;

/// Whether a call that is denied has another way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Another way is tried after this one.
    Spare,
    /// This is the last: an operator must mend it, and the page must come back after that.
    Last,
}

pub(super) fn judge(call: &'static str, reply: &Reply, way: Way) -> Verdict {
    let reason = sentence(reply);
    match reply.status {
        status if status.is_success() => Verdict::Fine,
        StatusCode::TOO_MANY_REQUESTS => Verdict::Busy { reason, wait: reset(reply) },
        StatusCode::UNAUTHORIZED | StatusCode::PAYMENT_REQUIRED | StatusCode::FORBIDDEN => {
            tracing::error!(call, "PagerDuty must be set up again by an operator");
            let verdict = match way {
                Way::Spare => Verdict::Refused(reason),
                Way::Last => Verdict::Busy { reason, wait: None },
            };
            match reply.status {
                StatusCode::UNAUTHORIZED => Verdict::Unauthorized(Box::new(verdict)),
                _ => verdict,
            }
        }
        StatusCode::REQUEST_TIMEOUT => Verdict::Unsure(reason),
        status if status.is_server_error() => Verdict::Unsure(reason),
        _ => Verdict::Refused(reason),
    }
}

/// Whether an incident with this key is open on this service: somebody has been paged.
pub(super) fn is_open_already(reply: &Reply) -> bool {
    reply.status == StatusCode::BAD_REQUEST && Complaint::read(reply).text().to_lowercase().contains(OPEN_ALREADY)
}

/// Whether there is nothing left to resolve: it is resolved, or there is no such incident.
/// Code 1001 is "Incident Already Resolved": <https://developer.pagerduty.com/docs/errors>
pub(super) fn is_over(reply: &Reply) -> bool {
    is_gone(reply) || (reply.status.is_client_error() && Complaint::read(reply).code == 1001)
}

/// Whether there is no such incident.
pub(super) fn is_gone(reply: &Reply) -> bool {
    reply.status == StatusCode::NOT_FOUND
}

/// <https://developer.pagerduty.com/docs/rest-api-rate-limits>
fn reset(reply: &Reply) -> Option<Duration> {
    let seconds = reply.header("ratelimit-reset").and_then(|text| text.trim().parse().ok());
    seconds.map(Duration::from_secs).or_else(|| reply.retry_after())
}

fn sentence(reply: &Reply) -> String {
    let text = format!("status {} {}", reply.status.as_u16(), Complaint::read(reply).text());
    shorten(text.trim_end(), REASON_CHARS_MAX).into_owned()
}

/// The REST interface wraps what the events interface says at the top.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Wrapped { error: Complaint },
    Bare(Complaint),
}

#[derive(Default, Deserialize)]
struct Complaint {
    #[serde(default)]
    message: String,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    errors: Value,
}

impl Complaint {
    fn read(reply: &Reply) -> Self {
        match serde_json::from_slice(&reply.body) {
            Ok(Body::Wrapped { error } | Body::Bare(error)) => error,
            Err(_) => Complaint::default(),
        }
    }

    fn text(&self) -> String {
        let errors = match &self.errors {
            Value::String(error) => vec![error.as_str()],
            Value::Array(errors) => errors.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if errors.is_empty() { self.message.clone() } else { format!("{}: {}", self.message, errors.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)));
        let headers: HeaderMap = headers.collect();
        Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_owned().into() }
    }

    fn verdict(status: u16, body: &str, way: Way) -> Verdict {
        judge("pagerduty test", &reply(status, &[], body), way)
    }

    #[test]
    fn a_status_has_its_meaning() {
        assert_eq!(verdict(202, "", Way::Last), Verdict::Fine);
        assert_eq!(verdict(404, "", Way::Last), Verdict::Refused("status 404".to_owned()));
        for status in [408, 500, 503] {
            assert_eq!(verdict(status, "", Way::Last), Verdict::Unsure(format!("status {status}")));
        }
        for status in [402, 403] {
            let reason = format!("status {status}");
            assert_eq!(verdict(status, "", Way::Spare), Verdict::Refused(reason.clone()));
            assert_eq!(verdict(status, "", Way::Last), Verdict::Busy { reason, wait: None });
        }
        let refused = Verdict::Refused("status 401".to_owned());
        assert_eq!(verdict(401, "", Way::Spare), Verdict::Unauthorized(Box::new(refused)));
    }

    #[test]
    fn both_interfaces_complain_in_their_own_shape() {
        let event =
            r#"{"status":"invalid event","message":"Event object is invalid","errors":["too long","too short"]}"#;
        let reason = "status 400 Event object is invalid: too long, too short".to_owned();
        assert_eq!(verdict(400, event, Way::Last), Verdict::Refused(reason));
        let rest = r#"{"error":{"message":"Not Found","code":2100}}"#;
        assert_eq!(verdict(404, rest, Way::Last), Verdict::Refused("status 404 Not Found".to_owned()));
    }

    #[test]
    fn what_is_resolved_or_unknown_is_over() {
        let complaint = |code| format!(r#"{{"error":{{"message":"Incident Already Resolved","code":{code}}}}}"#);
        assert!(is_over(&reply(400, &[], &complaint(1001))));
        assert!(is_over(&reply(404, &[], "")));
        assert!(!is_over(&reply(400, &[], &complaint(2001))));
        assert!(!is_over(&reply(500, &[], &complaint(1001))));
    }

    #[test]
    fn a_limit_says_when_it_ends() {
        let wait = |headers| match judge("pagerduty test", &reply(429, headers, ""), Way::Last) {
            Verdict::Busy { wait, .. } => wait,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(&[("ratelimit-reset", "7"), ("retry-after", "9")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[("retry-after", "9")]), Some(Duration::from_secs(9)));
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn an_open_incident_is_known_by_its_sentence_alone() {
        let open = r#"{"error":{"message":"Arguments Caused Error","code":2002,"errors":["OPEN Incident with matching dedup key already exists on this service"]}}"#;
        assert!(is_open_already(&reply(400, &[], open)));
        assert!(!is_open_already(&reply(404, &[], open)));
        let other =
            r#"{"error":{"message":"Arguments Caused Error","code":2002,"errors":["Service cannot be empty"]}}"#;
        assert!(!is_open_already(&reply(400, &[], other)));
    }
}
