//! Bytes as an event, and as the body of a record in one.

#![no_main]

use dispatch_tests::input::event::{batch, direct, envelope, holds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(event) = serde_json::from_slice(data) {
        holds(&event);
    }
    let text = String::from_utf8_lossy(data);
    let mut event = batch(&[text.to_string(), envelope("m-1", &text).to_string()]);
    event["Records"].as_array_mut().expect("a list").push(direct("m-2", &text));
    holds(&event);
});
