//! Events API v2. <https://developer.pagerduty.com/docs/events-api-v2>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::{Account, Draft, Link, ServiceSettings};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem, join};

/// The name under which events are recorded.
pub(super) const OPERATION: &str = "createV2Event";

/// The largest body: 512 KB, taken as the smaller reading of it.
const BODY_MAX_BYTES: usize = 512_000;
const SUMMARY_MAX: usize = 1_024;
const DEDUP_KEY_MAX: usize = 255;
const ROUTING_KEY_LENGTH: usize = 32;

/// `POST /v2/enqueue`
pub(super) fn enqueue(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    if call.media_type().as_deref() != Some("application/json") {
        return Err(refused("the content type is not application/json"));
    }
    if call.body.len() > BODY_MAX_BYTES {
        return Err(refused("the body is larger than 512 KB"));
    }
    let body = call.json().map_err(|why| refused(&format!("the body is not JSON: {why}")))?;
    let event = Event::read(&body).map_err(|flaw| refused(&flaw.to_string()))?;
    let services = &account.settings.services;
    let service = services.iter().find(|service| service.routing_key == event.routing_key).cloned();
    let Some(service) = service else {
        // A wrong key is a wrong setting, not a wrong request.
        return Err(invalid_event("Invalid routing key"));
    };
    let key = account.take(event, service, call.now);
    Ok(Answer::json(202, &json!({"status": "success", "message": "Event processed", "dedup_key": key})))
}

impl Account {
    /// Opens, repeats, acknowledges or resolves what the event names. Returns its key.
    fn take(&mut self, event: Event, service: ServiceSettings, now: Timestamp) -> String {
        let open = event.dedup_key.as_ref().and_then(|key| self.open_with_key(&service.id, key));
        match (event.action.as_str(), open) {
            ("trigger", None) => self.open(event.into_draft(service), now).key,
            ("trigger", Some(incident)) => {
                incident.triggered += 1;
                incident.updated_at = now;
                incident.key.clone()
            }
            (action, Some(incident)) => {
                let by = incident.service_name.clone();
                incident.move_to(if action == "acknowledge" { "acknowledged" } else { "resolved" }, &by, now);
                incident.key.clone()
            }
            // Nothing is open under this key: the event is taken and dropped.
            (_, None) => event.dedup_key.unwrap_or_default(),
        }
    }
}

/// An event, read.
struct Event {
    routing_key: String,
    action: String,
    dedup_key: Option<String>,
    summary: String,
    severity: String,
    custom_details: Value,
    links: Vec<Link>,
}

impl Event {
    fn into_draft(self, service: ServiceSettings) -> Draft {
        let urgent = ["critical", "error"].contains(&self.severity.as_str());
        Draft {
            title: self.summary,
            service,
            urgency: if urgent { "high" } else { "low" }.to_owned(),
            key: self.dedup_key,
            details: String::new(),
            custom_details: self.custom_details,
            links: self.links,
            by_event: true,
            assignee: None,
        }
    }

    fn read(body: &Value) -> Result<Self, Flaw> {
        let fields = Fields::of(body, "")?;
        fields.only(&[
            "routing_key",
            "event_action",
            "dedup_key",
            "payload",
            "client",
            "client_url",
            "links",
            "images",
        ])?;
        let action = fields.required_choice("event_action", &["trigger", "acknowledge", "resolve"])?;
        let dedup_key = fields.text_within("dedup_key", DEDUP_KEY_MAX)?.filter(|key| !key.is_empty());
        if action != "trigger" && dedup_key.is_none() {
            return Err(fields.flaw("dedup_key", Problem::Missing));
        }
        for name in ["client", "client_url"] {
            fields.text(name)?;
        }
        let mut event = Self {
            routing_key: routing_key(&fields)?,
            action: action.to_owned(),
            dedup_key: dedup_key.map(str::to_owned),
            summary: String::new(),
            severity: String::new(),
            custom_details: Value::Null,
            links: links(&fields)?,
        };
        images(&fields)?;
        if action == "trigger" || fields.has("payload") {
            event.read_payload(&fields.required_object("payload")?)?;
        }
        Ok(event)
    }

    fn read_payload(&mut self, payload: &Fields<'_>) -> Result<(), Flaw> {
        payload.only(&[
            "summary",
            "source",
            "severity",
            "timestamp",
            "component",
            "group",
            "class",
            "custom_details",
        ])?;
        payload.words("source", usize::MAX)?;
        for name in ["timestamp", "component", "group", "class"] {
            payload.text(name)?;
        }
        payload.object("custom_details")?;
        self.summary = payload.words("summary", SUMMARY_MAX)?.to_owned();
        self.severity = payload.required_choice("severity", &["critical", "error", "warning", "info"])?.to_owned();
        self.custom_details = payload.value("custom_details").cloned().unwrap_or_default();
        Ok(())
    }
}

fn routing_key(fields: &Fields<'_>) -> Result<String, Flaw> {
    let key = fields.text("routing_key")?.ok_or_else(|| fields.flaw("routing_key", Problem::Missing))?;
    if key.chars().count() == ROUTING_KEY_LENGTH {
        Ok(key.to_owned())
    } else {
        Err(fields.flaw("routing_key", Problem::Wrong("has an incorrect length (should be 32 characters)".to_owned())))
    }
}

fn links(fields: &Fields<'_>) -> Result<Vec<Link>, Flaw> {
    let items = fields.list("links", usize::MAX)?.unwrap_or_default();
    let read = |(place, item): (usize, &Value)| {
        let link = Fields::of(item, &join("links", &place.to_string()))?;
        link.only(&["href", "text"])?;
        let href = link.words("href", usize::MAX)?;
        web_address(&link, "href")?;
        Ok(Link { href: href.to_owned(), text: link.text("text")?.unwrap_or(href).to_owned() })
    };
    items.iter().enumerate().map(read).collect()
}

fn images(fields: &Fields<'_>) -> Result<(), Flaw> {
    for (place, item) in fields.list("images", usize::MAX)?.unwrap_or_default().iter().enumerate() {
        let image = Fields::of(item, &join("images", &place.to_string()))?;
        image.only(&["src", "href", "alt"])?;
        image.words("src", usize::MAX)?;
        web_address(&image, "src")?;
        image.text("href")?;
        image.text("alt")?;
    }
    Ok(())
}

fn web_address(fields: &Fields<'_>, name: &str) -> Result<(), Flaw> {
    let text = fields.text(name)?.unwrap_or_default();
    if text.starts_with("https://") || text.starts_with("http://") {
        Ok(())
    } else {
        Err(fields.flaw(name, Problem::Wrong("is not a web address".to_owned())))
    }
}

fn invalid_event(why: &str) -> Answer {
    Answer::json(400, &json!({"status": "invalid event", "message": "Event object is invalid", "errors": [why]}))
}

fn refused(why: &str) -> Answer {
    invalid_event(why).blaming(why)
}
