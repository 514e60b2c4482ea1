//! Bytes as what Slack says of a click.

#![no_main]

use dispatch_tests::input::payload::holds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| holds(&String::from_utf8_lossy(data)));
