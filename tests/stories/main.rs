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
mod faults;
mod forms;
mod instead;
mod lag;
mod last_resort;
mod leases;
mod limits;
mod log;
mod logs;
mod looking;
mod meddling;
mod outage;
mod overtaken;
mod predecessor;
mod private;
mod races;
mod repeats;
mod replays;
mod secrets;
mod seeded;
mod self_service;
mod silence;
mod storms;
mod story;
mod together;
mod types;
mod unreadable;
mod webhooks;
