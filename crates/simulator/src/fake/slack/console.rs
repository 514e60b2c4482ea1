//! The fake workspace as the console page shows it.

use serde_json::{Value, json};

use super::state::{Conversation, Message, Person, Workspace};
use crate::fake::Fake;

impl Fake<Workspace> {
    /// People, and conversations with their messages; the page renders the texts.
    pub fn console_slack(&self) -> Value {
        self.read(|workspace| {
            let people: Vec<_> = workspace.people.iter().filter(|person| !person.is_bot).map(person).collect();
            let conversations: Vec<_> = workspace.conversations.iter().map(conversation).collect();
            let channel = workspace.settings.channels.first().map(|channel| format!("#{}", channel.name));
            json!({"real": false, "channel": channel, "people": people, "conversations": conversations})
        })
    }
}

fn person(person: &Person) -> Value {
    let name = if person.display_name.is_empty() { &person.real_name } else { &person.display_name };
    json!({
        "id": person.id, "handle": person.handle, "name": name, "email": person.email, "deleted": person.deleted,
    })
}

fn conversation(conversation: &Conversation) -> Value {
    let kind = if conversation.with.is_some() { "im" } else { "channel" };
    let messages: Vec<_> = conversation.messages.iter().map(message).collect();
    json!({
        "id": conversation.id, "kind": kind, "name": conversation.name, "with": conversation.with, "messages": messages,
    })
}

fn message(message: &Message) -> Value {
    json!({
        "ts": message.ts, "at": message.at, "text": message.text, "blocks": message.blocks,
        "attachments": message.attachments, "edited": message.edited, "ephemeral_to": message.ephemeral_to,
    })
}
