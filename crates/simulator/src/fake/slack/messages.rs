//! Messages: post, change, post for one person only. <https://docs.slack.dev/reference/methods/chat.postMessage>

use serde_json::{Value, json};

use super::answer::{Bodies, arguments, failed, flawed, ok};
use super::attachments;
use super::blocks::{self, Surface};
use super::state::{BOT_ID, Message, Workspace};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem};

/// Above this Slack splits a posted text into several messages, and refuses it in a change.
/// Source: docs.slack.dev, chat.postMessage and chat.update.
const TEXT_MAX: usize = 4_000;
const ATTACHMENTS_MAX: usize = 100;

/// What a message says.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) text: Option<String>,
    pub(super) blocks: Option<Vec<Value>>,
    pub(super) attachments: Option<Vec<Value>>,
    pub(super) metadata: Option<Value>,
    pub(super) thread_ts: Option<String>,
}

impl Content {
    /// Reads and checks the content among the arguments.
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Answer> {
        let wrong = flawed("invalid_arguments");
        fields.text("text").map_err(&wrong)?;
        let text = fields.text_within("text", TEXT_MAX).map_err(flawed("msg_too_long"))?;
        let blocks = match fields.value("blocks") {
            Some(Value::Array(blocks)) => {
                Some(blocks::checked(blocks, Surface::Message, "blocks").map_err(flawed("invalid_blocks"))?)
            }
            Some(_) => return Err(flawed("invalid_blocks_format")(fields.flaw("blocks", Problem::NotA("an array")))),
            None => None,
        };
        let attachments = match fields.list("attachments", ATTACHMENTS_MAX).map_err(flawed("too_many_attachments"))? {
            Some(items) => Some(attachments::checked(items, "attachments").map_err(&wrong)?),
            None => None,
        };
        for name in ["unfurl_links", "unfurl_media", "link_names", "mrkdwn", "reply_broadcast"] {
            fields.flag(name).map_err(&wrong)?;
        }
        check_metadata(fields).map_err(flawed("invalid_metadata_format"))?;
        let content = Self {
            text: text.map(str::to_owned),
            blocks,
            attachments,
            metadata: fields.value("metadata").cloned(),
            thread_ts: fields.text("thread_ts").map_err(&wrong)?.map(str::to_owned),
        };
        content.check_said()?;
        Ok(content)
    }

    /// A message must say something, and blocks need a text beside them for notifications and screen readers.
    /// Slack takes blocks alone; here they are refused, so that nobody forgets.
    fn check_said(&self) -> Result<(), Answer> {
        let has_text = self.text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let has_more = [&self.blocks, &self.attachments].into_iter().flatten().any(|items| !items.is_empty());
        match (has_text, has_more) {
            (true, _) => Ok(()),
            (false, true) => Err(failed("no_text").blaming("blocks or attachments without a text beside them")),
            (false, false) => Err(failed("no_text").blaming("no text, blocks or attachments")),
        }
    }

    /// Takes the content of a message as it comes.
    pub(super) fn unchecked(message: &Value) -> Self {
        let list = |name| message.get(name).and_then(Value::as_array).cloned();
        Self {
            text: message.get("text").and_then(Value::as_str).map(str::to_owned),
            blocks: list("blocks"),
            attachments: list("attachments"),
            metadata: message.get("metadata").cloned(),
            thread_ts: None,
        }
    }

    /// Replaces what a message says. What is not given stays.
    pub(super) fn replace(self, message: &mut Message) {
        message.text = self.text.unwrap_or_default();
        if let Some(blocks) = self.blocks {
            message.blocks = blocks;
        }
        if let Some(attachments) = self.attachments {
            message.attachments = attachments;
        }
        if self.metadata.is_some() {
            message.metadata = self.metadata;
        }
        message.edited = true;
    }
}

fn check_metadata(fields: &Fields<'_>) -> Result<(), Flaw> {
    if let Some(metadata) = fields.object("metadata")? {
        metadata.only(&["event_type", "event_payload"])?;
        metadata.words("event_type", 255)?;
        metadata.required_object("event_payload")?;
    }
    Ok(())
}

/// A message as the API returns it and as a click carries it.
pub(super) fn shown(message: &Message, bot_user_id: &str, team_id: &str) -> Value {
    let mut value = json!({
        "type": "message", "user": bot_user_id, "bot_id": BOT_ID, "team": team_id, "ts": message.ts,
        "text": message.text, "blocks": message.blocks,
    });
    let more = [
        ("attachments", (!message.attachments.is_empty()).then(|| json!(message.attachments))),
        ("metadata", message.metadata.clone()),
        ("thread_ts", message.thread_ts.clone().map(Value::String)),
    ];
    if let Some(members) = value.as_object_mut() {
        members.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    value
}

/// `chat.postMessage`
pub(super) fn post(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known = [
        "attachments",
        "blocks",
        "channel",
        "link_names",
        "metadata",
        "mrkdwn",
        "parse",
        "reply_broadcast",
        "text",
        "thread_ts",
        "unfurl_links",
        "unfurl_media",
    ];
    let arguments = arguments(call, &known, Bodies::JsonOrForm)?;
    let fields = Fields::of(&arguments, "").map_err(flawed("invalid_arguments"))?;
    let to = fields.words("channel", 255).map_err(flawed("invalid_arguments"))?;
    let content = Content::read(&fields)?;
    let channel = workspace.destination(to).map_err(failed)?;
    workspace.may_reply(&channel, &content)?;
    workspace.count_post(&channel, call.now)?;
    let ts = workspace.post(&channel, content, None, call.now);
    let message = workspace.shown(&channel, &ts);
    Ok(ok(call, json!({"ok": true, "channel": channel, "ts": ts, "message": message})))
}

/// `chat.update`. Buttons stay until `blocks` says otherwise, so a change of the text alone is refused as a mistake.
pub(super) fn update(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known =
        ["attachments", "blocks", "channel", "link_names", "metadata", "parse", "reply_broadcast", "text", "ts"];
    let arguments = arguments(call, &known, Bodies::JsonOrForm)?;
    let fields = Fields::of(&arguments, "").map_err(flawed("invalid_arguments"))?;
    let channel = fields.words("channel", 255).map_err(flawed("invalid_arguments"))?;
    let ts = fields.words("ts", 17).map_err(flawed("invalid_arguments"))?;
    if !channel.starts_with(['C', 'D', 'G']) {
        return Err(failed("channel_not_found").blaming("chat.update takes the id of a conversation only"));
    }
    let content = Content::read(&fields)?;
    workspace.conversation(channel).ok_or_else(|| failed("channel_not_found"))?;
    let message = workspace.message_mut(channel, ts).filter(|message| message.ephemeral_to.is_none());
    let message = message.ok_or_else(|| failed("message_not_found"))?;
    if content.blocks.is_none() && !message.blocks.is_empty() {
        let why = "a message with blocks is changed without saying what becomes of them; send blocks, or an empty list";
        return Err(failed("invalid_arguments").blaming(why));
    }
    content.replace(message);
    let text = message.text.clone();
    let message = workspace.shown(channel, ts);
    Ok(ok(call, json!({"ok": true, "channel": channel, "ts": ts, "text": text, "message": message})))
}

/// `chat.postEphemeral`
pub(super) fn post_ephemeral(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known = ["attachments", "blocks", "channel", "link_names", "metadata", "parse", "text", "thread_ts", "user"];
    let arguments = arguments(call, &known, Bodies::JsonOrForm)?;
    let fields = Fields::of(&arguments, "").map_err(flawed("invalid_arguments"))?;
    let channel = fields.words("channel", 255).map_err(flawed("invalid_arguments"))?;
    let user = fields.words("user", 255).map_err(flawed("invalid_arguments"))?;
    let content = Content::read(&fields)?;
    let conversation = workspace.conversation(channel).ok_or_else(|| failed("channel_not_found"))?;
    let by_name = conversation.id != channel;
    match conversation {
        _ if conversation.is_private && (by_name || !conversation.is_member) => {
            return Err(failed("channel_not_found"));
        }
        _ if conversation.is_archived => return Err(failed("is_archived")),
        _ if !conversation.is_member => return Err(failed("not_in_channel")),
        _ => {}
    }
    let reachable = workspace.people.iter().any(|person| person.id == user && !person.deleted);
    if !reachable || conversation.with.as_ref().is_some_and(|with| with != user) {
        return Err(failed("user_not_in_channel"));
    }
    workspace.may_reply(channel, &content)?;
    let ts = workspace.post(channel, content, Some(user.to_owned()), call.now);
    Ok(ok(call, json!({"ok": true, "message_ts": ts})))
}

impl Workspace {
    /// Finds where a message to `to` goes: the id of a person, of a conversation, or the name of a public channel.
    /// The error is Slack's code.
    pub(super) fn destination(&mut self, to: &str) -> Result<String, &'static str> {
        if let Some(person) = self.people.iter().find(|person| person.id == to).cloned() {
            return match person {
                _ if person.is_bot => Err("cannot_dm_bot"),
                _ if person.deleted => Err("channel_not_found"),
                _ => Ok(self.direct(&person)),
            };
        }
        let conversation = self.conversation(to).ok_or("channel_not_found")?;
        let by_name = conversation.id != to;
        let left = |id: &String| self.people.iter().any(|person| person.id == *id && person.deleted);
        match conversation {
            _ if conversation.is_private && (by_name || !conversation.is_member) => Err("channel_not_found"),
            _ if conversation.with.as_ref().is_some_and(left) => Err("channel_not_found"),
            _ if conversation.is_archived => Err("is_archived"),
            _ if !conversation.is_member => Err("not_in_channel"),
            _ => Ok(conversation.id.clone()),
        }
    }

    /// Whether the message that is answered, if one is, stands in this conversation and in no thread itself. Slack
    /// takes a `thread_ts` that is itself an answer, and says not to send one.
    fn may_reply(&self, channel: &str, content: &Content) -> Result<(), Answer> {
        let Some(ts) = &content.thread_ts else { return Ok(()) };
        let refused = |why: &str| Err(failed("cannot_reply_to_message").blaming(why));
        match self.message(channel, ts) {
            None => refused("thread_ts names no message of this conversation"),
            Some(message) if message.ephemeral_to.is_some() => refused("thread_ts names a private note"),
            Some(message) if message.thread_ts.is_some() => refused("thread_ts names an answer, not what it answers"),
            Some(_) => Ok(()),
        }
    }

    /// A message as the API returns it; `Null` when there is none.
    pub(super) fn shown(&self, channel: &str, ts: &str) -> Value {
        let message = self.message(channel, ts);
        message.map_or(Value::Null, |message| shown(message, &self.settings.bot_user_id, &self.settings.team_id))
    }
}
