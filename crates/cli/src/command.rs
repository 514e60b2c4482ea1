//! The commands. Each is one file and one line in [`COMMANDS`].

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};

use crate::{
    Failure, check, completions, doctor, encrypt, life,
    local::{self, Local},
    plan, redrive, schema, send, slack_manifest, status, tail,
};

/// In the order of the help.
const COMMANDS: &[Command] = &[
    local::COMMAND,
    send::COMMAND,
    check::COMMAND,
    plan::COMMAND,
    life::COMMAND,
    status::COMMAND,
    tail::COMMAND,
    redrive::COMMAND,
    slack_manifest::COMMAND,
    encrypt::COMMAND,
    doctor::COMMAND,
    schema::COMMAND,
    completions::COMMAND,
];

/// One command.
pub(crate) struct Command {
    /// What is typed.
    pub(crate) name: &'static str,
    /// Adds its options and its help.
    pub(crate) define: fn(clap::Command) -> clap::Command,
    /// Does it.
    pub(crate) run: fn(&ArgMatches) -> Result<ExitCode, Failure>,
}

/// Routes alarms: asks the right person in Slack, keeps the audit log on GitHub, pages through PagerDuty.
///
/// Without a command it starts everything on this machine, as `dispatch local` does.
#[derive(Debug, Parser)]
#[command(name = "dispatch", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Alone {
    #[command(flatten)]
    local: Local,
}

/// The command line as a whole.
pub(crate) fn build() -> clap::Command {
    let commands = COMMANDS.iter().map(|command| (command.define)(clap::Command::new(command.name)));
    Alone::command().subcommands(commands)
}

/// Reads what was typed and does it.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let matches = build().get_matches();
    match matches.subcommand() {
        Some((name, matches)) => match COMMANDS.iter().find(|command| command.name == name) {
            Some(command) => (command.run)(matches),
            None => Err(Failure::Other(format!("{name}: no such command"))),
        },
        None => local::run(&Alone::from_arg_matches(&matches)?.local),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_well_made() {
        build().debug_assert();
    }

    #[test]
    fn without_a_command_the_options_of_local_are_taken() {
        let matches = build().try_get_matches_from(["dispatch", "--demo", "--port", "0"]).unwrap();
        assert!(matches.subcommand().is_none());
        let local = Alone::from_arg_matches(&matches).unwrap().local;
        assert_eq!((local.demo, local.port), (true, Some(0)));
        assert!(build().try_get_matches_from(["dispatch", "--demo", "check", "a.json"]).is_err());
    }
}
