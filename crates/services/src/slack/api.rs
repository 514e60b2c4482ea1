//! One call to Slack's Web API, and what its answers mean.

use std::time::Duration;

use dispatch_core::text::shorten;
use dispatch_engine::ports::Failed;
use http::{HeaderValue, Method as Verb, StatusCode, header};
use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;

use super::{look::LOOKS, scopes::Method};
use crate::http::{Http, Repeat, Reply, Verdict};

/// Slack asks for the charset by name.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// About one message a second and channel is what Slack takes.
/// <https://docs.slack.dev/apis/web-api/rate-limits>
const PAUSE: Duration = Duration::from_secs(1);
const REASON_CHARS_MAX: usize = 300;

/// Where Slack is, and who calls.
#[derive(Clone, Debug)]
pub(super) struct Api {
    http: Http,
    base: Url,
    token: SecretString,
}

impl Api {
    pub(super) fn new(http: Http, base: Url, token: SecretString) -> Self {
        Api { http, base, token }
    }

    /// Calls a method that reads.
    pub(super) async fn read<T: DeserializeOwned>(&self, method: Method, query: &[(&str, &str)]) -> Result<T, Failed> {
        let mut request = self.request(method, Verb::GET)?;
        request.url_mut().query_pairs_mut().extend_pairs(query);
        self.send(method, request, Repeat::Freely).await
    }

    /// Calls a method that writes.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        body: &impl Serialize,
        repeat: Repeat,
    ) -> Result<T, Failed> {
        let mut request = self.request(method, Verb::POST)?;
        let body = serde_json::to_vec(body).map_err(|error| refused(method, error.to_string()))?;
        request.headers_mut().insert(header::CONTENT_TYPE, JSON);
        *request.body_mut() = Some(body.into());
        self.send(method, request, repeat).await
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, request: Request, repeat: Repeat) -> Result<T, Failed> {
        let call = method.call();
        let reply = self.http.send(call, request, repeat, |reply| judge(method, reply)).await?;
        // It said yes, so what was asked for is done; but nobody can tell where.
        let unclear = |_| Failed::Unreachable { call, reason: "the answer could not be understood".to_owned() };
        serde_json::from_slice(&reply.body).map_err(unclear)
    }

    fn request(&self, method: Method, verb: Verb) -> Result<Request, Failed> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(method.name());
        }
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose_secret()))
            .map_err(|_| refused(method, "the token cannot be sent in a header".to_owned()))?;
        bearer.set_sensitive(true);
        let mut request = Request::new(verb, url);
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        Ok(request)
    }
}

fn refused(method: Method, reason: String) -> Failed {
    Failed::Refused { call: method.call(), reason }
}

/// What every answer of Slack's holds.
#[derive(Deserialize)]
struct Envelope {
    ok: bool,
    #[serde(default)]
    error: String,
    needed: Option<String>,
    provided: Option<String>,
    response_metadata: Option<Details>,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    messages: Vec<String>,
}

/// Slack says nearly everything with status 200, so the body decides.
fn judge(method: Method, reply: &Reply) -> Verdict {
    if reply.status == StatusCode::TOO_MANY_REQUESTS || reply.status.is_server_error() {
        return Verdict::of_status(reply);
    }
    match serde_json::from_slice::<Envelope>(&reply.body) {
        Ok(envelope) if envelope.ok && reply.status.is_success() => Verdict::Fine,
        Ok(envelope) if !envelope.ok => judge_error(method, reply, &envelope),
        _ if reply.status.is_success() => Verdict::Unsure("the answer is not Slack's".to_owned()),
        _ if reply.status == StatusCode::FORBIDDEN => Verdict::Busy { reason: "status 403".to_owned(), wait: None },
        _ if reply.status == StatusCode::UNAUTHORIZED => unauthorized("status 401".to_owned()),
        _ => Verdict::of_status(reply),
    }
}

/// The codes of <https://docs.slack.dev/reference/methods/chat.postMessage#errors> and of its
/// neighbours. One that is not listed is about the recipient or about what was sent: it stays.
fn judge_error(method: Method, reply: &Reply, envelope: &Envelope) -> Verdict {
    let reason = envelope.reason();
    match envelope.error.as_str() {
        "ratelimited" | "rate_limited" | "service_unavailable" | "internal_error" | "request_timeout" => {
            Verdict::Busy { reason, wait: Some(reply.retry_after().unwrap_or(PAUSE)) }
        }
        // A free plan's quota, and migrations: over in hours, so waiting here is of no use.
        "message_limit_exceeded" | "team_added_to_org" | "org_login_required" => Verdict::Busy { reason, wait: None },
        // Slack: "some aspect of the operation may have succeeded before the error was raised".
        "fatal_error" => Verdict::Unsure(reason),
        // Nobody has to let Dispatch look, so this is no matter for an operator.
        "missing_scope" | "no_permission" | "not_allowed_token_type" | "access_denied" if LOOKS.contains(&method) => {
            Verdict::Refused(reason)
        }
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            tracing::error!(call = method.call(), "Slack does not take the token");
            unauthorized(reason)
        }
        "missing_scope"
        | "no_permission"
        | "not_allowed_token_type"
        | "access_denied"
        | "accesslimited"
        | "ekm_access_denied"
        | "two_factor_setup_required"
        | "app_access_restricted" => {
            tracing::error!(call = method.call(), "Slack must be set up again by an operator");
            Verdict::Busy { reason, wait: None }
        }
        _ => Verdict::Refused(reason),
    }
}

fn unauthorized(reason: String) -> Verdict {
    Verdict::Unauthorized(Box::new(Verdict::Busy { reason, wait: None }))
}

impl Envelope {
    /// The code, and what Slack adds to it.
    fn reason(&self) -> String {
        let code = if self.error.is_empty() { "an error without a code" } else { &self.error };
        let details = self.response_metadata.as_ref().map_or(&[][..], |details| &details.messages);
        let text = match (&self.needed, &self.provided) {
            (Some(needed), provided) => {
                format!("{code} (needs {needed}, has {})", provided.as_deref().unwrap_or("none"))
            }
            _ if details.is_empty() => code.to_owned(),
            _ => format!("{code} ({})", details.join("; ")),
        };
        shorten(&text, REASON_CHARS_MAX).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn verdict(status: u16, body: &str) -> Verdict {
        let status = StatusCode::from_u16(status).unwrap();
        judge(Method::ChatPostMessage, &Reply { status, headers: HeaderMap::new(), body: body.to_owned().into() })
    }

    fn of_code(code: &str) -> Verdict {
        verdict(200, &format!(r#"{{"ok": false, "error": "{code}"}}"#))
    }

    #[test]
    fn each_group_of_codes_has_its_meaning() {
        for code in ["ratelimited", "rate_limited", "service_unavailable", "internal_error", "request_timeout"] {
            assert_eq!(of_code(code), Verdict::Busy { reason: code.to_owned(), wait: Some(PAUSE) });
        }
        for code in ["message_limit_exceeded", "org_login_required", "missing_scope", "access_denied"] {
            assert_eq!(of_code(code), Verdict::Busy { reason: code.to_owned(), wait: None });
        }
        for code in ["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"] {
            assert_eq!(of_code(code), unauthorized(code.to_owned()));
        }
        for code in ["channel_not_found", "user_disabled", "cannot_dm_bot", "msg_too_long", "a_code_of_next_year"] {
            assert_eq!(of_code(code), Verdict::Refused(code.to_owned()));
        }
        assert_eq!(of_code("fatal_error"), Verdict::Unsure("fatal_error".to_owned()));
    }

    #[test]
    fn a_scope_that_only_looking_needs_may_be_missing() {
        let body: String = r#"{"ok":false,"error":"missing_scope"}"#.to_owned();
        let reply = Reply { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() };
        for method in LOOKS {
            assert_eq!(judge(method, &reply), Verdict::Refused("missing_scope".to_owned()), "{method:?}");
        }
        let token = Reply { body: r#"{"ok":false,"error":"invalid_auth"}"#.into(), ..reply };
        assert!(matches!(judge(LOOKS[0], &token), Verdict::Unauthorized(_)));
    }

    #[test]
    fn what_slack_adds_to_its_code_is_kept() {
        let scope = r#"{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"users:read"}"#;
        let reason = "missing_scope (needs chat:write, has users:read)".to_owned();
        assert_eq!(verdict(200, scope), Verdict::Busy { reason, wait: None });
        let blocks =
            r#"{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] a","[ERROR] b"]}}"#;
        assert_eq!(verdict(200, blocks), Verdict::Refused("invalid_blocks ([ERROR] a; [ERROR] b)".to_owned()));
    }

    #[test]
    fn an_answer_that_is_not_slacks_is_judged_by_its_status() {
        assert_eq!(verdict(200, "<html>"), Verdict::Unsure("the answer is not Slack's".to_owned()));
        assert_eq!(verdict(200, "{}"), Verdict::Unsure("the answer is not Slack's".to_owned()));
        assert_eq!(verdict(404, "<html>"), Verdict::Refused("status 404".to_owned()));
        assert_eq!(verdict(403, "<html>"), Verdict::Busy { reason: "status 403".to_owned(), wait: None });
        assert_eq!(verdict(503, r#"{"ok":false,"error":"x"}"#), Verdict::Unsure("status 503".to_owned()));
        assert_eq!(verdict(429, ""), Verdict::Busy { reason: "status 429".to_owned(), wait: None });
    }
}
