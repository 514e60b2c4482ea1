//! The fake workspace as the console page shows it.

use serde_json::{Map, Value, json};

use super::state::{Conversation, Message, Person, Workspace};
use super::views::View;
use crate::fake::Fake;

impl Fake<Workspace> {
    /// People, conversations with their messages, and open modals; the page renders the texts.
    pub fn console_slack(&self) -> Value {
        self.read(|workspace| {
            let people: Vec<_> = workspace.people.iter().filter(|person| !person.is_bot).map(person).collect();
            let conversations: Vec<_> = workspace.conversations.iter().map(conversation).collect();
            let channel = workspace.settings.channels.first().map(|channel| format!("#{}", channel.name));
            let views: Vec<_> = workspace.views.iter().filter(|view| view.is_open).map(view).collect();
            json!({
                "real": false, "channel": channel, "people": people, "conversations": conversations, "views": views,
            })
        })
    }
}

fn person(person: &Person) -> Value {
    let name = if person.display_name.is_empty() { &person.real_name } else { &person.display_name };
    json!({
        "id": person.id, "handle": person.handle, "name": name, "email": person.email, "zone": person.zone,
        "deleted": person.deleted,
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
        "thread_ts": message.thread_ts,
    })
}

fn view(view: &View) -> Value {
    let errors: Map<_, _> = view.errors.iter().map(|(field, text)| (field.clone(), json!(text))).collect();
    json!({"id": view.id, "user": view.user, "view": view.view, "errors": errors})
}
