//! What GitHub and PagerDuty send, damaged.

use dispatch_tests::input::{
    gateway::{self, status},
    webhook::{SERVICES, acknowledged, body_holds, closed, marker_holds, signed},
    world::Memory,
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::damage::{damaged, damaged_text};

fn form(payload: &str) -> Vec<u8> {
    serde_urlencoded::to_string([("payload", payload)]).unwrap().into_bytes()
}

/// Events that were signed for what stands in them.
fn sound() -> Vec<Value> {
    let bodies = [closed().to_string().into_bytes(), form(&closed().to_string()), acknowledged().to_string().into()];
    let events = bodies.iter().flat_map(|body| SERVICES.map(|service| signed(body, service, true)));
    events.collect()
}

/// Events whose signature is somebody else's.
fn unsigned() -> Vec<Value> {
    let mut events = sound();
    for event in &mut events {
        for (header, digits) in [("x-hub-signature-256", "sha256="), ("x-pagerduty-signature", "v1=")] {
            if event["headers"].get(header).is_some() {
                event["headers"][header] = json!(format!("{digits}{}", "0".repeat(64)));
            }
        }
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_payload_that_was_signed_is_taken_or_refused(payload in damaged_text(vec![closed(), acknowledged()])) {
        body_holds(payload.as_bytes());
        body_holds(&form(&payload));
    }

    #[test]
    fn bytes_that_were_signed_are_taken_or_refused(body in vec(any::<u8>(), 0..200)) {
        body_holds(&body);
        body_holds(&[b"payload=".as_slice(), &body].concat());
        body_holds(&[b"{".as_slice(), &body].concat());
    }

    #[test]
    fn a_damaged_event_without_a_signature_has_no_effect(event in damaged(unsigned())) {
        gateway::holds(&event);
    }

    #[test]
    fn a_signed_event_that_is_damaged_is_answered(event in damaged(sound())) {
        prop_assert!(matches!(status(&Memory::up(), &event), 200 | 400 | 401));
    }

    #[test]
    fn no_text_hides_the_marker(
        text in vec(prop_oneof![
            Just("<!-- dispatch:"), Just("0123456789abcdef0123456789abcdef01234567"), Just(":"), Just("5eed"),
            Just(" -->"), Just("\n"), Just("é"), Just("<"),
        ], 0..40),
    ) {
        marker_holds(&text.concat());
    }

    #[test]
    fn no_arbitrary_text_hides_the_marker(text in any::<String>()) {
        marker_holds(&text);
    }
}

#[test]
fn the_examples_are_taken() {
    let [github, pagerduty] = SERVICES;
    for (body, service) in [
        (closed().to_string().into_bytes(), github),
        (form(&closed().to_string()), github),
        (acknowledged().to_string().into_bytes(), pagerduty),
    ] {
        body_holds(&body);
        assert_eq!(status(&Memory::up(), &signed(&body, service, true)), 200);
    }
}

/// As many signatures as fit into the headers that a gateway takes.
#[test]
fn many_signatures_over_a_large_body_are_checked() {
    let body = "x".repeat(1 << 20);
    for (service, header, one) in
        [(SERVICES[0], "x-hub-signature-256", "sha256=00,"), (SERVICES[1], "x-pagerduty-signature", "v1=00,")]
    {
        let mut event = signed(body.as_bytes(), service, false);
        event["headers"][header] = json!(one.repeat(1_000));
        assert_eq!(status(&Memory::up(), &event), 401);
    }
}

/// GitHub's bodies have at most 65,536 characters, and PagerDuty sends no more than 256 KB.
#[test]
fn much_in_any_field_is_taken_or_refused() {
    for filling in ["<!-- dispatch:", "\0", "&payload=", "["] {
        let text = filling.repeat((1 << 16) / filling.len());
        marker_holds(&text);
        body_holds(text.as_bytes());
        for path in ["/action", "/issue/body", "/issue/html_url", "/repository/full_name", "/sender/login"] {
            let mut payload = closed();
            *payload.pointer_mut(path).unwrap() = json!(text);
            body_holds(payload.to_string().as_bytes());
        }
        for path in ["/event/id", "/event/event_type", "/event/occurred_at", "/event/agent/summary", "/event/data/id"] {
            let mut payload = acknowledged();
            *payload.pointer_mut(path).unwrap() = json!(text);
            body_holds(payload.to_string().as_bytes());
        }
    }
}
