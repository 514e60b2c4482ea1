//! Slack: where people are told and asked.

mod api;
mod message;
mod people;
mod settings;
pub mod signature;

use std::fmt;

use async_trait::async_trait;
use dispatch_core::{
    alarm::Address,
    notice::{Notice, Receipt},
};
use dispatch_engine::ports::{Destination, Failed};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use self::{api::Api, message::Message, people::People};
pub use self::{
    message::ANSWER,
    settings::{SETTINGS, default_channel, signing_secret},
};
use crate::http::{Http, Repeat};

#[cfg(test)]
mod tests;

/// What Slack's addresses start with.
pub const SCHEME: &str = "slack";

const POST: &str = "slack chat.postMessage";
const POST_EPHEMERAL: &str = "slack chat.postEphemeral";
const UPDATE: &str = "slack chat.update";

/// Posts messages as the app's bot.
pub struct Slack {
    api: Api,
    people: People,
}

impl Slack {
    /// A client of the Slack at `base`, such as `https://slack.com/api`.
    pub fn new(http: &Http, base: Url, token: SecretString) -> Self {
        Slack { api: Api::new(http.clone(), base, token), people: People::default() }
    }

    /// What to give as `channel`, and who reads there if it is one person.
    async fn find(&self, to: &Address) -> Result<(String, Option<String>), Failed> {
        let person = match Reader::of(to.rest()) {
            Reader::Conversation(channel) => return Ok((channel.to_owned(), None)),
            Reader::Person(id) => id.to_owned(),
            Reader::Email(email) => self.people.by_email(&self.api, email).await?,
            Reader::Handle("") => {
                return Err(Failed::Refused { call: POST, reason: "the address names nobody".to_owned() });
            }
            Reader::Handle(handle) => self.people.by_handle(&self.api, handle).await?,
        };
        Ok((person.clone(), Some(person)))
    }

    /// Posts where everyone in the conversation reads it, and for good.
    async fn post(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        let (channel, reader) = self.find(to).await?;
        let post = Post {
            channel: &channel,
            message: Message::of(notice),
            unfurl_links: false,
            unfurl_media: false,
            metadata: Metadata::of(notice),
        };
        let posted: Posted = self.api.write(POST, &post, Repeat::OnlyIfNotActedOn).await?;
        Ok(Receipt { at: Address::new(SCHEME, &posted.channel), id: posted.ts, reader, url: None })
    }

    /// Shows a note to one reader of a conversation.
    async fn whisper(&self, to: &Address, user: &str, notice: &Notice) -> Result<Receipt, Failed> {
        let post = Whisper { channel: to.rest(), user, message: Message::of(notice) };
        let shown: Shown = self.api.write(POST_EPHEMERAL, &post, Repeat::OnlyIfNotActedOn).await?;
        Ok(Receipt { at: to.clone(), id: shown.message_ts, reader: Some(user.to_owned()), url: None })
    }
}

#[async_trait]
impl Destination for Slack {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    /// Slack has no way to tell a second sending from a first, so a post whose reply is lost is
    /// [`Failed::Unreachable`] and not repeated here. Its metadata carries [`Notice::key`].
    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        match &notice.only_for {
            Some(user) => self.whisper(to, user, notice).await,
            None => self.post(to, notice).await,
        }
    }

    /// The message keeps the metadata that it was posted with. What was shown to one reader alone
    /// cannot be changed: Slack refuses.
    async fn revise(&self, receipt: &Receipt, notice: &Notice) -> Result<(), Failed> {
        let update =
            Update { channel: receipt.at.rest(), ts: &receipt.id, message: Message::of(notice), attachments: [] };
        let _: Done = self.api.write(UPDATE, &update, Repeat::Freely).await?;
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
    #[serde(flatten)]
    message: Message,
    unfurl_links: bool,
    unfurl_media: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
}

/// <https://docs.slack.dev/messaging/message-metadata>
#[derive(Serialize)]
struct Metadata<'a> {
    event_type: &'static str,
    event_payload: Payload<'a>,
}

#[derive(Serialize)]
struct Payload<'a> {
    key: &'a str,
}

impl<'a> Metadata<'a> {
    fn of(notice: &'a Notice) -> Option<Self> {
        let payload = Payload { key: &notice.key };
        (!notice.key.is_empty()).then_some(Metadata { event_type: "dispatch", event_payload: payload })
    }
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

#[derive(Deserialize)]
struct Done {}
