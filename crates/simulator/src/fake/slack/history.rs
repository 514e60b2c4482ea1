//! What was said in a conversation, and in a thread of it.
//! <https://docs.slack.dev/reference/methods/conversations.history>,
//! <https://docs.slack.dev/reference/methods/conversations.replies>

use serde_json::{Value, json};

use super::answer::{Bodies, arguments, failed, flawed, ok};
use super::messages::shown;
use super::people::page;
use super::scopes;
use super::state::{Conversation, Message, Workspace};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::Fields;

/// `conversations.history`: newest first, without answers in threads and without private notes.
pub(super) fn history(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known = ["channel", "cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"];
    let arguments = arguments(call, &known, Bodies::JsonOrForm)?;
    let wish = Wish::read(&arguments)?;
    let conversation = workspace.readable(wish.channel)?;
    let visible = |message: &&Message| message.ephemeral_to.is_none() && message.thread_ts.is_none();
    let said = conversation.messages.iter().rev().filter(visible).filter(|message| wish.span.holds(message));
    let all = said.map(|message| workspace.listed(conversation, message, wish.whole)).collect();
    let (messages, next) = page(&arguments, all, workspace.settings.page_max)?;
    let value = json!({
        "ok": true, "messages": messages, "has_more": !next.is_empty(), "pin_count": 0, "channel_actions_ts": null,
        "channel_actions_count": 0, "response_metadata": {"next_cursor": next},
    });
    Ok(ok(call, value))
}

/// `conversations.replies`: what began the thread, then its answers, oldest first, without private notes.
pub(super) fn replies(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known = ["channel", "cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest", "ts"];
    let arguments = arguments(call, &known, Bodies::JsonOrForm)?;
    let wish = Wish::read(&arguments)?;
    let read = || Fields::of(&arguments, "")?.words("ts", 17);
    let ts = read().map_err(flawed("invalid_arguments"))?;
    let conversation = workspace.readable(wish.channel)?;
    let public = || conversation.messages.iter().filter(|message| message.ephemeral_to.is_none());
    let named = public().find(|message| message.ts == ts).ok_or_else(|| failed("thread_not_found"))?;
    let root = named.thread_ts.as_ref().unwrap_or(&named.ts);
    let first = public().filter(|message| message.ts == *root);
    let answers = public().filter(|message| message.thread_ts.as_ref() == Some(root));
    let said = first.chain(answers.filter(|message| wish.span.holds(message)));
    let all = said.map(|message| workspace.listed(conversation, message, wish.whole)).collect();
    let (messages, next) = page(&arguments, all, workspace.settings.page_max)?;
    let value = json!({
        "ok": true, "messages": messages, "has_more": !next.is_empty(), "response_metadata": {"next_cursor": next},
    });
    Ok(ok(call, value))
}

/// What both calls ask for.
struct Wish<'a> {
    channel: &'a str,
    /// Whether all metadata is wanted.
    whole: bool,
    span: Span,
}

impl<'a> Wish<'a> {
    fn read(arguments: &'a Value) -> Result<Self, Answer> {
        let flaw = flawed("invalid_arguments");
        let fields = Fields::of(arguments, "").map_err(&flaw)?;
        let time = |name, error| fields.text(name).map_err(&flaw)?.map(|text| micros(text, error)).transpose();
        Ok(Self {
            channel: fields.words("channel", 255).map_err(&flaw)?,
            whole: fields.flag("include_all_metadata").map_err(&flaw)?.unwrap_or(false),
            span: Span {
                oldest_us: time("oldest", "invalid_ts_oldest")?,
                latest_us: time("latest", "invalid_ts_latest")?,
                inclusive: fields.flag("inclusive").map_err(&flaw)?.unwrap_or(false),
            },
        })
    }
}

impl Workspace {
    /// A conversation, by its id, in which the token may read.
    fn readable(&self, id: &str) -> Result<&Conversation, Answer> {
        let conversation = self.conversations.iter().find(|conversation| conversation.id == id);
        let conversation = conversation.filter(|conversation| conversation.is_member || !conversation.is_private);
        let conversation = conversation.ok_or_else(|| failed("channel_not_found"))?;
        self.may(scopes::of_history(conversation))?;
        if conversation.is_member { Ok(conversation) } else { Err(failed("not_in_channel")) }
    }

    /// A message as a list shows it: of the metadata only its type, unless all of it was asked for; and how many
    /// answered it.
    fn listed(&self, conversation: &Conversation, message: &Message, whole: bool) -> Value {
        let mut value = shown(message, &self.settings.bot_user_id, &self.settings.team_id);
        if !whole && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("event_payload");
        }
        let answers = conversation.messages.iter().filter(|other| other.ephemeral_to.is_none());
        let count = answers.filter(|other| other.thread_ts.as_ref() == Some(&message.ts)).count();
        if count > 0
            && let Some(members) = value.as_object_mut()
        {
            members.insert("thread_ts".to_owned(), json!(message.ts));
            members.insert("reply_count".to_owned(), json!(count));
        }
        value
    }
}

/// A time span, in microseconds since 1970.
struct Span {
    oldest_us: Option<i64>,
    latest_us: Option<i64>,
    inclusive: bool,
}

impl Span {
    fn holds(&self, message: &Message) -> bool {
        let Ok(at) = micros(&message.ts, "") else { return false };
        let at_end = self.inclusive && (self.oldest_us == Some(at) || self.latest_us == Some(at));
        at_end || (self.oldest_us.is_none_or(|oldest| at > oldest) && self.latest_us.is_none_or(|latest| at < latest))
    }
}

/// Reads `1712345678.000100`; digits behind the point may be missing.
fn micros(ts: &str, error: &'static str) -> Result<i64, Answer> {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, ""));
    let fine = rest.len() <= 6 && rest.bytes().all(|b| b.is_ascii_digit());
    let whole = seconds.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000_000));
    let whole = whole.zip(format!("{rest:0<6}").parse::<i64>().ok()).filter(|_| fine);
    let sum = whole.and_then(|(whole, rest)| whole.checked_add(rest));
    sum.ok_or_else(|| failed(error).blaming(format!("the time {ts}")))
}
