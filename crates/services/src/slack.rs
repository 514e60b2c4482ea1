//! Slack: where people are told and asked.

mod api;
mod form;
mod look;
mod message;
mod people;
mod scopes;
mod settings;
pub mod signature;

use std::fmt;

use async_trait::async_trait;
use dispatch_core::{
    alarm::{Address, digest},
    notice::{Form, Notice, Receipt},
};
use dispatch_engine::ports::{Destination, Failed};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

pub(crate) use self::settings::API_URL;
use self::{
    api::Api,
    form::View,
    look::{Myself, Place},
    message::Message,
    people::People,
};
pub use self::{
    form::{CHOICE, TEXT},
    message::ANSWER,
    scopes::{METHODS, Method, Need, SCOPES, Scope},
    settings::{SETTINGS, default_channel, signing_secret},
};
use crate::http::{Http, Repeat};

#[cfg(test)]
mod tests;

/// What Slack's addresses start with.
pub const SCHEME: &str = "slack";

/// What the metadata of Dispatch's messages is called.
const EVENT_TYPE: &str = "dispatch";

/// Posts messages as the app's bot.
pub struct Slack {
    api: Api,
    people: People,
    myself: Myself,
}

impl Slack {
    /// A client of the Slack at `base`, such as `https://slack.com/api`.
    pub fn new(http: &Http, base: Url, token: SecretString) -> Self {
        Slack { api: Api::new(http.clone(), base, token), people: People::default(), myself: Myself::default() }
    }

    /// What to give as `channel`, and who reads there if it is one person.
    async fn resolve(&self, to: &Address) -> Result<(String, Option<String>), Failed> {
        let person = match Reader::of(to.rest()) {
            Reader::Conversation(channel) => return Ok((channel.to_owned(), None)),
            Reader::Person(id) => id.to_owned(),
            Reader::Email(email) => self.people.by_email(&self.api, email).await?,
            Reader::Handle("") => {
                return Err(Failed::Refused {
                    call: Method::ChatPostMessage.call(),
                    reason: "the address names nobody".to_owned(),
                });
            }
            Reader::Handle(handle) => self.people.by_handle(&self.api, handle).await?,
        };
        Ok((person.clone(), Some(person)))
    }

    /// Posts where everyone in the conversation reads it, and for good.
    async fn post(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        let (channel, reader) = match &notice.thread {
            Some(thread) => (thread.at.rest().to_owned(), thread.reader.clone()),
            None => self.resolve(to).await?,
        };
        let post = Post {
            channel: &channel,
            thread_ts: thread_ts(notice),
            message: Message::of(notice),
            unfurl_links: false,
            unfurl_media: false,
            metadata: Metadata::of(notice),
        };
        let posted: Posted = self.api.write(Method::ChatPostMessage, &post, Repeat::OnlyIfNotActedOn).await?;
        Ok(Receipt { at: Address::new(SCHEME, &posted.channel), id: posted.ts, reader, url: None })
    }

    /// The message with this key, among what was said at or after `since`: in the thread that it answers
    /// in, else where `to` leads.
    async fn look(&self, to: &Address, notice: &Notice, since: Timestamp) -> Result<Option<Receipt>, Failed> {
        let (channel, reader) = match &notice.thread {
            Some(thread) => (thread.at.rest().to_owned(), thread.reader.clone()),
            None => {
                let (channel, reader) = self.resolve(to).await?;
                (look::conversation(&self.api, &channel, reader.as_deref()).await?, reader)
            }
        };
        let place = Place { channel: &channel, thread: thread_ts(notice) };
        let id = self.myself.said(&self.api, &place, &mark(&notice.key), since).await?;
        Ok(id.map(|id| Receipt { at: Address::new(SCHEME, &channel), id, reader, url: None }))
    }

    /// Shows a note to one reader of a conversation.
    async fn whisper(&self, to: &Address, user: &str, notice: &Notice) -> Result<Receipt, Failed> {
        let at = notice.thread.as_ref().map_or(to, |thread| &thread.at);
        let post = Whisper { channel: at.rest(), user, thread_ts: thread_ts(notice), message: Message::of(notice) };
        let shown: Shown = self.api.write(Method::ChatPostEphemeral, &post, Repeat::OnlyIfNotActedOn).await?;
        Ok(Receipt { at: at.clone(), id: shown.message_ts, reader: Some(user.to_owned()), url: None })
    }
}

#[async_trait]
impl Destination for Slack {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    /// Slack has no way to tell a second sending from a first, so a post whose reply is lost is
    /// [`Failed::Unreachable`] and not repeated here. Its metadata carries a digest of [`Notice::key`]:
    /// [`Destination::find`] looks for that.
    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        match &notice.only_for {
            Some(user) => self.whisper(to, user, notice).await,
            None => self.post(to, notice).await,
        }
    }

    async fn prepare(&self, to: &Address) {
        let _ = self.resolve(to).await;
    }

    /// Looks at the messages themselves; needs `im:write` and `im:history` for people, `channels:history`
    /// and `groups:history` for channels, and a channel's id rather than its name. Where it may not or
    /// cannot look, it finds nothing. A note for one reader alone is not kept, so it is never found.
    async fn find(&self, to: &Address, notice: &Notice, since: Timestamp) -> Result<Option<Receipt>, Failed> {
        match self.look(to, notice, since).await {
            Err(failed) if failed.is_final() => {
                tracing::info!(error = %failed, "Slack gives no way to look for a message that may stand");
                Ok(None)
            }
            looked => looked,
        }
    }

    /// The message keeps the metadata that it was posted with. What was shown to one reader alone
    /// cannot be changed: Slack refuses.
    async fn revise(&self, receipt: &Receipt, notice: &Notice) -> Result<(), Failed> {
        let update =
            Update { channel: receipt.at.rest(), ts: &receipt.id, message: Message::of(notice), attachments: [] };
        let _: Done = self.api.write(Method::ChatUpdate, &update, Repeat::Freely).await?;
        Ok(())
    }

    /// What people chose in their own settings. Where Slack does not tell, it is not known.
    async fn zone(&self, reader: &str) -> Result<Option<String>, Failed> {
        let Reader::Person(id) = Reader::of(reader) else { return Ok(None) };
        match self.people.zone(&self.api, id).await {
            Err(failed) if failed.is_final() => {
                tracing::info!(error = %failed, "Slack does not tell in which time zone somebody is");
                Ok(None)
            }
            told => told,
        }
    }

    /// A trigger holds for three seconds; one that has had its time, or was used, is refused.
    async fn open(&self, trigger: &str, form: &Form) -> Result<(), Failed> {
        let open = Open { trigger_id: trigger, view: View::of(form) };
        let _: Done = self.api.write(Method::ViewsOpen, &open, Repeat::OnlyIfNotActedOn).await?;
        Ok(())
    }
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slack").field("api", &self.api).finish_non_exhaustive()
    }
}

/// The forms that an address can have.
#[derive(Debug, PartialEq, Eq)]
enum Reader<'a> {
    /// `C…`, `G…`, `D…`, or `#name`.
    Conversation(&'a str),
    /// `U…` or `W…`.
    Person(&'a str),
    Email(&'a str),
    /// Without its `@`.
    Handle(&'a str),
}

impl<'a> Reader<'a> {
    fn of(rest: &'a str) -> Self {
        let rest = rest.trim();
        let is_id = rest.len() > 2 && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match rest.bytes().next() {
            Some(b'#') => Reader::Conversation(rest),
            Some(b'@') => Reader::Handle(rest.trim_start_matches('@')),
            _ if rest.contains('@') => Reader::Email(rest),
            Some(b'C' | b'G' | b'D') if is_id => Reader::Conversation(rest),
            Some(b'U' | b'W') if is_id => Reader::Person(rest),
            _ => Reader::Handle(rest),
        }
    }
}

/// <https://docs.slack.dev/reference/methods/chat.postMessage>
#[derive(Serialize)]
struct Post<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(flatten)]
    message: Message,
    unfurl_links: bool,
    unfurl_media: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

/// <https://docs.slack.dev/messaging/message-metadata>
#[derive(Serialize)]
struct Metadata {
    event_type: &'static str,
    event_payload: Payload,
}

#[derive(Serialize)]
struct Payload {
    key: String,
}

impl Metadata {
    fn of(notice: &Notice) -> Option<Self> {
        let payload = || Payload { key: mark(&notice.key) };
        (!notice.key.is_empty()).then(|| Metadata { event_type: EVENT_TYPE, event_payload: payload() })
    }
}

/// What a message carries for its key, as 32 hex digits. Every app of the workspace can read it, and
/// a key holds what the buttons' values hold.
fn mark(key: &str) -> String {
    digest(&[key.as_bytes()], 32)
}

/// The message that a notice answers.
fn thread_ts(notice: &Notice) -> Option<&str> {
    notice.thread.as_ref().map(|thread| thread.id.as_str())
}

#[derive(Deserialize)]
struct Posted {
    channel: String,
    ts: String,
}

/// <https://docs.slack.dev/reference/methods/chat.postEphemeral>
#[derive(Serialize)]
struct Whisper<'a> {
    channel: &'a str,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(flatten)]
    message: Message,
}

#[derive(Deserialize)]
struct Shown {
    message_ts: String,
}

/// <https://docs.slack.dev/reference/methods/chat.update>
#[derive(Serialize)]
struct Update<'a> {
    channel: &'a str,
    ts: &'a str,
    #[serde(flatten)]
    message: Message,
    /// Always empty: a message of the predecessor has its buttons here, and they must go.
    attachments: [(); 0],
}

/// <https://docs.slack.dev/reference/methods/views.open>
#[derive(Serialize)]
struct Open<'a> {
    trigger_id: &'a str,
    view: View,
}

#[derive(Deserialize)]
struct Done {}
