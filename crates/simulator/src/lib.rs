//! Stand-ins for everything outside Dispatch, for tests and for a laptop: the vendors' services, and the part of AWS
//! that carries messages.

pub mod aws;
pub mod fake;
