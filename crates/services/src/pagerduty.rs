//! PagerDuty: where the person on call is woken.
//!
//! There are two ways in, and a deployment has one or both. Events need one key and take what
//! machines send; REST incidents reach any service, but PagerDuty limits them to what people do by
//! hand. Whatever refuses a page, the next way is tried: a page must go out.

mod ending;
mod events;
mod incident;
mod judge;
mod on_call;
mod rest;
mod settings;

use std::time::Duration;

use async_trait::async_trait;
use dispatch_core::{
    alarm::{Address, Person},
    notice::{Notice, Receipt},
    text::cut,
};
use dispatch_engine::{
    ports::{Destination, Failed, Standing},
    world::{time_left, until},
};
use http::{HeaderValue, header};
use reqwest::Request;
use serde::Serialize;
use tokio::time::{Instant, timeout};
use url::Url;

use self::{
    events::Events,
    incident::{Incident, KEY_MAX, note},
    judge::Way,
    on_call::ON_CALLS,
    rest::Rest,
};

pub use self::settings::{SETTINGS, WEBHOOK_SECRET, webhook_secret};

#[cfg(test)]
mod tests;

/// What PagerDuty's addresses start with. What follows is the id of a service, or nothing for the
/// one that was deployed as the default.
pub const SCHEME: &str = "pagerduty";

const PAGE: &str = "pagerduty page";
const RESOLVE: &str = "pagerduty resolve";
/// How long a page that has gone out waits to learn where it can be opened.
const ADDRESS_MAX: Duration = Duration::from_millis(500);
/// What a way is given in any case: with less, a first connection may not stand.
const WAY_MIN: Duration = Duration::from_secs(1);
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Pages through events, REST incidents, or both.
#[derive(Debug)]
pub struct PagerDuty {
    events: Option<Events>,
    rest: Option<Rest>,
}

/// A way in, with what it needs.
enum Route<'a> {
    /// REST, to the service that was asked for.
    Named(&'a Rest, &'a str),
    /// Events, with the service that was asked for if it was not tried before.
    Events(&'a Events, Option<&'a str>),
    /// REST, to the default service.
    Default(&'a Rest),
}

impl PagerDuty {
    /// The ways to try, in this order. An empty `wished` is the default service.
    fn routes<'a>(&'a self, wished: &'a str) -> Vec<Route<'a>> {
        let wished = Some(wished).filter(|wished| !wished.is_empty());
        let named = self.rest.as_ref().zip(wished).map(|(rest, wished)| Route::Named(rest, wished));
        let untold = wished.filter(|_| named.is_none());
        let events = self.events.as_ref().map(|events| Route::Events(events, untold));
        let default = self.rest.as_ref().filter(|rest| wished != Some(rest.service.as_str())).map(Route::Default);
        [named, events, default].into_iter().flatten().collect()
    }
}

impl PagerDuty {
    /// Where the page of a no can be opened. An event is answered without an address, so REST is asked
    /// for it, if it is set up, once and not for long: nothing depends on it. A page that was asked for
    /// as such has nobody to show the address to.
    async fn with_address(&self, receipt: Receipt, notice: &Notice) -> Receipt {
        let (Some(rest), None, Some(_)) = (&self.rest, &receipt.url, &notice.link) else { return receipt };
        let found = timeout(ADDRESS_MAX, rest.find_open(&receipt.id, None)).await;
        match found.ok().flatten().and_then(|found| Some((found.id, found.html_url?))) {
            Some((id, url)) => Receipt { id, url: Some(url), ..receipt },
            None => receipt,
        }
    }
}

impl Route<'_> {
    async fn page(&self, incident: &Incident, way: Way) -> Result<Receipt, Failed> {
        match self {
            Route::Named(rest, service) => rest.page(incident, service, way).await,
            Route::Events(events, wished) => events.page(incident, *wished, way).await,
            Route::Default(rest) => rest.page(incident, &rest.service, way).await,
        }
    }

    /// Ends what is open under this key, and tells whether that is certain. An event does not tell.
    async fn resolve(&self, key: &str, why: &str) -> Result<bool, Failed> {
        match self {
            Route::Named(rest, service) => rest.resolve_key(key, service, why).await,
            Route::Events(events, _) => events.resolve(key).await.map(|()| false),
            Route::Default(rest) => rest.resolve_key(key, &rest.service, why).await,
        }
    }
}

#[async_trait]
impl Destination for PagerDuty {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    /// The same [`Notice::key`] pages once as long as its incident is open.
    ///
    /// A service that was asked for and refuses is replaced by the default one, and the page tells.
    /// One that is merely busy is waited for: the default would wake the wrong person.
    ///
    /// The receipt of an event holds no service, and an address to open only where REST could tell it.
    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        let mut incident = Incident::of(notice);
        let mut routes = self.routes(to.rest().trim()).into_iter().peekable();
        let mut failure = refused(PAGE, "no way to PagerDuty is set up");
        while let Some(route) = routes.next() {
            let way = if routes.peek().is_some() { Way::Spare } else { Way::Last };
            let failed = match within_share(way, route.page(&incident, way)).await {
                Ok(receipt) if matches!(route, Route::Events(..)) => {
                    return Ok(self.with_address(receipt, notice).await);
                }
                Ok(receipt) => return Ok(receipt),
                Err(failed) => failed,
            };
            if let Route::Named(_, service) = route {
                if !failed.is_final() {
                    return Err(failed);
                }
                incident.explain(format!("This page was meant for PagerDuty service {service}: {failed}."));
            }
            if way == Way::Spare {
                tracing::warn!(reason = %failed, "a page takes another way");
            }
            // What may work later must come back, even if the last way is closed for good.
            if failure.is_final() {
                failure = failed;
            }
        }
        Err(failure)
    }

    /// Adds a note to the incident where REST made it or found it. An event has no incident that
    /// could be named, so its page stays as it is. A repeat adds the note again.
    async fn revise(&self, receipt: &Receipt, notice: &Notice) -> Result<(), Failed> {
        // Only an incident has an address to open; without one, the id is a key.
        match (&self.rest, &receipt.url) {
            (Some(rest), Some(_)) => rest.note(&receipt.id, &note(notice)).await,
            _ => Ok(()),
        }
    }

    /// With events alone there is no way to see.
    async fn standing(&self, receipt: &Receipt) -> Result<Option<Standing>, Failed> {
        let Some(rest) = &self.rest else { return Ok(None) };
        let service = Some(receipt.at.rest()).filter(|service| !service.is_empty());
        match receipt.url {
            Some(_) => rest.standing(&receipt.id).await,
            None if receipt.id.is_empty() => Ok(None),
            None => rest.standing_of_key(&receipt.id, service).await,
        }
    }

    async fn resolve(&self, receipt: &Receipt, why: &str) -> Result<(), Failed> {
        match (&self.rest, &receipt.url) {
            (Some(rest), Some(_)) => rest.resolve(&receipt.id, why).await,
            (None, Some(_)) => Err(refused(RESOLVE, "only the REST interface resolves an incident by its id")),
            (_, None) => self.resolve_key(&receipt.at, &receipt.id, why).await,
        }
    }

    /// Tries the ways that a page under this key may have gone, in their order, until an incident was found.
    async fn resolve_key(&self, to: &Address, key: &str, why: &str) -> Result<(), Failed> {
        let key = cut(key, KEY_MAX);
        if key.trim().is_empty() {
            return Err(refused(RESOLVE, "without a key, a page cannot be found"));
        }
        let mut routes = self.routes(to.rest().trim()).into_iter().peekable();
        let mut failure = routes.peek().is_none().then(|| refused(RESOLVE, "no way to PagerDuty is set up"));
        while let Some(route) = routes.next() {
            let way = if routes.peek().is_some() { Way::Spare } else { Way::Last };
            match within_share(way, route.resolve(key, why)).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                // What may work later must come back, even if another way is closed for good.
                Err(failed) if failure.as_ref().is_none_or(Failed::is_final) => failure = Some(failed),
                Err(_) => {}
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn on_call(&self, id: &str) -> Result<Option<Person>, Failed> {
        match &self.rest {
            Some(rest) => rest.on_call(id.trim()).await,
            None => Err(refused(ON_CALLS, "only the REST interface tells who is on call")),
        }
    }
}

/// A way that another follows has half of the time that is left, so that one which hangs does not use up
/// the time of the other.
async fn within_share<T>(way: Way, work: impl Future<Output = T>) -> T {
    match time_left().filter(|_| way == Way::Spare) {
        Some(left) => until(Instant::now() + (left / 2).max(WAY_MIN).min(left), work).await,
        None => work.await,
    }
}

fn refused(call: &'static str, reason: &str) -> Failed {
    Failed::Refused { call, reason: reason.to_owned() }
}

/// `base` may hold a path.
fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

fn json(call: &'static str, request: &mut Request, body: &impl Serialize) -> Result<(), Failed> {
    let body = serde_json::to_vec(body).map_err(|error| refused(call, &error.to_string()))?;
    request.headers_mut().insert(header::CONTENT_TYPE, JSON);
    *request.body_mut() = Some(body.into());
    Ok(())
}
