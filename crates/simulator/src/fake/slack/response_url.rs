//! The address inside a click's payload, to which an answer can be posted without a token.
//! <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::flawed;
use super::messages::Content;
use super::state::Workspace;
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem};

/// The name under which requests here are recorded.
pub(super) const OPERATION: &str = "response_url";
/// How often one address may be used, and for how long.
const USES_MAX: u32 = 5;
const LIFE: SignedDuration = SignedDuration::from_mins(30);

/// A click that is under way.
pub(super) struct Interaction {
    /// The last two parts of the address.
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) trigger_id: String,
    /// Whether the trigger has opened a modal.
    pub(super) exchanged: bool,
    pub(super) user: String,
    pub(super) channel: String,
    /// The message clicked on.
    pub(super) ts: String,
    pub(super) at: Timestamp,
    pub(super) uses: u32,
}

/// What a post here asks for.
enum Wish {
    Delete,
    Replace(Content),
    /// A new message; for everybody in the conversation, or for the person who clicked.
    Say {
        to_all: bool,
        content: Content,
    },
}

/// `POST /actions/{team}/{id}/{secret}`
pub(super) fn post(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let place = workspace
        .interactions
        .iter()
        .position(|interaction| interaction.id == call.param("id") && interaction.secret == call.param("secret"));
    let wish = read(call)?;
    let interaction = place.and_then(|place| workspace.interactions.get_mut(place));
    let interaction = interaction.ok_or_else(|| gone("invalid_url"))?;
    if call.now.duration_since(interaction.at) > LIFE {
        return Err(gone("expired_url"));
    }
    interaction.uses += 1;
    if interaction.uses > USES_MAX {
        return Err(gone("used_url"));
    }
    let (channel, ts, user) = (interaction.channel.clone(), interaction.ts.clone(), interaction.user.clone());
    match wish {
        Wish::Delete => {
            if let Some(conversation) = workspace.conversation_mut(&channel) {
                conversation.messages.retain(|message| message.ts != ts);
            }
        }
        Wish::Replace(content) => {
            let message = workspace.message_mut(&channel, &ts).ok_or_else(|| gone("message_not_found"))?;
            // Unlike chat.update, this replaces the whole message: blocks and attachments that are not sent are gone.
            message.blocks.clear();
            message.attachments.clear();
            content.replace(message);
        }
        Wish::Say { to_all, content } => {
            workspace.post(&channel, content, (!to_all).then_some(user), call.now);
        }
    }
    Ok(Answer::new(200, "ok").with_header("content-type", "text/html"))
}

fn read(call: &Call) -> Result<Wish, Answer> {
    if call.media_type().as_deref() != Some("application/json") {
        return Err(gone("invalid_payload").blaming("the content type is not application/json"));
    }
    let body = call.json().map_err(|why| gone("invalid_payload").blaming(format!("the body is not JSON: {why}")))?;
    let (delete, replace, to_all) = flags(&body).map_err(flawed("invalid_arguments"))?;
    if delete {
        return Ok(Wish::Delete);
    }
    let fields = Fields::of(&body, "").map_err(flawed("invalid_arguments"))?;
    let content = Content::read(&fields)?;
    Ok(if replace { Wish::Replace(content) } else { Wish::Say { to_all, content } })
}

/// Whether to delete, whether to replace, and whether all may see it.
fn flags(body: &Value) -> Result<(bool, bool, bool), Flaw> {
    let fields = Fields::of(body, "")?;
    fields.only(&[
        "attachments",
        "blocks",
        "delete_original",
        "metadata",
        "mrkdwn",
        "replace_original",
        "response_type",
        "text",
        "thread_ts",
        "unfurl_links",
        "unfurl_media",
    ])?;
    let delete = either(&fields, "delete_original")?;
    let alone = body.as_object().is_some_and(|members| members.len() == 1);
    if delete && !alone {
        return Err(fields.flaw("delete_original", Problem::Wrong("must be the only field".to_owned())));
    }
    let kind = fields.choice("response_type", &["ephemeral", "in_channel"])?;
    Ok((delete, either(&fields, "replace_original")?, kind == Some("in_channel")))
}

/// A flag, which may be a boolean or a text.
fn either(fields: &Fields<'_>, name: &str) -> Result<bool, Flaw> {
    match fields.value(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(_) => Err(fields.flaw(name, Problem::NotA("a boolean"))),
    }
}

fn gone(error: &str) -> Answer {
    Answer::json(404, &json!({"ok": false, "error": error}))
}
