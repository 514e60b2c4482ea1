//! The `dispatch` command.

mod check;
mod command;
mod completions;
mod doctor;
mod encrypt;
mod life;
mod local;
mod messages;
mod plan;
mod redrive;
mod schema;
mod send;
mod slack_manifest;
mod status;
mod store;
mod style;
mod tail;
mod target;
mod unknown;

use std::{io, process::ExitCode};

fn main() -> ExitCode {
    command::run().unwrap_or_else(|failure| {
        // Whoever closed standard error does not want to know.
        let _ = failure.tell();
        ExitCode::from(2)
    })
}

/// What ends a command early, in words for whoever typed it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file could not be read.
    #[error("{file}: {error}")]
    File {
        /// As it was typed.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// The terminal could not be written to.
    #[error("output: {0}")]
    Output(#[from] io::Error),
    /// The arguments could not be read.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// Says it on standard error.
    pub(crate) fn tell(&self) -> io::Result<()> {
        style::stderr(&format!("{} {self}\n", style::bad("error:")))
    }
}
