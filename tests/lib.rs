//! What the test crates share.

pub mod contract;
