//! The whole of Dispatch in one process: the fakes, the topic, its queues, and both functions' real
//! handlers with their real clients. Tests and people run the same town.

mod clock;
mod door;
mod errands;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use dispatch_engine::{
    ports::{Clock, Failed, Topic as TopicPort},
    world::{Limits, World},
};
use dispatch_services::settings::Settings;
use dispatch_triage::{Replays, Triage};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use dispatch_simulator::{
    aws::{Filter, Mapping, MappingSettings, Publication, Queue, QueueSettings, Subscription, Topic, lambda},
    fake::{self, Fakes},
};

use self::errands::{Count, Errands};
pub use self::{clock::TownClock, door::Answer};

/// The topic that is published to.
pub const TOPIC_ARN: &str = "arn:aws:sns:us-east-1:000000000000:dispatch";

/// The fastest that a town's clock runs: an hour in a second.
pub const SPEED_MAX: u32 = 3_600;

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
    /// How many seconds of the town pass in one of the machine; 1 to 3,600. Where a service is real, 1.
    pub speed: u32,
    /// Whether the clock ticks by itself: at every minute of the town, and after each jump. Stories call
    /// [`Town::tick`].
    pub ticks: bool,
    /// Whether GitHub and PagerDuty tell triage what people do there. Otherwise Dispatch has to look.
    pub webhooks: bool,
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
            speed: 1,
            ticks: false,
            webhooks: true,
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
    clock: TownClock,
    clockwork: Clockwork,
    /// Whether it ticks by itself.
    ticks: bool,
    errands: Errands,
    mappings: Vec<Mapping>,
    turns: watch::Sender<u64>,
}

/// The schedule that wakes `incoming`.
#[derive(Clone, Debug)]
struct Clockwork {
    world: World,
    time: Duration,
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
        let real = Real::of(&options.real);
        let clock = start_clock(options.speed, real)?;
        let fakes = fake_settings(&options, &clock);
        let fakes = Fakes::start_with(fakes).await.map_err(|error| format!("fakes: {error}"))?;
        let settings = settings(&options, real, &fakes).await?;
        let services = dispatch_services::connect(&settings).await.map_err(|problems| problems.to_string())?;
        let queue =
            |name: &str| Queue::new(QueueSettings { max_receives: options.max_receives, ..QueueSettings::named(name) });
        let (urgent, alarms) = (queue("urgent"), queue("alarms"));
        let pages = Filter::Only(vec!["high-priority".to_owned(), "high".to_owned()]);
        let topic = Topic::new("dispatch", [Subscription::new(&urgent).filtered(pages), Subscription::new(&alarms)]);
        let late = options.late.try_into().map_err(|_| "late: too long".to_owned())?;
        let limits = Limits { late, ..services.limits };
        let topic_port = Arc::new(LocalTopic(topic.clone()));
        let world = World { topic: topic_port, clock: Arc::new(clock.clone()), limits, ..services.world() };
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
        let errands = Errands::new();
        if options.webhooks {
            door::open_to_webhooks(&fakes, &triage, &turns, &errands);
        }
        let clockwork = Clockwork { world: world.clone(), time: options.time };
        let ticks = options.ticks;
        if ticks {
            errands.keep(clockwork.clone().run(clock.clone(), errands.count().clone()));
        }
        Ok(Town {
            fakes,
            real,
            topic,
            urgent,
            alarms,
            world,
            triage,
            clock,
            clockwork,
            ticks,
            errands,
            mappings,
            turns,
        })
    }

    /// Publishes a message and returns its id.
    pub fn publish(&self, message: &str) -> String {
        self.topic.publish(&Publication::new(message)).to_string()
    }

    /// Waits until no message, webhook or tick waits or is under way; a message that waits for a retry counts.
    pub async fn idle(&self) {
        loop {
            self.errands.count().idle().await;
            for mapping in &self.mappings {
                mapping.idle().await;
            }
            // One may have led to another meanwhile.
            let rests = |queue: &Queue| queue.counts().waiting + queue.counts().in_flight == 0;
            if self.errands.count().is_idle() && self.mappings.iter().all(|mapping| rests(mapping.queue())) {
                return;
            }
        }
    }

    /// The time in the town.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What everybody in the town tells the time by.
    pub fn clock(&self) -> &TownClock {
        &self.clock
    }

    /// Puts the clock of the town forward. Whether it did: where a service is real, nobody can.
    ///
    /// Where the clock ticks by itself, it does so now; otherwise nothing happens before [`Town::tick`]. Timers stand at
    /// whole seconds, the next one: what is due after two hours needs a jump of two hours and a second.
    pub fn jump(&self, by: Duration) -> bool {
        if self.real != Real::default() {
            return false;
        }
        self.clock.jump(by);
        self.turned();
        if self.ticks {
            let clockwork = self.clockwork.clone();
            self.errands.run(async move {
                clockwork.tick().await;
            });
        }
        true
    }

    /// One tick of the clock, as a schedule sends it. Returns what `incoming` answered, such as
    /// `{"woken": 1, "left": 0}` (null when it failed), once all that follows has come to rest, as with [`Town::idle`].
    pub async fn tick(&self) -> Value {
        let answer = self.clockwork.tick().await;
        self.idle().await;
        answer
    }

    /// Sends an HTTP request to triage, as API Gateway would, and returns the status.
    pub async fn request(&self, body: &[u8], headers: &[(String, String)]) -> u16 {
        self.ask(body, headers).await.status
    }

    /// Sends an HTTP request to triage, as API Gateway would, and returns what it answers.
    pub async fn ask(&self, body: &[u8], headers: &[(String, String)]) -> Answer {
        door::ask(&self.triage, &self.turns, body, headers).await
    }

    /// A counter that moves whenever a function has done something.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.turns.subscribe()
    }

    fn turned(&self) {
        self.turns.send_modify(|turns| *turns += 1);
    }
}

impl Clockwork {
    async fn tick(&self) -> Value {
        let answer = dispatch_incoming::handle(&self.world, json!({ "dispatch": "tick" }), self.time).await;
        answer.unwrap_or_else(|error| {
            tracing::warn!(%error, "a tick failed; the next one finds what is due");
            Value::Null
        })
    }

    /// Ticks at every minute of the town.
    async fn run(self, clock: TownClock, under_way: Count) {
        loop {
            sleep(clock.to_next_minute()).await;
            let errand = under_way.begin();
            self.tick().await;
            drop(errand);
        }
    }
}

/// Real services keep the time of the machine, so there the town has to.
fn start_clock(speed: u32, real: Real) -> Result<TownClock, String> {
    match speed {
        1 => Ok(TownClock::start(1)),
        2..=SPEED_MAX if real == Real::default() => Ok(TownClock::start(speed)),
        2..=SPEED_MAX => Err(format!("speed: found {speed}, expected 1, because a real service keeps its own time")),
        _ => Err(format!("speed: found {speed}, expected a whole number from 1 to {SPEED_MAX}")),
    }
}

/// The fakes' settings with the town's clock on top of their own.
fn fake_settings(options: &Options, clock: &TownClock) -> fake::Settings {
    let clock = clock.clone();
    let speed = i32::try_from(options.speed).unwrap_or(i32::MAX);
    let mut fakes = options.fakes.clone();
    // Whoever answers on this machine is not faster than elsewhere.
    fakes.slack.trigger_life = fakes.slack.trigger_life.checked_mul(speed).unwrap_or(SignedDuration::MAX);
    fakes.ahead_by(move || clock.ahead())
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
