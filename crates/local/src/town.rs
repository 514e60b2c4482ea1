//! The whole of Dispatch in one process: the fakes, the topic, its queues, and both functions' real
//! handlers with their real clients. Tests and people run the same town.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use dispatch_engine::{
    ports::{Failed, Topic as TopicPort},
    world::{Limits, World},
};
use dispatch_services::settings::Settings;
use dispatch_triage::{Replays, Triage};
use serde_json::{Value, json};
use tokio::sync::watch;

use dispatch_simulator::{
    aws::{Filter, Mapping, MappingSettings, Publication, Queue, QueueSettings, Subscription, Topic, lambda},
    fake::{self, Fakes},
};

/// The topic that is published to.
pub const TOPIC_ARN: &str = "arn:aws:sns:us-east-1:000000000000:dispatch";

/// How a town is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The fakes' people, repositories, services and tokens.
    pub fakes: fake::Settings,
    /// Settings of real services. Where the one that opens an account is set, that service is real
    /// and its fake is left alone.
    pub real: BTreeMap<String, String>,
    /// Whether pages go out as events; otherwise as incidents by REST, which have an address to link.
    pub events: bool,
    /// `DISPATCH_STORE_URL`.
    pub store_url: String,
    /// When a failed message comes back.
    pub retry_after: Duration,
    /// How often a message is tried before it is a dead letter.
    pub max_receives: u32,
    /// The time of one invocation of `incoming`.
    pub time: Duration,
    /// How long a service may act on a call that was given up.
    pub late: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            fakes: fake::Settings::default(),
            real: BTreeMap::new(),
            events: false,
            store_url: "memory:///".to_owned(),
            retry_after: Duration::from_secs(5),
            // Longer in all than a lease that its run left behind.
            max_receives: 10,
            time: Duration::from_secs(60),
            late: Duration::from_secs(10),
        }
    }
}

/// Which services are real accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Real {
    /// GitHub.
    pub github: bool,
    /// Slack.
    pub slack: bool,
    /// PagerDuty.
    pub pagerduty: bool,
}

/// What triage answers to an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status; 500 when the function gave none.
    pub status: u16,
    /// The media type of the body.
    pub kind: String,
    /// The body.
    pub body: String,
}

/// A running town. Dropping it stops everything.
#[derive(Debug)]
pub struct Town {
    /// The fakes; those of real services are idle.
    pub fakes: Fakes,
    /// Which are.
    pub real: Real,
    /// Where alarms are published.
    pub topic: Topic,
    /// Takes pages only.
    pub urgent: Queue,
    /// Takes everything, as on AWS: a page that arrives through both queues is one incident.
    pub alarms: Queue,
    /// What both functions act on.
    pub world: World,
    /// The function behind Slack's buttons.
    pub triage: Triage,
    mappings: Vec<Mapping>,
    turns: watch::Sender<u64>,
}

/// The topic, as the functions publish to it.
#[derive(Debug)]
struct LocalTopic(Topic);

#[async_trait]
impl TopicPort for LocalTopic {
    async fn publish(&self, message: &str) -> Result<(), Failed> {
        self.0.publish(&Publication::new(message));
        Ok(())
    }
}

impl Real {
    /// Which services `settings` open an account of. A `GITHUB_TOKEN` is in many a shell for other
    /// purposes; without a repository it is not meant for Dispatch.
    fn of(settings: &BTreeMap<String, String>) -> Self {
        let any =
            |names: &[&str]| names.iter().any(|name| settings.get(*name).is_some_and(|value| !value.trim().is_empty()));
        Real {
            github: any(&["GITHUB_TOKEN", "GITHUB_APP_ID"]) && any(&["GITHUB_OWNER", "GITHUB_REPO"]),
            slack: any(&["SLACK_BOT_TOKEN"]),
            pagerduty: any(&["PAGERDUTY_ROUTING_KEY", "PAGERDUTY_API_KEY"]),
        }
    }

    /// Whether the setting belongs to a real service.
    fn covers(self, name: &str) -> bool {
        match name.split('_').next() {
            Some("GITHUB") => self.github,
            Some("SLACK") => self.slack,
            Some("PAGERDUTY") => self.pagerduty,
            _ => false,
        }
    }
}

impl Town {
    /// Starts everything.
    ///
    /// # Errors
    /// What is wrong with the settings, one problem a line, or why a port could not be opened.
    pub async fn start(options: Options) -> Result<Self, String> {
        let fakes = Fakes::start_with(options.fakes.clone()).await.map_err(|error| format!("fakes: {error}"))?;
        let real = Real::of(&options.real);
        let settings = settings(&options, real, &fakes).await?;
        let services = dispatch_services::connect(&settings).await.map_err(|problems| problems.to_string())?;
        let queue =
            |name: &str| Queue::new(QueueSettings { max_receives: options.max_receives, ..QueueSettings::named(name) });
        let (urgent, alarms) = (queue("urgent"), queue("alarms"));
        let pages = Filter::Only(vec!["high-priority".to_owned(), "high".to_owned()]);
        let topic = Topic::new("dispatch", [Subscription::new(&urgent).filtered(pages), Subscription::new(&alarms)]);
        let late = options.late.try_into().map_err(|_| "late: too long".to_owned())?;
        let limits = Limits { late, ..services.limits };
        let world = World { topic: Arc::new(LocalTopic(topic.clone())), limits, ..services.world() };
        let turns = watch::Sender::new(0);
        let mapping = |queue: &Queue| {
            let settings = MappingSettings { retry_after: options.retry_after, ..MappingSettings::default() };
            Mapping::start(queue, incoming(&world, options.time, &turns), settings)
        };
        let mappings = vec![mapping(&urgent), mapping(&alarms)];
        let triage = Triage {
            world: world.clone(),
            signing_secret: services.signing_secret,
            github_secret: services.github_secret,
            pagerduty_secret: services.pagerduty_secret,
            replays: Replays::default(),
        };
        Ok(Town { fakes, real, topic, urgent, alarms, world, triage, mappings, turns })
    }

    /// Publishes a message and returns its id.
    pub fn publish(&self, message: &str) -> String {
        self.topic.publish(&Publication::new(message)).to_string()
    }

    /// Waits until no message waits or is under way; a message that waits for a retry counts.
    pub async fn idle(&self) {
        for mapping in &self.mappings {
            mapping.idle().await;
        }
    }

    /// Sends an HTTP request to triage, as API Gateway would, and returns the status.
    pub async fn request(&self, body: &[u8], headers: &[(String, String)]) -> u16 {
        self.ask(body, headers).await.status
    }

    /// Sends an HTTP request to triage, as API Gateway would, and returns what it answers.
    pub async fn ask(&self, body: &[u8], headers: &[(String, String)]) -> Answer {
        let headers: BTreeMap<_, _> = headers.iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        let response = self
            .triage
            .handle(json!({
                "version": "2.0",
                "routeKey": "POST /slack/interactivity",
                "rawPath": "/slack/interactivity",
                "rawQueryString": "",
                "headers": headers,
                "requestContext": { "http": { "method": "POST", "path": "/slack/interactivity" } },
                "body": STANDARD.encode(body),
                "isBase64Encoded": true,
            }))
            .await;
        self.turned();
        let text = |pointer| response.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let code = response.get("statusCode").and_then(Value::as_u64);
        Answer {
            status: code.and_then(|code| u16::try_from(code).ok()).unwrap_or(500),
            kind: text("/headers/content-type"),
            body: text("/body"),
        }
    }

    /// A counter that moves whenever a function has done something.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.turns.subscribe()
    }

    fn turned(&self) {
        self.turns.send_modify(|turns| *turns += 1);
    }
}

/// The function that the queues feed.
fn incoming(world: &World, time: Duration, turns: &watch::Sender<u64>) -> lambda::Handler {
    let (world, turns) = (world.clone(), turns.clone());
    lambda::handler(move |event| {
        let (world, turns) = (world.clone(), turns.clone());
        async move {
            let answer = dispatch_incoming::handle(&world, event, time).await;
            turns.send_modify(|turns| *turns += 1);
            answer.map_err(|error| error.to_string())
        }
    })
}

/// The settings of both functions: those of real services as they are given, those of the others
/// from the fakes.
async fn settings(options: &Options, real: Real, fakes: &Fakes) -> Result<Settings, String> {
    let fake: BTreeMap<&str, &String> = fakes.environment().iter().map(|(name, value)| (*name, value)).collect();
    let lookup = |name: &str| match name {
        "DISPATCH_STORE_URL" => Some(options.store_url.clone()),
        // The topic is this one, in the same process; AWS is called for KMS at most.
        "DISPATCH_TOPIC_ARN" => None,
        "DISPATCH_MAX_RECEIVE_COUNT" => Some(options.max_receives.to_string()),
        "PAGERDUTY_ROUTING_KEY" if !real.pagerduty && !options.events => None,
        name if real.covers(name) => options.real.get(name).cloned(),
        name => fake.get(name).map(|value| (*value).clone()).or_else(|| options.real.get(name).cloned()),
    };
    dispatch_services::read(lookup).await.map_err(|problems| problems.to_string())
}
