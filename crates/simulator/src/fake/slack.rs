//! A fake Slack workspace: people, channels, direct messages, Block Kit messages, buttons that can be clicked.
//!
//! Deliberately absent: files, conversations of several people, creating and archiving channels, modals on top of
//! modals, events, and the counting of rate limits but for those on posting ([`Limits`]; use a [`Fault`](super::Fault)
//! for others).

mod answer;
mod attachments;
mod blocks;
mod choices;
mod click;
mod console;
mod conversations;
mod form;
mod history;
mod limits;
mod messages;
mod people;
mod response_url;
mod scopes;
mod state;
#[cfg(test)]
mod tests;
mod views;

use std::io;

use http::Method;
use serde_json::{Value, json};

pub use click::Click;
pub use limits::Limits;
pub use state::{Channel, Conversation, Message, Person, Settings, Workspace};
pub use views::View;

use self::answer::{failed, ok};
use super::NoSuch;
use super::call::{Answer, Call};
use super::handle::Fake;
use super::world::{Act, Route, Service, retry_after};

/// A fake Slack. Give [`api_url`](Fake::api_url) to the client as `SLACK_API_URL`.
pub type Slack = Fake<Workspace>;

impl Fake<Workspace> {
    /// Starts it on a free port of loopback.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::open(settings.clock.clone(), |root| Workspace::new(settings, root)).await
    }

    /// The root of the Web API: [`url`](Fake::url) and `/api`.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.url())
    }

    /// All people of the workspace, the bot included.
    pub fn people(&self) -> Vec<Person> {
        self.read(|workspace| workspace.people.clone())
    }

    /// All channels and open direct messages, with what was said there.
    pub fn conversations(&self) -> Vec<Conversation> {
        self.read(|workspace| workspace.conversations.clone())
    }

    /// What was said in a conversation, oldest first: by id, or a channel by its name with or without `#`.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.read(|workspace| {
            let found = workspace.conversation(channel);
            found.map(|conversation| conversation.messages.clone()).unwrap_or_default()
        })
    }

    /// What the bot said to a person directly: by handle (`jane`) or id.
    pub fn dm(&self, person: &str) -> Vec<Message> {
        self.read(|workspace| {
            let with = workspace.person(person).map(|person| person.id.clone());
            let found = workspace
                .conversations
                .iter()
                .find(|conversation| conversation.with.is_some() && conversation.with == with);
            found.map(|conversation| conversation.messages.clone()).unwrap_or_default()
        })
    }

    /// The modals that were opened, oldest first; [`View::is_open`] says which are still there.
    pub fn views(&self) -> Vec<View> {
        self.read(|workspace| workspace.views.clone())
    }

    /// Adds a person, or replaces the one with the same id.
    pub fn add_person(&self, person: Person) {
        self.change(|workspace, _| {
            workspace.people.retain(|other| other.id != person.id);
            workspace.people.push(person);
        });
    }

    /// Deactivates a person, by handle or id, as when somebody leaves.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn deactivate(&self, person: &str) -> Result<(), NoSuch> {
        self.change(|workspace, _| {
            let id = workspace.person(person).map(|person| person.id.clone());
            let found = workspace.people.iter_mut().find(|person| id.as_ref() == Some(&person.id));
            found.ok_or_else(|| NoSuch(format!("person {person}")))?.deleted = true;
            Ok(())
        })
    }

    /// Sets the time zone of a person, by handle or id; with `None`, Slack tells none.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn set_zone(&self, person: &str, zone: Option<&str>) -> Result<(), NoSuch> {
        self.change(|workspace, _| {
            let id = workspace.person(person).map(|person| person.id.clone());
            let found = workspace.people.iter_mut().find(|person| id.as_ref() == Some(&person.id));
            found.ok_or_else(|| NoSuch(format!("person {person}")))?.zone = zone.map(str::to_owned);
            Ok(())
        })
    }

    /// Takes a scope such as `im:history` away from the app's token.
    pub fn revoke_scope(&self, scope: &str) {
        self.change(|workspace, _| workspace.settings.scopes.retain(|held| held != scope));
    }

    /// Posts a message as the bot did before, unchecked: for messages in old shapes. `message` may have `text`,
    /// `blocks` and `attachments`. Returns the conversation and the `ts`.
    ///
    /// # Errors
    /// When there is no such person or channel.
    pub fn post_by_hand(&self, to: &str, message: &Value) -> Result<(String, String), NoSuch> {
        self.change(|workspace, now| {
            let id = workspace.person(to).map_or_else(|| to.to_owned(), |person| person.id.clone());
            let channel = workspace.destination(&id).map_err(|why| NoSuch(format!("way to {to}: {why}")))?;
            let ts = workspace.post(&channel, messages::Content::unchecked(message), None, now);
            Ok((channel, ts))
        })
    }
}

impl Service for Workspace {
    const NAME: &'static str = "slack";

    fn routes() -> Vec<Route<Self>> {
        vec![
            route(Method::POST, "/api/auth.test", "auth.test", auth_test),
            route(Method::POST, "/api/chat.postMessage", "chat.postMessage", messages::post),
            route(Method::POST, "/api/chat.update", "chat.update", messages::update),
            route(Method::POST, "/api/chat.postEphemeral", "chat.postEphemeral", messages::post_ephemeral),
            route(Method::POST, "/api/conversations.open", "conversations.open", conversations::open),
            route(Method::GET, "/api/conversations.history", "conversations.history", history::history),
            route(Method::GET, "/api/conversations.replies", "conversations.replies", history::replies),
            route(Method::GET, "/api/conversations.info", "conversations.info", conversations::info),
            route(Method::POST, "/api/conversations.info", "conversations.info", conversations::info),
            route(Method::GET, "/api/conversations.list", "conversations.list", conversations::list),
            route(Method::POST, "/api/conversations.list", "conversations.list", conversations::list),
            route(Method::GET, "/api/users.lookupByEmail", "users.lookupByEmail", people::lookup_by_email),
            route(Method::POST, "/api/users.lookupByEmail", "users.lookupByEmail", people::lookup_by_email),
            route(Method::GET, "/api/users.info", "users.info", people::info),
            route(Method::POST, "/api/users.info", "users.info", people::info),
            route(Method::GET, "/api/users.list", "users.list", people::list),
            route(Method::POST, "/api/users.list", "users.list", people::list),
            route(Method::POST, "/api/views.open", "views.open", views::open),
            route(Method::POST, "/actions/{team}/{id}/{secret}", response_url::OPERATION, response_url::post),
        ]
    }

    /// A token is needed everywhere but at a response URL, which is a secret itself.
    fn admit(&mut self, operation: &str, call: &Call) -> Result<(), Answer> {
        if operation == response_url::OPERATION {
            return Ok(());
        }
        let Some(authorization) = call.header("authorization") else {
            return Err(failed("not_authed").blaming("no Authorization header"));
        };
        match authorization.strip_prefix("Bearer ") {
            Some(token) if token == self.settings.bot_token => match scopes::needed(operation) {
                Some(scope) => self.may(scope),
                None => Ok(()),
            },
            Some(_) => Err(failed("invalid_auth")),
            None => Err(failed("invalid_auth").blaming("the Authorization header is not Bearer")),
        }
    }

    fn unknown(call: &Call) -> Answer {
        failed("unknown_method").blaming(format!("the fake has no method {} {}", call.method, call.path))
    }

    fn rate_limited(retry_after_s: Option<u32>) -> Answer {
        let body = json!({"ok": false, "error": "ratelimited"});
        retry_after(Answer::json(429, &body), retry_after_s)
    }
}

fn route(method: Method, path: &'static str, operation: &'static str, act: Act<Workspace>) -> Route<Workspace> {
    Route { method, path, operation, act }
}

/// `auth.test`
fn auth_test(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    answer::arguments(call, &[], answer::Bodies::JsonOrForm)?;
    let value = json!({
        "ok": true, "url": format!("{}/", workspace.root), "team": "Example", "team_id": workspace.settings.team_id,
        "user": "dispatch", "user_id": workspace.settings.bot_user_id, "bot_id": state::BOT_ID, "is_enterprise_install": false,
    });
    // Slack names what a token may do beside every answer; only here anybody asks.
    Ok(ok(call, value).with_header("x-oauth-scopes", workspace.settings.scopes.join(",")))
}
