//! Filling in a modal: what Slack would send, and what it makes of the app's answer.
//! <https://docs.slack.dev/surfaces/modals#handling_submissions>

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::click::Click;
use super::state::Workspace;
use super::views::View;
use crate::fake::{Fake, NoSuch};

/// What Slack shows when the app did not answer as it should.
const TROUBLE: &str = "We had some trouble connecting. Try again?";

impl Fake<Workspace> {
    /// What Slack would send when somebody (an id or a handle) fills in the modal that is open for them and sends it.
    /// `values` are by `block_id`: the value of an option, or text; a field that is not named stays as it was opened.
    /// Nothing is sent here: that is for the caller, who gives the answer to [`Fake::acknowledge`].
    ///
    /// # Errors
    /// When no modal is open for them, when it has no such field or option, when a field lacks its value, or when
    /// text is longer than its field.
    pub fn submit(&self, person: &str, values: &[(&str, &str)]) -> Result<Click, NoSuch> {
        self.change(|workspace, now| workspace.submit(person, values, now))
    }

    /// Does with the app's answer to a submission what Slack does: an empty 200 closes the modal, `errors` are shown
    /// at their fields. Anything else leaves it open.
    ///
    /// # Errors
    /// What the person reads in the modal, which is still open.
    pub fn acknowledge(&self, person: &str, status: u16, body: &str) -> Result<(), String> {
        match self.change(|workspace, _| workspace.acknowledge(person, status, body)) {
            Seen::Closed => Ok(()),
            Seen::Errors(texts) => Err(texts.join("; ")),
            Seen::Trouble(why) => {
                if let Some(why) = why {
                    self.complain(&format!("slack: the answer to a view_submission {why}"));
                }
                Err(TROUBLE.to_owned())
            }
        }
    }

    /// Takes the modal from the screen of a person, an id or a handle, who cancels it.
    ///
    /// # Errors
    /// When no modal is open for them.
    pub fn cancel(&self, person: &str) -> Result<(), NoSuch> {
        self.change(|workspace, _| {
            let user = workspace.open_view(person)?.user.clone();
            workspace.close(&user);
            Ok(())
        })
    }
}

/// What comes of the app's answer.
enum Seen {
    Closed,
    Errors(Vec<String>),
    /// With what is wrong with the answer, when it is the app's mistake.
    Trouble(Option<&'static str>),
}

impl Workspace {
    /// The modal that a person sees.
    fn open_view(&self, person: &str) -> Result<&View, NoSuch> {
        let found = self.person(person).ok_or_else(|| NoSuch(format!("person {person}")))?;
        let open = self.views.iter().rfind(|view| view.is_open && view.user == found.id);
        open.ok_or_else(|| NoSuch(format!("modal open for {person}")))
    }

    fn submit(&mut self, person: &str, values: &[(&str, &str)], now: Timestamp) -> Result<Click, NoSuch> {
        let view = self.open_view(person)?;
        let state = filled(view, values)?;
        let mut shown = self.shown_view(view);
        if let Some(members) = shown.as_object_mut() {
            members.insert("state".to_owned(), json!({"values": state}));
        }
        let person = self.person(person).ok_or_else(|| NoSuch(format!("person {person}")))?;
        let interaction = self.interact(person, ("", ""), now);
        let team = &self.settings.team_id;
        let payload = json!({
            "type": "view_submission", "team": {"id": team, "domain": "example"},
            "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": team},
            "api_app_id": self.settings.app_id, "token": self.settings.verification_token,
            "trigger_id": interaction.trigger_id, "view": shown, "response_urls": [], "is_enterprise_install": false,
            "enterprise": null,
        });
        let signed = Click::of(&payload, &self.settings.signing_secret, now);
        self.interactions.push(interaction);
        Ok(signed)
    }

    fn acknowledge(&mut self, person: &str, status: u16, body: &str) -> Seen {
        let Ok(user) = self.open_view(person).map(|view| view.user.clone()) else { return Seen::Closed };
        if status != 200 {
            return Seen::Trouble(None);
        }
        let answer: Value = match body {
            "" => json!({"response_action": "clear"}),
            body => serde_json::from_str(body).unwrap_or_default(),
        };
        match answer.get("response_action").and_then(Value::as_str) {
            Some("clear") => {
                self.close(&user);
                Seen::Closed
            }
            Some("errors") => self.refuse(&user, &answer),
            _ => Seen::Trouble(Some("has no response_action that the fake knows")),
        }
    }

    /// Shows what the app says of the fields.
    fn refuse(&mut self, user: &str, answer: &Value) -> Seen {
        let errors = answer.get("errors").and_then(Value::as_object).into_iter().flatten();
        let errors: Vec<_> =
            errors.filter_map(|(field, text)| Some((field.clone(), text.as_str()?.to_owned()))).collect();
        let Some(view) = self.views.iter_mut().rfind(|view| view.is_open && view.user == user) else {
            return Seen::Closed;
        };
        let known: Vec<_> = inputs(view).filter_map(|input| input.get("block_id")?.as_str()).collect();
        if errors.is_empty() || errors.iter().any(|(field, _)| !known.contains(&field.as_str())) {
            return Seen::Trouble(Some("has errors for no field of the modal"));
        }
        let texts = errors.iter().map(|(_, text)| text.clone()).collect();
        view.errors = errors;
        Seen::Errors(texts)
    }
}

fn inputs(view: &View) -> impl Iterator<Item = &Value> {
    let blocks = view.view.get("blocks").and_then(Value::as_array).into_iter().flatten();
    blocks.filter(|block| block.get("type") == Some(&json!("input")))
}

/// What the fields hold, as a submission carries it: by `block_id`, then by `action_id`.
fn filled(view: &View, values: &[(&str, &str)]) -> Result<Map<String, Value>, NoSuch> {
    let mut state = Map::new();
    for input in inputs(view) {
        let text = |pointer| input.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (field, kind) = (text("/block_id"), text("/element/type"));
        let given = values.iter().find(|(name, _)| *name == field).map(|(_, value)| *value);
        let element = input.get("element").unwrap_or(&Value::Null);
        let (name, value) = match kind {
            "plain_text_input" => ("value", written(element, field, given)?),
            _ => ("selected_option", chosen(element, field, given)?),
        };
        if value.is_null() && input.get("optional") != Some(&json!(true)) {
            return Err(NoSuch(format!("value for {field}")));
        }
        state.insert(field.to_owned(), json!({ text("/element/action_id"): {"type": kind, name: value} }));
    }
    match values.iter().find(|(name, _)| !state.contains_key(*name)) {
        Some((name, _)) => Err(NoSuch(format!("field {name}"))),
        None => Ok(state),
    }
}

/// Text, or `Null` where there is none.
fn written(element: &Value, field: &str, given: Option<&str>) -> Result<Value, NoSuch> {
    let initial = element.get("initial_value").and_then(Value::as_str);
    let text = given.or(initial).filter(|text| !text.is_empty());
    let limit = element.get("max_length").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    match (text, limit) {
        (Some(text), Some(limit)) if text.chars().count() > limit => {
            Err(NoSuch(format!("room for so much text in {field}")))
        }
        (text, _) => Ok(json!(text)),
    }
}

/// An option, or `Null` where none is chosen.
fn chosen(element: &Value, field: &str, given: Option<&str>) -> Result<Value, NoSuch> {
    let Some(given) = given else { return Ok(element.get("initial_option").cloned().unwrap_or_default()) };
    let mut options = element.get("options").and_then(Value::as_array).into_iter().flatten();
    let option = options.find(|option| option.get("value") == Some(&json!(given)));
    option.cloned().ok_or_else(|| NoSuch(format!("option {given} in {field}")))
}
