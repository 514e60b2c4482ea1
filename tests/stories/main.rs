//! Stories: the real clients and both functions' real handlers against the fake services, over HTTP
//! on loopback.

mod events;
mod outage;
mod predecessor;
mod repeats;
mod self_service;
mod story;
mod together;
mod types;
mod unreadable;
