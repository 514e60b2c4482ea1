//! The inside of a fake: state, clock, log and faults, and what happens to one request.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::call::{Answer, Call};
use super::fault::{Faults, Kind, Pause};
use super::log::{Log, lock};
use super::webhook::Webhook;

/// The clock that a fake reads: the system's, unless a test gives another.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks this function for the time.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The same clock, ahead by what the function says at the time.
    #[must_use]
    pub fn ahead_by(self, ahead: impl Fn() -> SignedDuration + Send + Sync + 'static) -> Self {
        Self::new(move || self.now().checked_add(ahead()).unwrap_or(Timestamp::MAX))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Timestamp::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// What a service does with one request: change the state, give an answer. Both arms are answers; the second one
/// only lets a check end early.
pub(crate) type Act<S> = fn(&mut S, &Call) -> Result<Answer, Answer>;

/// One operation of a service.
pub(crate) struct Route<S> {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// The vendor's name of it.
    pub(crate) operation: &'static str,
    pub(crate) act: Act<S>,
}

/// What one fake adds to the common server.
pub(crate) trait Service: Sized + Send + 'static {
    /// `github`, `slack` or `pagerduty`.
    const NAME: &'static str;
    /// All operations, one a line.
    fn routes() -> Vec<Route<Self>>;
    /// The checks that every request must pass: who calls, and in which words.
    fn admit(&mut self, operation: &str, call: &Call) -> Result<(), Answer>;
    /// The answer to a path or method that no operation has.
    fn unknown(call: &Call) -> Answer;
    /// What is added to every answer, such as the rate limit headers.
    fn finish(&mut self, answer: Answer) -> Answer {
        answer
    }
    /// A page for people who follow a link to this path, as HTML. It needs no token and is not recorded.
    fn page(&self, _path: &str) -> Option<String> {
        None
    }
    /// The vendor's 429.
    fn rate_limited(retry_after_s: Option<u32>) -> Answer;
}

/// Takes the webhooks of a service.
pub(super) type Receiver = Arc<dyn Fn(Webhook) + Send + Sync>;

/// What the server and the handle share.
pub(super) struct World<S> {
    state: Mutex<S>,
    pub(super) clock: Clock,
    pub(super) log: Log,
    pub(super) faults: Faults,
    pub(super) receiver: Mutex<Option<Receiver>>,
    /// Counts everything that happened.
    pub(super) version: watch::Sender<u64>,
}

impl<S> World<S> {
    pub(super) fn new(state: S, clock: Clock) -> Self {
        Self {
            state: Mutex::new(state),
            clock,
            log: Log::default(),
            faults: Faults::new(),
            receiver: Mutex::default(),
            version: watch::Sender::new(0),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, S> {
        lock(&self.state)
    }

    pub(super) fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }
}

impl<S: Service> World<S> {
    /// Serves one request. `None` stands for a connection to be dropped.
    pub(super) async fn serve(&self, operation: &'static str, act: Act<S>, call: Call) -> Option<Answer> {
        let place = self.log.arrived(S::NAME, operation, &call);
        let struck = self.faults.strike(operation, &call);
        if struck.is_some() {
            self.log.struck(place);
        }
        self.bump();
        let perform = || self.act(operation, act, call);
        let answer = match struck {
            None => Some(perform()),
            Some((kind, pause)) => self.misbehave(kind, pause, perform).await,
        };
        if let Some(answer) = &answer {
            self.log.answered(place, answer);
        }
        self.bump();
        answer
    }

    /// Does what a fault says, around or instead of performing the operation.
    async fn misbehave(&self, kind: Kind, pause: Pause, perform: impl FnOnce() -> Answer) -> Option<Answer> {
        match kind {
            Kind::Answer { status, body } => Some(canned(status, body)),
            Kind::SlackError(error) => Some(Answer::json(200, &serde_json::json!({"ok": false, "error": error}))),
            Kind::RateLimited { retry_after_s } => Some(S::rate_limited(retry_after_s)),
            Kind::SecondaryLimit { retry_after_s } => Some(secondary_limit(retry_after_s)),
            Kind::Drop => None,
            Kind::LoseReply => {
                perform();
                None
            }
            Kind::AnswerAfterActing { status, body } => {
                perform();
                Some(canned(status, body))
            }
            Kind::Malformed => Some(halved(perform())),
            Kind::Delay(time) => {
                pause.wait(time).await;
                Some(perform())
            }
            Kind::DelayReply(time) => {
                let answer = perform();
                self.bump();
                pause.wait(time).await;
                Some(answer)
            }
        }
    }

    /// Checks and performs the operation as the vendor would.
    fn act(&self, operation: &str, act: Act<S>, mut call: Call) -> Answer {
        call.now = self.clock.now();
        let mut state = self.state();
        let answer = match state.admit(operation, &call) {
            Ok(()) => act(&mut state, &call).unwrap_or_else(std::convert::identity),
            Err(answer) => answer,
        };
        if let Some(why) = &answer.violation {
            self.log.complain(format!("{} {} {}: {why}", S::NAME, call.method, call.path));
        }
        // Who asks may hold its own clock against the vendor's.
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&call.now);
        let answer = state.finish(answer);
        match date {
            Ok(date) => answer.with_header("date", date),
            Err(_) => answer,
        }
    }
}

/// The answer that a fault prescribes.
fn canned(status: u16, body: String) -> Answer {
    let kind = if body.starts_with('{') { "application/json; charset=utf-8" } else { "text/plain; charset=utf-8" };
    Answer::new(status, body).with_header("content-type", kind)
}

/// GitHub's answer to content created too fast. Source: docs.github.com, "Rate limits for the REST API".
fn secondary_limit(retry_after_s: Option<u32>) -> Answer {
    let body = serde_json::json!({
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
    });
    retry_after(Answer::json(403, &body), retry_after_s)
}

/// Adds the `Retry-After` header, if there is a time.
pub(crate) fn retry_after(answer: Answer, retry_after_s: Option<u32>) -> Answer {
    match retry_after_s {
        Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// The same answer with its body cut in half.
fn halved(mut answer: Answer) -> Answer {
    answer.body.truncate(answer.body.len() / 2);
    answer
}
