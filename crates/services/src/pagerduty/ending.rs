//! How a page stands, and how it ends.
//!
//! Whoever may not do that is refused for good: nobody is woken less for it, and a page that stays open must hold up
//! nothing else.

use dispatch_core::text::shorten;
use dispatch_engine::ports::{Failed, Standing};
use http::Method;
use serde::{Deserialize, Serialize};

use super::{
    incident::NOTE_MAX,
    json,
    judge::{Way, is_gone, is_over, judge},
    rest::{KnownIncident, OPEN, Rest, read},
};
use crate::http::{Repeat, Reply, Verdict};

const GET: &str = "pagerduty incidents.get";
const UPDATE: &str = "pagerduty incidents.update";

impl Rest {
    /// How the incident stands. One that there is not is over.
    pub(super) async fn standing(&self, id: &str) -> Result<Option<Standing>, Failed> {
        let request = self.request(GET, Method::GET, &["incidents", id])?;
        let judge = |reply: &Reply| {
            if is_gone(reply) { Verdict::Fine } else { judge(GET, reply, Way::Spare) }
        };
        let reply = self.http.send(GET, request, Repeat::Freely, judge).await?;
        if is_gone(&reply) {
            return Ok(Some(Standing::Over));
        }
        Ok(read::<Shown>(GET, &reply)?.incident.standing())
    }

    /// How the incident with this key stands. An event is taken before its incident is there, so one that is
    /// in no list yet is not over.
    pub(super) async fn standing_of_key(&self, key: &str, service: Option<&str>) -> Result<Option<Standing>, Failed> {
        if let Some(open) = self.find(key, service, &OPEN, Way::Spare).await? {
            return Ok(open.standing());
        }
        let resolved = self.find(key, service, &["resolved"], Way::Spare).await?;
        Ok(resolved.map(|_| Standing::Over))
    }

    /// Resolves the incident that is open under this key, and tells whether there was one.
    pub(super) async fn resolve_key(&self, key: &str, service: &str, why: &str) -> Result<bool, Failed> {
        match self.find(key, Some(service), &OPEN, Way::Spare).await? {
            Some(open) => self.resolve(&open.id, why).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Resolves the incident. `why` stands in its log.
    pub(super) async fn resolve(&self, id: &str, why: &str) -> Result<(), Failed> {
        let mut request = self.request(UPDATE, Method::PUT, &["incidents", id])?;
        let resolution = shorten(why, NOTE_MAX);
        let change = Change { r#type: "incident_reference", status: "resolved", resolution: &resolution };
        json(UPDATE, &mut request, &Update { incident: change })?;
        let judge = |reply: &Reply| {
            if is_over(reply) { Verdict::Fine } else { judge(UPDATE, reply, Way::Spare) }
        };
        self.http.send(UPDATE, request, Repeat::Freely, judge).await?;
        Ok(())
    }
}

impl KnownIncident {
    /// `None` for a state that PagerDuty may add one day.
    fn standing(self) -> Option<Standing> {
        match self.status.as_deref() {
            Some("triggered") => Some(Standing::Open),
            Some("acknowledged") => {
                let last = self.acknowledgements.into_iter().next_back();
                Some(Standing::Taken { by: last.and_then(|last| last.acknowledger.summary) })
            }
            Some("resolved") => Some(Standing::Over),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Shown {
    incident: KnownIncident,
}

#[derive(Serialize)]
struct Update<'a> {
    incident: Change<'a>,
}

#[derive(Serialize)]
struct Change<'a> {
    r#type: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    resolution: &'a str,
}
