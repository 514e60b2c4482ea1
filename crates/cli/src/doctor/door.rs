//! The address that Slack calls: whether triage answers there, signed as Slack signs.

use dispatch_services::{settings::Settings, slack::signature::sign};
use http::{HeaderName, Method, StatusCode, header};
use jiff::Timestamp;
use url::Url;

use super::{
    finding::Finding,
    functions::judge_version,
    probe::{Probe, request, with},
    settings::Origin,
};

const WHAT: &str = "request address";
const BODY: &str = "dispatch=ping";
const SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET";
const TIMESTAMP: HeaderName = HeaderName::from_static("x-slack-request-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");

/// Nobody said where triage is.
pub(super) fn unknown() -> Finding {
    Finding::skipped(WHAT, "--url https://…/slack/interactivity sends it a ping, signed as Slack signs")
}

/// Sends a signed ping to `url`.
pub(super) async fn examine(url: &Url, settings: &Settings, origin: &Origin, probe: &Probe) -> Finding {
    let Some(secret) = settings.secret(SIGNING_SECRET) else {
        return Finding::skipped(WHAT, format!("{SIGNING_SECRET} must be right first"));
    };
    let now = Timestamp::now().as_second().to_string();
    let ping = with(request(Method::POST, url, &[]), header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut ping = with(with(ping, SIGNATURE, &sign(&secret, &now, BODY.as_bytes())), TIMESTAMP, &now);
    *ping.body_mut() = Some(BODY.into());
    let reply = match probe.ask("triage ping", ping).await {
        Ok(reply) => reply,
        Err(failed) => {
            return Finding::wrong(
                WHAT,
                format!("no answer from {url}: {}", super::finding::said(&failed)),
                "Compare the address with the outputs of the stack; it must be https.",
            );
        }
    };
    let found = format!("{url} answers with status {}", reply.status.as_u16());
    match (reply.status, reply.header("x-dispatch-version")) {
        (StatusCode::OK, Some(version)) => judge_version(WHAT, version),
        (StatusCode::OK, None) => Finding::wrong(
            WHAT,
            format!("{found}, but not as Dispatch does"),
            "Compare the address with the outputs of the stack; if it is right, deploy this version.",
        ),
        (StatusCode::UNAUTHORIZED, _) => Finding::wrong(
            WHAT,
            format!("{found}: the signature is not taken"),
            format!(
                "The function has another signing secret than this one, so it refuses clicks or these settings are \
                 wrong. {}",
                origin.set_from_its_place(SIGNING_SECRET)
            ),
        ),
        (status, _) if status.is_server_error() => Finding::wrong(
            WHAT,
            format!("{found}: the function does not start, or fails"),
            "The log of triage says why: `dispatch doctor --stack NAME` names the function.",
        ),
        _ => Finding::wrong(
            WHAT,
            found,
            "Compare the address with the outputs of the stack: the path ends in /slack/interactivity.",
        ),
    }
}
