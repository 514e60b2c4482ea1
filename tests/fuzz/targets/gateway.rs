//! Bytes as an HTTP event, and as the body of a request that Slack, GitHub or PagerDuty signed.

#![no_main]

use dispatch_tests::input::{
    gateway::{body_holds, holds},
    webhook,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = serde_json::from_slice(data) {
        holds(&event);
    }
    body_holds(data);
    webhook::body_holds(data);
    if let Ok(text) = std::str::from_utf8(data) {
        webhook::marker_holds(text);
    }
});
