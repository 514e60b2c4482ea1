//! What the test crates share.

#[cfg(feature = "contract")]
pub mod contract;
pub mod input;
