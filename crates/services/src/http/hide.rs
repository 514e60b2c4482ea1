//! What was sent is not quoted back: a service that repeats a token or a text in its complaint must not
//! bring it into logs, issues and pages.

use dispatch_engine::ports::Failed;
use http::header::AUTHORIZATION;
use reqwest::Request;

/// Words that are shorter stay: they are the vocabulary of complaints, and no secret.
const WORD_MIN: usize = 12;

const HIDDEN: &str = "[hidden]";

/// The failure, without long words that stand in the credentials or in the body of the request.
pub(super) fn hide(failed: Failed, request: &Request) -> Failed {
    let without = |reason: String| conceal(&reason, request);
    match failed {
        Failed::Refused { call, reason } => Failed::Refused { call, reason: without(reason) },
        Failed::Forbidden { call, reason } => Failed::Forbidden { call, reason: without(reason) },
        Failed::Busy { call, reason, wait } => Failed::Busy { call, reason: without(reason), wait },
        Failed::Unreachable { call, reason } => Failed::Unreachable { call, reason: without(reason) },
    }
}

fn conceal(reason: &str, request: &Request) -> String {
    let credentials = request.headers().get(AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '=');
    let mut safe = String::with_capacity(reason.len());
    for part in reason.split_inclusive(|c| !is_word(c)) {
        let word = part.trim_end_matches(|c| !is_word(c));
        let was_sent = |sent: &[u8]| sent.windows(word.len()).any(|window| window == word.as_bytes());
        if word.len() >= WORD_MIN && (was_sent(credentials) || was_sent(body)) {
            safe.push_str(HIDDEN);
            safe.push_str(part.get(word.len()..).unwrap_or_default());
        } else {
            safe.push_str(part);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(token: &str, body: &'static str) -> Request {
        let client = reqwest::Request::new(http::Method::POST, "http://127.0.0.1/".parse().unwrap());
        let mut request = client;
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        *request.body_mut() = Some(body.into());
        request
    }

    #[test]
    fn what_was_sent_is_not_quoted_back() {
        let request =
            request("xoxb-0123456789-abc", r#"{"routing_key":"0123456789abcdef0123456789abcdef","text":"hello"}"#);
        for (said, kept) in [
            ("bad token xoxb-0123456789-abc!", "bad token [hidden]!"),
            ("0123456789abcdef0123456789abcdef", "[hidden]"),
            ("key (0123456789abcdef0123456789abcdef), text hello", "key ([hidden]), text hello"),
            ("422 Validation Failed: title is too long", "422 Validation Failed: title is too long"),
            ("", ""),
        ] {
            assert_eq!(conceal(said, &request), kept);
        }
    }
}
