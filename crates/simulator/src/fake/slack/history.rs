//! What was said in a conversation. <https://docs.slack.dev/reference/methods/conversations.history>

use serde_json::{Value, json};

use super::answer::{Bodies, arguments, failed, flawed, ok};
use super::messages::shown;
use super::people::page;
use super::scopes;
use super::state::{Message, Workspace};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::Fields;

/// `conversations.history`: newest first, without answers in threads and without private notes.
pub(super) fn history(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let known = ["channel", "cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest"];
    let arguments = arguments(call, &known, Bodies::JsonOrForm)?;
    let flaw = flawed("invalid_arguments");
    let fields = Fields::of(&arguments, "").map_err(&flaw)?;
    let id = fields.words("channel", 255).map_err(&flaw)?;
    let whole = fields.flag("include_all_metadata").map_err(&flaw)?.unwrap_or(false);
    let span = Span {
        oldest_us: fields.text("oldest").map_err(&flaw)?.map(|text| micros(text, "invalid_ts_oldest")).transpose()?,
        latest_us: fields.text("latest").map_err(&flaw)?.map(|text| micros(text, "invalid_ts_latest")).transpose()?,
        inclusive: fields.flag("inclusive").map_err(&flaw)?.unwrap_or(false),
    };
    let conversation = workspace.conversations.iter().find(|conversation| conversation.id == id);
    let conversation = conversation.filter(|conversation| conversation.is_member || !conversation.is_private);
    let conversation = conversation.ok_or_else(|| failed("channel_not_found"))?;
    workspace.may(scopes::of_history(conversation))?;
    if !conversation.is_member {
        return Err(failed("not_in_channel"));
    }
    let settings = &workspace.settings;
    let visible = |message: &&Message| message.ephemeral_to.is_none() && message.thread_ts.is_none();
    let said = conversation.messages.iter().rev().filter(visible).filter(|message| span.holds(message));
    let all = said.map(|message| listed(shown(message, &settings.bot_user_id, &settings.team_id), whole)).collect();
    let (messages, next) = page(&arguments, all, settings.page_max)?;
    let value = json!({
        "ok": true, "messages": messages, "has_more": !next.is_empty(), "pin_count": 0, "channel_actions_ts": null,
        "channel_actions_count": 0, "response_metadata": {"next_cursor": next},
    });
    Ok(ok(call, value))
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

/// A message as a list shows it: of the metadata only its type, unless all of it was asked for.
fn listed(mut message: Value, whole: bool) -> Value {
    if !whole && let Some(metadata) = message.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("event_payload");
    }
    message
}
