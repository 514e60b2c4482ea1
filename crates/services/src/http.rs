//! The one HTTP client: connections, time-outs, repeats and waits for every outside service.
//!
//! A service's own file says what a reply means (a [`Verdict`]) and whether a second sending harms
//! (a [`Repeat`]). Everything else is decided here, in the same way for whoever rides on it (`octocrab`,
//! the AWS SDK, `object_store`):
//!
//! | what | how |
//! | --- | --- |
//! | time for a call, with all tries and waits | [`Policy::total`], but no more than the run has left ([`time_left`]); with less than 50 ms nothing is sent |
//! | time for a try | [`Policy::call`], from connecting to the last byte; for the connection with its TLS [`Policy::connect`] |
//! | tries | [`Policy::tries`] |
//! | what is repeated | what the service did certainly not act on: no connection, 429, a limit. Without a clear answer (a lost reply, a time-out, 408, 5xx) only what is [`Repeat::Freely`] |
//! | waits between tries | as long as the service asks for, and up to [`Policy::backoff`] more by chance; when it asks for nothing, anything up to a bound that begins at `backoff` and doubles |
//! | when a wait is too long | above [`Policy::wait_max`], or without room for another try after it: the answer is given back at once, so that the message waits in the queue and not here |
//! | limits | a 429 or 403 with a time shuts the gate of its call for that time, a minute at most, for all clones: later calls of the same name wait as between tries, or are [`Failed::Busy`] unsent; then one tries it before the others follow |
//! | redirects | within the same origin, and only where the method stays; a token goes to no other host |
//! | TLS | always, but for this machine and the link-local address where it finds its credentials |

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use dispatch_engine::{ports::Failed, world::time_left};
use http::StatusCode;
use reqwest::Request;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

pub(crate) use self::connect::is_here;
use self::{
    connect::{Connections, is_private},
    gate::Gates,
    hide::hide,
    outcome::{Next, NoReply, Outcome},
};
pub use self::{
    connect::{Unusable, tls},
    reply::Reply,
    watch::Watch,
};

mod connect;
mod gate;
mod hide;
mod outcome;
mod reply;
#[cfg(test)]
mod tests;
mod watch;

/// Less than any reply takes. A call that is begun all the same would only be in doubt afterwards.
const SCANT: Duration = Duration::from_millis(50);

/// Sends requests to outside services. Cheap to clone; all clones share connections and limits.
#[derive(Clone, Debug)]
pub struct Http {
    connections: Connections,
    gates: Arc<Gates>,
    policy: Policy,
    watch: Watch,
}

/// How long and how often a call is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// One whole try: from connecting to the last byte of the reply.
    pub call: Duration,
    /// Tries in all; at least one is made.
    pub tries: u32,
    /// All tries and the waits between them; less when the run has less left.
    pub total: Duration,
    /// The longest wait inside a call. A service that asks for more is [`Failed::Busy`].
    pub wait_max: Duration,
    /// What the first wait is chosen below; it doubles with each try.
    pub backoff: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            connect: Duration::from_secs(2),
            call: Duration::from_secs(8),
            tries: 3,
            total: Duration::from_secs(20),
            wait_max: Duration::from_secs(5),
            backoff: Duration::from_millis(250),
        }
    }
}

/// When a call may be sent a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Whenever no clear answer came: reads, edits, and whatever the service deduplicates.
    Freely,
    /// Only when the service certainly did not act on the first: creations.
    OnlyIfNotActedOn,
}

/// What a reply means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The caller reads it.
    Fine,
    /// Never to be repeated; the service's own code or sentence.
    Refused(String),
    /// The service did not act, and may do so later.
    Busy {
        /// The service's own code or sentence.
        reason: String,
        /// How long it asked for. `None` takes a `Retry-After` header. Without one, a status of 429
        /// is tried again after a short wait, and anything else is given back at once.
        wait: Option<Duration>,
    },
    /// The service did not act, and will not before an operator has mended something.
    Forbidden(String),
    /// The service may have acted or not.
    Unsure(String),
    /// The service does not know who calls: the rest says what follows. A secret may have been replaced.
    Unauthorized(Box<Verdict>),
}

impl Http {
    /// A client with the usual [`Policy`].
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, Unusable> {
        Self::with_policy(Policy::default())
    }

    /// A client with its own policy and its own connections.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn with_policy(policy: Policy) -> Result<Self, Unusable> {
        Ok(Http { connections: Connections::new(&policy)?, gates: Arc::default(), policy, watch: Watch::default() })
    }

    /// The same connections under another policy, with limits of its own. How long connecting may take stays as it
    /// is. A client with connections of its own would cost each cold start a set-up of TLS.
    pub(crate) fn under(&self, policy: Policy) -> Self {
        Http { gates: Arc::default(), policy, ..self.clone() }
    }

    /// The same client, which tells `watch` of what fails.
    pub fn watched(self, watch: &Watch) -> Self {
        Http { watch: watch.clone(), ..self }
    }

    /// Sends, repeats within the policy, and classifies. `call` names service and call in errors
    /// and logs, such as `slack chat.postMessage`.
    ///
    /// # Errors
    /// [`Failed::Refused`] and [`Failed::Busy`] as `judge` says, and [`Failed::Busy`] too when no
    /// connection came about, when a limit of this call still holds, or when no time is left.
    /// [`Failed::Unreachable`] when the service may have acted all the same.
    pub async fn send(
        &self,
        call: &'static str,
        request: Request,
        repeat: Repeat,
        judge: impl Fn(&Reply) -> Verdict,
    ) -> Result<Reply, Failed> {
        let denied = AtomicBool::new(false);
        let judge = |reply: &Reply| match judge(reply) {
            Verdict::Unauthorized(rest) => {
                denied.store(true, Ordering::Relaxed);
                *rest
            }
            verdict => verdict,
        };
        self.try_often(call, &request, repeat, judge).await.map_err(|failed| {
            self.watch.failed(&failed, denied.load(Ordering::Relaxed));
            hide(failed, &request)
        })
    }

    async fn try_often(
        &self,
        call: &'static str,
        request: &Request,
        repeat: Repeat,
        judge: impl Fn(&Reply) -> Verdict,
    ) -> Result<Reply, Failed> {
        if !is_private(request.url()) {
            return Err(Failed::Refused { call, reason: "nothing is sent there without TLS".to_owned() });
        }
        let start = Instant::now();
        let deadline = start + time_left().map_or(self.policy.total, |left| left.min(self.policy.total));
        let mut tries = 1;
        let mut last = None;
        loop {
            // Whoever waits in vain for another try still has the answer to the one before.
            self.enter(call, deadline).await.map_err(|shut| last.take().unwrap_or(shut))?;
            let outcome = self.attempt(request, deadline, &judge).await;
            self.learn(call, &outcome);
            let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(call, status = outcome.status(), tries, ms);
            let (failed, wait) = match outcome.next(repeat) {
                Next::Return(reply) => return Ok(reply),
                Next::Fail(failure) => return Err(failure.of(call)),
                Next::Again { failure, wait: Some(asked) } => (failure.of(call), self.and_more(asked, deadline)),
                Next::Again { failure, wait: None } => (failure.of(call), self.within(self.backoff(tries), deadline)),
            };
            match wait {
                Some(wait) if tries < self.policy.tries => sleep(wait).await,
                _ => return Err(failed),
            }
            last = Some(failed);
            tries += 1;
        }
    }

    /// Opens a connection to an address, so that the first call finds it open. Nothing is told by it, and what comes of
    /// it does not matter: whoever calls finds out.
    pub async fn greet(&self, address: Url) {
        if is_private(&address) {
            let _ = timeout(self.policy.connect, self.connections.greet(address)).await;
        }
    }

    /// Waits until no limit of this call holds.
    async fn enter(&self, call: &'static str, deadline: Instant) -> Result<(), Failed> {
        let busy = |reason: &str, wait| Failed::Busy { call, reason: reason.to_owned(), wait };
        loop {
            if deadline.saturating_duration_since(Instant::now()) < SCANT.min(self.policy.call) {
                return Err(busy("no time left", None));
            }
            let Some(rest) = self.gates.enter(call) else { return Ok(()) };
            match self.and_more(rest, deadline) {
                Some(wait) => sleep(wait).await,
                None => return Err(busy("an earlier reply asked to wait", Some(rest))),
            }
        }
    }

    /// Remembers what this outcome says about a limit; without a reply, nothing.
    fn learn(&self, call: &'static str, outcome: &Outcome) {
        match (outcome.limit(), outcome.status()) {
            (Some(wait), _) => self.gates.shut(call, wait),
            (None, Some(_)) => self.gates.open(call),
            (None, None) => {}
        }
    }

    /// One try, redirects included.
    async fn attempt(&self, request: &Request, deadline: Instant, judge: &impl Fn(&Reply) -> Verdict) -> Outcome {
        let limit = self.policy.call.min(deadline.saturating_duration_since(Instant::now()));
        let reply = timeout(limit, self.connections.exchange(request)).await.unwrap_or_else(|_| {
            let reason = format!("no reply within {} ms", limit.as_millis());
            Err(NoReply { reason, sent: true })
        });
        match reply {
            Ok(reply) => {
                let verdict = judge(&reply);
                Outcome::Judged(reply, verdict)
            }
            Err(lost) => Outcome::Lost(lost),
        }
    }

    /// Full jitter: anything up to a bound that doubles, so that many callers do not return at once.
    fn backoff(&self, tries: u32) -> Duration {
        let bound = self.policy.backoff.saturating_mul(1 << (tries - 1).min(16)).min(self.policy.wait_max);
        bound.mul_f64(rand::random::<f64>())
    }

    /// What a service asked for, and a little more, for the same reason.
    fn and_more(&self, asked: Duration, deadline: Instant) -> Option<Duration> {
        let wait = asked.saturating_add(self.policy.backoff.mul_f64(rand::random::<f64>()));
        self.within(wait, deadline).filter(|_| asked <= self.policy.wait_max)
    }

    /// A wait, if it leaves room for another try: one that is cut short could turn a clear answer into none.
    fn within(&self, wait: Duration, deadline: Instant) -> Option<Duration> {
        let room = self.policy.connect.min(self.policy.call);
        let left = deadline.saturating_duration_since(Instant::now());
        (wait.saturating_add(room) <= left).then_some(wait)
    }
}

impl Verdict {
    /// What a status means when nothing more is known of the service.
    pub fn of_status(reply: &Reply) -> Self {
        let reason = format!("status {}", reply.status.as_u16());
        match reply.status {
            status if status.is_success() => Verdict::Fine,
            StatusCode::TOO_MANY_REQUESTS => Verdict::Busy { reason, wait: reply.retry_after() },
            StatusCode::REQUEST_TIMEOUT => Verdict::Unsure(reason),
            status if status.is_server_error() => Verdict::Unsure(reason),
            _ => Verdict::Refused(reason),
        }
    }
}
