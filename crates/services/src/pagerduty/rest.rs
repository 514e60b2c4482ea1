//! The REST interface: the way to a service that a message names, and to incidents that exist.
//!
//! <https://developer.pagerduty.com/api-reference>

use std::fmt;

use dispatch_core::{alarm::Address, notice::Receipt};
use dispatch_engine::ports::Failed;
use http::{HeaderName, HeaderValue, Method, header};
use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;

use super::{
    SCHEME,
    incident::{Incident, TITLE_MAX},
    join, json,
    judge::{Way, is_open_already, judge},
    refused,
};
use crate::http::{Http, Repeat, Reply, Verdict};

const CREATE: &str = "pagerduty incidents.create";
const LIST: &str = "pagerduty incidents.list";
const NOTE: &str = "pagerduty incidents.notes.create";

/// The states of an incident that is open.
pub(super) const OPEN: [&str; 2] = ["triggered", "acknowledged"];

const ACCEPT: HeaderValue = HeaderValue::from_static("application/vnd.pagerduty+json;version=2");
const FROM: HeaderName = header::FROM;

/// One account, by one of its keys.
pub(super) struct Rest {
    pub(super) http: Http,
    pub(super) base: Url,
    pub(super) key: SecretString,
    /// The e-mail address of a user of the account. An incident that this very user would be
    /// assigned to starts acknowledged and wakes nobody.
    pub(super) from: String,
    /// The service that is paged when none is named.
    pub(super) service: String,
}

impl Rest {
    /// Pages. An incident that is open under the same key is success, so this is repeated freely.
    pub(super) async fn page(&self, incident: &Incident, service: &str, way: Way) -> Result<Receipt, Failed> {
        let mut request = self.request(CREATE, Method::POST, &["incidents"])?;
        json(CREATE, &mut request, &Create { incident: NewIncident::of(incident, service) })?;
        let judge = |reply: &Reply| {
            if is_open_already(reply) { Verdict::Fine } else { judge(CREATE, reply, way) }
        };
        let reply = self.http.send(CREATE, request, Repeat::Freely, judge).await?;
        let known = if is_open_already(&reply) {
            self.find_open(&incident.key, Some(service)).await
        } else {
            serde_json::from_slice(&reply.body).ok().map(|created: Created| created.incident)
        };
        // Somebody has been paged, whether or not the reply tells the incident's name.
        let (id, url) = known.map_or_else(|| (incident.key.clone(), None), |known| (known.id, known.html_url));
        Ok(Receipt { at: Address::new(SCHEME, service), id, reader: None, url })
    }

    /// The open incident with this key, if PagerDuty tells. `key` must not be empty: that would
    /// list every incident of the service.
    pub(super) async fn find_open(&self, key: &str, service: Option<&str>) -> Option<KnownIncident> {
        self.find(key, service, &OPEN, Way::Spare).await.ok().flatten()
    }

    /// An incident with this key in one of these states. `key` must not be empty, as above. One that an
    /// event opened is found by the key of its alert and tells no key of its own.
    pub(super) async fn find(
        &self,
        key: &str,
        service: Option<&str>,
        statuses: &[&str],
        way: Way,
    ) -> Result<Option<KnownIncident>, Failed> {
        let mut request = self.request(LIST, Method::GET, &["incidents"])?;
        request
            .url_mut()
            .query_pairs_mut()
            .append_pair("incident_key", key)
            .extend_pairs(statuses.iter().map(|status| ("statuses[]", status)))
            .extend_pairs(service.map(|service| ("service_ids[]", service)));
        let reply = self.http.send(LIST, request, Repeat::Freely, |reply| judge(LIST, reply, way)).await?;
        let Listed { incidents } = read(LIST, &reply)?;
        Ok(incidents.into_iter().find(|found| found.incident_key.as_deref().is_none_or(|known| known == key)))
    }

    /// Adds a note to an incident. PagerDuty does not recognise a second one as the same.
    pub(super) async fn note(&self, id: &str, content: &str) -> Result<(), Failed> {
        let mut request = self.request(NOTE, Method::POST, &["incidents", id, "notes"])?;
        json(NOTE, &mut request, &Note { note: NoteText { content } })?;
        let judge = |reply: &Reply| judge(NOTE, reply, Way::Last);
        self.http.send(NOTE, request, Repeat::OnlyIfNotActedOn, judge).await?;
        Ok(())
    }

    pub(super) fn request(&self, call: &'static str, method: Method, path: &[&str]) -> Result<Request, Failed> {
        let unfit = |_| refused(call, "the key or the address of the sender cannot be sent in a header");
        let mut token = HeaderValue::try_from(format!("Token token={}", self.key.expose_secret())).map_err(unfit)?;
        token.set_sensitive(true);
        let mut request = Request::new(method, join(&self.base, path));
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, token);
        headers.insert(header::ACCEPT, ACCEPT);
        // PagerDuty wants it on reads, too.
        headers.insert(header::CONTENT_TYPE, super::JSON);
        headers.insert(FROM, HeaderValue::try_from(&self.from).map_err(unfit)?);
        Ok(request)
    }
}

/// Reads the body of a reply that was judged fine.
///
/// # Errors
/// [`Failed::Unreachable`]: whatever was asked for may have been done.
pub(super) fn read<T: DeserializeOwned>(call: &'static str, reply: &Reply) -> Result<T, Failed> {
    let unclear = |_| Failed::Unreachable { call, reason: "the reply could not be understood".to_owned() };
    serde_json::from_slice(&reply.body).map_err(unclear)
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest")
            .field("base", &self.base.as_str())
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Create<'a> {
    incident: NewIncident<'a>,
}

#[derive(Serialize)]
struct NewIncident<'a> {
    r#type: &'static str,
    title: String,
    service: Reference<'a>,
    urgency: &'static str,
    incident_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body>,
}

#[derive(Serialize)]
struct Reference<'a> {
    id: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    details: String,
}

impl<'a> NewIncident<'a> {
    fn of(incident: &'a Incident, service: &'a str) -> Self {
        let details = incident.details_with_link();
        NewIncident {
            r#type: "incident",
            title: incident.title(TITLE_MAX),
            service: Reference { id: service, r#type: "service_reference" },
            urgency: "high",
            incident_key: &incident.key,
            body: (!details.is_empty()).then_some(Body { r#type: "incident_body", details }),
        }
    }
}

#[derive(Deserialize)]
struct Created {
    incident: KnownIncident,
}

#[derive(Deserialize)]
struct Listed {
    incidents: Vec<KnownIncident>,
}

#[derive(Deserialize)]
pub(super) struct KnownIncident {
    pub(super) id: String,
    pub(super) html_url: Option<String>,
    incident_key: Option<String>,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) acknowledgements: Vec<Acknowledgement>,
}

#[derive(Deserialize)]
pub(super) struct Acknowledgement {
    pub(super) acknowledger: Acknowledger,
}

/// A user, or the service whose integration did it.
#[derive(Deserialize)]
pub(super) struct Acknowledger {
    /// The name.
    pub(super) summary: Option<String>,
}

#[derive(Serialize)]
struct Note<'a> {
    note: NoteText<'a>,
}

#[derive(Serialize)]
struct NoteText<'a> {
    content: &'a str,
}
