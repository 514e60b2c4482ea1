//! What the page does for its reader: publish, click, act by hand at a service, break a service.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{FromRequest, Request, State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use dispatch_simulator::{
    aws::Publication,
    fake::{Fault, Kind, NoSuch},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Console, timers};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/api/publish", post(publish))
        .route("/api/slack/click", post(click))
        .route("/api/slack/submit", post(submit))
        .route("/api/slack/cancel", post(cancel))
        .route("/api/github/close", post(close))
        .route("/api/github/reopen", post(reopen))
        .route("/api/pagerduty/acknowledge", post(acknowledge))
        .route("/api/pagerduty/resolve", post(resolve))
        .route("/api/clock/jump", post(timers::jump))
        .route("/api/fault", post(fault))
}

/// Why an action was not done, in words for the page.
pub(super) struct Refused(StatusCode, String);

impl Refused {
    pub(super) fn new(reason: &impl ToString) -> Self {
        Refused(StatusCode::UNPROCESSABLE_ENTITY, reason.to_string())
    }
}

impl From<NoSuch> for Refused {
    fn from(missing: NoSuch) -> Self {
        Refused::new(&missing)
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        Refused(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// What the page posts, as JSON; anything else is refused in the same way as an action is.
pub(super) struct Posted<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let Json(posted) = Json::from_request(request, state).await?;
        Ok(Posted(posted))
    }
}

pub(super) type Done = Result<Json<Value>, Refused>;

pub(super) fn done() -> Done {
    Ok(Json(json!({ "ok": true })))
}

#[derive(Deserialize)]
struct Publish {
    message: String,
    subject: Option<String>,
}

async fn publish(State(console): State<Console>, Posted(publish): Posted<Publish>) -> Done {
    let publication =
        Publication { subject: publish.subject.filter(|text| !text.is_empty()), ..Publication::new(publish.message) };
    publication.check().map_err(|refusal| Refused::new(&refusal))?;
    console.town.topic.publish(&publication);
    done()
}

#[derive(Deserialize)]
struct Click {
    channel: String,
    ts: String,
    user: String,
    action_id: String,
}

/// Presses a button as `user`: the fake Slack signs the request, and it goes to triage by HTTP.
async fn click(State(console): State<Console>, Posted(click): Posted<Click>) -> Done {
    let slack = &console.town.fakes.slack;
    let Click { channel, ts, user, action_id } = &click;
    let signed =
        slack.click(channel, ts, user, action_id).or_else(|_| slack.legacy_click(channel, ts, user, action_id))?;
    let start = Instant::now();
    let status = console.town.request(signed.body.as_bytes(), &signed.headers).await;
    let ms = start.elapsed().as_millis();
    if status != 200 {
        return Err(Refused::new(&format!("Slack shows an error: triage answered {status}")));
    }
    Ok(Json(json!({ "ok": true, "status": status, "ms": u64::try_from(ms).unwrap_or(u64::MAX) })))
}

#[derive(Deserialize)]
struct Submit {
    user: String,
    /// By field: an option's value, or text.
    values: BTreeMap<String, String>,
}

/// Sends the form that is open for `user`, as filled in: the fake Slack signs the request, and makes of triage's
/// answer what Slack makes of it.
async fn submit(State(console): State<Console>, Posted(form): Posted<Submit>) -> Done {
    let slack = &console.town.fakes.slack;
    let values: Vec<_> = form.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let signed = slack.submit(&form.user, &values)?;
    let answer = console.town.ask(signed.body.as_bytes(), &signed.headers).await;
    slack.acknowledge(&form.user, answer.status, &answer.body).map_err(|text| Refused::new(&text))?;
    done()
}

#[derive(Deserialize)]
struct Cancel {
    user: String,
}

async fn cancel(State(console): State<Console>, Posted(cancel): Posted<Cancel>) -> Done {
    console.town.fakes.slack.cancel(&cancel.user)?;
    done()
}

#[derive(Deserialize)]
struct AtIssue {
    repository: String,
    number: u64,
}

async fn close(State(console): State<Console>, Posted(at): Posted<AtIssue>) -> Done {
    console.town.fakes.github.close_by_hand(&at.repository, at.number)?;
    done()
}

async fn reopen(State(console): State<Console>, Posted(at): Posted<AtIssue>) -> Done {
    console.town.fakes.github.reopen(&at.repository, at.number)?;
    done()
}

#[derive(Deserialize)]
struct AtIncident {
    id: String,
}

async fn acknowledge(State(console): State<Console>, Posted(at): Posted<AtIncident>) -> Done {
    console.town.fakes.pagerduty.acknowledge(&at.id)?;
    done()
}

async fn resolve(State(console): State<Console>, Posted(at): Posted<AtIncident>) -> Done {
    console.town.fakes.pagerduty.resolve(&at.id)?;
    done()
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Service {
    Github,
    Slack,
    Pagerduty,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Misbehaviour {
    None,
    Down,
    Slow,
    RateLimited,
}

#[derive(Deserialize)]
struct Misbehave {
    service: Service,
    kind: Misbehaviour,
}

/// Longer than triage may take, so that handing on can be watched.
const SLOW: Duration = Duration::from_secs(3);

async fn fault(State(console): State<Console>, Posted(misbehave): Posted<Misbehave>) -> Done {
    let kind = match misbehave.kind {
        Misbehaviour::None => None,
        Misbehaviour::Down => Some(Kind::Answer { status: 503, body: "down for the test".to_owned() }),
        Misbehaviour::Slow => Some(Kind::Delay(SLOW)),
        Misbehaviour::RateLimited => Some(Kind::RateLimited { retry_after_s: Some(30) }),
    };
    let fault = kind.map(|kind| Fault::new("*", kind).always());
    let fakes = &console.town.fakes;
    match misbehave.service {
        Service::Github => {
            fakes.github.clear_faults();
            fault.into_iter().for_each(|fault| fakes.github.fault(fault));
        }
        Service::Slack => {
            fakes.slack.clear_faults();
            fault.into_iter().for_each(|fault| fakes.slack.fault(fault));
        }
        Service::Pagerduty => {
            fakes.pagerduty.clear_faults();
            fault.into_iter().for_each(|fault| fakes.pagerduty.fault(fault));
        }
    }
    done()
}
