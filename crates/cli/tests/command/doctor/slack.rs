//! What can be wrong at Slack, and with the clock.

use std::time::Duration;

use dispatch_simulator::fake::{Fault, Kind};
use jiff::SignedDuration;
use serde_json::json;

use super::{Plant, find_each, ward::Ward};

/// Slack says no to this method from now on.
fn refuse(ward: &mut Ward, method: &str, code: &str) {
    ward.fakes.slack.fault(Fault::new(method, Kind::SlackError(code.to_owned())).always());
}

#[test]
fn each_fault_of_the_token_is_found() {
    find_each(&[
        Plant::new(
            "mistyped",
            |ward| ward.set("SLACK_BOT_TOKEN", "xoxb-other"),
            "token",
            "Bot User OAuth Token (xoxb-…)",
        ),
        Plant::new("revoked", |ward| refuse(ward, "auth.test", "token_revoked"), "token", "Reinstall to Workspace"),
        Plant::new(
            "rotated",
            |ward| {
                let body = json!({ "ok": true, "user_id": "U0BOT", "bot_id": "B0", "team_id": "T0", "expires_in": 60 });
                let kind = Kind::Answer { status: 200, body: body.to_string() };
                ward.fakes.slack.fault(Fault::new("auth.test", kind).always());
            },
            "token",
            "make the app anew",
        ),
        Plant::new(
            "a person's",
            |ward| {
                let body = json!({ "ok": true, "user_id": "U0JANE", "team_id": "T0" }).to_string();
                ward.fakes.slack.fault(Fault::new("auth.test", Kind::Answer { status: 200, body }).always());
            },
            "token",
            "Bot User OAuth Token (xoxb-…)",
        ),
        Plant::new(
            "no chat:write",
            |ward| ward.fakes.slack.revoke_scope("chat:write"),
            "scope chat:write",
            "add chat:write",
        ),
        Plant::new("no im:write", |ward| ward.fakes.slack.revoke_scope("im:write"), "scope im:write", "add im:write"),
        Plant::new(
            "no users:read.email",
            |ward| ward.fakes.slack.revoke_scope("users:read.email"),
            "scope users:read.email",
            "add users:read.email",
        ),
        Plant::new(
            "the verification token in place of the signing secret",
            |ward| ward.set("SLACK_SIGNING_SECRET", "Xhvg5PCVbnaGYOJnbUm5tbXT"),
            "signing secret",
            "Basic Information, App Credentials",
        ),
    ]);
}

#[test]
fn each_fault_of_what_it_posts_to_is_found() {
    find_each(&[
        Plant::new("not in the channel", |_| {}, "fallback channel", "type `/invite @dispatch`")
            .prepared(|fakes| fakes.slack.channels[0].is_member = false),
        Plant::new("an archived channel", |_| {}, "fallback channel", "Unarchive #security")
            .prepared(|fakes| fakes.slack.channels[0].is_archived = true),
        Plant::new(
            "no such channel",
            |ward| ward.set("SLACK_DEFAULT_CHANNEL", "nowhere"),
            "fallback channel",
            "Create the channel",
        ),
        Plant::new(
            "a closed messages tab",
            |ward| refuse(ward, "chat.postMessage", "messages_tab_disabled"),
            "messages tab",
            "Messages Tab on",
        )
        .with(&["--message", "jane@example.com"]),
    ]);
}

#[test]
fn a_vendor_that_is_away_is_named_with_its_address_and_the_others_are_looked_at() {
    find_each(&[
        Plant::new(
            "nobody listens",
            |ward| ward.set("SLACK_API_URL", "http://127.0.0.1:1/api"),
            "token",
            "curl -sI http://127.0.0.1:1/api",
        ),
        Plant::new(
            "it hangs",
            |ward| ward.fakes.slack.fault(Fault::new("*", Kind::Delay(Duration::from_secs(60))).always()),
            "token",
            "SLACK_API_URL is",
        ),
        Plant::new("a clock ten minutes late", |_| {}, "clock", "timedatectl")
            .prepared(|fakes| *fakes = std::mem::take(fakes).ahead_by(|| SignedDuration::from_mins(10))),
    ]);
}

#[test]
fn a_scope_that_dispatch_does_without_is_noted() {
    let ward = Ward::right();
    ward.fakes.slack.revoke_scope("im:history");
    let findings = ward.examine(&[]);
    let told = findings.all.iter().find(|finding| finding["what"] == "scope im:history").unwrap();
    assert_eq!((findings.code, told["verdict"].as_str()), (0, Some("note")), "{findings:#?}");
}
