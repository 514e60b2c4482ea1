//! Conversations: open, look at, list. <https://docs.slack.dev/reference/methods/conversations.open>

use serde_json::{Value, json};

use super::answer::{Bodies, arguments, failed, flawed, ok};
use super::people::page;
use super::state::{Conversation, Workspace};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::Fields;

fn shown(conversation: &Conversation) -> Value {
    match &conversation.with {
        Some(user) => json!({
            "id": conversation.id, "is_im": true, "is_mpim": false, "is_archived": false, "user": user, "created": 0,
        }),
        None => json!({
            "id": conversation.id, "name": conversation.name, "is_channel": true, "is_group": false, "is_im": false,
            "is_mpim": false, "is_private": conversation.is_private, "is_archived": conversation.is_archived,
            "is_member": conversation.is_member, "created": 0,
        }),
    }
}

/// `conversations.open`, with one person.
pub(super) fn open(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let arguments = arguments(call, &["channel", "prevent_creation", "return_im", "users"], Bodies::JsonOrForm)?;
    let read = || {
        let fields = Fields::of(&arguments, "")?;
        fields.flag("prevent_creation")?;
        Ok((fields.text("channel")?, fields.text("users")?, fields.flag("return_im")?.unwrap_or(false)))
    };
    let (channel, users, whole) = read().map_err(flawed("invalid_arguments"))?;
    let id = match (channel, users) {
        (Some(channel), None) => channel.to_owned(),
        (None, Some(user)) if !user.contains(',') => workspace.open_direct(user)?,
        (None, Some(_)) => {
            return Err(
                failed("invalid_user_combination").blaming("the fake opens a direct message with one person only")
            );
        }
        _ => return Err(failed("users_list_not_supplied").blaming("either users or channel is needed")),
    };
    let conversation = workspace.conversation(&id).filter(|conversation| conversation.id == id);
    let conversation = conversation.ok_or_else(|| failed("channel_not_found"))?;
    let value = if whole { shown(conversation) } else { json!({"id": id}) };
    Ok(ok(call, json!({"ok": true, "channel": value})))
}

impl Workspace {
    fn open_direct(&mut self, user: &str) -> Result<String, Answer> {
        let person = self.people.iter().find(|person| person.id == user).cloned();
        match person.ok_or_else(|| failed("user_not_found"))? {
            person if person.deleted => Err(failed("user_disabled")),
            person if person.is_bot => Err(failed("cannot_dm_bot")),
            person => Ok(self.direct(&person)),
        }
    }
}

/// `conversations.info`
pub(super) fn info(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known = ["channel", "include_locale", "include_num_members"];
    let arguments = arguments(call, &known, Bodies::FormOnly)?;
    let read = || Fields::of(&arguments, "")?.words("channel", 255);
    let id = read().map_err(flawed("invalid_arguments"))?;
    let conversation = workspace.conversations.iter().find(|conversation| conversation.id == id);
    let conversation = conversation.filter(|conversation| conversation.is_member || !conversation.is_private);
    let conversation = conversation.ok_or_else(|| failed("channel_not_found"))?;
    Ok(ok(call, json!({"ok": true, "channel": shown(conversation)})))
}

/// `conversations.list`
pub(super) fn list(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known = ["cursor", "exclude_archived", "limit", "team_id", "types"];
    let arguments = arguments(call, &known, Bodies::FormOnly)?;
    let read = || {
        let fields = Fields::of(&arguments, "")?;
        Ok((fields.text("types")?.unwrap_or("public_channel"), fields.flag("exclude_archived")?.unwrap_or(false)))
    };
    let (types, no_archived) = read().map_err(flawed("invalid_arguments"))?;
    let types: Vec<_> = types.split(',').map(str::trim).collect();
    if let Some(other) = types.iter().find(|kind| !["public_channel", "private_channel", "mpim", "im"].contains(kind)) {
        return Err(failed("invalid_arguments").blaming(format!("types has {other}")));
    }
    let wanted = |conversation: &&Conversation| {
        let kind = match conversation {
            Conversation { with: Some(_), .. } => "im",
            Conversation { is_private: true, .. } => "private_channel",
            _ => "public_channel",
        };
        types.contains(&kind)
            && (conversation.is_member || !conversation.is_private)
            && !(no_archived && conversation.is_archived)
    };
    let all: Vec<_> = workspace.conversations.iter().filter(wanted).map(shown).collect();
    let (channels, next) = page(&arguments, all, workspace.settings.page_max)?;
    Ok(ok(call, json!({"ok": true, "channels": channels, "response_metadata": {"next_cursor": next}})))
}
