//! What GitHub's replies mean.

use std::time::Duration;

use dispatch_core::text::shorten;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use crate::http::{Reply, Verdict};

/// What GitHub asks for when it names no time.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
const LIMIT_PAUSE: Duration = Duration::from_secs(60);
const REASON_CHARS_MAX: usize = 300;

/// The usual meaning of a reply.
///
/// Bad credentials and missing rights are [`Verdict::Forbidden`]: an operator must mend them, and the
/// alarm must come back after that.
pub(super) fn judge(reply: &Reply) -> Verdict {
    match reply.status {
        status if status.is_success() => Verdict::Fine,
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS if is_limited(reply) => {
            Verdict::Busy { reason: sentence(reply), wait: Some(pause(reply)) }
        }
        StatusCode::UNAUTHORIZED => Verdict::Unauthorized(Box::new(Verdict::Forbidden(sentence(reply)))),
        StatusCode::FORBIDDEN => Verdict::Forbidden(sentence(reply)),
        StatusCode::REQUEST_TIMEOUT => Verdict::Unsure(sentence(reply)),
        status if status.is_server_error() => Verdict::Unsure(sentence(reply)),
        _ => Verdict::Refused(sentence(reply)),
    }
}

/// As [`judge`], for opening an issue: a complaint about labels is the caller's to read.
pub(super) fn judge_opening(reply: &Reply) -> Verdict {
    if is_about_labels(reply) { Verdict::Fine } else { judge(reply) }
}

/// As [`judge`], where the caller reads for itself that an issue is gone.
pub(super) fn judge_existing(reply: &Reply) -> Verdict {
    if is_gone(reply) { Verdict::Fine } else { judge(reply) }
}

/// As [`judge_existing`], for a label: nothing waits for one that this token may not create.
pub(super) fn judge_label(reply: &Reply) -> Verdict {
    if is_about_labels(reply) { Verdict::Refused(sentence(reply)) } else { judge_existing(reply) }
}

/// As [`judge_existing`], where the caller also reads for itself that an issue has moved, or is as it was.
pub(super) fn judge_state(reply: &Reply) -> Verdict {
    match reply.status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::NOT_MODIFIED => Verdict::Fine,
        _ => judge_existing(reply),
    }
}

/// Whether the issue was deleted, or moved to where this token cannot read.
pub(super) fn is_gone(reply: &Reply) -> bool {
    matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// Whether a 403 or 429 is a primary or secondary limit and not a missing right.
fn is_limited(reply: &Reply) -> bool {
    let told = || Complaint::read(reply).message.to_ascii_lowercase();
    reply.status == StatusCode::TOO_MANY_REQUESTS
        || reply.retry_after().is_some()
        || is_spent(reply)
        || ["rate limit", "abuse detection"].iter().any(|words| told().contains(words))
}

/// Whether GitHub did not create the issue because of its labels: it names them, or the token may
/// not make a label that does not exist yet.
pub(super) fn is_about_labels(reply: &Reply) -> bool {
    match reply.status {
        StatusCode::UNPROCESSABLE_ENTITY => sentence(reply).to_ascii_lowercase().contains("label"),
        StatusCode::FORBIDDEN => !is_limited(reply),
        _ => false,
    }
}

fn is_spent(reply: &Reply) -> bool {
    reply.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0")
}

fn pause(reply: &Reply) -> Duration {
    let reset = || {
        let second = reply.header("x-ratelimit-reset").filter(|_| is_spent(reply))?.trim().parse().ok()?;
        Some(reply.until(Timestamp::from_second(second).ok()?))
    };
    reply.retry_after().or_else(reset).unwrap_or(LIMIT_PAUSE)
}

/// GitHub's own sentences, without anything that it was sent.
fn sentence(reply: &Reply) -> String {
    let said = Complaint::read(reply).text();
    shorten(format!("{} {said}", reply.status.as_u16()).trim_end(), REASON_CHARS_MAX).into_owned()
}

/// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed>
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Complaint {
    message: String,
    errors: Option<Vec<Detail>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Detail {
    Sentence(String),
    /// Its `value` is not read: that is what we sent.
    Field {
        resource: Option<String>,
        field: Option<String>,
        code: Option<String>,
        message: Option<String>,
    },
}

impl Complaint {
    fn read(reply: &Reply) -> Self {
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    fn text(self) -> String {
        let details: Vec<String> = self.errors.into_iter().flatten().map(Detail::text).collect();
        if details.is_empty() { self.message } else { format!("{}: {}", self.message, details.join(", ")) }
    }
}

impl Detail {
    fn text(self) -> String {
        match self {
            Detail::Sentence(text) => text,
            Detail::Field { resource, field, code, message } => {
                let words: Vec<String> = [resource, field, code, message].into_iter().flatten().collect();
                words.join(" ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Reply {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
    }

    fn wait(reply: &Reply) -> Option<Duration> {
        match judge(reply) {
            Verdict::Busy { wait, .. } => wait,
            verdict => panic!("{verdict:?}"),
        }
    }

    #[test]
    fn a_spent_budget_waits_until_it_is_filled_again() {
        let date = ("date", "Sat, 21 Nov 2026 10:00:00 GMT");
        let (none, some) = (("x-ratelimit-remaining", "0"), ("x-ratelimit-remaining", "17"));
        let reset = ("x-ratelimit-reset", "1795255210"); // 10:00:10 on that day
        for status in [403, 429] {
            assert_eq!(wait(&reply(status, &[date, none, reset], "{}")), Some(Duration::from_secs(10)));
            let asked = reply(status, &[date, none, reset, ("retry-after", "3")], "{}");
            assert_eq!(wait(&asked), Some(Duration::from_secs(3)));
        }
        let right = reply(403, &[date, some, reset], r#"{"message":"Forbidden"}"#);
        assert_eq!(judge(&right), Verdict::Forbidden("403 Forbidden".to_owned()));
        let asked = reply(403, &[some, ("retry-after", "30")], "{}");
        assert_eq!(wait(&asked), Some(Duration::from_secs(30)));
        let secondary = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(wait(&reply(403, &[date, some, reset], secondary)), Some(LIMIT_PAUSE));
    }

    #[test]
    fn a_reason_is_short_whatever_the_body() {
        assert_eq!(sentence(&reply(404, &[], "<html>")), "404");
        assert_eq!(sentence(&reply(422, &[], r#"{"message":"No","errors":null}"#)), "422 No");
        assert_eq!(sentence(&reply(422, &[], r#"{"message":"No","errors":"text"}"#)), "422");
        let long = reply(422, &[], Box::leak(format!(r#"{{"message":"{}"}}"#, "no ".repeat(500)).into_boxed_str()));
        assert!(sentence(&long).chars().count() <= REASON_CHARS_MAX);
    }
}
