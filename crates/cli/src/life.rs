//! `dispatch life`: the life of an alarm as a picture.

use std::process::ExitCode;

use clap::{Args, FromArgMatches};
use dispatch_core::life::PICTURE;

use crate::{Failure, command::Command, style};

/// `dispatch life`.
pub(crate) const COMMAND: Command =
    Command { name: "life", define: Life::augment_args, run: |matches| run(&Life::from_arg_matches(matches)?) };

/// Print the life of an alarm as a picture
#[derive(Debug, Args)]
pub(crate) struct Life;

fn run(_: &Life) -> Result<ExitCode, Failure> {
    style::stdout(PICTURE)?;
    Ok(ExitCode::SUCCESS)
}
