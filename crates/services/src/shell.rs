//! What both functions do around each invocation: write a log that machines read, open the world, look again when a
//! secret was replaced, and tell in numbers what happened.

#[cfg(test)]
mod tests;

use std::{
    env, fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dispatch_engine::world::World;
use jiff::Timestamp;
use tokio::time::{Instant, timeout};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    Services, VERSION, connect, connect_through, greet,
    http::Http,
    metrics, read, read_through, references,
    settings::{Problem, Problems, Reference, Settings},
    sns::TOPIC,
};

/// Secrets are looked up again this often at most, so that nobody can make Dispatch ask without end.
const RENEW_EVERY: Duration = Duration::from_secs(60);

/// A start that failed. Its text names everything that is wrong, one problem a line.
pub struct CannotStart(Problems);

/// As people read it: this is what a process that ends with the error prints.
impl fmt::Debug for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for CannotStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dispatch cannot start:\n{}", self.0)
    }
}

impl std::error::Error for CannotStart {}

fn new_http() -> Result<Http, CannotStart> {
    Http::new().map_err(|unusable| CannotStart(Problems::of(vec![Problem::from(unusable)])))
}

/// What is logged, such as `info` or `warn,dispatch_services=debug`. Whoever mistypes it still has a log.
fn levels(wish: Option<String>) -> Targets {
    let usual = || Targets::new().with_default(LevelFilter::INFO);
    wish.and_then(|wish| wish.parse().ok()).unwrap_or_else(usual)
}

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a process keeps between invocations.
pub struct Shell {
    lookup: Lookup,
    is_renewable: bool,
    open: Mutex<Open>,
}

struct Open {
    settings: Settings,
    services: Services,
    world: World,
    read: Instant,
}

impl Shell {
    /// Starts the log, one JSON object a line on standard output, and makes every client from the
    /// environment.
    ///
    /// # Errors
    /// Everything that is missing or wrong in the settings.
    pub async fn start() -> Result<Self, CannotStart> {
        let log = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
        tracing_subscriber::registry().with(log).with(levels(env::var("RUST_LOG").ok())).init();
        let lookup = |name: &str| env::var(name).ok();
        let http = new_http()?;
        // Whoever waits for secrets has the time. Without any, it is as well to connect when there is something to say.
        if !references(lookup).is_empty() {
            greet(&http, lookup);
        }
        let shell = Self::through(http, lookup).await?;
        if shell.held().settings.text(TOPIC).is_none() {
            tracing::warn!("{TOPIC} is not set: what does not fit into one invocation cannot be handed on");
        }
        tracing::info!(version = VERSION, "started");
        Ok(shell)
    }

    /// Makes every client from the settings that `lookup` tells.
    ///
    /// # Errors
    /// Everything that is missing or wrong in them.
    pub async fn open(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Result<Self, CannotStart> {
        Self::through(new_http()?, lookup).await
    }

    async fn through(
        http: Http,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, CannotStart> {
        let is_renewable = references(&lookup).iter().any(Reference::is_renewable);
        let settings = read_through(Some(&http), &lookup).await.map_err(CannotStart)?;
        let services = connect_through(http, &settings).await.map_err(CannotStart)?;
        let open = Open { world: services.world(), settings, services, read: Instant::now() };
        Ok(Shell { lookup: Box::new(lookup), is_renewable, open: Mutex::new(open) })
    }

    /// The clients, as they are now.
    pub fn services(&self) -> Services {
        self.held().services.clone()
    }

    /// The world that the engine acts in, as it is now.
    pub fn world(&self) -> World {
        self.held().world.clone()
    }

    /// Whether a secret may be replaced while this process lives.
    pub fn is_renewable(&self) -> bool {
        self.is_renewable
    }

    /// Whether, since the last time, a service did not know who calls.
    pub fn was_denied(&self) -> bool {
        self.held().services.watch.was_denied()
    }

    /// Looks the secrets up again, for `time` at most and not too often. `true` when they have changed: there is
    /// another world now.
    pub async fn renew(&self, time: Duration) -> bool {
        let is_due = self.is_renewable && self.held().read.elapsed() >= RENEW_EVERY;
        if !is_due {
            return false;
        }
        self.held().read = Instant::now();
        let made = async {
            let settings = read(&self.lookup).await?;
            if settings.same(&self.held().settings) {
                return Ok(None);
            }
            connect(&settings).await.map(|services| Some((settings, services)))
        };
        match timeout(time, made).await {
            Ok(Ok(Some((settings, services)))) => {
                tracing::info!("secrets were replaced; going on with the new ones");
                self.take_up(settings, services);
                true
            }
            Ok(Ok(None)) => false,
            Ok(Err(problems)) => {
                tracing::error!(%problems, "the settings cannot be read again; going on with the old ones");
                false
            }
            Err(_) => {
                tracing::error!("the settings could not be read again in time; going on with the old ones");
                false
            }
        }
    }

    fn take_up(&self, settings: Settings, services: Services) {
        let mut open = self.held();
        // What this process knows of GitHub's budget holds for the new token as for the old.
        let world = World { budget: open.world.budget.clone(), ..services.world() };
        *open = Open { settings, services, world, read: open.read };
    }

    /// Writes what happened since the last time, where somebody wants to know.
    pub fn report(&self) {
        let open = self.held();
        let numbers = open.services.tally.take();
        if let Some(namespace) = open.settings.text(metrics::NAMESPACE) {
            for line in metrics::lines(namespace, &numbers, Timestamp::now()) {
                #[expect(clippy::print_stdout, reason = "this is how CloudWatch takes numbers from a function")]
                {
                    println!("{line}");
                }
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
