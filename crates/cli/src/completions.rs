//! `dispatch completions`: what shells need to complete the command.

use std::process::ExitCode;

use clap::{Args, FromArgMatches};
use clap_complete::Shell;

use crate::{
    Failure,
    command::{Command, build},
    style,
};

/// `dispatch completions`.
pub(crate) const COMMAND: Command = Command {
    name: "completions",
    define: Completions::augment_args,
    run: |matches| run(&Completions::from_arg_matches(matches)?),
};

/// Print completions for a shell
///
/// For bash, in ~/.bashrc: source <(dispatch completions bash)
///
/// For zsh, into a folder of $fpath: dispatch completions zsh > ~/.zfunc/_dispatch
///
/// For fish: dispatch completions fish > ~/.config/fish/completions/dispatch.fish
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

fn run(completions: &Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut build(), "dispatch", &mut script);
    style::stdout(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
