//! The outside services that alarms go through, one file each: a client, what it needs to be told
//! ([`settings::Setting`]), and how it does what the engine's [`ports`](dispatch_engine::ports) ask for.
//!
//! - [`http`] is the one place that sends, repeats and waits. [`aws`] lets the AWS SDK ride on it.
//! - [`github`] is the audit log; [`slack`] and [`pagerduty`] are destinations; [`store`] keeps
//!   journals; [`sns`] hands work on; [`kms`] decrypts settings; [`clock`] is time and chance;
//!   [`webhook`] tells whose a webhook is. `logs` and `sqs`, with the features of these names, are for the command, as is
//!   the feature `profiles`: a function has its credentials in its settings.
//! - [`read`] reads all settings, [`connect`] makes all clients from them. Neither stops at the first
//!   problem: a start that fails says everything that is wrong.
//!
//! A new destination is one file, and one line in [`DESTINATIONS`].
//!
//! Deliberately absent: decisions. What to do next, and what to do when a call fails, is the
//! engine's; a client here knows no other client.

use std::{env, sync::Arc};

use dispatch_core::source::Defaults;
use dispatch_engine::{
    Tally,
    ports::{AuditLog, Destination, Store, Topic},
    world::{Limits, World},
};
use secrecy::SecretString;
use url::Url;

use self::{
    aws::Aws,
    clock::SystemClock,
    github::GitHub,
    http::{Http, Watch},
    pagerduty::PagerDuty,
    settings::{Format, Problem, Problems, Reference, Required, Setting, Settings},
    slack::Slack,
    sns::{NoTopic, Sns},
    vault::Vault,
};

pub mod aws;
mod carried;
pub mod clock;
pub mod github;
pub mod http;
pub mod kms;
#[cfg(feature = "logs")]
pub mod logs;
pub mod metrics;
pub mod pagerduty;
mod questions;
pub mod settings;
pub mod shell;
pub mod slack;
pub mod sns;
#[cfg(feature = "sqs")]
pub mod sqs;
pub mod store;
#[cfg(test)]
mod tests;
mod vault;
pub mod webhook;

/// The version of this Dispatch, such as `0.1.0`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every destination.
pub const DESTINATIONS: &[Maker] = &[
    Maker {
        scheme: slack::SCHEME,
        settings: slack::SETTINGS,
        connect: |s, http| Ok(Arc::new(Slack::connect(s, http)?)),
    },
    Maker {
        scheme: pagerduty::SCHEME,
        settings: pagerduty::SETTINGS,
        connect: |s, http| Ok(Arc::new(PagerDuty::connect(s, http)?)),
    },
];

const RECEIVES_MAX: &str = "DISPATCH_MAX_RECEIVE_COUNT";
const WRITES_A_MINUTE: &str = "GITHUB_WRITES_PER_MINUTE";
const WRITES_AN_HOUR: &str = "GITHUB_WRITES_PER_HOUR";
const COUNT: Format = Format::new("a whole number from 1 to 100,000", |text| count(text).is_some());

/// What belongs to no service, and what the engine keeps to.
const OWN_SETTINGS: &[Setting] = &[
    Setting {
        name: RECEIVES_MAX,
        meaning: "maxReceiveCount of the queues: what still fails in the last two of these deliveries is paged",
        format: COUNT,
        default: Some("5"),
        secret: false,
        required: Required::No,
    },
    Setting {
        name: WRITES_A_MINUTE,
        meaning: "issues and comments a minute; what is above goes into a digest issue",
        format: COUNT,
        default: Some("80"),
        secret: false,
        required: Required::No,
    },
    Setting {
        name: WRITES_AN_HOUR,
        meaning: "issues and comments an hour; what is above goes into a digest issue",
        format: COUNT,
        default: Some("500"),
        secret: false,
        required: Required::No,
    },
];

fn count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| (1..=100_000).contains(count))
}

/// A destination, or what keeps it from being made.
type Made = Result<Arc<dyn Destination>, Problem>;

/// How one destination is made.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    /// What its addresses start with.
    pub scheme: &'static str,
    /// What it needs to be told.
    pub settings: &'static [Setting],
    /// Makes it; calls nobody yet.
    pub connect: fn(&Settings, &Http) -> Made,
}

/// Every client, ready for use.
#[derive(Clone, Debug)]
pub struct Services {
    /// GitHub.
    pub audit: Arc<dyn AuditLog>,
    /// One for each of [`DESTINATIONS`], in their order.
    pub destinations: Vec<Arc<dyn Destination>>,
    /// Where journals are kept.
    pub store: Arc<dyn Store>,
    /// Where unfinished work is handed on; refuses when the settings name no topic.
    pub topic: Arc<dyn Topic>,
    /// What holds where a message is silent.
    pub defaults: Defaults,
    /// How much may be asked of others.
    pub limits: Limits,
    /// What happened, in numbers.
    pub tally: Arc<Tally>,
    /// Whether a service did not know who calls.
    pub watch: Watch,
    /// What Slack signs clicks with.
    pub signing_secret: SecretString,
    /// What GitHub signs webhooks with.
    pub github_secret: Option<SecretString>,
    /// What PagerDuty signs webhooks with.
    pub pagerduty_secret: Option<SecretString>,
}

impl Services {
    /// The world that the engine acts in, by the clock of this machine.
    pub fn world(&self) -> World {
        World {
            store: Arc::clone(&self.store),
            audit: Arc::clone(&self.audit),
            destinations: self.destinations.clone(),
            topic: Arc::clone(&self.topic),
            clock: Arc::new(SystemClock),
            defaults: self.defaults.clone(),
            limits: self.limits,
            budget: Arc::default(),
            tally: Arc::clone(&self.tally),
        }
    }
}

/// Every setting of Dispatch, by service. Those of the AWS SDK ([`aws::SETTINGS`]) are read too, but
/// are not Dispatch's to document or to deploy.
pub fn all_settings() -> Vec<&'static [Setting]> {
    let first =
        [questions::SETTINGS, OWN_SETTINGS, metrics::SETTINGS, store::SETTINGS, sns::SETTINGS, github::SETTINGS];
    first.into_iter().chain(DESTINATIONS.iter().map(|maker| maker.settings)).collect()
}

/// Reads every setting through `lookup`. AWS is called for values that stand elsewhere, and only then.
///
/// # Errors
/// Everything that is missing or wrong.
pub async fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Settings, Problems> {
    read_through(None, lookup).await
}

/// The same, with AWS called over connections that are there already.
pub(crate) async fn read_through(
    http: Option<&Http>,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Problems> {
    let (settings, problems) = examine_through(http, lookup).await;
    if problems.is_empty() { Ok(settings) } else { Err(Problems::of(problems)) }
}

/// As [`read`], but what is wrong hides nothing: the settings that are right, and the problems with all others.
pub async fn examine(lookup: impl Fn(&str) -> Option<String>) -> (Settings, Vec<Problem>) {
    examine_through(None, lookup).await
}

async fn examine_through(http: Option<&Http>, lookup: impl Fn(&str) -> Option<String>) -> (Settings, Vec<Problem>) {
    let declared = [all_settings(), vec![aws::SETTINGS]].concat();
    let vault = Vault::new(http, &lookup, references(&lookup));
    Settings::examine(&declared, &lookup, |reference| vault.read(reference)).await
}

/// What stands elsewhere, as far as settings say.
fn references(lookup: impl Fn(&str) -> Option<String>) -> Vec<Reference> {
    let names = all_settings().into_iter().flatten().map(|setting| setting.name);
    names.filter_map(|name| Reference::read(lookup(name)?.trim())).collect()
}

/// [`read`]s every setting from the environment of this process. Nothing else in Dispatch reads it.
///
/// # Errors
/// As [`read`].
pub async fn from_env() -> Result<Settings, Problems> {
    read(|name| env::var(name).ok()).await
}

/// Opens connections to the vendors that nearly every alarm needs, beside whatever else is done. The settings that name
/// their addresses are no secrets, so that need not wait for those.
pub(crate) fn greet(http: &Http, lookup: impl Fn(&str) -> Option<String>) {
    let named = |setting: &&Setting| [github::API_URL, slack::API_URL].contains(&setting.name);
    for setting in all_settings().into_iter().flatten().filter(named) {
        let address = lookup(setting.name).or_else(|| setting.default.map(str::to_owned));
        if let Some(Ok(address)) = address.map(|address| Url::parse(address.trim())) {
            let http = http.clone();
            tokio::spawn(async move { http.greet(address).await });
        }
    }
}

/// Makes every client. Calls nobody yet; a folder for the store is made when it is missing.
///
/// # Errors
/// Everything that keeps a client from being made.
pub async fn connect(settings: &Settings) -> Result<Services, Problems> {
    connect_through(Http::new().map_err(Problem::from)?, settings).await
}

/// [`connect`]s through an HTTP client that is there already, for the connections that it has.
pub(crate) async fn connect_through(http: Http, settings: &Settings) -> Result<Services, Problems> {
    let tally = Arc::new(Tally::default());
    let watch = Watch::new(Arc::clone(&tally));
    let http = http.watched(&watch);
    let has_topic = settings.text(sns::TOPIC).is_some();
    let aws = match has_topic || store::needs_aws(settings) {
        true => Some(Aws::through(&http, settings).await),
        false => None,
    };
    let (mut destinations, mut problems) = (Vec::new(), Vec::new());
    for maker in DESTINATIONS {
        match (maker.connect)(settings, &http) {
            Ok(destination) => destinations.push(destination),
            Err(problem) => problems.push(problem),
        }
    }
    let made = (
        GitHub::connect(settings, &http),
        store::connect(settings, aws.as_ref()),
        topic(settings, aws.as_ref()),
        defaults(settings),
        limits(settings),
        slack::signing_secret(settings),
    );
    match made {
        (Ok(audit), Ok(store), Ok(topic), Ok(defaults), Ok(limits), Ok(signing_secret)) if problems.is_empty() => {
            Ok(Services {
                audit: Arc::new(audit),
                destinations,
                store,
                topic,
                defaults,
                limits,
                tally,
                watch,
                signing_secret,
                github_secret: github::webhook_secret(settings),
                pagerduty_secret: pagerduty::webhook_secret(settings),
            })
        }
        (audit, store, topic, defaults, limits, secret) => {
            let more = [audit.err(), store.err(), topic.err(), defaults.err(), limits.err(), secret.err()];
            problems.extend(more.into_iter().flatten());
            Err(Problems::of(problems))
        }
    }
}

fn topic(settings: &Settings, aws: Option<&Aws>) -> Result<Arc<dyn Topic>, Problem> {
    match aws.filter(|_| settings.text(sns::TOPIC).is_some()) {
        Some(aws) => Ok(Arc::new(Sns::connect(settings, aws)?)),
        None => Ok(Arc::new(NoTopic)),
    }
}

fn defaults(settings: &Settings) -> Result<Defaults, Problem> {
    let channel = slack::default_channel(settings)?;
    Ok(Defaults {
        repo: github::default_repo(settings)?,
        github_user: github::default_user(settings),
        patience_s: questions::patience(settings)?,
        hours: questions::hours(settings)?,
        keeps_hours: questions::keeps_hours(settings)?,
        chain: questions::chain(settings, &channel)?,
        channel,
    })
}

fn limits(settings: &Settings) -> Result<Limits, Problem> {
    let read = |name| count(settings.need(name)?).ok_or_else(|| settings.problem(name, COUNT.expected));
    Ok(Limits {
        receives_max: read(RECEIVES_MAX)?,
        writes_a_minute: read(WRITES_A_MINUTE)?,
        writes_an_hour: read(WRITES_AN_HOUR)?,
        ..Limits::default()
    })
}
