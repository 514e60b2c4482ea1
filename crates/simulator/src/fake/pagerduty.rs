//! A fake PagerDuty: services, incidents and notes by the REST API, alerts by the Events API v2. Both make incidents
//! of one list, so that one look shows every page that went out.
//!
//! Deliberately absent: rotations (who is on call is set), escalation, notifications, priorities, and the counting of rate limits (use a
//! [`Fault`](super::Fault) for those). Nobody is ever called.

mod answer;
mod console;
mod events;
mod incidents;
mod notes;
mod oncalls;
mod people;
mod state;
#[cfg(test)]
mod tests;
mod webhook;

use std::io;

use http::Method;
use serde_json::json;

pub use state::{Account, Incident, Link, Note, OnCall, ServiceSettings, Settings, User};

use self::answer::refused;
use super::NoSuch;
use super::call::{Answer, Call};
use super::handle::Fake;
use super::world::{Act, Route, Service, retry_after};

/// A fake PagerDuty. Give [`url`](Fake::url) to the client as `PAGERDUTY_API_URL` and as `PAGERDUTY_EVENTS_URL`.
pub type PagerDuty = Fake<Account>;

impl Fake<Account> {
    /// Starts it on a free port of loopback.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::open(settings.clock.clone(), |root| Account::new(settings, root)).await
    }

    /// All incidents, oldest first.
    pub fn incidents(&self) -> Vec<Incident> {
        self.read(|account| account.incidents.clone())
    }

    /// Acknowledges an incident as a responder (`sam`) would.
    ///
    /// # Errors
    /// When there is no such incident.
    pub fn acknowledge(&self, id: &str) -> Result<(), NoSuch> {
        self.acknowledge_as(id, "sam")
    }

    /// Acknowledges an incident as somebody would, given by the handle.
    ///
    /// # Errors
    /// When there is no such incident.
    pub fn acknowledge_as(&self, id: &str, handle: &str) -> Result<(), NoSuch> {
        self.move_by_hand(id, "acknowledged", "incident.acknowledged", handle)
    }

    /// Resolves an incident as a responder (`sam`) would.
    ///
    /// # Errors
    /// When there is no such incident.
    pub fn resolve(&self, id: &str) -> Result<(), NoSuch> {
        self.resolve_as(id, "sam")
    }

    /// Resolves an incident as somebody would, given by the handle.
    ///
    /// # Errors
    /// When there is no such incident.
    pub fn resolve_as(&self, id: &str, handle: &str) -> Result<(), NoSuch> {
        self.move_by_hand(id, "resolved", "incident.resolved", handle)
    }

    /// Opens a resolved incident again as somebody would.
    ///
    /// # Errors
    /// When there is no such incident.
    pub fn reopen(&self, id: &str) -> Result<(), NoSuch> {
        self.move_by_hand(id, "triggered", "incident.reopened", "sam")
    }

    /// Sets who is on call from now on; nobody, when it is empty.
    pub fn put_on_call(&self, turns: Vec<OnCall>) {
        self.change(|account, _| account.settings.on_call = turns);
    }

    fn move_by_hand(&self, id: &str, status: &str, event: &str, handle: &str) -> Result<(), NoSuch> {
        let name = User::named(handle).name;
        let moves = self.change(|account, now| {
            let incident = account.incident_mut(id).ok_or_else(|| NoSuch(format!("incident {id}")))?;
            let moves = incident.status != status;
            incident.move_to(status, &name, now);
            Ok(moves)
        })?;
        if moves {
            self.tell(self.webhook(id, event, Some(&name))?);
        }
        Ok(())
    }
}

impl Service for Account {
    const NAME: &'static str = "pagerduty";

    fn routes() -> Vec<Route<Self>> {
        vec![
            route(Method::GET, "/incidents", "listIncidents", incidents::list),
            route(Method::POST, "/incidents", "createIncident", incidents::create),
            route(Method::GET, "/incidents/{id}", "getIncident", incidents::get),
            route(Method::PUT, "/incidents/{id}", "updateIncident", incidents::update),
            route(Method::GET, "/incidents/{id}/notes", "listIncidentNotes", notes::list),
            route(Method::POST, "/incidents/{id}/notes", "createIncidentNote", notes::create),
            route(Method::GET, "/oncalls", "listOnCalls", oncalls::list),
            route(Method::GET, "/users", "listUsers", people::list),
            route(Method::GET, "/services/{id}", "getService", incidents::service),
            route(Method::POST, "/v2/enqueue", events::OPERATION, events::enqueue),
        ]
    }

    /// The REST API wants a token and its own media type; an event carries its key in the body.
    fn admit(&mut self, operation: &str, call: &Call) -> Result<(), Answer> {
        if operation == events::OPERATION {
            return Ok(());
        }
        let unauthorized = || Answer::json(401, &json!({"error": {"message": "Unauthorized", "code": 2006}}));
        match call.header("authorization").map(|value| value.strip_prefix("Token token=")) {
            Some(Some(token)) if token == self.settings.api_key => {}
            Some(Some(_)) => return Err(unauthorized()),
            Some(None) => return Err(unauthorized().blaming("the Authorization header is not `Token token=…`")),
            None => return Err(unauthorized().blaming("no Authorization header")),
        }
        if call.header("accept") != Some("application/vnd.pagerduty+json;version=2") {
            let why = "the Accept header is not application/vnd.pagerduty+json;version=2";
            return Err(refused(400, 2001, "Invalid Input Provided", &[why]).blaming(why));
        }
        Ok(())
    }

    fn unknown(call: &Call) -> Answer {
        answer::not_found().blaming(format!("the fake has no operation {} {}", call.method, call.path))
    }

    fn page(&self, path: &str) -> Option<String> {
        self.incident_page(path)
    }

    fn rate_limited(retry_after_s: Option<u32>) -> Answer {
        retry_after(refused(429, 2020, "Rate Limit Exceeded", &[]), retry_after_s)
    }
}

fn route(method: Method, path: &'static str, operation: &'static str, act: Act<Account>) -> Route<Account> {
    Route { method, path, operation, act }
}
