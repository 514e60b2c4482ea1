//! SNS's answers.

use std::fmt::Write as _;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::aws::{Refusal, random_id};

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// `<Name>text</Name>`, the text escaped.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// The answer to an action that worked, around the XML of its result.
pub(super) fn success(action: &str, result: &str) -> Response {
    let request = random_id();
    let metadata = format!("<ResponseMetadata>{}</ResponseMetadata>", element("RequestId", &request));
    let result = format!("<{action}Result>{result}</{action}Result>");
    let body = format!("<{action}Response xmlns=\"{NAMESPACE}\">{result}{metadata}</{action}Response>");
    respond(StatusCode::OK, request, body)
}

/// The answer to a request that is refused.
pub(super) fn failure(refusal: &Refusal) -> Response {
    let request = random_id();
    let parts = [("Type", "Sender"), ("Code", refusal.code), ("Message", &refusal.message)];
    let error: String = parts.iter().map(|(name, text)| element(name, text)).collect();
    let id = element("RequestId", &request);
    let body = format!("<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{error}</Error>{id}</ErrorResponse>");
    respond(refusal.status, request, body)
}

fn respond(status: StatusCode, request: String, body: String) -> Response {
    let headers = [(CONTENT_TYPE.as_str(), "text/xml".to_owned()), ("x-amzn-requestid", request)];
    (status, headers, body).into_response()
}

/// Escapes what XML gives a meaning, and replaces the control characters that it cannot hold at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(c)); // writing to a string cannot fail
            }
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(element("A", "<a b=\"c\">'é' & d"), "<A>&lt;a b=&quot;c&quot;&gt;&apos;é&apos; &amp; d</A>");
        assert_eq!(element("A", "a\r\n\u{0}\u{7f}"), "<A>a&#13;&#10;\u{fffd}\u{fffd}</A>");
    }
}
