//! What both functions do first: write a log that machines read, and open the world.

use std::fmt;

use tracing_subscriber::EnvFilter;

use crate::{Services, VERSION, connect, from_env, settings::Problems, sns::TOPIC};

/// A start that failed. Its text names everything that is wrong, one problem a line.
pub struct CannotStart(Problems);

/// As people read it: this is what a process that ends with the error prints.
impl fmt::Debug for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dispatch cannot start:\n{}", self.0)
    }
}

impl std::error::Error for CannotStart {}

/// Starts the log, one JSON object a line on standard output, and makes every client from the
/// environment.
///
/// # Errors
/// Everything that is missing or wrong in the settings.
pub async fn start() -> Result<Services, CannotStart> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_target(false).init();
    let settings = from_env().await.map_err(CannotStart)?;
    if settings.text(TOPIC).is_none() {
        tracing::warn!("{TOPIC} is not set: what does not fit into one invocation cannot be handed on");
    }
    let services = connect(&settings).await.map_err(CannotStart)?;
    tracing::info!(version = VERSION, "started");
    Ok(services)
}
