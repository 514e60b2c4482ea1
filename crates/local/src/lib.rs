//! The whole of Dispatch on one machine: what `dispatch local` runs and what the stories are played
//! in.
//!
//! - [`town`] joins the fakes, the topic, its queues and both functions' real handlers.
//! - [`console`] is the page on which people watch and play along.
//! - [`examples`] holds one message of each type.
//!
//! Deliberately absent: anything that AWS runs. Nothing in here is in either function.

pub mod console;
pub mod examples;
pub mod town;
