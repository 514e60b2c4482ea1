//! Whether a message that may have been posted stands. Slack has no key that would keep a second one
//! away, but it shows what was said.

use dispatch_engine::ports::Failed;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{EVENT_TYPE, api::Api, scopes::Method};
use crate::http::Repeat;

/// The calls that an app must be allowed to make by a scope, and whose refusal stops nothing.
pub(super) const LOOKS: [Method; 4] =
    [Method::ConversationsOpen, Method::ConversationsHistory, Method::ConversationsReplies, Method::UsersInfo];

/// How many messages Slack recommends to read at once.
/// <https://docs.slack.dev/reference/methods/conversations.history>
const PAGE: &str = "200";
/// A question is looked for minutes after it was sent. Where more was said since, it is sent again.
const PAGES_MAX: usize = 5;

/// The conversation to look into: the one with `reader`, else the one that `channel` names.
///
/// # Errors
/// [`Failed::Refused`] for a channel's name: what it stands for takes a scope more and a long list.
pub(super) async fn conversation(api: &Api, channel: &str, reader: Option<&str>) -> Result<String, Failed> {
    if let Some(person) = reader {
        let opened: Opened = api.write(Method::ConversationsOpen, &json!({ "users": person }), Repeat::Freely).await?;
        return Ok(opened.channel.id);
    }
    if channel.starts_with('#') {
        return Err(cannot("the channel is known by its name, not by its id"));
    }
    Ok(channel.to_owned())
}

/// Where to look.
pub(super) struct Place<'a> {
    /// The conversation's id.
    pub(super) channel: &'a str,
    /// The message in whose thread to look. Without it, threads are not looked into.
    pub(super) thread: Option<&'a str>,
}

/// Who the app is. Any app can write metadata as Dispatch does, so only the app's own messages count.
#[derive(Debug, Default)]
pub(super) struct Myself(OnceCell<Author>);

impl Myself {
    /// The `ts` of the app's message with this mark, posted at or after `since`.
    ///
    /// # Errors
    /// [`Failed::Refused`] where the app may not look, or when more was said than is read.
    pub(super) async fn said(
        &self,
        api: &Api,
        place: &Place<'_>,
        mark: &str,
        since: Timestamp,
    ) -> Result<Option<String>, Failed> {
        let ask = async || api.write(Method::AuthTest, &json!({}), Repeat::Freely).await;
        let myself = self.0.get_or_try_init(ask).await?;
        let oldest = seconds(since);
        let method = if place.thread.is_some() { Method::ConversationsReplies } else { Method::ConversationsHistory };
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let mut query = vec![
                ("channel", place.channel),
                ("include_all_metadata", "true"),
                ("inclusive", "true"),
                ("limit", PAGE),
                ("oldest", &oldest),
            ];
            query.extend(place.thread.map(|ts| ("ts", ts)));
            query.extend((!cursor.is_empty()).then_some(("cursor", cursor.as_str())));
            let page: Page = api.read(method, &query).await?;
            if let Some(found) = page.messages.into_iter().find(|message| message.is(myself, mark)) {
                return Ok(Some(found.ts));
            }
            cursor = page.response_metadata.unwrap_or_default().next_cursor;
            if cursor.is_empty() {
                return Ok(None);
            }
        }
        Err(cannot("more was said since than is read"))
    }
}

fn cannot(reason: &str) -> Failed {
    Failed::Refused { call: Method::ConversationsHistory.call(), reason: reason.to_owned() }
}

/// Slack's form of a time: seconds since 1970 and six digits behind the point.
fn seconds(at: Timestamp) -> String {
    let micros = at.as_microsecond().max(0);
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// <https://docs.slack.dev/reference/methods/conversations.open>
#[derive(Deserialize)]
struct Opened {
    channel: Conversation,
}

#[derive(Deserialize)]
struct Conversation {
    id: String,
}

/// <https://docs.slack.dev/reference/methods/auth.test>
#[derive(Debug, Deserialize)]
struct Author {
    user_id: String,
    bot_id: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Said>,
    response_metadata: Option<Cursor>,
}

#[derive(Default, Deserialize)]
struct Cursor {
    #[serde(default)]
    next_cursor: String,
}

#[derive(Deserialize)]
struct Said {
    ts: String,
    user: Option<String>,
    bot_id: Option<String>,
    #[serde(default)]
    metadata: Value,
}

impl Said {
    fn is(&self, myself: &Author, mark: &str) -> bool {
        let mine = match (&self.bot_id, &myself.bot_id) {
            (Some(bot), Some(mine)) => bot == mine,
            _ => self.user.as_ref() == Some(&myself.user_id),
        };
        let says = |pointer, text| self.metadata.pointer(pointer).and_then(Value::as_str) == Some(text);
        mine && says("/event_type", EVENT_TYPE) && says("/event_payload/key", mark)
    }
}
