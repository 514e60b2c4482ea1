//! Whether a request that says it is Slack's was signed by Slack.
//!
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

use jiff::Timestamp;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

const VERSION: &str = "v0";
/// How far the clocks may be apart, and how long a request can be replayed. Seconds.
const AGE_MAX_S: u64 = 300;

/// Why a request counts as unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// One of the two headers is missing.
    #[error("the request carries no signature")]
    Missing,
    /// Signed more than five minutes ago, or ahead of now, or at no time at all.
    #[error("the request was not signed within the last five minutes")]
    Stale,
    /// Signed with another secret, or another body was signed.
    #[error("the signature of the request is wrong")]
    Wrong,
}

/// Checks the signature of an incoming request.
///
/// `timestamp` and `signature` are the values of `X-Slack-Request-Timestamp` and
/// `X-Slack-Signature`; `body` is the raw body, before any decoding of the form, but after the
/// Base64 decoding that a gateway may make necessary.
///
/// # Errors
/// Unless Slack signed exactly this body with this secret within five minutes of `now`.
pub fn verify(
    secret: &SecretString,
    timestamp: Option<&str>,
    signature: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Unsigned> {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else {
        return Err(Unsigned::Missing);
    };
    let signed_s: i64 = timestamp.parse().map_err(|_| Unsigned::Stale)?;
    if now.as_second().abs_diff(signed_s) > AGE_MAX_S {
        return Err(Unsigned::Stale);
    }
    let digits = signature.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('=')).ok_or(Unsigned::Wrong)?;
    let tag = hex::decode(digits).map_err(|_| Unsigned::Wrong)?;
    // `ring` compares in constant time.
    hmac::verify(&key(secret), &signed(timestamp, body), &tag).map_err(|_| Unsigned::Wrong)
}

/// The signature that Slack would send with `body`. For the stand-in and for tests.
pub fn sign(secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&key(secret), &signed(timestamp, body));
    format!("{VERSION}={}", hex::encode(tag))
}

/// The secret is used as the text it is; its hex digits are not decoded.
fn key(secret: &SecretString) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes())
}

fn signed(timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{VERSION}:{timestamp}:").into_bytes();
    text.extend_from_slice(body);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Slack's documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const AT: &str = "1531420618";
    const BODY: &[u8] = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn check(timestamp: Option<&str>, signature: Option<&str>, body: &[u8], now: i64) -> Result<(), Unsigned> {
        verify(&SECRET.into(), timestamp, signature, body, at(now))
    }

    #[test]
    fn the_documented_example_is_signed() {
        assert_eq!(check(Some(AT), Some(SIGNATURE), BODY, 1_531_420_618), Ok(()));
        assert_eq!(sign(&SECRET.into(), AT, BODY), SIGNATURE);
    }

    #[test]
    fn five_minutes_either_way_are_the_limit() {
        for now in [1_531_420_318, 1_531_420_918] {
            assert_eq!(check(Some(AT), Some(SIGNATURE), BODY, now), Ok(()), "{now}");
        }
        for now in [1_531_420_317, 1_531_420_919] {
            assert_eq!(check(Some(AT), Some(SIGNATURE), BODY, now), Err(Unsigned::Stale), "{now}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_stale() {
        for time in ["", "soon", "-9223372036854775808", "9223372036854775807", "99999999999999999999"] {
            let signature = sign(&SECRET.into(), time, BODY);
            assert_eq!(check(Some(time), Some(&signature), BODY, 1_531_420_618), Err(Unsigned::Stale), "{time}");
        }
    }

    #[test]
    fn both_headers_are_needed() {
        assert_eq!(check(None, Some(SIGNATURE), BODY, 1_531_420_618), Err(Unsigned::Missing));
        assert_eq!(check(Some(AT), None, BODY, 1_531_420_618), Err(Unsigned::Missing));
    }

    #[test]
    fn another_body_secret_time_or_form_is_wrong() {
        let wrong = |signature: &str, body: &[u8]| check(Some(AT), Some(signature), body, 1_531_420_618);
        assert_eq!(wrong(SIGNATURE, b"token=other"), Err(Unsigned::Wrong));
        assert_eq!(wrong(&sign(&"other".into(), AT, BODY), BODY), Err(Unsigned::Wrong));
        assert_eq!(wrong(&sign(&SECRET.into(), "1531420619", BODY), BODY), Err(Unsigned::Wrong));
        for form in ["", "v0=", "v0=zz", "v1=00", &SIGNATURE[3..], &SIGNATURE[..60]] {
            assert_eq!(wrong(form, BODY), Err(Unsigned::Wrong), "{form}");
        }
    }
    #[test]
    fn a_signature_must_fit_to_its_last_byte_and_in_its_length() {
        let digits = SIGNATURE.trim_start_matches("v0=");
        let wrong = |digits: String| {
            let signature = format!("v0={digits}");
            assert_eq!(check(Some(AT), Some(&signature), BODY, 1_531_420_618), Err(Unsigned::Wrong), "{signature}");
        };
        for place in 0..digits.len() {
            let other = if digits.as_bytes()[place] == b'0' { "1" } else { "0" };
            wrong(format!("{}{other}{}", &digits[..place], &digits[place + 1..]));
        }
        for length in 0..digits.len() {
            wrong(digits[..length].to_owned());
        }
        for longer in ["0", "00", digits] {
            wrong(format!("{digits}{longer}"));
        }
    }
}
