//! The `dispatch` command.

mod args;
mod check;
mod local;
mod messages;
mod plan;
mod send;
mod style;

use std::{io, process::ExitCode};

use clap::{CommandFactory, Parser};

use self::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let command = args.command.unwrap_or_else(|| Command::Local(args.local));
    let done = match command {
        Command::Local(local) => local::run(local),
        Command::Send(send) => send::run(send),
        Command::Check(check) => check::run(&check),
        Command::Plan(plan) => plan::run(&plan),
        Command::Life => print(dispatch_core::life::PICTURE),
        Command::Schema => print(&format!("{:#}\n", dispatch_core::source::dispatch::schema())),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "dispatch", &mut io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            let _ = style::stderr(&format!("{} {error}\n", style::bad("error:")));
            ExitCode::from(2)
        }
    }
}

/// Writes to the terminal; a closed pipe (`dispatch life | head -1`) is no error.
fn print(text: &str) -> Result<ExitCode, Failure> {
    style::stdout(text)?;
    Ok(ExitCode::SUCCESS)
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
    /// Anything else.
    #[error("{0}")]
    Other(String),
}
