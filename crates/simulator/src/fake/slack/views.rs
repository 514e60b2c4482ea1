//! Modals. <https://docs.slack.dev/reference/methods/views.open>

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{Bodies, arguments, failed, flawed, ok};
use super::blocks::{self, Surface, plain};
use super::state::{BOT_ID, Workspace};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem};

/// A modal that was opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// `V…`.
    pub id: String,
    /// The id of the person who sees it.
    pub user: String,
    /// When it was opened.
    pub at: Timestamp,
    /// The view as sent, with the ids that Slack gives where none were sent.
    pub view: Value,
    /// Whether the person still sees it.
    pub is_open: bool,
    /// What the app said of the fields when it was sent, by `block_id`.
    pub errors: Vec<(String, String)>,
}

/// `views.open`
pub(super) fn open(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let arguments = arguments(call, &["trigger_id", "view"], Bodies::JsonOrForm)?;
    let read = || {
        let fields = Fields::of(&arguments, "")?;
        Ok((check(&fields.required_object("view")?)?, fields.words("trigger_id", 255)?))
    };
    let (items, trigger_id) = read().map_err(flawed("invalid_arguments"))?;
    let id = format!("V0{:06}", workspace.views.len() + 1);
    let interaction = workspace.interactions.iter_mut().find(|interaction| interaction.trigger_id == trigger_id);
    let interaction = interaction.ok_or_else(|| failed("invalid_trigger_id"))?;
    if interaction.exchanged {
        return Err(failed("exchanged_trigger_id"));
    }
    if call.now.duration_since(interaction.at) > workspace.settings.trigger_life {
        return Err(failed("expired_trigger_id"));
    }
    interaction.exchanged = true;
    let user = interaction.user.clone();
    let mut view = arguments.get("view").cloned().unwrap_or_default();
    if let Some(members) = view.as_object_mut() {
        members.insert("blocks".to_owned(), json!(items));
    }
    workspace.close(&user);
    let view = View { id, user, at: call.now, view, is_open: true, errors: Vec::new() };
    let shown = workspace.shown_view(&view);
    workspace.views.push(view);
    Ok(ok(call, json!({"ok": true, "view": shown})))
}

impl Workspace {
    /// Takes every modal from the person's screen.
    pub(super) fn close(&mut self, user: &str) {
        self.views.iter_mut().filter(|view| view.user == user).for_each(|view| view.is_open = false);
    }

    /// A modal as the API returns it and as a submission carries it.
    pub(super) fn shown_view(&self, view: &View) -> Value {
        let mut shown = view.view.clone();
        let given = json!({
            "id": view.id, "root_view_id": view.id, "previous_view_id": null, "team_id": self.settings.team_id,
            "app_id": self.settings.app_id, "app_installed_team_id": self.settings.team_id, "bot_id": BOT_ID,
            "hash": format!("{}.0", view.at.as_second()), "state": {"values": {}},
        });
        if let (Some(members), Value::Object(given)) = (shown.as_object_mut(), given) {
            members.extend(given);
            for name in ["callback_id", "private_metadata", "external_id"] {
                members.entry(name).or_insert_with(|| json!(""));
            }
        }
        shown
    }
}

/// Checks a view, and returns its blocks with the ids that Slack gives.
fn check(view: &Fields<'_>) -> Result<Vec<Value>, Flaw> {
    view.only(&[
        "type",
        "title",
        "submit",
        "close",
        "blocks",
        "callback_id",
        "private_metadata",
        "clear_on_close",
        "notify_on_close",
        "external_id",
        "submit_disabled",
    ])?;
    view.required_choice("type", &["modal"])?;
    plain(view, "title", 24)?;
    for name in ["submit", "close"] {
        if view.has(name) {
            plain(view, name, 24)?;
        }
    }
    view.text_within("callback_id", 255)?;
    view.text_within("external_id", 255)?;
    view.text_within("private_metadata", 3_000)?;
    for name in ["clear_on_close", "notify_on_close", "submit_disabled"] {
        view.flag(name)?;
    }
    let items = view.list("blocks", 100)?.unwrap_or_default();
    if items.is_empty() {
        return Err(view.flaw("blocks", Problem::Missing));
    }
    let checked = blocks::checked(items, Surface::Modal, &view.path_of("blocks"))?;
    let asks = items.iter().any(|block| block.get("type") == Some(&json!("input")));
    if asks && !view.has("submit") {
        return Err(view.flaw("submit", Problem::Missing));
    }
    Ok(checked)
}
