//! Clicks on buttons: the payload that Slack would send, signed as Slack would sign it.
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json};

use super::messages::shown;
use super::response_url::Interaction;
use super::state::{Message, Person, Workspace};
use crate::fake::{Fake, NoSuch};

/// A request as Slack would send it to the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// The form body: `payload=%7B…`.
    pub body: String,
    /// `content-type`, `x-slack-request-timestamp`, `x-slack-signature`.
    pub headers: Vec<(String, String)>,
}

impl Click {
    /// Signs a body with a signing secret, at a time in whole seconds since 1970.
    pub fn signed(body: String, secret: &str, timestamp_s: i64) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = hmac::sign(&key, format!("v0:{timestamp_s}:{body}").as_bytes());
        let headers = [
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
            ("x-slack-request-timestamp", timestamp_s.to_string()),
            ("x-slack-signature", format!("v0={}", hex::encode(signature.as_ref()))),
        ];
        Self { body, headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec() }
    }

    /// The payload, decoded from the body; `Null` when there is none.
    pub fn payload(&self) -> Value {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&self.body).unwrap_or_default();
        let payload = pairs.into_iter().find(|(name, _)| name == "payload");
        payload.and_then(|(_, json)| serde_json::from_str(&json).ok()).unwrap_or_default()
    }

    pub(super) fn of(payload: &Value, secret: &str, now: Timestamp) -> Self {
        let body = serde_urlencoded::to_string([("payload", payload.to_string())]).unwrap_or_default();
        Self::signed(body, secret, now.as_second())
    }
}

impl Fake<Workspace> {
    /// What Slack would send when `user` (an id or a handle) clicks a button of a message. Nothing is sent here:
    /// that is for the caller. Anybody known may click, also people who do not see the message.
    ///
    /// # Errors
    /// When there is no such message, person or button.
    pub fn click(&self, channel: &str, ts: &str, user: &str, action_id: &str) -> Result<Click, NoSuch> {
        self.change(|workspace, now| workspace.click(channel, ts, user, action_id, now))
    }

    /// What Slack would send when `user` clicks a button of an old message, made of attachments with `callback_id` and
    /// `actions`. `name` is the action's.
    ///
    /// # Errors
    /// When there is no such message, person or button.
    pub fn legacy_click(&self, channel: &str, ts: &str, user: &str, name: &str) -> Result<Click, NoSuch> {
        self.change(|workspace, now| workspace.legacy_click(channel, ts, user, name, now))
    }
}

impl Workspace {
    fn click(&mut self, channel: &str, ts: &str, user: &str, action_id: &str, now: Timestamp) -> Result<Click, NoSuch> {
        let (person, message) = self.meeting(channel, ts, user)?;
        let mut action = button(&message, action_id).ok_or_else(|| NoSuch(format!("button {action_id}")))?;
        if let Some(members) = action.as_object_mut() {
            members.insert("action_ts".to_owned(), json!(self.fresh_ts(now)));
        }
        let mut container = json!({
            "type": "message", "message_ts": message.ts, "channel_id": message.channel,
            "is_ephemeral": message.ephemeral_to.is_some(),
        });
        if let (Some(thread), Some(members)) = (&message.thread_ts, container.as_object_mut()) {
            members.insert("thread_ts".to_owned(), json!(thread));
        }
        let common = self.begin(&person, &message, now);
        let rest = json!({
            "type": "block_actions",
            "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": self.settings.team_id},
            "api_app_id": self.settings.app_id,
            "container": container, "enterprise": null, "is_enterprise_install": false,
            "message": shown(&message, &self.settings.bot_user_id, &self.settings.team_id),
            "state": {"values": {}}, "actions": [action],
        });
        Ok(Click::of(&merged(rest, common), &self.settings.signing_secret, now))
    }

    fn legacy_click(
        &mut self,
        channel: &str,
        ts: &str,
        user: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Click, NoSuch> {
        let (person, message) = self.meeting(channel, ts, user)?;
        let (place, attachment, action) =
            legacy_button(&message, name).ok_or_else(|| NoSuch(format!("button {name}")))?;
        let common = self.begin(&person, &message, now);
        let rest = json!({
            "type": "interactive_message",
            "actions": [{
                "name": name, "type": "button", "value": action.get("value").cloned().unwrap_or_else(|| json!("")),
            }],
            "callback_id": attachment.get("callback_id"), "attachment_id": (place + 1).to_string(),
            "user": {"id": person.id, "name": person.handle}, "action_ts": self.fresh_ts(now), "message_ts": message.ts,
            "original_message": shown(&message, &self.settings.bot_user_id, &self.settings.team_id),
            "is_app_unfurl": false,
        });
        Ok(Click::of(&merged(rest, common), &self.settings.signing_secret, now))
    }

    fn meeting(&self, channel: &str, ts: &str, user: &str) -> Result<(Person, Message), NoSuch> {
        let person = self.person(user).ok_or_else(|| NoSuch(format!("person {user}")))?;
        let message = self.message(channel, ts).ok_or_else(|| NoSuch(format!("message {ts} in {channel}")))?;
        Ok((person.clone(), message.clone()))
    }

    /// Opens a response URL and a trigger, and gives the members that all payloads have.
    fn begin(&mut self, person: &Person, message: &Message, now: Timestamp) -> Value {
        let team = self.settings.team_id.clone();
        let interaction = self.interact(person, (&message.channel, &message.ts), now);
        let direct = message.channel.starts_with('D');
        let name = self.conversation(&message.channel).map(|conversation| conversation.name.clone());
        let common = json!({
            "token": self.settings.verification_token, "team": {"id": team, "domain": "example"},
            "channel": {"id": message.channel, "name": if direct { Some("directmessage".to_owned()) } else { name }},
            "response_url": format!("{}/actions/{team}/{}/{}", self.root, interaction.id, interaction.secret),
            "trigger_id": interaction.trigger_id,
        });
        self.interactions.push(interaction);
        common
    }

    /// What somebody does, at a message of a conversation or, with empty names, elsewhere.
    pub(super) fn interact(&self, person: &Person, (channel, ts): (&str, &str), now: Timestamp) -> Interaction {
        let count = self.interactions.len() + 1;
        Interaction {
            id: (1_000_000 + count).to_string(),
            secret: format!("response{count:016x}"),
            trigger_id: format!("{count}.{}.{:032x}", now.as_second(), now.as_nanosecond()),
            exchanged: false,
            user: person.id.clone(),
            channel: channel.to_owned(),
            ts: ts.to_owned(),
            at: now,
            uses: 0,
        }
    }
}

/// The button with this `action_id`, with the id of its block, as a payload shows it.
fn button(message: &Message, action_id: &str) -> Option<Value> {
    message.blocks.iter().find_map(|block| {
        let elements = block.get("elements").and_then(Value::as_array).into_iter().flatten();
        let mut all = elements.chain(block.get("accessory"));
        let found = all.find(|element| element.get("action_id") == Some(&json!(action_id)))?;
        let mut action = found.clone();
        action.as_object_mut()?.insert("block_id".to_owned(), block.get("block_id")?.clone());
        Some(action)
    })
}

/// The attachment, with its place, and the action in it that has this name.
fn legacy_button<'a>(message: &'a Message, name: &str) -> Option<(usize, &'a Value, &'a Value)> {
    message.attachments.iter().enumerate().find_map(|(place, attachment)| {
        let mut actions = attachment.get("actions")?.as_array()?.iter();
        let action = actions.find(|action| action.get("name") == Some(&json!(name)))?;
        Some((place, attachment, action))
    })
}

fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (one.as_object_mut(), other) {
        members.extend(more);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::Click;

    /// The example of the vendor's page "Verifying requests from Slack".
    #[test]
    fn the_signature_is_slacks() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let click = Click::signed(body.to_owned(), "8f742231b10e8888abcd99yyyzzz85a5", 1_531_420_618);
        let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        assert!(click.headers.contains(&("x-slack-signature".to_owned(), signature.to_owned())));
    }
}
