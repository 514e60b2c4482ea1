//! What the fake account holds: users, services, incidents.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::console::PAGES;
use crate::fake::slack::Person;
use crate::fake::world::Clock;

/// The escalation policy of all services.
pub(super) const POLICY: &str = "PPOLICY";
/// The schedule that it names.
const SCHEDULE: &str = "PSCHEDULE";

/// How a fake PagerDuty starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The REST API key that is accepted.
    pub api_key: String,
    /// The people; the `From` header must name one of them.
    pub users: Vec<User>,
    /// The services.
    pub services: Vec<ServiceSettings>,
    /// Who is on call.
    pub on_call: Vec<OnCall>,
    /// What webhooks are signed with.
    pub webhook_secret: String,
    /// The clock.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_key: "accepted-by-the-fake-only".to_owned(),
            users: vec![User::named("dispatch"), User::named("sam"), User::named("jane")],
            services: vec![
                ServiceSettings {
                    id: "PABC123".to_owned(),
                    name: "Security on-call".to_owned(),
                    routing_key: "0123456789abcdef0123456789abcdef".to_owned(),
                },
                ServiceSettings {
                    id: "PDEF456".to_owned(),
                    name: "Platform on-call".to_owned(),
                    routing_key: "fedcba9876543210fedcba9876543210".to_owned(),
                },
            ],
            on_call: vec![OnCall {
                policy: POLICY.to_owned(),
                schedule: Some(SCHEDULE.to_owned()),
                level: 1,
                user: User::named("sam"),
            }],
            webhook_secret: "signed-by-the-fake-pagerduty-only".to_owned(),
            clock: Clock::default(),
        }
    }
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// `P…`.
    pub id: String,
    /// The full name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

impl User {
    /// Somebody with everything that follows from a handle: `sam` has the id `PSAM`, the name `Sam Example` and the
    /// address `sam@example.com`, as in the fake Slack.
    pub fn named(handle: &str) -> Self {
        let person = Person::named(handle);
        Self {
            id: format!("P{}", handle.to_ascii_uppercase()),
            name: person.real_name,
            email: format!("{handle}@example.com"),
        }
    }
}

/// Somebody's turn at being called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnCall {
    /// The id of the escalation policy.
    pub policy: String,
    /// The id of the schedule that the policy names; `None` where it names the person.
    pub schedule: Option<String>,
    /// 1 is called first.
    pub level: u32,
    /// Who is called.
    pub user: User,
}

/// A service that incidents are opened on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSettings {
    /// `P…`.
    pub id: String,
    /// The name.
    pub name: String,
    /// The integration key of its events: 32 characters.
    pub routing_key: String,
}

/// An incident, opened by REST or by an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// `Q…`.
    pub id: String,
    /// The number within the account.
    pub number: u64,
    /// The title, or the summary of the event.
    pub title: String,
    /// `triggered`, `acknowledged` or `resolved`.
    pub status: String,
    /// The id of its service.
    pub service_id: String,
    /// The name of its service.
    pub service_name: String,
    /// `high` or `low`.
    pub urgency: String,
    /// The incident key, or the dedup key of the event.
    pub key: String,
    /// The text of the body; empty for an event.
    pub details: String,
    /// The custom details of the event; `Null` for REST.
    pub custom_details: Value,
    /// The links of the event.
    pub links: Vec<Link>,
    /// How often an event with its key triggered it; 1 for REST.
    pub triggered: u32,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// Whether it came by the Events API.
    pub by_event: bool,
    /// The id of the user it was assigned to when it was created.
    pub assignee: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// The name of whoever acknowledged or resolved it, as long as it is not triggered again.
    pub changed_by: Option<String>,
    /// Its page.
    pub url: String,
}

/// A link on an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub text: String,
}

/// A note on an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The id.
    pub id: String,
    /// The text.
    pub content: String,
    /// The address of who wrote it.
    pub from: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// The state of a fake PagerDuty.
pub struct Account {
    pub(super) root: String,
    pub(super) settings: Settings,
    pub(super) incidents: Vec<Incident>,
}

/// What a new incident is made of.
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) service: ServiceSettings,
    pub(super) urgency: String,
    pub(super) key: Option<String>,
    pub(super) details: String,
    pub(super) custom_details: Value,
    pub(super) links: Vec<Link>,
    pub(super) by_event: bool,
    pub(super) assignee: Option<String>,
}

impl Account {
    pub(super) fn new(settings: Settings, root: &str) -> Self {
        Self { root: root.to_owned(), settings, incidents: Vec::new() }
    }

    pub(super) fn incident_mut(&mut self, id: &str) -> Option<&mut Incident> {
        self.incidents.iter_mut().find(|incident| incident.id == id)
    }

    /// The open incident with this key on this service.
    pub(super) fn open_with_key(&mut self, service_id: &str, key: &str) -> Option<&mut Incident> {
        self.incidents
            .iter_mut()
            .find(|incident| incident.status != "resolved" && incident.service_id == service_id && incident.key == key)
    }

    /// Opens an incident. Without a key it gets one of its own.
    pub(super) fn open(&mut self, draft: Draft, now: Timestamp) -> Incident {
        let number = self.incidents.len() as u64 + 1;
        let id = format!("Q{number}");
        let incident = Incident {
            url: format!("{}{PAGES}{id}", self.root),
            id,
            number,
            title: draft.title,
            status: "triggered".to_owned(),
            service_id: draft.service.id,
            service_name: draft.service.name,
            urgency: draft.urgency,
            key: draft.key.unwrap_or_else(|| format!("{number:032x}")),
            details: draft.details,
            custom_details: draft.custom_details,
            links: draft.links,
            triggered: 1,
            notes: Vec::new(),
            by_event: draft.by_event,
            assignee: draft.assignee,
            created_at: now,
            updated_at: now,
            resolved_at: None,
            changed_by: None,
        };
        self.incidents.push(incident.clone());
        incident
    }
}

impl Incident {
    pub(super) fn move_to(&mut self, status: &str, by: &str, now: Timestamp) {
        if self.status != status {
            self.status = status.to_owned();
            self.updated_at = now;
            self.changed_by = (status != "triggered").then(|| by.to_owned());
            self.resolved_at = (status == "resolved").then_some(now);
        }
    }
}
