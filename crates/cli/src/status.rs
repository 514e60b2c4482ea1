//! `dispatch status`: what waits, what is due, what failed.

mod lives;
mod queues;
mod report;

use std::process::ExitCode;

use clap::{Args, FromArgMatches, ValueHint};
use jiff::Timestamp;

use self::{
    lives::{Bounds, Lives},
    queues::Depths,
    report::Report,
};
use crate::{Failure, command::Command, store, style, target::Target};

/// `dispatch status`.
pub(crate) const COMMAND: Command = Command {
    name: "status",
    define: |command| Status::augment_args(command).after_help(EXAMPLES),
    run: |matches| run(&Status::from_arg_matches(matches)?),
};

const EXAMPLES: &str = "Examples:
  export DISPATCH_STORE_URL=s3://bucket
  dispatch status --topic-arn arn:aws:sns:eu-central-1:123456789012:dispatch
  dispatch status --json | jq .needs_a_person
  dispatch status --limit 100 --journals 5000

Exit code 0: nothing needs a person; 1: something does, such as a dead letter; 2: not everything could be looked at.

On AWS it needs the rights sns:ListSubscriptionsByTopic, sqs:GetQueueUrl and sqs:GetQueueAttributes, and \
s3:ListBucket and s3:GetObject on the store.";

/// Show what waits, what is due and what failed
///
/// Timers and the alarms that they wake, with what comes then; what was begun and not finished; the topic's queues and their
/// dead letters. The store is the one that DISPATCH_STORE_URL names. Timers are counted by their names, and only so many journals are read as
/// --limit and --journals allow: it says what it did not look at. Nothing is changed, and no message is received.
///
/// Without --topic-arn and --endpoint-url it looks at the queues of `dispatch local` on its usual port.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Status {
    /// The topic
    #[arg(long, visible_alias = "topic", value_name = "ARN", env = "DISPATCH_TOPIC_ARN")]
    pub(crate) topic_arn: Option<String>,

    /// Address of what stands in for SNS, such as the page of `dispatch local`; and for SQS, unless AWS_ENDPOINT_URL_SQS
    /// names another
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, env = "AWS_ENDPOINT_URL_SNS")]
    pub(crate) endpoint_url: Option<String>,

    /// Alarms that are shown of each kind
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) limit: usize,

    /// Journals that are read to find what was not finished
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    pub(crate) journals: usize,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

fn run(status: &Status) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(status.look());
    let text = if status.json { format!("{:#}\n", report.object()) } else { report.text() };
    style::stdout(&text)?;
    Ok(ExitCode::from(report.code()))
}

impl Status {
    /// Looks at the store and at the queues; what cannot be looked at keeps nothing else from it.
    async fn look(&self) -> Report {
        let (lives, depths) = futures::join!(self.lives(), self.depths());
        Report::new(lives, depths)
    }

    async fn lives(&self) -> Result<Lives, String> {
        let store = store::open().await?;
        let bounds = Bounds { shown: self.limit, journals: self.journals };
        lives::look(store.as_ref(), bounds, Timestamp::now()).await.map_err(|failed| failed.to_string())
    }

    async fn depths(&self) -> Result<Depths, String> {
        let target = Target::of(self.topic_arn.as_deref(), self.endpoint_url.as_deref());
        let (sns, aws) = target.connect().await.map_err(|failure| failure.to_string())?;
        let subscribed = sns.queues().await.map_err(|failed| target.unlisted(&failed))?;
        Ok(queues::look(&aws, &subscribed).await)
    }
}
