//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueHint};
use clap_complete::Shell;

/// Routes alarms: asks the right person in Slack, keeps the audit log on GitHub, pages through PagerDuty.
///
/// Without a command it starts everything on this machine, as `dispatch local` does.
#[derive(Debug, Parser)]
#[command(name = "dispatch", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) local: Local,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine: stand-ins for the services, the topic, both functions, a console page
    ///
    /// Nothing leaves the machine and no account is needed. Settings of a real service, in the environment or in
    /// `.env`, replace the stand-in of that service alone: GITHUB_TOKEN, SLACK_BOT_TOKEN, PAGERDUTY_ROUTING_KEY and
    /// the settings that go with them.
    Local(Local),
    /// Publish messages to the topic
    Send(Send),
    /// Say whether messages are as they should be, and where they are not
    ///
    /// Exit code 0: all are; 1: at least one is not; 2: the file could not be read.
    Check(Check),
    /// Print what would happen to messages; touches nothing
    Plan(Plan),
    /// Print the life of an alarm as a picture
    Life,
    /// Print the JSON Schema of messages
    Schema,
    /// Print completions for a shell
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Options of `dispatch local`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Local {
    /// Port of the console page and the topic on 127.0.0.1; 0 takes any that is free. Default: 4100, else any.
    #[arg(long)]
    pub(crate) port: Option<u16>,

    /// Publish one alarm of each type at the start
    #[arg(long)]
    pub(crate) demo: bool,

    /// Keep journals in this folder instead of in memory
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub(crate) folder: Option<PathBuf>,

    /// Say more: every call to every service
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// Options of `dispatch send`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Send {
    /// File with one or more JSON messages; `-` reads standard input
    #[arg(value_hint = ValueHint::FilePath, required_unless_present_any = ["message", "example"])]
    pub(crate) file: Option<PathBuf>,

    /// The message itself
    #[arg(long, short, conflicts_with = "file")]
    pub(crate) message: Option<String>,

    /// A ready-made message of this type
    #[arg(long, conflicts_with_all = ["file", "message"])]
    pub(crate) example: Option<String>,

    /// Subject of the publication
    #[arg(long)]
    pub(crate) subject: Option<String>,

    /// The topic
    #[arg(long, env = "DISPATCH_TOPIC_ARN", default_value = dispatch_local::town::TOPIC_ARN)]
    pub(crate) topic_arn: String,

    /// Address of SNS, such as that of `dispatch local`; AWS itself when absent
    #[arg(long, env = "AWS_ENDPOINT_URL_SNS")]
    pub(crate) endpoint_url: Option<String>,

    /// Send messages that `dispatch check` refuses, too
    #[arg(long)]
    pub(crate) unchecked: bool,
}

/// Options of `dispatch check`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Check {
    /// Files with one or more JSON messages: one after the other, or in lists; `-` reads standard input
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
}

/// Options of `dispatch plan`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Plan {
    /// File with one or more JSON messages; `-` reads standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Where issues go by default: owner/name
    #[arg(long, default_value = "example-org/alarms")]
    pub(crate) repo: String,

    /// User or org/team tagged when a message names nobody
    #[arg(long)]
    pub(crate) default_user: Option<String>,
}
