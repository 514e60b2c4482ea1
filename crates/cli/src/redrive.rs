//! `dispatch redrive`: what was given up, why, and once more.

mod letter;
mod losses;
mod queues;
mod report;

use std::{
    collections::BTreeSet,
    io::{self, BufRead, IsTerminal},
    process::ExitCode,
};

use clap::{Args, FromArgMatches, ValueHint};

use self::{
    letter::Letter,
    losses::Losses,
    queues::{Graveyard, Walk},
    report::{Outcome, Report},
};
use crate::{Failure, command::Command, style, target::Target};

/// `dispatch redrive`.
pub(crate) const COMMAND: Command = Command {
    name: "redrive",
    define: |command| Redrive::augment_args(command).after_help(EXAMPLES),
    run: |matches| run(&Redrive::from_arg_matches(matches)?),
};

const EXAMPLES: &str = "Examples:
  dispatch redrive --list                            look, and change nothing
  dispatch redrive                                   look, ask, and send all of them again
  dispatch redrive --yes --message 8f3c…             send one message again, without a question
  dispatch redrive --list --json | jq -r .why.reason
  DISPATCH_STORE_URL=s3://bucket dispatch redrive --topic-arn arn:aws:sns:eu-central-1:123456789012:dispatch --list

Exit code 0: nothing is there, or all of it was shown or sent; 1: some of it could not be; 2: it could not begin.

On AWS it needs the rights sns:ListSubscriptionsByTopic, sqs:GetQueueUrl, sqs:GetQueueAttributes, sqs:ReceiveMessage,
sqs:ChangeMessageVisibility, sqs:DeleteMessage and sqs:SendMessage, and s3:GetObject on the store.";

/// Show the messages that were given up and why, and send them again
///
/// A message that fails in every delivery ends in the dead-letter queue of its queue. This command goes through the
/// dead-letter queues of all queues that are subscribed to the topic. Each message goes back to the queue that it came
/// from, and then out of the dead-letter queue. It keeps its name: an alarm that was begun is gone on with, and nothing is
/// done twice, however often a message is sent.
///
/// Why a message was given up is read from the store that DISPATCH_STORE_URL names. To look counts as a receipt and hides a
/// message from others for up to a minute. Queues that keep the order of their messages (FIFO) are not supported.
///
/// Without --topic-arn and --endpoint-url it looks at `dispatch local` on its usual port.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Redrive {
    /// The topic
    #[arg(long, visible_alias = "topic", value_name = "ARN", env = "DISPATCH_TOPIC_ARN")]
    pub(crate) topic_arn: Option<String>,

    /// Address of what stands in for SNS, such as the page of `dispatch local`; and for SQS, unless AWS_ENDPOINT_URL_SQS
    /// names another
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, env = "AWS_ENDPOINT_URL_SNS")]
    pub(crate) endpoint_url: Option<String>,

    /// Show what is there, and send nothing
    #[arg(long)]
    pub(crate) list: bool,

    /// Only the message of this id; may be given several times
    #[arg(long, value_name = "ID")]
    pub(crate) message: Vec<String>,

    /// Print one JSON object for each message, on a line of its own; asks no question
    #[arg(long)]
    pub(crate) json: bool,

    /// Ask no question. On a terminal the command shows what is there and asks before it sends
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Shows, asks, sends; what could not be done is told at the end.
pub(crate) fn run(redrive: &Redrive) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(redrive.all())
}

impl Redrive {
    async fn all(&self) -> Result<ExitCode, Failure> {
        let target = Target::of(self.topic_arn.as_deref(), self.endpoint_url.as_deref());
        let (sns, aws) = target.connect().await?;
        let subscribed = sns.queues().await.map_err(|failed| Failure::Other(target.unlisted(&failed)))?;
        let mut report = Report::new(self.json);
        let graveyards = queues::find(&aws, &subscribed, &mut report).await?;
        let mut losses = Losses::open().await;
        let asks = !(self.list || self.yes || self.json) && io::stdin().is_terminal();
        if self.list || asks {
            let listed = self.list(&graveyards, &mut losses, &mut report).await?;
            report.counted()?;
            if asks && !listed.is_empty() && confirmed(listed.len(), &mut io::stdin().lock())? {
                report.begin_again();
                let wanted = |letter: &Letter| listed.contains(&letter.received.id);
                send_all(&graveyards, wanted, &mut losses, &mut report).await?;
                report.sent()?;
            }
        } else {
            send_all(&graveyards, |letter| self.wants(letter), &mut losses, &mut report).await?;
            report.sent()?;
        }
        report.finish(&self.message)
    }

    /// Whether the letter is one of those that were asked for. SQS and Dispatch call it by two names.
    fn wants(&self, letter: &Letter) -> bool {
        self.message.is_empty() || self.message.iter().any(|id| *id == letter.name || *id == letter.received.id)
    }

    /// Shows every letter, and hides none for longer than that takes. What SQS calls those that were shown.
    async fn list(
        &self,
        graveyards: &[Graveyard],
        losses: &mut Losses,
        report: &mut Report,
    ) -> Result<BTreeSet<String>, Failure> {
        let mut listed = BTreeSet::new();
        for graveyard in graveyards {
            let mut walk = Walk::begin(&graveyard.queue).await;
            while let Some(received) = walk.next().await {
                let letter = Letter::open(received);
                if self.wants(&letter) {
                    listed.insert(letter.received.id.clone());
                    let why = losses.of(&letter.name).await;
                    report.letter(graveyard, &letter, &why, &Outcome::Listed)?;
                }
            }
            report.walked(graveyard, walk.end().await)?;
        }
        Ok(listed)
    }
}

/// Sends every letter that is wanted to where it came from, and takes it out of the dead letters only then.
async fn send_all(
    graveyards: &[Graveyard],
    wanted: impl Fn(&Letter) -> bool,
    losses: &mut Losses,
    report: &mut Report,
) -> Result<(), Failure> {
    for graveyard in graveyards {
        let mut walk = Walk::begin(&graveyard.queue).await;
        while let Some(received) = walk.next().await {
            let letter = Letter::open(received);
            if wanted(&letter) {
                let outcome = send(graveyard, &letter).await;
                if matches!(outcome, Outcome::Sent) {
                    walk.gone(&letter.received);
                }
                let why = losses.of(&letter.name).await;
                report.letter(graveyard, &letter, &why, &outcome)?;
            }
        }
        report.walked(graveyard, walk.end().await)?;
    }
    Ok(())
}

/// Sends one letter again. Whoever dies in the middle leaves two copies under one name, never none.
async fn send(graveyard: &Graveyard, letter: &Letter) -> Outcome {
    let Some(source) = graveyard.source(&letter.received) else { return Outcome::Foreign };
    if let Err(failed) = source.queue.send(&letter.body(), &letter.received).await {
        return Outcome::NotSent(failed);
    }
    match graveyard.queue.delete(&letter.received).await {
        Ok(()) => Outcome::Sent,
        Err(failed) => Outcome::NotDeleted(failed),
    }
}

/// Asks whether to go on; anything but yes is no.
fn confirmed(count: usize, answers: &mut impl BufRead) -> Result<bool, Failure> {
    let them = if count == 1 { "it" } else { "them" };
    style::stderr(&format!("Send {them} again? y/N "))?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    let yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !yes {
        style::stderr("Nothing was sent.\n")?;
    }
    Ok(yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for (answer, yes) in
            [("y\n", true), ("YES\n", true), ("\n", false), ("n\n", false), ("", false), ("yup\n", false)]
        {
            assert_eq!(confirmed(2, &mut answer.as_bytes()).unwrap(), yes, "{answer:?}");
        }
    }
}
