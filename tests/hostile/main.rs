//! Bad input: whatever comes in, nothing panics, nothing is guessed at and nothing is silently dropped.
//!
//! What must hold is in `tests/input`; here are inputs that were valid before something was done to them. The fuzz
//! targets in `tests/fuzz` hold any bytes against the same.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "input that is not dealt with has failed the test")]

mod damage;
mod events;
mod examples;
mod gateway;
mod journals;
mod limits;
mod messages;
mod payloads;
mod webhooks;
