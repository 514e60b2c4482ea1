//! What must hold for one input, whatever it is: the bodies that the property tests and the fuzz targets share.
//!
//! One file for each kind of input, and [`world`], in which everything outside is memory. A body panics when
//! something does not hold. Deliberately absent: where inputs come from.

#![expect(clippy::indexing_slicing, reason = "an answer of another form is a finding")]
#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a body says that something does not hold")]

pub mod event;
pub mod gateway;
pub mod journal;
pub mod message;
pub mod payload;
pub mod webhook;
pub mod world;
