//! The Lambda behind API Gateway: takes a click, keeps the answer, and acknowledges it in time. It also hears of what
//! people do about issues on GitHub and about incidents in PagerDuty.
//!
//! The order is the promise: the answer is in the journal before Slack hears 200. What follows from
//! it is done within the time that Slack leaves, and otherwise handed on through the topic.

mod form;
pub mod github;
mod legacy;
pub mod pagerduty;
mod payload;
mod replays;
mod request;

use std::time::Duration;

use dispatch_engine::{
    Stopped,
    answer::{Click, Taken, adopt, follow_up, record},
    heard,
    world::{Run, World},
};
use dispatch_services::{slack::signature, webhook};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use self::{
    github::{IssueChange, IssueEvent},
    pagerduty::IncidentEvent,
};

pub use self::{
    payload::{Action, Unknown, read},
    replays::Replays,
    request::{NoRequest, Request},
};

/// When no step may be under way any more, counted from the request. Slack gives up at 3 seconds;
/// the rest is room for the network, for a cold start and for handing on.
const STEPS: Duration = Duration::from_millis(1_200);

/// When handing on must be done.
const HAND_ON: Duration = Duration::from_millis(1_700);

/// When an answer is given, whatever happens.
const ANSWER: Duration = Duration::from_millis(1_900);

/// The version of the function, in the answer to a ping.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The function: the world, and the secrets that others sign with.
#[derive(Clone, Debug)]
pub struct Triage {
    /// The outside world.
    pub world: World,
    /// Slack's signing secret.
    pub signing_secret: SecretString,
    /// What GitHub signs webhooks with; without it they are refused.
    pub github_secret: Option<SecretString>,
    /// What PagerDuty signs webhooks with; without it they are refused.
    pub pagerduty_secret: Option<SecretString>,
    /// What this process handled lately.
    pub replays: Replays,
}

/// Something that a person did elsewhere than in Slack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// About an issue, on GitHub.
    Issue(IssueEvent),
    /// About an incident, in PagerDuty.
    Incident(IncidentEvent),
}

/// Who sends a request. Its path says nothing: all of them may be given the same address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Slack,
    GitHub,
    PagerDuty,
}

impl Sender {
    /// Whom the headers name; the signature has to prove it. Whatever names nobody is Slack's to sign.
    fn of(request: &Request) -> Self {
        if request.header(github::EVENT).is_some() {
            Sender::GitHub
        } else if request.header(webhook::PAGERDUTY.header).is_some() {
            Sender::PagerDuty
        } else {
            Sender::Slack
        }
    }
}

/// What an HTTP request comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ok,
    /// A ping of `dispatch doctor` that is signed as Slack signs.
    Pong,
    NotARequest,
    NotSigned,
    NotKept,
}

impl Status {
    /// The answer, in the form that HTTP APIs, REST APIs and function URLs share. Slack shows people
    /// an error of its own for anything but 200, GitHub keeps the answer for a few days, and PagerDuty
    /// sends again what got a 500; the body is for those who debug.
    fn response(self) -> Value {
        let (code, body) = match self {
            Status::Ok | Status::Pong => (200, ""),
            Status::NotARequest => (400, "This is no request that Dispatch takes.\n"),
            Status::NotSigned => (401, "The signature is missing, wrong or stale.\n"),
            Status::NotKept => (500, "This could not be finished. Please try again.\n"),
        };
        let kind = "text/plain; charset=utf-8";
        let headers = match self {
            Status::Pong => json!({ "content-type": kind, "x-dispatch-version": VERSION }),
            _ => json!({ "content-type": kind }),
        };
        json!({ "statusCode": code, "headers": headers, "body": body, "isBase64Encoded": false })
    }
}

impl Triage {
    /// Answers one HTTP event. Never fails: every outcome is an HTTP response.
    ///
    /// Whoever may invoke the function itself asks for its version with `{"dispatch": "ping"}`. No event that
    /// came by HTTP looks like that.
    pub async fn handle(&self, event: Value) -> Value {
        if event == json!({ "dispatch": "ping" }) {
            return json!({ "version": VERSION });
        }
        let start = Instant::now();
        let status = match timeout_at(start + ANSWER, self.respond(event, start)).await {
            Ok(status) => status,
            Err(_) => {
                tracing::error!("the store or the topic did not answer in time");
                Status::NotKept
            }
        };
        status.response()
    }

    async fn respond(&self, event: Value, start: Instant) -> Status {
        let request = match Request::read(event) {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(%error, "refused");
                return Status::NotARequest;
            }
        };
        let (sender, now) = (Sender::of(&request), self.world.clock.now());
        let signature = match self.verify(sender, &request, now) {
            Ok(signature) => signature,
            Err(error) => {
                tracing::warn!(error, ?sender, "refused");
                return Status::NotSigned;
            }
        };
        if self.replays.knows(&signature, now) {
            tracing::info!("a request that was handled came again");
            return Status::Ok;
        }
        let event = match sender {
            Sender::Slack => None,
            Sender::GitHub => Some(github::read(&request).map(|event| event.map(Event::Issue))),
            Sender::PagerDuty => Some(pagerduty::read(&request.body).map(|event| event.map(Event::Incident))),
        };
        let status = match event {
            None => self.act(&request, start).await,
            Some(Ok(Some(event))) => self.heard(event, start).await,
            // Not remembered: a webhook may be told of everything that happens in an organisation.
            Some(Ok(None)) => return Status::Ok,
            Some(Err(error)) => {
                tracing::warn!(%error, ?sender, "refused");
                Status::NotARequest
            }
        };
        if status == Status::Ok {
            self.replays.remember(&signature, self.world.clock.now());
        }
        status
    }

    /// Checks who signed a request. Returns its signature, the same whenever the same request comes again, or says
    /// what is wrong, for the log.
    fn verify(&self, sender: Sender, request: &Request, now: Timestamp) -> Result<String, String> {
        let hook = |signer: webhook::Signer, secret: &Option<SecretString>| {
            let signed = signer.verify(secret.as_ref(), request.header(signer.header), &request.body);
            signed.map_err(|error| error.to_string())
        };
        match sender {
            Sender::GitHub => hook(webhook::GITHUB, &self.github_secret),
            Sender::PagerDuty => hook(webhook::PAGERDUTY, &self.pagerduty_secret),
            Sender::Slack => {
                let timestamp = request.header("x-slack-request-timestamp");
                let signature = request.header("x-slack-signature");
                signature::verify(&self.signing_secret, timestamp, signature, &request.body, now)
                    .map_err(|error| error.to_string())?;
                Ok(signature.unwrap_or_default().to_owned())
            }
        }
    }

    /// Takes up what people did elsewhere.
    async fn heard(&self, event: Event, start: Instant) -> Status {
        let kept = match event {
            Event::Issue(event) => {
                match event.what {
                    IssueChange::Closed => tracing::info!(alarm.key = %event.key, "an issue was closed on GitHub"),
                    IssueChange::Reopened => tracing::info!(alarm.key = %event.key, "an issue was reopened on GitHub"),
                }
                heard::issue(&self.world, &event.into()).await
            }
            Event::Incident(event) => {
                tracing::info!(incident = event.id, what = ?event.what, "an incident changed in PagerDuty");
                heard::incident(&self.world, &event.into()).await
            }
        };
        let key = match kept {
            Ok(Some(key)) => key,
            Ok(None) => return Status::Ok,
            Err(stopped) => return not_kept(&stopped),
        };
        let steps = Run::alone(&self.world, start + STEPS);
        match heard::follow_up(&self.world, &steps, &key, start + HAND_ON).await {
            Ok(()) => Status::Ok,
            Err(failed) => {
                tracing::error!(alarm.key = %key, error = %failed, "could not hand on");
                Status::NotKept
            }
        }
    }

    /// Does what a request asks for, once it is known to be Slack's.
    async fn act(&self, request: &Request, start: Instant) -> Status {
        if request.field("ssl_check").is_some_and(|value| value == "1") {
            return Status::Ok;
        }
        if request.field("dispatch").is_some_and(|value| value == "ping") {
            return Status::Pong;
        }
        let action = request.field("payload").ok_or_else(|| Unknown("missing".to_owned())).and_then(|text| read(&text));
        match action {
            Ok(Action::Click(click)) => self.click(&click, start).await,
            Ok(Action::Legacy(legacy)) => {
                let journal = legacy.journal(&self.world.defaults, self.world.clock.now());
                let click = legacy.click(&journal);
                match adopt(&self.world, journal).await {
                    Ok(()) => self.click(&click, start).await,
                    Err(stopped) => not_kept(&stopped),
                }
            }
            Ok(Action::Nothing) => Status::Ok,
            Err(error) => {
                tracing::warn!(%error, "refused");
                Status::NotARequest
            }
        }
    }

    async fn click(&self, click: &Click, start: Instant) -> Status {
        let recorded = match record(&self.world, click).await {
            Ok(recorded) => recorded,
            Err(stopped) => return not_kept(&stopped),
        };
        tracing::info!(alarm.key = %click.ticket.key, who = click.ticket.who, taken = word(&recorded.taken), "clicked");
        let steps = Run::alone(&self.world, start + STEPS);
        match follow_up(&self.world, &steps, click, &recorded, start + HAND_ON).await {
            Ok(()) => Status::Ok,
            Err(failed) => {
                tracing::error!(alarm.key = %click.ticket.key, error = %failed, "could not hand on");
                Status::NotKept
            }
        }
    }
}

/// For the log, which tells nothing that people wrote.
fn word(taken: &Taken) -> &'static str {
    match taken {
        Taken::Stands => "it stands",
        Taken::Late(_) => "it stands, late",
        Taken::Asks => "it opens a form",
        Taken::Told(_) => "in vain",
    }
}

fn not_kept(stopped: &Stopped) -> Status {
    tracing::error!(error = %stopped, "the answer could not be kept");
    Status::NotKept
}
