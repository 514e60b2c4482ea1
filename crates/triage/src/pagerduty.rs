//! What PagerDuty sends when somebody does something about an incident: a webhook of version 3.
//!
//! The source: <https://github.com/PagerDuty/developer-docs/tree/main/docs/webhooks>. `01-Overview.md` gives the shape
//! ("Webhook Payload", "incident"). `02-Behavior.md` says: an answer is wanted within 5 seconds; 5xx and 429 are tried
//! again, 5 times in all within 20 minutes; any other 4xx is final, and three webhooks in a row that end so switch the
//! subscription off for a day. A webhook may come twice.

use dispatch_core::journal::Change;
use dispatch_engine::heard::IncidentHeard;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::Unknown;

/// Somebody did something about an incident, which need not be one of Dispatch's.
///
/// PagerDuty signs no time apart from `at`: a webhook that was recorded can be sent again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentEvent {
    /// The id of the incident, such as `PGR0VU2`. Never empty.
    pub id: String,
    /// The key that it was opened with: `dedup_key` of an event or `incident_key` of a request, at most 255
    /// characters.
    pub incident_key: Option<String>,
    /// The address that people open.
    pub url: Option<String>,
    /// What happened.
    pub what: IncidentChange,
    /// Who or what did it, in words; `None` for PagerDuty itself, such as when an acknowledgement times out.
    pub by: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// PagerDuty's id of the event, the same when it is sent again. Never empty.
    pub event: String,
}

impl From<IncidentEvent> for IncidentHeard {
    fn from(event: IncidentEvent) -> Self {
        let change = match event.what {
            IncidentChange::Taken => Change::Taken,
            IncidentChange::Dropped => Change::Dropped,
            IncidentChange::Reopened => Change::Reopened,
            IncidentChange::Resolved => Change::Resolved,
        };
        let names = std::iter::once(event.id).chain(event.incident_key).collect();
        IncidentHeard { names, change, by: event.by, occurred: event.at }
    }
}

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentChange {
    /// Somebody acknowledged it.
    Taken,
    /// It is nobody's any more: an acknowledgement was withdrawn or timed out.
    Dropped,
    /// It is over.
    Resolved,
    /// It is not over after all.
    Reopened,
}

#[derive(Deserialize)]
struct Payload {
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    occurred_at: String,
    agent: Option<Agent>,
    data: Incident,
}

/// A reference to a user, a service, an integration or a workflow.
#[derive(Deserialize)]
struct Agent {
    summary: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Incident {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    incident_key: Option<String>,
    html_url: Option<String>,
}

/// Reads a body that PagerDuty signed. `None` when it tells of nothing that Dispatch acts on, such as `pagey.ping`,
/// which the button "Send Test Event" sends, or the beginning of an incident.
///
/// # Errors
/// [`Unknown`] when it is no JSON, or the event lacks what is needed.
pub fn read(body: &[u8]) -> Result<Option<IncidentEvent>, Unknown> {
    let payload: Value = serde_json::from_slice(body)?;
    let kind = payload.pointer("/event/event_type").and_then(Value::as_str);
    let what = match kind.ok_or_else(|| Unknown("event.event_type: expected a text".to_owned()))? {
        "incident.acknowledged" => IncidentChange::Taken,
        "incident.unacknowledged" => IncidentChange::Dropped,
        "incident.resolved" => IncidentChange::Resolved,
        "incident.reopened" => IncidentChange::Reopened,
        _ => return Ok(None),
    };
    let Payload { event } = serde_json::from_value(payload)?;
    let Event { id, occurred_at, agent, data } = event;
    if data.kind != "incident" {
        return Err(Unknown("event.data.type: expected incident".to_owned()));
    }
    let at = occurred_at.parse().map_err(|_| Unknown("event.occurred_at: expected a time".to_owned()))?;
    let by = agent.and_then(|agent| filled(agent.summary).or(filled(agent.name)));
    Ok(Some(IncidentEvent {
        id: filled(Some(data.id)).ok_or_else(|| Unknown("event.data.id: expected an id".to_owned()))?,
        incident_key: filled(data.incident_key),
        url: filled(data.html_url),
        what,
        by,
        at,
        event: filled(Some(id)).ok_or_else(|| Unknown("event.id: expected an id".to_owned()))?,
    }))
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of PagerDuty's page, for another event.
    fn acknowledged() -> Value {
        json!({
            "event": {
                "id": "5ac64822-4adc-4fda-ade0-410becf0de4f", "event_type": "incident.acknowledged",
                "resource_type": "incident", "occurred_at": "2020-10-02T18:45:22.169Z",
                "agent": {
                    "html_url": "https://acme.pagerduty.com/users/PLH1HKV", "id": "PLH1HKV",
                    "self": "https://api.pagerduty.com/users/PLH1HKV", "summary": "Tenex Engineer",
                    "type": "user_reference",
                },
                "client": { "name": "PagerDuty" },
                "data": {
                    "id": "PGR0VU2", "type": "incident", "self": "https://api.pagerduty.com/incidents/PGR0VU2",
                    "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2", "number": 2, "status": "triggered",
                    "incident_key": "d3640fbd41094207a1c11e58e46b1662", "created_at": "2020-04-09T15:16:27Z",
                    "title": "A little bump in the road", "urgency": "high", "resolve_reason": null,
                },
            },
        })
    }

    fn taken(payload: &Value) -> Option<IncidentEvent> {
        read(payload.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_documented_example_is_read() {
        let expected = IncidentEvent {
            id: "PGR0VU2".to_owned(),
            incident_key: Some("d3640fbd41094207a1c11e58e46b1662".to_owned()),
            url: Some("https://acme.pagerduty.com/incidents/PGR0VU2".to_owned()),
            what: IncidentChange::Taken,
            by: Some("Tenex Engineer".to_owned()),
            at: "2020-10-02T18:45:22.169Z".parse().unwrap(),
            event: "5ac64822-4adc-4fda-ade0-410becf0de4f".to_owned(),
        };
        assert_eq!(taken(&acknowledged()), Some(expected));
    }

    #[test]
    fn what_happened_follows_from_the_type_of_the_event() {
        for (kind, what) in [
            ("incident.acknowledged", Some(IncidentChange::Taken)),
            ("incident.unacknowledged", Some(IncidentChange::Dropped)),
            ("incident.resolved", Some(IncidentChange::Resolved)),
            ("incident.reopened", Some(IncidentChange::Reopened)),
            ("incident.triggered", None),
            ("incident.escalated", None),
            ("incident.annotated", None),
            ("service.updated", None),
            ("an event of next year", None),
        ] {
            let mut event = acknowledged();
            event["event"]["event_type"] = json!(kind);
            assert_eq!(taken(&event).map(|event| event.what), what, "{kind}");
        }
    }

    #[test]
    fn a_ping_and_the_events_of_other_things_are_nothing_to_act_on() {
        for (kind, data) in [
            ("pagey.ping", json!({ "message": "Hello from your friend Pagey!", "type": "ping" })),
            ("incident.annotated", json!({ "incident": { "id": "PGR0VU2" }, "type": "incident_note" })),
        ] {
            let event = json!({ "event": { "id": "e", "event_type": kind, "client": null, "data": data } });
            assert_eq!(taken(&event), None);
        }
    }

    #[test]
    fn what_may_be_absent_may_be_absent() {
        let nothing = [json!(null), json!(""), json!(" ")];
        for value in nothing {
            let mut event = acknowledged();
            for path in ["/event/agent/summary", "/event/data/incident_key", "/event/data/html_url"] {
                *event.pointer_mut(path).unwrap() = value.clone();
            }
            let event = taken(&event).unwrap();
            assert_eq!((event.by, event.incident_key, event.url), (None, None, None));
        }
        let mut event = acknowledged();
        event["event"]["agent"] = json!({ "name": "A workflow" });
        assert_eq!(taken(&event).unwrap().by.as_deref(), Some("A workflow"));
        for agent in [json!(null), json!({})] {
            event["event"]["agent"] = agent;
            assert_eq!(taken(&event).unwrap().by, None);
        }
        event["event"].as_object_mut().unwrap().remove("agent");
        assert_eq!(taken(&event).unwrap().by, None);
    }

    #[test]
    fn what_lacks_something_is_refused_without_telling_what_it_says() {
        let mut events = vec![json!({}), json!([]), json!("planted"), json!({ "event": "planted" })];
        for (path, value) in [
            ("/event/event_type", json!(null)),
            ("/event/event_type", json!(["planted"])),
            ("/event/id", json!("")),
            ("/event/id", json!(4711)),
            ("/event/occurred_at", json!("planted")),
            ("/event/occurred_at", json!(4711)),
            ("/event/agent", json!("planted")),
            ("/event/agent/summary", json!(4711)),
            ("/event/data", json!(null)),
            ("/event/data/type", json!("planted")),
            ("/event/data/id", json!(" ")),
            ("/event/data/incident_key", json!(4711)),
            ("/event/data/html_url", json!(["planted"])),
        ] {
            let mut event = acknowledged();
            *event.pointer_mut(path).unwrap() = value;
            events.push(event);
        }
        let bodies = events.iter().map(Value::to_string);
        for body in bodies.chain(["", "planted", "{planted", "payload={}"].map(str::to_owned)) {
            let error = read(body.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("planted") && !error.contains("4711"), "{body}: {error}");
        }
    }
}
