//! Modals. <https://docs.slack.dev/reference/methods/views.open>

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{Bodies, arguments, failed, flawed, ok};
use super::blocks::{self, Surface, plain};
use super::state::Workspace;
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem};

/// How long a `trigger_id` lives. Source: docs.slack.dev, "Handling user interaction".
const TRIGGER_LIFE: SignedDuration = SignedDuration::from_secs(3);

/// A modal that was opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    /// `V…`.
    pub id: String,
    /// The id of the person who sees it.
    pub user: String,
    /// When it was opened.
    pub at: Timestamp,
    /// The view as sent.
    pub view: Value,
}

/// `views.open`
pub(super) fn open(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let arguments = arguments(call, &["trigger_id", "view"], Bodies::JsonOrForm)?;
    let read = || {
        let fields = Fields::of(&arguments, "")?;
        check(&fields.required_object("view")?)?;
        fields.words("trigger_id", 255)
    };
    let trigger_id = read().map_err(flawed("invalid_arguments"))?;
    let id = format!("V0{:06}", workspace.views.len() + 1);
    let interaction = workspace.interactions.iter_mut().find(|interaction| interaction.trigger_id == trigger_id);
    let interaction = interaction.ok_or_else(|| failed("invalid_trigger_id"))?;
    if interaction.exchanged {
        return Err(failed("exchanged_trigger_id"));
    }
    if call.now.duration_since(interaction.at) > TRIGGER_LIFE {
        return Err(failed("expired_trigger_id"));
    }
    interaction.exchanged = true;
    let view = arguments.get("view").cloned().unwrap_or_default();
    workspace.views.push(View { id: id.clone(), user: interaction.user.clone(), at: call.now, view: view.clone() });
    let mut shown = view;
    if let Some(members) = shown.as_object_mut() {
        members.insert("id".to_owned(), json!(id));
        members.insert("root_view_id".to_owned(), json!(id));
        members.insert("team_id".to_owned(), json!(workspace.settings.team_id));
        members.insert("hash".to_owned(), json!(format!("{}.0", call.now.as_second())));
    }
    Ok(ok(call, json!({"ok": true, "view": shown})))
}

fn check(view: &Fields<'_>) -> Result<(), Flaw> {
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
    blocks::checked(items, Surface::Modal, &view.path_of("blocks"))?;
    let asks = items.iter().any(|block| block.get("type") == Some(&json!("input")));
    if asks && !view.has("submit") {
        return Err(view.flaw("submit", Problem::Missing));
    }
    Ok(())
}
