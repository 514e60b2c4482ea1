//! The repository keeps its own rules: which crate knows which, what core never touches, what stands where, and that
//! what is written in prose is so.

#![expect(clippy::panic, clippy::unwrap_used, reason = "what cannot be read here has failed the test")]

mod arrows;
mod core;
mod prose;
mod readme;
mod tree;
