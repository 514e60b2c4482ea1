//! The settings: whether each is there and looks as it should.

use std::collections::BTreeMap;

use dispatch_services::settings::{Problem, Setting, Settings};

use super::finding::Finding;

/// Where values are looked for that no message tells: name of the setting, and the place.
const PLACES: &[(&str, &str)] = &[
    (
        "SLACK_BOT_TOKEN",
        "It is the Bot User OAuth Token (xoxb-…) under OAuth & Permissions of the app at https://api.slack.com/apps.",
    ),
    (
        "SLACK_SIGNING_SECRET",
        "It is the Signing Secret under Basic Information, App Credentials, of the app at https://api.slack.com/apps.",
    ),
    (
        "SLACK_DEFAULT_CHANNEL",
        "It is the name of a channel, or its id, which stands at the end of the channel's details.",
    ),
    (
        "GITHUB_TOKEN",
        "A fine-grained token for this repository alone, with Issues: Read and write, comes from \
         https://github.com/settings/personal-access-tokens/new.",
    ),
    ("GITHUB_APP_ID", "It is the App ID at the top of the app's page, under https://github.com/settings/apps."),
    (
        "GITHUB_APP_PRIVATE_KEY",
        "Generate one under Private keys on the app's page, and set the whole text of the file; line breaks may be \
         written \\n.",
    ),
    (
        "PAGERDUTY_ROUTING_KEY",
        "It is the Integration Key of an integration Events API V2, on the tab Integrations of the service.",
    ),
    ("PAGERDUTY_API_KEY", "Make one under Integrations, API Access Keys, Create New API Key, and leave Read-only off."),
    (
        "PAGERDUTY_SERVICE_ID",
        "It is the last part of the address of the service's page: …pagerduty.com/service-directory/PABC123.",
    ),
    ("PAGERDUTY_FROM_ADDRESS", "It is the login address of a user of PagerDuty who is never on call."),
    ("DISPATCH_STORE_URL", "It is s3:// and the name of the bucket that the stack made."),
    (TOPIC, "It is the ARN of the topic that the stack made, among its outputs."),
];

const TOPIC: &str = "DISPATCH_TOPIC_ARN";

/// Where settings are read and where they are mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The environment of this command and a file `.env`.
    Here,
    /// The functions of this stack, or those of these names.
    Deployed(String),
}

impl Origin {
    /// The step that gives a setting a value.
    pub(super) fn set(&self, name: &str) -> String {
        match self {
            Origin::Here => format!("Set {name} in the environment or in .env."),
            Origin::Deployed(whose) => format!("Set {name} in the environment of {whose}, and deploy."),
        }
    }

    /// As [`Origin::set`], with where the value is found.
    pub(super) fn set_from_its_place(&self, name: &str) -> String {
        let place = PLACES.iter().find(|(known, _)| *known == name).map(|(_, place)| format!(" {place}"));
        self.set(name) + place.as_deref().unwrap_or_default()
    }
}

/// What was read, and from where.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) origin: Origin,
    /// As they were written.
    pub(super) given: BTreeMap<String, String>,
    /// Those that are right.
    pub(super) settings: Settings,
    pub(super) problems: Vec<Problem>,
}

impl Read {
    /// One finding for each of these settings.
    pub(super) fn findings(&self, declared: &[Setting]) -> Vec<Finding> {
        declared.iter().map(|setting| self.finding(setting)).collect()
    }

    fn finding(&self, setting: &Setting) -> Finding {
        let name = setting.name;
        if let Some(problem) = self.problems.iter().find(|problem| problem.name == name) {
            return Finding::wrong(name, told(problem), self.mend(problem));
        }
        let is_given = self.given.get(name).is_some_and(|value| !value.trim().is_empty());
        match self.settings.text(name) {
            Some(value) if setting.secret => Finding::ok(name, format!("set, length {}", value.chars().count())),
            // Whatever was ciphertext is not shown, either.
            Some(_) if is_given => Finding::ok(name, self.settings.problem(name, "").found.trim_matches('"')),
            Some(value) => Finding::usual(name, value),
            None => self.absent(name),
        }
    }

    /// A setting that may be missing, and is.
    fn absent(&self, name: &'static str) -> Finding {
        match name {
            "GITHUB_WEBHOOK_SECRET" => Finding::note(name, "not set: that somebody closes an issue is found out late"),
            "PAGERDUTY_WEBHOOK_SECRET" => {
                Finding::note(name, "not set: that somebody takes or resolves a page is not seen at once")
            }
            "PAGERDUTY_ROUTING_KEY" => {
                Finding::note(name, "not set: pages go through the REST interface, which takes few of them")
            }
            TOPIC => Finding::wrong(
                name,
                "not set: the clock wakes nobody, and what is too much for one run is not handed on",
                self.origin.set_from_its_place(name),
            ),
            name => Finding::usual(name, "not set"),
        }
    }

    fn mend(&self, problem: &Problem) -> String {
        if is_undecrypted(problem) {
            return format!(
                "Allow kms:Decrypt with the key that encrypted it, in the region where it is called, or set {} anew.",
                problem.name
            );
        }
        self.origin.set_from_its_place(problem.name)
    }
}

/// What is wrong, without the name.
pub(super) fn told(problem: &Problem) -> String {
    if is_undecrypted(problem) {
        return problem.found.clone();
    }
    match problem.found.as_str() {
        // What it looks like is told with where it is found; when it must be there is not.
        "nothing" => match problem.expected.find(", unless ").or(problem.expected.find(", because ")) {
            Some(at) => format!("not set{}", problem.expected.get(at..).unwrap_or_default()),
            None => "not set".to_owned(),
        },
        found => format!("found {found}, expected {}", problem.expected),
    }
}

fn is_undecrypted(problem: &Problem) -> bool {
    problem.found.starts_with("a secure: value")
}
