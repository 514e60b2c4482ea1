//! Messages, as publishers write them.

mod agreement;
mod hostile;
mod mistakes;
mod predecessor;
mod silence;
mod types;
