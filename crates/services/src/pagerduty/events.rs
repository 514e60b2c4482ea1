//! The Events API v2: the way for machines.
//!
//! <https://developer.pagerduty.com/docs/send-alert-event>

use std::fmt;

use dispatch_core::{alarm::Address, notice::Receipt};
use dispatch_engine::ports::Failed;
use http::Method;
use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use super::{
    SCHEME,
    incident::{Incident, SUMMARY_MAX},
    join, json,
    judge::{Way, judge},
};
use crate::http::{Http, Repeat};

const ENQUEUE: &str = "pagerduty enqueue";

/// One integration of one service, known by its routing key.
pub(super) struct Events {
    http: Http,
    base: Url,
    routing_key: SecretString,
}

impl Events {
    pub(super) fn new(http: Http, base: Url, routing_key: SecretString) -> Self {
        Events { http, base, routing_key }
    }

    /// Pages. The same key adds to the alert that is open, so this is repeated freely.
    ///
    /// The routing key decides on the service; `wished` is only told.
    pub(super) async fn page(&self, incident: &Incident, wished: Option<&str>, way: Way) -> Result<Receipt, Failed> {
        let mut request = Request::new(Method::POST, join(&self.base, &["v2", "enqueue"]));
        json(ENQUEUE, &mut request, &Event::of(self.routing_key.expose_secret(), incident, wished))?;
        self.http.send(ENQUEUE, request, Repeat::Freely, |reply| judge(ENQUEUE, reply, way)).await?;
        Ok(Receipt { at: Address::new(SCHEME, ""), id: incident.key.clone(), reader: None, url: None })
    }

    /// Resolves the alert that is open under this key; PagerDuty drops the event when there is none. It takes
    /// no sentence that anybody would read.
    pub(super) async fn resolve(&self, key: &str) -> Result<(), Failed> {
        let mut request = Request::new(Method::POST, join(&self.base, &["v2", "enqueue"]));
        let routing_key = self.routing_key.expose_secret();
        json(ENQUEUE, &mut request, &Resolution { routing_key, event_action: "resolve", dedup_key: key })?;
        self.http.send(ENQUEUE, request, Repeat::Freely, |reply| judge(ENQUEUE, reply, Way::Spare)).await?;
        Ok(())
    }
}

#[derive(Serialize)]
struct Resolution<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Event<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
    client: &'static str,
    payload: Payload<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<EventLink<'a>>,
}

#[derive(Serialize)]
struct Payload<'a> {
    summary: String,
    source: &'static str,
    severity: &'static str,
    custom_details: Details<'a>,
}

#[derive(Serialize)]
struct Details<'a> {
    details: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    wished_service: Option<&'a str>,
}

#[derive(Serialize)]
struct EventLink<'a> {
    href: &'a str,
    text: &'a str,
}

impl<'a> Event<'a> {
    fn of(routing_key: &'a str, incident: &'a Incident, wished: Option<&'a str>) -> Self {
        let link = incident.link.as_ref();
        Event {
            routing_key,
            event_action: "trigger",
            dedup_key: &incident.key,
            client: "Dispatch",
            payload: Payload {
                summary: incident.title(SUMMARY_MAX),
                source: "dispatch",
                severity: "critical",
                custom_details: Details { details: incident.details(), wished_service: wished },
            },
            links: link.map(|link| EventLink { href: &link.url, text: &link.text }).into_iter().collect(),
        }
    }
}
