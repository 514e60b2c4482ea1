//! Stories: the real clients and both functions' real handlers against the fake services, over HTTP
//! on loopback.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a story that does not go on as told has failed"
)]

mod crashes;
mod deadlines;
mod events;
mod logs;
mod meddling;
mod outage;
mod predecessor;
mod races;
mod repeats;
mod self_service;
mod story;
mod together;
mod types;
mod unreadable;
