//! `dispatch schema`: the JSON Schema of messages.

use std::process::ExitCode;

use clap::{Args, FromArgMatches};
use dispatch_core::source::dispatch::schema;

use crate::{Failure, command::Command, style};

/// `dispatch schema`.
pub(crate) const COMMAND: Command =
    Command { name: "schema", define: Schema::augment_args, run: |matches| run(&Schema::from_arg_matches(matches)?) };

/// Print the JSON Schema of messages
#[derive(Debug, Args)]
pub(crate) struct Schema;

fn run(_: &Schema) -> Result<ExitCode, Failure> {
    style::stdout(&format!("{:#}\n", schema()))?;
    Ok(ExitCode::SUCCESS)
}
