//! `dispatch doctor`: what keeps a deployment from working, and the step that mends it.
//!
//! A check is a [`Finding`]. Each service has a file, which asks at its rim and judges what it is
//! answered by pure functions; a fault in one hides nothing of the others.

mod aws;
mod door;
mod finding;
mod functions;
mod github;
mod pagerduty;
mod probe;
mod report;
mod settings;
mod slack;
mod store;

use std::{
    collections::BTreeMap,
    io::{self, BufRead, IsTerminal},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, FromArgMatches, ValueHint};
use dispatch_engine::world::until;
use dispatch_services::{
    all_settings, github as github_service, pagerduty as pagerduty_service, settings::Setting, slack as slack_service,
};
use tokio::time::Instant;
use url::Url;

use self::{
    finding::Finding,
    functions::Functions,
    probe::Probe,
    report::Section,
    settings::{Origin, Read},
};
use crate::{Failure, command::Command, local, style};

/// `dispatch doctor`.
pub(crate) const COMMAND: Command = Command {
    name: "doctor",
    define: |command| Doctor::augment_args(command).after_help(EXAMPLES),
    run: |matches| run(&Doctor::from_arg_matches(matches)?),
};

const EXAMPLES: &str = "Examples:
  dispatch doctor                                    the settings of this shell and of .env
  dispatch doctor --stack dispatch                   those of the functions that are deployed
  dispatch doctor --fix --page --message jane@example.com
  dispatch doctor --json | jq -r 'select(.verdict == \"wrong\") | .what + \": \" + .mend'

Exit code 0: nothing is wrong; 1: something is; 2: it could not begin.

On AWS it needs the rights sns:GetTopicAttributes, sns:ListSubscriptionsByTopic, sqs:GetQueueUrl,
sqs:GetQueueAttributes, and s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject on the store;
kms:Decrypt where settings are encrypted, ssm:GetParameters and secretsmanager:GetSecretValue where they stand
elsewhere; with --stack or --function also cloudformation:ListStackResources, lambda:GetFunctionConfiguration
and lambda:InvokeFunction.";

/// How long KMS may take to decrypt settings.
const DECRYPTION: Duration = Duration::from_secs(8);

/// Say of each setting and each right whether it is as it should be, and what mends it
///
/// Looks at the settings in the environment and in a file `.env` in this folder, asks Slack, GitHub, PagerDuty and AWS
/// with them, and says what keeps Dispatch from working, with the step that mends it. It changes nothing that stays: in
/// the store it writes and removes an object below `doctor/`, and in the fallback channel it posts a note that only the
/// app's bot sees.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Examine the functions of this CloudFormation stack, with the settings that they have
    #[arg(long, value_name = "NAME", conflicts_with = "function")]
    pub(crate) stack: Option<String>,

    /// Examine this Lambda function, with the settings that it has; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Vec<String>,

    /// Send a signed ping to the address that Slack calls: https://…/slack/interactivity
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: Option<Url>,

    /// Send a test event to PagerDuty without asking, and resolve it at once
    #[arg(long)]
    pub(crate) page: bool,

    /// Send a test message in Slack to whoever has this address or id
    #[arg(long, value_name = "PERSON")]
    pub(crate) message: Option<String>,

    /// Mend what can be mended without harm: create the labels that Dispatch uses
    #[arg(long)]
    pub(crate) fix: bool,

    /// Print one JSON object for each finding, on a line of its own; asks no question
    #[arg(long)]
    pub(crate) json: bool,
}

/// What may be done beyond looking.
#[derive(Debug)]
pub(crate) struct Wishes {
    fix: bool,
    message: Option<String>,
    /// Why no test event is sent, if none is.
    page: Result<(), String>,
}

/// Examines everything, and tells.
pub(crate) fn run(doctor: &Doctor) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sections = runtime.block_on(doctor.examine())?;
    Ok(report::tell(&sections, doctor.json)?)
}

impl Doctor {
    async fn examine(&self) -> Result<Vec<Section>, Failure> {
        let here = local::settings::read(Path::new(".env"))?;
        let functions = match self.stack.is_some() || !self.function.is_empty() {
            true => Some(Functions::find(self.stack.as_deref(), &self.function, &here).await?),
            false => None,
        };
        let read = self.read(functions.as_ref(), &here).await;
        let wishes = self.wishes(&read)?;
        let probe = Probe::new()?;
        let (settings, origin) = (&read.settings, &read.origin);
        let aws = async {
            let aws = aws::connect(settings).await;
            tokio::join!(aws::examine(&read, &aws), store::examine(settings, origin, &aws))
        };
        let (slack, github, pagerduty, (aws, store), deployed) = tokio::join!(
            slack::examine(settings, origin, &probe, &wishes),
            github::examine(settings, origin, &probe, &wishes),
            pagerduty::examine(settings, origin, &probe, &wishes),
            aws,
            self.deployed(functions.as_ref(), &read, &here, &probe),
        );
        let own = own_settings().flat_map(|declared| read.findings(declared)).chain([probe.clock()]).collect();
        let sections = [
            ("Dispatch", own),
            ("Slack", [read.findings(slack_service::SETTINGS), slack].concat()),
            ("GitHub", [read.findings(github_service::SETTINGS), github].concat()),
            ("PagerDuty", [read.findings(pagerduty_service::SETTINGS), pagerduty].concat()),
            ("AWS", [aws, store].concat()),
            ("Functions", deployed),
        ];
        let sections = sections.map(|(title, findings)| Section { title, findings });
        Ok(sections.into_iter().filter(|section| !section.findings.is_empty()).collect())
    }

    /// The functions, and the way from Slack to them.
    async fn deployed(
        &self,
        functions: Option<&Functions>,
        read: &Read,
        here: &BTreeMap<String, String>,
        probe: &Probe,
    ) -> Vec<Finding> {
        let deployed = async {
            match functions {
                Some(functions) => functions.examine(read, here).await,
                None => Vec::new(),
            }
        };
        let door = async {
            match &self.url {
                Some(url) => Some(door::examine(url, &read.settings, &read.origin, probe).await),
                None => functions.map(|_| door::unknown()),
            }
        };
        let (deployed, door) = tokio::join!(deployed, door);
        deployed.into_iter().chain(door).collect()
    }

    async fn read(&self, functions: Option<&Functions>, here: &BTreeMap<String, String>) -> Read {
        let (origin, given) = match functions {
            Some(functions) => (Origin::Deployed(functions.names()), functions.environment()),
            None => (Origin::Here, here.clone()),
        };
        let lookup = functions::lookup(&given, here);
        let (settings, problems) = until(Instant::now() + DECRYPTION, dispatch_services::examine(lookup)).await;
        Read { origin, given, settings, problems }
    }

    /// Asks before anybody may be called.
    fn wishes(&self, read: &Read) -> Result<Wishes, Failure> {
        let asks = !self.page
            && !self.json
            && io::stdin().is_terminal()
            && read.settings.text("PAGERDUTY_ROUTING_KEY").is_some();
        let page = match self.page || (asks && confirmed(&mut io::stdin().lock())?) {
            true => Ok(()),
            false => Err("nobody is paged unasked: --page sends a test event, and resolves it at once".to_owned()),
        };
        Ok(Wishes { fix: self.fix, message: self.message.clone(), page })
    }
}

/// The settings that belong to no vendor.
fn own_settings() -> impl Iterator<Item = &'static [Setting]> {
    // Among them are two of GitHub's limits, which belong to the engine.
    let is_own = |declared: &&[Setting]| declared.first().is_some_and(|setting| setting.name.starts_with("DISPATCH_"));
    all_settings().into_iter().filter(is_own)
}

/// Asks whether a test event may go out; anything but yes is no.
fn confirmed(answers: &mut impl BufRead) -> Result<bool, Failure> {
    style::stderr("Send a test event to PagerDuty, and resolve it at once? Whoever is on call may hear of it. y/N ")?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_lets_a_test_event_go_out() {
        for (answer, yes) in [("y\n", true), ("YES\n", true), ("\n", false), ("n\n", false), ("", false)] {
            assert_eq!(confirmed(&mut answer.as_bytes()).unwrap(), yes, "{answer:?}");
        }
    }

    #[test]
    fn every_setting_is_in_one_section() {
        let vendors = [slack_service::SETTINGS, github_service::SETTINGS, pagerduty_service::SETTINGS];
        let mut told: Vec<&str> = own_settings().chain(vendors).flatten().map(|setting| setting.name).collect();
        let mut all: Vec<&str> = all_settings().into_iter().flatten().map(|setting| setting.name).collect();
        told.sort_unstable();
        all.sort_unstable();
        assert_eq!(told, all);
    }
}
