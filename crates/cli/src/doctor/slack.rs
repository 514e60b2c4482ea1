//! Slack: the app's token, what it may do, and whether the fallback channel hears it.
//!
//! Each right is tried as Dispatch uses it. Looking a channel up would take scopes that Dispatch does without, so a
//! note that nobody sees is sent there: an ephemeral one, to the bot itself.

use dispatch_engine::ports::Failed;
use dispatch_services::{
    http::Reply,
    settings::Settings,
    slack::{Need, SCOPES, Scope},
};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    Wishes,
    finding::Finding,
    probe::{Probe, body, request, saying, signed, text, unreachable},
    settings::Origin,
};

const API: &str = "SLACK_API_URL";
const TOKEN: &str = "SLACK_BOT_TOKEN";
const CHANNEL: &str = "SLACK_DEFAULT_CHANNEL";
const SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET";
const APPS: &str = "https://api.slack.com/apps";
/// The length of every signing secret there is, in hex digits.
const SECRET_CHARS: usize = 32;

/// Who asks Slack.
struct Slack<'a> {
    base: Url,
    token: SecretString,
    channel: &'a str,
    origin: &'a Origin,
    probe: &'a Probe,
}

/// Looks at everything, as far as the settings lead there.
pub(super) async fn examine(settings: &Settings, origin: &Origin, probe: &Probe, wishes: &Wishes) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        settings.secret(SIGNING_SECRET).map(|secret| signing_secret(&secret, origin)).into_iter().collect();
    let (Ok(base), Some(token)) = (settings.need_url(API), settings.secret(TOKEN)) else {
        findings.push(Finding::skipped("token", format!("{TOKEN} must be right first")));
        return findings;
    };
    let channel = settings.text(CHANNEL).unwrap_or_default();
    let slack = Slack { base, token, channel, origin, probe };
    findings.extend(slack.examine(wishes).await);
    findings
}

fn signing_secret(secret: &SecretString, origin: &Origin) -> Finding {
    const WHAT: &str = "signing secret";
    let secret = secret.expose_secret();
    let is_hex = secret.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if is_hex && secret.len() == SECRET_CHARS {
        return Finding::ok(WHAT, "looks like one");
    }
    let found = match secret.starts_with("xox") {
        true => "it is a token".to_owned(),
        false => format!("length {}, expected {SECRET_CHARS} hex digits", secret.chars().count()),
    };
    Finding::wrong(WHAT, found, origin.set_from_its_place(SIGNING_SECRET))
}

impl Slack<'_> {
    async fn examine(&self, wishes: &Wishes) -> Vec<Finding> {
        let reply = match self.call("slack auth.test", "auth.test", None).await {
            Ok(reply) => reply,
            Err(failed) => return vec![unreachable("token", self.base.as_str(), API, &failed)],
        };
        let me = match answer(&reply) {
            Ok(me) => me,
            Err(code) => return vec![self.not_taken(&code)],
        };
        let Some(bot) = text(&me, "/bot_id").and(text(&me, "/user_id")) else {
            return vec![Finding::wrong(
                "token",
                "it belongs to a person, not to the app's bot",
                self.origin.set_from_its_place(TOKEN),
            )];
        };
        if let Some(left_s) = me.get("expires_in").and_then(Value::as_u64) {
            return vec![Finding::wrong(
                "token",
                format!("it ends in {} minutes: token rotation is on", left_s / 60),
                format!(
                    "Rotation cannot be switched off again: make the app anew at {APPS} without it. {}",
                    self.origin.set(TOKEN)
                ),
            )];
        }
        let name = text(&me, "/user").unwrap_or("the bot");
        let place = text(&me, "/team").map_or_else(String::new, |team| format!(" in {team}"));
        let mut findings = vec![Finding::ok("token", format!("@{name}{place}"))];
        findings.extend(scopes(reply.header("x-oauth-scopes"), self.origin));
        let (channel, tab) = tokio::join!(self.channel(bot, name), self.messages_tab(wishes));
        findings.extend([channel, tab]);
        findings
    }

    /// Why the token is not taken.
    fn not_taken(&self, code: &str) -> Finding {
        let set = self.origin.set(TOKEN);
        let mend = match code {
            "token_revoked" | "token_expired" | "account_inactive" => format!(
                "At {APPS}, under OAuth & Permissions of the app, choose Reinstall to Workspace and copy the new \
                 Bot User OAuth Token. {set}"
            ),
            "ratelimited" => "Wait a minute, and run this again.".to_owned(),
            _ => self.origin.set_from_its_place(TOKEN),
        };
        Finding::wrong("token", format!("Slack says {code}"), mend)
    }

    /// Whether the bot may post where it falls back to.
    async fn channel(&self, bot: &str, name: &str) -> Finding {
        const WHAT: &str = "fallback channel";
        if self.channel.is_empty() {
            return Finding::skipped(WHAT, format!("{CHANNEL} must be right first"));
        }
        let channel = address(self.channel);
        let note =
            json!({ "channel": channel, "user": bot, "text": "dispatch doctor looks whether it may post here." });
        let reply = self.call("slack chat.postEphemeral", "chat.postEphemeral", Some(&note)).await;
        match reply.map(|reply| answer(&reply)) {
            Ok(Ok(_)) => Finding::ok(WHAT, channel),
            Ok(Err(code)) => judge_channel(WHAT, &code, &channel, name, self.origin),
            Err(failed) => unreachable(WHAT, self.base.as_str(), API, &failed),
        }
    }

    /// Whether people can be written to. Nobody is, unasked.
    async fn messages_tab(&self, wishes: &Wishes) -> Finding {
        const WHAT: &str = "messages tab";
        let Some(person) = &wishes.message else {
            return Finding::skipped(
                WHAT,
                "nobody is written to unasked: --message you@example.com sends you a message",
            );
        };
        match self.write_to(person).await {
            Ok(Ok(())) => Finding::ok(WHAT, format!("{person} has a message")),
            Ok(Err(code)) => judge_message(WHAT, &code, person),
            Err(failed) => unreachable(WHAT, self.base.as_str(), API, &failed),
        }
    }

    /// Sends a message to whoever has this id or address; the inner error is Slack's code.
    async fn write_to(&self, person: &str) -> Result<Result<(), String>, Failed> {
        let id = if person.contains('@') {
            let mut request =
                signed(request(Method::GET, &self.base, &["users.lookupByEmail"]), "Bearer ", &self.token);
            request.url_mut().query_pairs_mut().append_pair("email", person);
            match answer(&self.probe.ask("slack users.lookupByEmail", request).await?) {
                Ok(found) => text(&found, "/user/id").unwrap_or_default().to_owned(),
                Err(code) => return Ok(Err(code)),
            }
        } else {
            person.to_owned()
        };
        let message =
            json!({ "channel": id, "text": "This is a test by `dispatch doctor`: Dispatch can reach you here." });
        let reply = self.call("slack chat.postMessage", "chat.postMessage", Some(&message)).await?;
        Ok(answer(&reply).map(drop))
    }

    async fn call(&self, call: &'static str, method: &str, arguments: Option<&Value>) -> Result<Reply, Failed> {
        let request = signed(request(Method::POST, &self.base, &[method]), "Bearer ", &self.token);
        let request = match arguments {
            Some(arguments) => saying(request, arguments),
            None => request,
        };
        self.probe.ask(call, request).await
    }
}

/// What Slack says, or its code for no.
fn answer(reply: &Reply) -> Result<Value, String> {
    let body = body(reply);
    match (body.get("ok").and_then(Value::as_bool), text(&body, "/error")) {
        (Some(true), _) => Ok(body),
        (Some(false), Some(code)) => Err(code.to_owned()),
        _ => Err(format!("status {}, and nothing that Slack would say", reply.status.as_u16())),
    }
}

/// The channel as Slack takes it: an id, or a name with its `#`.
fn address(setting: &str) -> String {
    let is_id = setting.len() > 2 && setting.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id || setting.starts_with('#') { setting.to_owned() } else { format!("#{setting}") }
}

fn scopes(held: Option<&str>, origin: &Origin) -> Vec<Finding> {
    let Some(held) = held else { return vec![Finding::skipped("scopes", "Slack does not say which the token has")] };
    let held: Vec<&str> = held.split(',').map(str::trim).collect();
    let add = |scope: &str| {
        format!(
            "At {APPS}, add {scope} under OAuth & Permissions, Bot Token Scopes, and choose Reinstall to Workspace. \
             If the token is another one then: {}",
            origin.set(TOKEN)
        )
    };
    let finding = |scope: &Scope| {
        let (what, missing) = (format!("scope {}", scope.name), format!("missing; with it, Dispatch {}", scope.what));
        match scope.need {
            _ if held.contains(&scope.name) => Finding::ok(what, ""),
            Need::Needed => Finding::wrong(what, missing, add(scope.name)),
            Need::Optional => Finding::note(what, missing),
        }
    };
    SCOPES.iter().map(finding).collect()
}

fn judge_channel(what: &str, code: &str, channel: &str, bot: &str, origin: &Origin) -> Finding {
    let (found, mend) = match code {
        "not_in_channel" | "user_not_in_channel" => {
            (format!("@{bot} is not in {channel}"), format!("In {channel}, type `/invite @{bot}`."))
        }
        "channel_not_found" => (
            format!("there is no {channel} that @{bot} can see"),
            format!(
                "Create the channel and type `/invite @{bot}` in it; if it is private, set its id and not its name. \
                 Or name another one. {}",
                origin.set_from_its_place(CHANNEL)
            ),
        ),
        "is_archived" => (
            format!("{channel} is archived"),
            format!(
                "Unarchive {channel} in its details, under Settings, or name another channel. {}",
                origin.set(CHANNEL)
            ),
        ),
        "restricted_action" => (
            format!("@{bot} may not post in {channel}"),
            format!("In the details of {channel}, under Settings, Posting permissions, allow everyone or the app."),
        ),
        // The scope has a line of its own.
        code => return Finding::skipped(what, format!("Slack does not say: {code}")),
    };
    Finding::wrong(what, found, mend)
}

fn judge_message(what: &str, code: &str, person: &str) -> Finding {
    match code {
        "messages_tab_disabled" => Finding::wrong(
            what,
            "it is closed, so nobody can be asked",
            format!("At {APPS}, under App Home, Show Tabs, switch Messages Tab on."),
        ),
        "users_not_found" | "channel_not_found" | "user_not_found" => Finding::wrong(
            what,
            format!("there is nobody called {person} in this workspace"),
            "Give --message the address or the id of somebody who is.",
        ),
        code => Finding::skipped(what, format!("Slack does not say: {code}")),
    }
}
