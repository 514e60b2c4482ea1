//! Notes on incidents. <https://developer.pagerduty.com/api-reference/>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{body, flawed, not_found};
use super::state::{Account, Incident, Note};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::Fields;

impl Incident {
    /// Adds a note and returns it.
    pub(super) fn note(&mut self, content: &str, from: &str, now: Timestamp) -> Note {
        let note = Note {
            id: format!("PNOTE{}{}", self.number, self.notes.len() + 1),
            content: content.to_owned(),
            from: from.to_owned(),
            created_at: now,
        };
        self.notes.push(note.clone());
        note
    }
}

/// `POST /incidents/{id}/notes`
pub(super) fn create(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let from = account.sender(call)?;
    let incident = account.incident_mut(call.param("id")).ok_or_else(not_found)?;
    let body = body(call)?;
    let read = || {
        let fields = Fields::of(&body, "")?;
        fields.only(&["note"])?;
        let note = fields.required_object("note")?;
        note.only(&["content"])?;
        note.words("content", usize::MAX)
    };
    let content = read().map_err(flawed)?;
    let note = incident.note(content, &from.email, call.now);
    Ok(Answer::json(200, &json!({"note": shown(&note)})))
}

/// `GET /incidents/{id}/notes`
pub(super) fn list(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let incident = account.incident_mut(call.param("id")).ok_or_else(not_found)?;
    let notes: Vec<_> = incident.notes.iter().map(shown).collect();
    Ok(Answer::json(200, &json!({"notes": notes})))
}

fn shown(note: &Note) -> Value {
    json!({
        "id": note.id, "content": note.content, "created_at": note.created_at,
        "user": {"id": "PUSER", "type": "user_reference", "summary": note.from}, "channel": {"summary": "The PagerDuty website or APIs"},
    })
}
