//! What Slack sends when somebody fills in a form of Dispatch's.
//!
//! It says who, and nothing of the conversation: a form stands above all of them.

use std::collections::HashMap;

use dispatch_core::{
    alarm::Address,
    journal::{Clicker, Ticket},
    notice::Form,
};
use dispatch_engine::answer::{Button, Click};
use dispatch_services::slack::{CHOICE, TEXT};
use serde::Deserialize;
use serde_json::Value;

use crate::payload::{Action, Unknown, User};

/// <https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload>
#[derive(Deserialize)]
struct Submission {
    user: User,
    view: View,
}

#[derive(Deserialize)]
struct View {
    callback_id: String,
    private_metadata: String,
    state: State,
}

#[derive(Deserialize)]
struct State {
    /// By `block_id`, then by `action_id`.
    values: HashMap<String, HashMap<String, Field>>,
}

#[derive(Deserialize)]
struct Field {
    value: Option<String>,
    selected_option: Option<Chosen>,
}

#[derive(Deserialize)]
struct Chosen {
    value: String,
}

/// Reads a `view_submission` payload.
///
/// # Errors
/// [`Unknown`] when the form is not one of Dispatch's, or lacks what it asks for.
pub(crate) fn read(value: Value) -> Result<Action, Unknown> {
    let Submission { user, view } = serde_json::from_value(value)?;
    let unknown = |reason: &str| Unknown(reason.to_owned());
    let kind = view.callback_id.as_str();
    if kind != Form::REASON && kind != Form::SNOOZE {
        return Err(unknown("view.callback_id: not one of Dispatch's"));
    }
    let ticket = Ticket::read(&view.private_metadata);
    let ticket = ticket.ok_or_else(|| unknown("view.private_metadata: not one of Dispatch's"))?;
    let mut values = view.state.values;
    let mut field = |name: &str| values.remove(name).and_then(|mut actions| actions.remove(name));
    let text = field(TEXT).and_then(|field| field.value).filter(|text| !text.trim().is_empty());
    let button = match kind {
        Form::REASON => Button::Reason(text.unwrap_or_default()),
        _ => {
            let choice = field(CHOICE).and_then(|field| field.selected_option);
            let choice = choice.ok_or_else(|| unknown("view.state.values: expected a choice"))?.value;
            Button::Snoozed { choice, why: text }
        }
    };
    let by = Clicker::from(user);
    // A private note goes to the person.
    Ok(Action::Click(Click { ticket, button, at: Address::new("slack", &by.id), by, message: None, trigger: None }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::payload;

    fn ticket() -> String {
        format!("v1.{}.5eed.0", "a".repeat(40))
    }

    /// A form as Slack sends it, filled in.
    fn sent(kind: &str) -> Value {
        json!({
            "type": "view_submission", "user": { "id": "U1", "name": "jane" }, "response_urls": [],
            "view": {
                "type": "modal", "callback_id": kind, "private_metadata": ticket(), "hash": "1.x",
                "state": { "values": {
                    "choice": { "choice": { "type": "radio_buttons", "selected_option": { "value": "4h" } } },
                    "text": { "text": { "type": "plain_text_input", "value": "on a train" } },
                } },
            },
        })
    }

    #[test]
    fn a_form_says_who_chose_and_wrote_what() {
        let read = |value: Value| payload::read(&value.to_string()).unwrap();
        let click = |button: Button| {
            let by = Clicker { id: "U1".to_owned(), name: "jane".to_owned() };
            let (ticket, at) = (Ticket::read(&ticket()).unwrap(), Address::new("slack", "U1"));
            Action::Click(Click { ticket, button, by, at, message: None, trigger: None })
        };
        let snoozed = |why: Option<&str>| Button::Snoozed { choice: "4h".to_owned(), why: why.map(str::to_owned) };
        assert_eq!(read(sent("reason")), click(Button::Reason("on a train".to_owned())));
        assert_eq!(read(sent("snooze")), click(snoozed(Some("on a train"))));
        for nothing in [json!(null), json!(" \n")] {
            let mut empty = sent("snooze");
            empty["view"]["state"]["values"]["text"]["text"]["value"] = nothing;
            assert_eq!(read(empty), click(snoozed(None)));
        }
        let mut bare = sent("reason");
        bare["view"]["state"]["values"] = json!({});
        assert_eq!(read(bare), click(Button::Reason(String::new())));
    }

    #[test]
    fn a_form_that_dispatch_did_not_open_is_refused_without_a_word_of_it() {
        let planted = || json!("planted-secret");
        for (pointer, value) in [
            ("/view/callback_id", planted()),
            ("/view/private_metadata", planted()),
            ("/view/state/values/choice/choice/selected_option", json!(null)),
            ("/view/state/values/choice", json!({ "other": { "selected_option": { "value": "4h" } } })),
            ("/view/state/values/choice/choice/selected_option", planted()),
            ("/view/state/values/choice/choice/selected_option/value", json!(["planted-secret"])),
            ("/view/state/values/text/text/value", json!({ "planted-secret": 1 })),
            ("/view/state/values/text", planted()),
            ("/view/state", planted()),
            ("/view", planted()),
            ("/user", planted()),
            ("/user/id", json!(["planted-secret"])),
        ] {
            let mut form = sent("snooze");
            *form.pointer_mut(pointer).unwrap() = value;
            let error = payload::read(&form.to_string()).unwrap_err().to_string();
            assert!(!error.contains("planted"), "{pointer}: {error}");
        }
    }
}
