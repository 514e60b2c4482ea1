//! Bytes as an HTTP event, and as the body of a request that Slack signed.

#![no_main]

use dispatch_tests::input::gateway::{body_holds, holds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = serde_json::from_slice(data) {
        holds(&event);
    }
    body_holds(data);
});
