//! Bytes as a message.

#![no_main]

use dispatch_core::source::Letter;
use dispatch_tests::input::message::holds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    holds(&Letter { id: "m-1", subject: None, text: &String::from_utf8_lossy(data) });
});
