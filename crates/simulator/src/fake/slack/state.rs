//! What the fake workspace holds: people, conversations, messages, and the interactions that are under way.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::limits::{Limits, Posted};
use super::messages::Content;
use super::response_url::Interaction;
use super::scopes::SCOPES;
use super::views::View;
use crate::fake::world::Clock;

/// The bot's id as an author of messages.
pub(super) const BOT_ID: &str = "B0DISPATCH";

/// How a fake Slack starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bot token that is accepted.
    pub bot_token: String,
    /// What clicks are signed with.
    pub signing_secret: String,
    /// The deprecated token inside payloads.
    pub verification_token: String,
    /// The workspace's id.
    pub team_id: String,
    /// The app's id.
    pub app_id: String,
    /// The bot's id as a person.
    pub bot_user_id: String,
    /// What the token may do.
    pub scopes: Vec<String>,
    /// The people, without the bot.
    pub people: Vec<Person>,
    /// The channels; the first is the one the console names.
    pub channels: Vec<Channel>,
    /// The most entries of one page of a list, whatever the caller asks for: Slack may return fewer, too.
    pub page_max: usize,
    /// How long a `trigger_id` lives; 3 seconds. Source: docs.slack.dev, "Handling user interaction".
    pub trigger_life: SignedDuration,
    /// How much may be posted; without it, anything.
    pub limits: Option<Limits>,
    /// The clock.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bot_token: "xoxb-accepted-by-the-fake-only".to_owned(),
            signing_secret: "signed-by-the-fake-only".to_owned(),
            verification_token: "deprecated".to_owned(),
            team_id: "T0EXAMPLE".to_owned(),
            app_id: "A0DISPATCH".to_owned(),
            bot_user_id: "U0DISPATCH".to_owned(),
            scopes: SCOPES.map(str::to_owned).to_vec(),
            people: ["jane", "joe", "alex", "sam"].map(Person::named).to_vec(),
            channels: ["security", "general"].map(Channel::named).to_vec(),
            page_max: 100,
            trigger_life: SignedDuration::from_secs(3),
            limits: None,
            clock: Clock::default(),
        }
    }
}

/// Somebody in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// `U` or `W`, then capitals and digits.
    pub id: String,
    /// The handle, without `@`.
    pub handle: String,
    /// The name chosen for display; may be empty.
    pub display_name: String,
    /// The full name.
    pub real_name: String,
    /// The e-mail address, if the person has one here.
    pub email: Option<String>,
    /// The time zone that the person chose: `Europe/Berlin`.
    pub zone: Option<String>,
    /// Whether the person has left.
    pub deleted: bool,
    /// Whether it is an app.
    pub is_bot: bool,
}

impl Person {
    /// A person with everything that follows from a handle: `jane` has the id `U0JANE`, the display name `Jane`, the
    /// real name `Jane Example` and the address `jane@example.com`. Everybody is in Berlin.
    pub fn named(handle: &str) -> Self {
        let mut letters = handle.chars();
        let display_name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        Self {
            id: format!("U0{}", handle.to_ascii_uppercase()),
            handle: handle.to_owned(),
            real_name: format!("{display_name} Example"),
            display_name,
            email: Some(format!("{handle}@example.com")),
            zone: Some("Europe/Berlin".to_owned()),
            deleted: false,
            is_bot: false,
        }
    }
}

/// A channel to start with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Channel {
    /// `C`, then capitals and digits.
    pub id: String,
    /// The name, without `#`.
    pub name: String,
    /// Whether only members see it.
    pub is_private: bool,
    /// Whether the bot is in it.
    pub is_member: bool,
    /// Whether it is archived.
    pub is_archived: bool,
}

impl Channel {
    /// A public channel with the bot in it: `security` has the id `C0SECURITY`.
    pub fn named(name: &str) -> Self {
        Self {
            id: format!("C0{}", name.to_ascii_uppercase()),
            name: name.to_owned(),
            is_private: false,
            is_member: true,
            is_archived: false,
        }
    }
}

/// A channel, or a direct message with one person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversation {
    /// `C…` for a channel, `D…` for a direct message.
    pub id: String,
    /// The channel's name, or the person's handle.
    pub name: String,
    /// The person's id, for a direct message.
    pub with: Option<String>,
    /// Whether only members see it.
    pub is_private: bool,
    /// Whether the bot is in it.
    pub is_member: bool,
    /// Whether it is archived.
    pub is_archived: bool,
    /// What was said, oldest first.
    pub messages: Vec<Message>,
}

/// A message as it stands now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Its name within the conversation: seconds and microseconds, `1712345678.000100`.
    pub ts: String,
    /// When it was posted.
    pub at: Timestamp,
    /// The conversation it is in.
    pub channel: String,
    /// The text; with blocks, the fallback.
    pub text: String,
    /// Block Kit, with the ids that Slack gives where none were sent.
    pub blocks: Vec<Value>,
    /// Attachments, as sent.
    pub attachments: Vec<Value>,
    /// Metadata, as sent.
    pub metadata: Option<Value>,
    /// The message that it answers.
    pub thread_ts: Option<String>,
    /// Whether it was changed.
    pub edited: bool,
    /// The only person who sees it, if it is private.
    pub ephemeral_to: Option<String>,
}

/// The state of a fake Slack.
pub struct Workspace {
    pub(super) root: String,
    pub(super) settings: Settings,
    pub(super) people: Vec<Person>,
    pub(super) conversations: Vec<Conversation>,
    pub(super) interactions: Vec<Interaction>,
    pub(super) views: Vec<View>,
    pub(super) posted: Posted,
    last_ts_us: i64,
}

impl Workspace {
    pub(super) fn new(settings: Settings, root: &str) -> Self {
        let bot = Person { id: settings.bot_user_id.clone(), email: None, is_bot: true, ..Person::named("dispatch") };
        let channel = |channel: &Channel| Conversation {
            id: channel.id.clone(),
            name: channel.name.clone(),
            with: None,
            is_private: channel.is_private,
            is_member: channel.is_member,
            is_archived: channel.is_archived,
            messages: Vec::new(),
        };
        Self {
            root: root.to_owned(),
            people: settings.people.iter().cloned().chain([bot]).collect(),
            conversations: settings.channels.iter().map(channel).collect(),
            interactions: Vec::new(),
            views: Vec::new(),
            posted: Posted::default(),
            last_ts_us: 0,
            settings,
        }
    }

    /// A person by id or handle.
    pub(super) fn person(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == name || person.handle == name)
    }

    /// A conversation by id, or a channel by name, with or without `#`.
    pub(super) fn conversation(&self, name: &str) -> Option<&Conversation> {
        let place = self.place(name)?;
        self.conversations.get(place)
    }

    pub(super) fn conversation_mut(&mut self, name: &str) -> Option<&mut Conversation> {
        let place = self.place(name)?;
        self.conversations.get_mut(place)
    }

    fn place(&self, name: &str) -> Option<usize> {
        let plain = name.strip_prefix('#').unwrap_or(name);
        let fits = |conversation: &Conversation| {
            conversation.id == name || (conversation.with.is_none() && conversation.name == plain)
        };
        self.conversations.iter().position(fits)
    }

    pub(super) fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        let conversation = self.conversation_mut(channel)?;
        conversation.messages.iter_mut().find(|message| message.ts == ts)
    }

    pub(super) fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        let conversation = self.conversation(channel)?;
        conversation.messages.iter().find(|message| message.ts == ts)
    }

    /// The direct message with a person, opened if it is not open yet.
    pub(super) fn direct(&mut self, person: &Person) -> String {
        let found = self.conversations.iter().find(|conversation| conversation.with.as_ref() == Some(&person.id));
        if let Some(conversation) = found {
            return conversation.id.clone();
        }
        let id = format!("D{}", person.id.get(1..).unwrap_or_default());
        self.conversations.push(Conversation {
            id: id.clone(),
            name: person.handle.clone(),
            with: Some(person.id.clone()),
            is_private: true,
            is_member: true,
            is_archived: false,
            messages: Vec::new(),
        });
        id
    }

    /// Puts a message into a conversation and returns its `ts`.
    pub(super) fn post(
        &mut self,
        channel: &str,
        content: Content,
        ephemeral_to: Option<String>,
        now: Timestamp,
    ) -> String {
        let ts = self.fresh_ts(now);
        if let Some(conversation) = self.conversation_mut(channel) {
            let message = Message {
                ts: ts.clone(),
                at: now,
                channel: conversation.id.clone(),
                text: content.text.unwrap_or_default(),
                blocks: content.blocks.unwrap_or_default(),
                attachments: content.attachments.unwrap_or_default(),
                metadata: content.metadata,
                thread_ts: content.thread_ts,
                edited: false,
                ephemeral_to,
            };
            conversation.messages.push(message);
        }
        ts
    }

    /// A `ts` that no message has: the time in microseconds, or the next after the last.
    pub(super) fn fresh_ts(&mut self, now: Timestamp) -> String {
        self.last_ts_us = now.as_microsecond().max(self.last_ts_us + 1);
        format!("{}.{:06}", self.last_ts_us / 1_000_000, self.last_ts_us % 1_000_000)
    }
}
