//! Bytes as a journal.

#![no_main]

use dispatch_tests::input::journal::holds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| holds(data));
