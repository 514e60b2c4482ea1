//! The Lambda behind API Gateway: takes a click, keeps the answer, and acknowledges it in time.
//!
//! The order is the promise: the answer is in the journal before Slack hears 200. What follows from
//! it is done within the time that Slack leaves, and otherwise handed on through the topic.

mod form;
mod legacy;
mod payload;
mod replays;
mod request;

use std::time::Duration;

use dispatch_engine::{
    Stopped,
    answer::{Click, Taken, adopt, follow_up, record},
    world::{Run, World},
};
use dispatch_services::slack::signature::verify;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

pub use self::{
    form::{Reason, Snoozed},
    payload::{Action, Button, Press, Unknown, read},
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

/// The function: the world, and the secret that Slack signs with.
#[derive(Clone, Debug)]
pub struct Triage {
    /// The outside world.
    pub world: World,
    /// Slack's signing secret.
    pub signing_secret: SecretString,
    /// What this process handled lately.
    pub replays: Replays,
}

/// What an HTTP request comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ok,
    NotARequest,
    NotSigned,
    NotKept,
}

impl Status {
    /// The answer, in the form that HTTP APIs, REST APIs and function URLs share. Slack shows people
    /// an error of its own for anything but 200; the body is for those who debug.
    fn response(self) -> Value {
        let (code, body) = match self {
            Status::Ok => (200, ""),
            Status::NotARequest => (400, "This is no request that Slack sends for Dispatch.\n"),
            Status::NotSigned => (401, "Slack's signature is missing, wrong or stale.\n"),
            Status::NotKept => (500, "This could not be finished. Please press the button again.\n"),
        };
        let headers = json!({ "content-type": "text/plain; charset=utf-8" });
        json!({ "statusCode": code, "headers": headers, "body": body, "isBase64Encoded": false })
    }
}

impl Triage {
    /// Answers one HTTP event. Never fails: every outcome is an HTTP response.
    pub async fn handle(&self, event: Value) -> Value {
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
        let (timestamp, signature) = (request.header("x-slack-request-timestamp"), request.header("x-slack-signature"));
        if let Err(error) = verify(&self.signing_secret, timestamp, signature, &request.body, self.world.clock.now()) {
            tracing::warn!(%error, "refused");
            return Status::NotSigned;
        }
        let signature = signature.unwrap_or_default();
        if self.replays.knows(signature, self.world.clock.now()) {
            tracing::info!("a request that was handled came again");
            return Status::Ok;
        }
        let status = self.act(&request, start).await;
        if status == Status::Ok {
            self.replays.remember(signature, self.world.clock.now());
        }
        status
    }

    /// Does what a request asks for, once it is known to be Slack's.
    async fn act(&self, request: &Request, start: Instant) -> Status {
        if request.field("ssl_check").is_some_and(|value| value == "1") {
            return Status::Ok;
        }
        let action = request.field("payload").ok_or_else(|| Unknown("missing".to_owned())).and_then(|text| read(&text));
        match action {
            Ok(Action::Press(press)) => match press.click() {
                Some(click) => self.click(&click, start).await,
                None => {
                    tracing::info!(alarm.key = %press.ticket.key, button = ?press.button, "a button that is not connected yet");
                    Status::Ok
                }
            },
            Ok(Action::Reason(Reason { ticket, .. }) | Action::Snoozed(Snoozed { ticket, .. })) => {
                tracing::info!(alarm.key = %ticket.key, "a form that is not connected yet");
                Status::Ok
            }
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
        let taken = match record(&self.world, click).await {
            Ok(taken) => taken,
            Err(stopped) => return not_kept(&stopped),
        };
        match &taken {
            Taken::Stands => tracing::info!(alarm.key = %click.ticket.key, answer = %click.answer, "answered"),
            Taken::Told(reply) => tracing::info!(alarm.key = %click.ticket.key, ?reply, "clicked in vain"),
        }
        let steps = Run::alone(&self.world, start + STEPS);
        match follow_up(&self.world, &steps, click, &taken, start + HAND_ON).await {
            Ok(()) => Status::Ok,
            Err(failed) => {
                tracing::error!(alarm.key = %click.ticket.key, error = %failed, "could not hand on");
                Status::NotKept
            }
        }
    }
}

fn not_kept(stopped: &Stopped) -> Status {
    tracing::error!(error = %stopped, "the answer could not be kept");
    Status::NotKept
}
