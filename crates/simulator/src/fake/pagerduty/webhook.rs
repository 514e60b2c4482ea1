//! What PagerDuty would tell a webhook of version 3.
//! <https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/01-Overview.md>

use serde_json::{Value, json};
use uuid::Uuid;

use super::state::{Account, Incident};
use crate::fake::webhook::{Signature, Webhook};
use crate::fake::{Fake, NoSuch};

const SIGNATURE: Signature = Signature { header: "x-pagerduty-signature", prefix: "v1=" };

impl Fake<Account> {
    /// What PagerDuty would send for an event such as `incident.acknowledged`, of which `by` (a name) is the cause;
    /// without one it is PagerDuty itself. It tells of the incident as it is now: change it first.
    ///
    /// # Errors
    /// When there is no such incident.
    pub fn webhook(&self, id: &str, event_type: &str, by: Option<&str>) -> Result<Webhook, NoSuch> {
        self.read(|account| {
            let incident = account.incidents.iter().find(|incident| incident.id == id);
            let incident = incident.ok_or_else(|| NoSuch(format!("incident {id}")))?;
            let payload = json!({ "event": {
                "id": Uuid::new_v4().to_string(), "event_type": event_type, "resource_type": "incident",
                "occurred_at": account.settings.clock.now().to_string(), "client": null,
                "agent": by.map(|name| account.reference("users", &name.to_ascii_uppercase(), "user", name)),
                "data": account.told(incident),
            }});
            let delivery = Uuid::new_v4().to_string();
            let headers = [("accept", "application/json"), ("x-webhook-id", delivery.as_str())];
            Ok(Webhook::new(&payload, &headers, SIGNATURE, &account.settings.webhook_secret))
        })
    }
}

impl Account {
    /// An incident as webhooks tell of it, which is less than the REST API does.
    fn told(&self, incident: &Incident) -> Value {
        let Incident { id, number, title, status, key, urgency, created_at, .. } = incident;
        let service = self.reference("services", &incident.service_id, "service", &incident.service_name);
        let assignees: Vec<_> =
            incident.assignee.iter().map(|user| self.reference("users", user, "user", user)).collect();
        json!({
            "id": id, "type": "incident", "self": format!("{}/incidents/{id}", self.root), "html_url": incident.url,
            "number": number, "status": status, "incident_key": key, "created_at": created_at.to_string(),
            "title": title, "service": service, "assignees": assignees, "escalation_policy": null, "teams": [],
            "priority": null, "urgency": urgency, "conference_bridge": null, "resolve_reason": null,
            "incident_type": {"name": "incident_default"},
        })
    }

    fn reference(&self, place: &str, id: &str, kind: &str, summary: &str) -> Value {
        let address = format!("{}/{place}/{id}", self.root);
        json!({
            "id": id, "type": format!("{kind}_reference"), "summary": summary, "self": address, "html_url": address,
        })
    }
}
