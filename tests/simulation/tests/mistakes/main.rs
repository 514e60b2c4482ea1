//! Deliberate mistakes in core, engine and incoming: each must make the simulation fail, or the
//! simulation proves nothing.
//!
//! All mistakes are built by one nested build into `target/mistakes`; a crate that a mistake does not
//! touch is shared. The first run builds for some minutes, later ones build what has changed.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a workshop that cannot be set up is a failed test")]

mod list;
mod workshop;

/// One change: in a file, by its path from the top, a text that stands there once, and what takes its place.
struct Edit {
    file: &'static str,
    text: &'static str,
    instead: &'static str,
}

/// A mistake that somebody could make.
struct Mistake {
    name: &'static str,
    edits: &'static [Edit],
}
