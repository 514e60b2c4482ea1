//! HTTP events of the function that takes clicks, damaged.

use dispatch_tests::input::{
    gateway::{self, Kind, body_holds, signed, status},
    world::Memory,
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::{damage::damaged, examples};

fn form() -> Vec<u8> {
    serde_urlencoded::to_string([("payload", examples::payloads()[0].to_string())]).unwrap().into_bytes()
}

/// Events that nobody has signed for what stands in them.
fn unsigned() -> Vec<Value> {
    let mut events = Vec::new();
    for (kind, encoded) in [(Kind::Http, true), (Kind::Http, false), (Kind::Rest, true), (Kind::Rest, false)] {
        let mut event = signed(&form(), kind, encoded);
        event["headers"]["x-slack-signature"] = json!(format!("v0={}", "0".repeat(64)));
        event["headers"]["X-Slack-Signature"] = json!("v0=");
        event["multiValueHeaders"] = Value::Null;
        events.push(event);
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_event_without_a_signature_has_no_effect(event in damaged(unsigned())) {
        gateway::holds(&event);
    }

    #[test]
    fn bytes_that_were_signed_are_taken_or_refused(body in vec(any::<u8>(), 0..200)) {
        body_holds(&body);
        body_holds(&[b"payload=".as_slice(), &body].concat());
    }

    #[test]
    fn a_signed_event_that_is_damaged_is_answered(
        event in damaged(vec![signed(&form(), Kind::Http, true), signed(&form(), Kind::Rest, false)]),
    ) {
        prop_assert!(matches!(status(&Memory::up(), &event), 200 | 400 | 401));
    }
}

#[test]
fn bytes_that_no_text_holds_are_checked_and_refused() {
    for body in [
        &b"payload=\0"[..],
        b"payload=%00",
        b"payload=\xff\xfe",
        b"payload=%ff%fe",
        b"\xf0\x9f",
        b"",
        b"&&==&",
        b"ssl_check=1",
    ] {
        body_holds(body);
    }
}

#[test]
fn base64_with_wrong_padding_is_no_request() {
    let sound = signed(b"payload={}", Kind::Http, true);
    assert_eq!(status(&Memory::up(), &sound), 400, "signed, but no payload of Slack's");
    for body in ["cGF5bG9hZD17fQ", "cGF5bG9hZD17fQ=", "cGF5bG9hZD17fQ===", "=", "%%%%", "cGF5\0", "é"] {
        let mut event = sound.clone();
        event["body"] = json!(body);
        assert!(matches!(status(&Memory::up(), &event), 400 | 401), "{body}");
        gateway::holds(&event);
    }
}

#[test]
fn a_mebibyte_of_anything_is_answered() {
    for filling in ["payload=", "a=b&", "%00", "[", "\0"] {
        let text = filling.repeat((1 << 20) / filling.len());
        body_holds(format!("payload={text}").as_bytes());
    }
}
