//! The fake PagerDuty as people see it: in the console, and where a link to an incident leads.

use serde_json::{Value, json};

use super::state::{Account, Incident};
use crate::fake::Fake;
use crate::fake::page::{escaped, page};

/// Where the pages of incidents are.
pub(super) const PAGES: &str = "/pages/incidents/";

impl Fake<Account> {
    /// All incidents, newest first.
    pub fn console_pagerduty(&self) -> Value {
        self.read(|account| {
            let incidents: Vec<_> = account.incidents.iter().rev().map(incident).collect();
            json!({"real": false, "incidents": incidents})
        })
    }
}

impl Account {
    /// The page of an incident, which is not where the API has it.
    pub(super) fn incident_page(&self, path: &str) -> Option<String> {
        let id = path.strip_prefix(PAGES)?;
        let incident = self.incidents.iter().find(|incident| incident.id == id)?;
        let by = incident.changed_by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
        let facts = format!("{}, {}{by}, {} urgency", incident.service_name, incident.status, incident.urgency);
        let mut body = format!("<pre>{}</pre>\n", escaped(&details(incident)));
        for link in &incident.links {
            // Links were held to web addresses when they came in.
            let (href, text) = (escaped(&link.href), escaped(&link.text));
            body.push_str(&format!("<p><a href=\"{href}\">{text}</a></p>\n"));
        }
        for note in &incident.notes {
            body.push_str(&format!("<article><p>{}</p></article>\n", escaped(&note.content)));
        }
        Some(page(&format!("#{} {}", incident.number, incident.title), &facts, &body))
    }
}

fn incident(incident: &Incident) -> Value {
    json!({
        "id": incident.id, "number": incident.number, "title": incident.title, "status": incident.status,
        "service": {"id": incident.service_id, "name": incident.service_name}, "urgency": incident.urgency,
        "key": incident.key, "details": details(incident), "links": incident.links,
        "changed_by": incident.changed_by, "created_at": incident.created_at, "url": incident.url,
    })
}

/// The details as text: the body of an incident, or the custom details of an event, one a line.
fn details(incident: &Incident) -> String {
    match &incident.custom_details {
        Value::Object(members) => {
            let lines: Vec<_> = members
                .iter()
                .map(|(name, value)| match value {
                    Value::String(text) => format!("{name}: {text}"),
                    other => format!("{name}: {other}"),
                })
                .collect();
            lines.join("\n")
        }
        _ => incident.details.clone(),
    }
}
