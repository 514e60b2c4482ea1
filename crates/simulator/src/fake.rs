//! Fakes of GitHub, Slack and PagerDuty: real HTTP servers on loopback, shared by tests and by people.
//!
//! They hold what they are sent to the vendors' contracts, more strictly than the vendors do: a field that the
//! vendor would silently ignore is refused here, and every such slip is also kept in [`Fake::violations`]. They keep
//! state that can be read, awaited and changed by hand, they record every request, and they can be told to
//! misbehave ([`Fault`]).
//!
//! Deliberately absent: anything that Dispatch does not call, and the vendors' own limits of rate, but for Slack's on
//! posting ([`slack::Limits`]).

mod call;
mod fault;
mod fields;
pub mod github;
mod handle;
mod log;
mod markdown;
mod page;
pub mod pagerduty;
mod server;
pub mod slack;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod webhook;
mod world;

use std::fmt;
use std::io;

use jiff::SignedDuration;

pub use fault::{Fault, Kind};
pub use github::Github;
pub use handle::{Fake, TimedOut};
pub use log::Recorded;
pub use pagerduty::PagerDuty;
pub use slack::Slack;
pub use webhook::Webhook;
pub use world::Clock;

/// What somebody wanted to act on by hand is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuch(pub(crate) String);

impl fmt::Display for NoSuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {}", self.0)
    }
}

impl std::error::Error for NoSuch {}

/// How the three fakes start.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// GitHub.
    pub github: github::Settings,
    /// Slack.
    pub slack: slack::Settings,
    /// PagerDuty.
    pub pagerduty: pagerduty::Settings,
}

impl Settings {
    /// The same settings with each clock ahead by what the function says at the time.
    #[must_use]
    pub fn ahead_by(mut self, ahead: impl Fn() -> SignedDuration + Clone + Send + Sync + 'static) -> Self {
        self.github.clock = self.github.clock.ahead_by(ahead.clone());
        self.slack.clock = self.slack.clock.ahead_by(ahead.clone());
        self.pagerduty.clock = self.pagerduty.clock.ahead_by(ahead);
        self
    }

    /// The same settings with one clock for all three.
    #[must_use]
    pub fn with_clock(mut self, clock: &Clock) -> Self {
        self.github.clock = clock.clone();
        self.slack.clock = clock.clone();
        self.pagerduty.clock = clock.clone();
        self
    }
}

/// The three fakes, started together. They share nothing with other fakes in the same process.
#[derive(Debug)]
pub struct Fakes {
    /// GitHub.
    pub github: Github,
    /// Slack.
    pub slack: Slack,
    /// PagerDuty, both its REST API and its Events API.
    pub pagerduty: PagerDuty,
    environment: Vec<(&'static str, String)>,
}

impl Fakes {
    /// Starts all three with the repository, people, channels and services of the default settings.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Settings::default()).await
    }

    /// Starts all three.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start_with(settings: Settings) -> io::Result<Self> {
        let accepted = environment(&settings);
        let github = Github::start(settings.github).await?;
        let slack = Slack::start(settings.slack).await?;
        let pagerduty = PagerDuty::start(settings.pagerduty).await?;
        let addresses = [
            ("GITHUB_API_URL", github.url().to_owned()),
            ("SLACK_API_URL", slack.api_url()),
            ("PAGERDUTY_API_URL", pagerduty.url().to_owned()),
            ("PAGERDUTY_EVENTS_URL", pagerduty.url().to_owned()),
        ];
        Ok(Self { github, slack, pagerduty, environment: accepted.into_iter().chain(addresses).collect() })
    }

    /// The settings that lead Dispatch here, by the names of its environment variables: addresses, tokens, the first
    /// repository, channel and service.
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }

    /// Every request to the three so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        let mut all = [self.github.requests(), self.slack.requests(), self.pagerduty.requests()].concat();
        all.sort_by_key(|recorded| recorded.at);
        all
    }

    /// The complaints of all three.
    pub fn violations(&self) -> Vec<String> {
        [self.github.violations(), self.slack.violations(), self.pagerduty.violations()].concat()
    }
}

/// What the fakes accept, by the names of the environment variables.
fn environment(settings: &Settings) -> Vec<(&'static str, String)> {
    let repository = settings.github.repositories.first().and_then(|name| name.split_once('/'));
    let (owner, name) = repository.unwrap_or(("example-org", "alarms"));
    let mut all = vec![
        ("GITHUB_OWNER", owner.to_owned()),
        ("GITHUB_REPO", name.to_owned()),
        ("GITHUB_TOKEN", settings.github.token.clone()),
        ("GITHUB_WEBHOOK_SECRET", settings.github.webhook_secret.clone()),
        ("GITHUB_DEFAULT_USER", format!("{owner}/security")),
        ("SLACK_BOT_TOKEN", settings.slack.bot_token.clone()),
        ("SLACK_SIGNING_SECRET", settings.slack.signing_secret.clone()),
        ("PAGERDUTY_WEBHOOK_SECRET", settings.pagerduty.webhook_secret.clone()),
        ("PAGERDUTY_API_KEY", settings.pagerduty.api_key.clone()),
    ];
    if let Some(channel) = settings.slack.channels.first() {
        all.push(("SLACK_DEFAULT_CHANNEL", format!("#{}", channel.name)));
    }
    if let Some(service) = settings.pagerduty.services.first() {
        all.push(("PAGERDUTY_SERVICE_ID", service.id.clone()));
        all.push(("PAGERDUTY_ROUTING_KEY", service.routing_key.clone()));
    }
    if let Some(user) = settings.pagerduty.users.first() {
        all.push(("PAGERDUTY_FROM_ADDRESS", user.email.clone()));
    }
    all
}
