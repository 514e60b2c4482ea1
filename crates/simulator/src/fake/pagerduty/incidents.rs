//! Incidents and services by the REST API. <https://developer.pagerduty.com/api-reference/>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{body, flawed, invalid, not_found, refused};
use super::state::{Account, Draft, Incident, POLICY, ServiceSettings, User};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem};

const STATUSES: [&str; 3] = ["triggered", "acknowledged", "resolved"];
/// The most characters of a key. Source: developer.pagerduty.com, "Events API v2": the incident key is the dedup key.
const KEY_MAX: usize = 255;
const TITLE_MAX: usize = 1_024;

/// The sentence by which clients know that the incident is open already. Source: observed answers.
const ALREADY_OPEN: &str = "Open incident with matching dedup key already exists on this service";

/// `POST /incidents`
pub(super) fn create(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let from = account.sender(call)?;
    let body = body(call)?;
    let sent = Sent::read(&body).map_err(flawed)?;
    let service = account.service(&sent.service_id).ok_or_else(|| invalid("Service not found"))?;
    if let Some(key) = &sent.key
        && account.open_with_key(&service.id, key).is_some()
    {
        return Err(refused(400, 2002, "Arguments Caused Error", &[ALREADY_OPEN]));
    }
    let to_sender = sent.assignee.as_ref() == Some(&from.id);
    let draft = Draft {
        title: sent.title,
        service,
        urgency: sent.urgency,
        key: sent.key,
        details: sent.details,
        custom_details: Value::Null,
        links: Vec::new(),
        by_event: false,
        assignee: sent.assignee,
    };
    let id = account.open(draft, call.now).id;
    let incident = account.incident_mut(&id).ok_or_else(not_found)?;
    if to_sender {
        // Who creates an incident for themselves knows of it already: nobody is called.
        incident.move_to("acknowledged", &from.name, call.now);
    }
    let incident = incident.clone();
    Ok(Answer::json(201, &json!({"incident": account.shown(&incident)})))
}

/// An incident as it is sent.
struct Sent {
    title: String,
    service_id: String,
    urgency: String,
    key: Option<String>,
    details: String,
    assignee: Option<String>,
}

impl Sent {
    fn read(body: &Value) -> Result<Self, Flaw> {
        let fields = Fields::of(body, "")?;
        fields.only(&["incident"])?;
        let fields = fields.required_object("incident")?;
        fields.only(&[
            "type",
            "title",
            "service",
            "urgency",
            "body",
            "incident_key",
            "assignments",
            "escalation_policy",
            "priority",
        ])?;
        fields.required_choice("type", &["incident"])?;
        if fields.has("assignments") && fields.has("escalation_policy") {
            return Err(fields.flaw("assignments", Problem::Wrong("cannot stand beside escalation_policy".to_owned())));
        }
        for (name, kind) in [("escalation_policy", "escalation_policy_reference"), ("priority", "priority_reference")] {
            if fields.has(name) {
                reference(&fields, name, kind)?;
            }
        }
        Ok(Self {
            title: fields.words("title", TITLE_MAX)?.to_owned(),
            service_id: reference(&fields, "service", "service_reference")?,
            urgency: fields.choice("urgency", &["high", "low"])?.unwrap_or("high").to_owned(),
            key: fields.text_within("incident_key", KEY_MAX)?.map(str::to_owned),
            details: details(&fields)?,
            assignee: assignee(&fields)?,
        })
    }
}

/// Reads `{"id": …, "type": …}`.
fn reference(fields: &Fields<'_>, name: &str, kind: &'static str) -> Result<String, Flaw> {
    let object = fields.required_object(name)?;
    object.only(&["id", "type", "summary", "self", "html_url"])?;
    object.required_choice("type", &[kind])?;
    object.words("id", 255).map(str::to_owned)
}

fn details(fields: &Fields<'_>) -> Result<String, Flaw> {
    let Some(body) = fields.object("body")? else {
        return Ok(String::new());
    };
    body.only(&["type", "details"])?;
    body.required_choice("type", &["incident_body"])?;
    let details = body.text("details")?.ok_or_else(|| body.flaw("details", Problem::Missing))?;
    Ok(details.to_owned())
}

fn assignee(fields: &Fields<'_>) -> Result<Option<String>, Flaw> {
    match fields.list("assignments", 1)?.and_then(<[Value]>::first) {
        Some(assignment) => {
            let assignment = Fields::of(assignment, &fields.path_of("assignments.0"))?;
            assignment.only(&["assignee"])?;
            reference(&assignment, "assignee", "user_reference").map(Some)
        }
        None => Ok(None),
    }
}

/// `GET /incidents`
pub(super) fn list(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let filter = Filter::read(call)?;
    let found: Vec<_> = account.incidents.iter().filter(|incident| filter.fits(incident)).collect();
    let page: Vec<_> =
        found.iter().skip(filter.offset).take(filter.limit).map(|incident| account.shown(incident)).collect();
    let more = found.len() > filter.offset + page.len();
    let total = filter.total.then_some(found.len());
    let value = json!({
        "incidents": page, "limit": filter.limit, "offset": filter.offset, "more": more, "total": total,
    });
    Ok(Answer::json(200, &value))
}

#[derive(Default)]
struct Filter {
    key: Option<String>,
    statuses: Vec<String>,
    services: Vec<String>,
    urgencies: Vec<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: usize,
    offset: usize,
    total: bool,
}

impl Filter {
    fn read(call: &Call) -> Result<Self, Answer> {
        let mut filter = Self { limit: 25, ..Self::default() };
        for (name, value) in call.pairs() {
            filter.take(&name, value).map_err(|why| invalid(&why).blaming(why))?;
        }
        if filter.limit > 100 || filter.limit + filter.offset > 10_000 {
            return Err(
                invalid("limit is over 100, or limit and offset over 10000").blaming("a page that is too large")
            );
        }
        Ok(filter)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), String> {
        let wrong = || format!("{name} is not valid");
        match name {
            // An empty key would list everything, which nobody who sends it means.
            "incident_key" if value.is_empty() => return Err("incident_key is empty".to_owned()),
            "incident_key" => self.key = Some(value),
            "statuses[]" if STATUSES.contains(&value.as_str()) => self.statuses.push(value),
            "service_ids[]" => self.services.push(value),
            "urgencies[]" if ["high", "low"].contains(&value.as_str()) => self.urgencies.push(value),
            "since" => self.since = Some(value.parse().map_err(|_| wrong())?),
            "until" => self.until = Some(value.parse().map_err(|_| wrong())?),
            "limit" => self.limit = value.parse().map_err(|_| wrong())?,
            "offset" => self.offset = value.parse().map_err(|_| wrong())?,
            "total" => self.total = value.parse().map_err(|_| wrong())?,
            "date_range" if value == "all" => {}
            "sort_by" if ["created_at:asc", "incident_number:asc"].contains(&value.as_str()) => {}
            _ => return Err(format!("{name}={value} is not known to the fake")),
        }
        Ok(())
    }

    fn fits(&self, incident: &Incident) -> bool {
        let among = |list: &[String], value: &String| list.is_empty() || list.contains(value);
        self.key.as_ref().is_none_or(|key| *key == incident.key)
            && among(&self.statuses, &incident.status)
            && among(&self.services, &incident.service_id)
            && among(&self.urgencies, &incident.urgency)
            && self.since.is_none_or(|since| incident.created_at >= since)
            && self.until.is_none_or(|until| incident.created_at < until)
    }
}

/// `GET /incidents/{id}`
pub(super) fn get(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let incident = account.incident_mut(call.param("id")).ok_or_else(not_found)?.clone();
    Ok(Answer::json(200, &json!({"incident": account.shown(&incident)})))
}

/// `PUT /incidents/{id}`
pub(super) fn update(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let from = account.sender(call)?;
    let incident = account.incident_mut(call.param("id")).ok_or_else(not_found)?;
    let body = body(call)?;
    let change = Change::read(&body).map_err(flawed)?;
    if let Some(status) = &change.status {
        match (incident.status.as_str(), status.as_str()) {
            ("resolved", "resolved") => return Err(refused(400, 1001, "Incident Already Resolved", &[])),
            ("acknowledged", "acknowledged") => return Err(refused(400, 1002, "Incident Already Acknowledged", &[])),
            _ => incident.move_to(status, &from.name, call.now),
        }
    }
    if let Some(title) = change.title {
        incident.title = title;
    }
    if let Some(urgency) = change.urgency {
        incident.urgency = urgency;
    }
    incident.updated_at = call.now;
    if let Some(resolution) = change.resolution {
        incident.note(&resolution, &from.email, call.now);
    }
    let incident = incident.clone();
    Ok(Answer::json(200, &json!({"incident": account.shown(&incident)})))
}

/// What is to be different about an incident.
struct Change {
    status: Option<String>,
    title: Option<String>,
    urgency: Option<String>,
    resolution: Option<String>,
}

impl Change {
    fn read(body: &Value) -> Result<Self, Flaw> {
        let fields = Fields::of(body, "")?;
        fields.only(&["incident"])?;
        let fields = fields.required_object("incident")?;
        fields.only(&["type", "status", "title", "urgency", "resolution"])?;
        fields.required_choice("type", &["incident", "incident_reference"])?;
        let status = fields.choice("status", &STATUSES)?;
        if fields.has("resolution") && status != Some("resolved") {
            return Err(fields.flaw("resolution", Problem::Wrong("needs the status resolved".to_owned())));
        }
        Ok(Self {
            status: status.map(str::to_owned),
            title: fields.text_within("title", TITLE_MAX)?.map(str::to_owned),
            urgency: fields.choice("urgency", &["high", "low"])?.map(str::to_owned),
            resolution: fields.text("resolution")?.map(str::to_owned),
        })
    }
}

/// `GET /services/{id}`
pub(super) fn service(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let service = account.service(call.param("id")).ok_or_else(not_found)?;
    let value = json!({
        "id": service.id, "type": "service", "name": service.name, "summary": service.name, "status": "active",
        "self": format!("{}/services/{}", account.root, service.id),
        "html_url": format!("{}/service-directory/{}", account.root, service.id),
        "escalation_policy": {"id": POLICY, "type": "escalation_policy_reference", "summary": "Everybody, in turn"},
    });
    Ok(Answer::json(200, &json!({"service": value})))
}

impl Account {
    pub(super) fn service(&self, id: &str) -> Option<ServiceSettings> {
        self.settings.services.iter().find(|service| service.id == id).cloned()
    }

    /// The user whom the `From` header names; every writing request needs one.
    pub(super) fn sender(&self, call: &Call) -> Result<User, Answer> {
        let Some(from) = call.header("from") else {
            return Err(invalid("Requester User Not Found").blaming("no From header"));
        };
        let user = self.settings.users.iter().find(|user| user.email.eq_ignore_ascii_case(from));
        user.cloned().ok_or_else(|| invalid("Requester User Not Found"))
    }

    /// An incident as the API shows it.
    pub(super) fn shown(&self, incident: &Incident) -> Value {
        let assignments: Vec<_> = incident
            .assignee
            .iter()
            .map(|id| json!({"at": incident.created_at, "assignee": {"id": id, "type": "user_reference"}}))
            .collect();
        let acknowledgements: Vec<_> = incident
            .changed_by
            .iter()
            .filter(|_| incident.status == "acknowledged")
            .map(|by| json!({"at": incident.updated_at, "acknowledger": self.acknowledger(incident, by)}))
            .collect();
        // What has alerts has no key of its own; lists are searched by the keys of the alerts all the same.
        let key = Some(&incident.key).filter(|_| !incident.by_event);
        json!({
            "id": incident.id, "type": "incident", "summary": format!("[#{}] {}", incident.number, incident.title),
            "self": format!("{}/incidents/{}", self.root, incident.id), "html_url": incident.url,
            "incident_number": incident.number, "title": incident.title, "status": incident.status,
            "incident_key": key, "urgency": incident.urgency, "assignments": assignments,
            "acknowledgements": acknowledgements,
            "created_at": incident.created_at, "updated_at": incident.updated_at, "resolved_at": incident.resolved_at,
            "last_status_change_at": incident.updated_at,
            "service": {"id": incident.service_id, "type": "service_reference", "summary": incident.service_name},
            "body": {"type": "incident_body", "details": incident.details},
        })
    }

    /// A user, or the service whose integration did it.
    fn acknowledger(&self, incident: &Incident, name: &str) -> Value {
        match self.settings.users.iter().find(|user| user.name == name) {
            Some(user) => json!({"id": user.id, "type": "user_reference", "summary": user.name}),
            None => json!({"id": incident.service_id, "type": "service_reference", "summary": name}),
        }
    }
}
