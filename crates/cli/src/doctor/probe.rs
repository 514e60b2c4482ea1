//! One request, one reply, and never a long wait.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use dispatch_engine::ports::Failed;
use dispatch_services::http::{Http, Policy, Repeat, Reply, Verdict};
use http::{HeaderName, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::finding::{Finding, said};
use crate::Failure;

/// How long a service may take. Whoever runs this sits before it.
const POLICY: Policy = Policy {
    connect: Duration::from_secs(2),
    call: Duration::from_secs(4),
    tries: 1,
    total: Duration::from_secs(4),
    wait_max: Duration::ZERO,
    backoff: Duration::ZERO,
};
/// How far clocks may be apart before Slack's signatures count as stale, and when that is near. Seconds.
const APART_MAX_S: i64 = 300;
const APART_S: i64 = 60;

/// Asks the vendors, and remembers what time they have.
#[derive(Debug)]
pub(super) struct Probe {
    http: Http,
    /// By how much the clock of whoever answered is ahead.
    skews: Mutex<Vec<SignedDuration>>,
}

impl Probe {
    pub(super) fn new() -> Result<Self, Failure> {
        let http = Http::with_policy(POLICY).map_err(|unusable| Failure::Other(unusable.to_string()))?;
        Ok(Probe { http, skews: Mutex::default() })
    }

    /// Sends once. Every reply is one, whatever its status.
    pub(super) async fn ask(&self, call: &'static str, request: Request) -> Result<Reply, Failed> {
        let reply = self.http.send(call, request, Repeat::OnlyIfNotActedOn, |_| Verdict::Fine).await?;
        let date = reply.header(header::DATE.as_str());
        if let Some(date) = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()) {
            let mut skews = self.skews.lock().unwrap_or_else(PoisonError::into_inner);
            skews.push(date.duration_since(Timestamp::now()));
        }
        Ok(reply)
    }

    /// Whether the clock of this machine is right. It is not when all who answered say so.
    pub(super) fn clock(&self) -> Finding {
        let skews = self.skews.lock().unwrap_or_else(PoisonError::into_inner);
        judge_clock(skews.iter().map(SignedDuration::as_secs).min_by_key(|seconds| seconds.abs()))
    }
}

fn judge_clock(ahead_s: Option<i64>) -> Finding {
    const WHAT: &str = "clock";
    let Some(ahead_s) = ahead_s else { return Finding::skipped(WHAT, "nobody answered who could tell the time") };
    let which = if ahead_s > 0 { "behind" } else { "ahead of" };
    let apart_s = ahead_s.abs();
    let found = format!("this machine is {apart_s} s {which} the services");
    if apart_s <= APART_S {
        Finding::ok(WHAT, "as the services have it")
    } else if apart_s <= APART_MAX_S {
        Finding::note(WHAT, format!("{found}; from {APART_MAX_S} s on, Slack's signatures are refused"))
    } else {
        Finding::wrong(
            WHAT,
            format!("{found}; from {APART_MAX_S} s on, signatures and tokens are refused"),
            "Set the clock of this machine by the network, such as with `sudo timedatectl set-ntp true`.",
        )
    }
}

/// A request below `base`, which may hold a path.
pub(super) fn request(method: Method, base: &Url, path: &[&str]) -> Request {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    Request::new(method, url)
}

/// Adds a header; one that HTTP cannot carry is left out, and its service says that it is missing.
pub(super) fn with(mut request: Request, name: HeaderName, value: &str) -> Request {
    if let Ok(value) = HeaderValue::try_from(value) {
        request.headers_mut().insert(name, value);
    }
    request
}

/// Adds who asks: `scheme` and the secret. Not shown by `Debug`.
pub(super) fn signed(mut request: Request, scheme: &str, secret: &SecretString) -> Request {
    if let Ok(mut value) = HeaderValue::try_from(format!("{scheme}{}", secret.expose_secret())) {
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    request
}

/// Adds a body.
pub(super) fn saying(request: Request, body: &Value) -> Request {
    let mut request = with(request, header::CONTENT_TYPE, "application/json; charset=utf-8");
    *request.body_mut() = Some(body.to_string().into());
    request
}

/// The body of a reply; `Null` when it is not JSON.
pub(super) fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

/// A text in a reply.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// Somebody does not answer at this address, which a setting names.
pub(super) fn unreachable(what: &str, at: &str, setting: &str, failed: &Failed) -> Finding {
    Finding::wrong(
        what,
        format!("no answer from {at}: {}", said(failed)),
        format!(
            "Try `curl -sI {at}` here. If that fails, too, mend the network, the proxy or the firewall; if the \
             address is not the one you mean, {setting} is."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, judge_clock};

    #[test]
    fn five_minutes_are_too_much() {
        for (ahead_s, word) in [(0, "ok"), (-60, "ok"), (61, "note"), (-300, "note"), (301, "wrong"), (-4_000, "wrong")]
        {
            let told = match judge_clock(Some(ahead_s)).verdict {
                Verdict::Ok(_) => "ok",
                Verdict::Note(_) => "note",
                Verdict::Wrong { .. } => "wrong",
                Verdict::Skipped(_) => "skipped",
            };
            assert_eq!(told, word, "{ahead_s}");
        }
        assert!(matches!(judge_clock(None).verdict, Verdict::Skipped(_)));
    }
}
