//! A reply, and when it asks to come back.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;

/// A complete reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Bytes,
}

impl Reply {
    /// The wait that `Retry-After` asks for, in either of its two forms.
    /// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        Some(self.until(http_date(text)?))
    }

    /// The wait until `then` by the service's own clock; zero when that is past.
    pub fn until(&self, then: Timestamp) -> Duration {
        let date = self.header(header::DATE.as_str()).and_then(http_date);
        let now = date.unwrap_or_else(Timestamp::now);
        then.duration_since(now).try_into().unwrap_or(Duration::ZERO)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_seconds_or_as_a_date() {
        let date = ("date", "Sat, 21 Nov 2026 10:00:00 GMT");
        let rows = [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("Sat, 21 Nov 2026 10:01:30 GMT", Some(90)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ];
        for (text, seconds) in rows {
            let headers = [date, ("retry-after", text)];
            let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let headers = headers.into_iter().collect();
            let reply = Reply { status: StatusCode::TOO_MANY_REQUESTS, headers, body: Bytes::new() };
            assert_eq!(reply.retry_after(), seconds.map(Duration::from_secs), "{text:?}");
        }
    }

    #[test]
    fn without_a_date_the_clock_of_this_machine_counts() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "Mon, 01 Jan 2125 00:00:00 GMT".parse().unwrap());
        let reply = Reply { status: StatusCode::OK, headers, body: Bytes::new() };
        assert!(reply.retry_after() > Some(Duration::from_secs(3600)));
    }
}
