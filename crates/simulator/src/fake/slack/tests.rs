//! The fake Slack over HTTP.

use serde_json::{Value, json};

use super::{Channel, Person, Settings, Slack};
use crate::fake::testing::{ask, client, slack};

mod forms;
mod history;

async fn fresh() -> Slack {
    Slack::start(Settings::default()).await.unwrap()
}

async fn call(fake: &Slack, method: &str, arguments: Value) -> Value {
    let (status, body) = ask(slack(fake, method, &arguments)).await;
    assert_eq!(status, 200);
    body
}

/// A call with its arguments in the query.
async fn look(fake: &Slack, method: &str, query: &[(&str, &str)]) -> Value {
    let request =
        client().get(format!("{}/{method}", fake.api_url())).bearer_auth(Settings::default().bot_token).query(query);
    ask(request).await.1
}

fn question() -> Value {
    let button = |id: &str, style: &str| {
        json!({"type": "button", "action_id": id, "value": format!("v1.{id}"), "style": style,
               "text": {"type": "plain_text", "text": id}})
    };
    json!([
        {"type": "section", "text": {"type": "mrkdwn", "text": "Was this you?"}},
        {"type": "actions", "block_id": "answer", "elements": [button("yes", "primary"), button("no", "danger")]},
    ])
}

async fn asked(fake: &Slack) -> (String, String) {
    let sent = json!({"channel": "U0JANE", "text": "Was this you?", "blocks": question(), "unfurl_links": false});
    let answer = call(fake, "chat.postMessage", sent).await;
    assert_eq!(answer["ok"], true, "{answer}");
    (answer["channel"].as_str().unwrap().to_owned(), answer["ts"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_message_to_a_person_opens_a_direct_message() {
    let fake = fresh().await;
    let (channel, ts) = asked(&fake).await;
    assert!(channel.starts_with('D'));
    let said = fake.dm("jane");
    assert_eq!((said.len(), &said[0].ts), (1, &ts));
    assert_eq!(said[0].blocks[0]["block_id"], "b0");
    let again = call(&fake, "chat.postMessage", json!({"channel": channel, "text": "and?"})).await;
    assert_eq!(again["channel"], json!(channel));
    assert!(again["ts"].as_str().unwrap() > ts.as_str());
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn channels_go_by_id_and_by_name() {
    let fake = fresh().await;
    for to in ["C0SECURITY", "#security", "security"] {
        assert_eq!(call(&fake, "chat.postMessage", json!({"channel": to, "text": "x"})).await["channel"], "C0SECURITY");
    }
    assert_eq!(fake.messages("#security").len(), 3);
    let form =
        client().post(format!("{}/chat.postMessage", fake.api_url())).bearer_auth(Settings::default().bot_token).form(
            &[("channel", "security"), ("text", "x"), ("unfurl_links", "false"), ("blocks", &question().to_string())],
        );
    assert_eq!(ask(form).await.1["ok"], true);
    assert_eq!(fake.messages("security")[3].blocks.len(), 2);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn who_cannot_be_reached_is_told_by_slacks_codes() {
    let mut settings = Settings::default();
    settings.channels.push(Channel { is_archived: true, ..Channel::named("old") });
    settings.channels.push(Channel { is_member: false, ..Channel::named("far") });
    settings.channels.push(Channel { is_member: false, is_private: true, ..Channel::named("hidden") });
    let fake = Slack::start(settings).await.unwrap();
    let (channel, _) = asked(&fake).await;
    fake.deactivate("jane").unwrap();
    let cases = [
        ("U0JANE", "channel_not_found"),
        (channel.as_str(), "channel_not_found"),
        ("U0NOBODY", "channel_not_found"),
        ("#nowhere", "channel_not_found"),
        ("C0HIDDEN", "channel_not_found"),
        ("C0OLD", "is_archived"),
        ("far", "not_in_channel"),
        ("U0DISPATCH", "cannot_dm_bot"),
    ];
    for (to, error) in cases {
        assert_eq!(call(&fake, "chat.postMessage", json!({"channel": to, "text": "x"})).await["error"], error, "{to}");
    }
    assert_eq!(call(&fake, "conversations.open", json!({"users": "U0JANE"})).await["error"], "user_disabled");
    assert_eq!(call(&fake, "conversations.open", json!({"users": "U0NOBODY"})).await["error"], "user_not_found");
    assert!(fake.violations().is_empty(), "these are facts of life, not mistakes");
}

#[tokio::test]
async fn rubbish_is_refused_in_slacks_words_and_noted() {
    let fake = fresh().await;
    let cases = [
        (json!({"channel": "U0JANE"}), "no_text"),
        (json!({"channel": "U0JANE", "text": " "}), "no_text"),
        (json!({"channel": "U0JANE", "blocks": question()}), "no_text"),
        (json!({"channel": "U0JANE", "text": "x".repeat(4_001)}), "msg_too_long"),
        (json!({"channel": "U0JANE", "text": 7}), "invalid_arguments"),
        (json!({"channel": "U0JANE", "text": "x", "token": "xoxb"}), "invalid_arguments"),
        (json!({"channel": "U0JANE", "text": "x", "unfurl_links": "no"}), "invalid_arguments"),
        (json!({"channel": "U0JANE", "text": "x", "blocks": "[]"}), "invalid_blocks_format"),
        (json!({"channel": "U0JANE", "text": "x", "blocks": [{"type": "section"}]}), "invalid_blocks"),
        (json!({"channel": "U0JANE", "text": "x", "attachments": vec![json!({}); 101]}), "too_many_attachments"),
        (json!({"channel": "U0JANE", "text": "x", "metadata": {"event_type": "e"}}), "invalid_metadata_format"),
        (json!({"text": "x"}), "invalid_arguments"),
        (json!("x"), "json_not_object"),
    ];
    let count = cases.len();
    for (sent, error) in cases {
        assert_eq!(call(&fake, "chat.postMessage", sent.clone()).await["error"], error, "{sent}");
    }
    assert_eq!(fake.violations().len(), count);
    assert!(fake.conversations().iter().all(|conversation| conversation.messages.is_empty()));
}

#[tokio::test]
async fn callers_need_a_token_and_a_known_type() {
    let fake = fresh().await;
    let url = format!("{}/auth.test", fake.api_url());
    assert_eq!(ask(client().post(&url)).await.1["error"], "not_authed");
    assert_eq!(ask(client().post(&url).bearer_auth("xoxb-other")).await.1["error"], "invalid_auth");
    let who = ask(client().post(&url).bearer_auth(Settings::default().bot_token)).await.1;
    assert_eq!((&who["ok"], &who["user_id"]), (&json!(true), &json!("U0DISPATCH")));
    let plain = slack(&fake, "users.info", &json!({"user": "U0JANE"}));
    assert_eq!(ask(plain).await.1["error"], "invalid_post_type", "users.info takes no JSON");
    let warned = client().post(&url).bearer_auth(Settings::default().bot_token).json(&json!({}));
    assert_eq!(ask(warned).await.1["warning"], "missing_charset");
}

#[tokio::test]
async fn a_message_is_changed_and_loses_its_buttons() {
    let fake = fresh().await;
    let (channel, ts) = asked(&fake).await;
    let text_only = call(&fake, "chat.update", json!({"channel": channel, "ts": ts, "text": "Yes"})).await;
    assert_eq!(text_only["error"], "invalid_arguments");
    let changed = call(&fake, "chat.update", json!({"channel": channel, "ts": ts, "text": "Yes", "blocks": []})).await;
    assert_eq!((&changed["ok"], &changed["text"]), (&json!(true), &json!("Yes")));
    let message = &fake.messages(&channel)[0];
    assert!(message.edited && message.blocks.is_empty());
    let other = call(&fake, "chat.update", json!({"channel": channel, "ts": "1.000001", "text": "Yes"})).await;
    assert_eq!(other["error"], "message_not_found");
    let long = json!({"channel": channel, "ts": ts, "text": "x".repeat(4_001), "blocks": []});
    assert_eq!(call(&fake, "chat.update", long).await["error"], "msg_too_long");
}

#[tokio::test]
async fn a_private_note_reaches_one_person() {
    let fake = fresh().await;
    let note = json!({"channel": "C0SECURITY", "user": "U0JOE", "text": "Not yours to answer"});
    assert_eq!(call(&fake, "chat.postEphemeral", note).await["ok"], true);
    assert_eq!(fake.messages("security")[0].ephemeral_to.as_deref(), Some("U0JOE"));
    let (channel, _) = asked(&fake).await;
    let stranger = json!({"channel": channel, "user": "U0JOE", "text": "x"});
    assert_eq!(call(&fake, "chat.postEphemeral", stranger).await["error"], "user_not_in_channel");
}

#[tokio::test]
async fn a_private_note_goes_where_the_bot_is_by_id_or_name() {
    let mut settings = Settings::default();
    let channel = |name, is_member, is_archived| Channel { is_member, is_archived, ..Channel::named(name) };
    settings.channels = vec![Channel::named("in"), channel("out", false, false), channel("old", true, true)];
    let fake = Slack::start(settings).await.unwrap();
    for (to, code) in [("#in", None), ("C0IN", None), ("#out", Some("not_in_channel")), ("#old", Some("is_archived"))] {
        let note = json!({"channel": to, "user": "U0DISPATCH", "text": "May I post here?"});
        assert_eq!(call(&fake, "chat.postEphemeral", note).await["error"].as_str(), code, "{to}");
    }
    let note = json!({"channel": "#none", "user": "U0DISPATCH", "text": "May I post here?"});
    assert_eq!(call(&fake, "chat.postEphemeral", note).await["error"], "channel_not_found");
}

#[tokio::test]
async fn people_are_found_by_address_by_id_and_page_by_page() {
    let fake = Slack::start(Settings { page_max: 2, ..Settings::default() }).await.unwrap();
    let jane = look(&fake, "users.lookupByEmail", &[("email", "Jane@example.com")]).await;
    assert_eq!(jane["user"]["id"], "U0JANE");
    assert_eq!(
        look(&fake, "users.lookupByEmail", &[("email", "nobody@example.com")]).await["error"],
        "users_not_found"
    );
    assert_eq!(look(&fake, "users.info", &[("user", "U0JOE")]).await["user"]["profile"]["display_name"], "Joe");
    assert_eq!(look(&fake, "users.info", &[("user", "U0NOBODY")]).await["error"], "user_not_found");
    assert_eq!(look(&fake, "users.info", &[("user", "U0JOE")]).await["user"]["tz"], "Europe/Berlin");
    fake.set_zone("joe", Some("Asia/Kathmandu")).unwrap();
    assert_eq!(look(&fake, "users.info", &[("user", "U0JOE")]).await["user"]["tz"], "Asia/Kathmandu");
    assert!(fake.set_zone("nobody", None).is_err());
    fake.add_person(Person { email: None, ..Person::named("kim") });
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = look(&fake, "users.list", &[("limit", "200"), ("cursor", &cursor)]).await;
        names.extend(page["members"].as_array().unwrap().iter().map(|person| person["name"].clone()));
        cursor = page["response_metadata"]["next_cursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["jane", "joe", "alex", "sam", "dispatch", "kim"]);
    assert!(fake.violations().is_empty());
    assert_eq!(look(&fake, "users.list", &[("cursor", "made up")]).await["error"], "invalid_cursor");
}

#[tokio::test]
async fn conversations_are_opened_and_listed() {
    let fake = fresh().await;
    let opened = call(&fake, "conversations.open", json!({"users": "U0JANE", "return_im": true})).await;
    assert_eq!(opened["channel"]["user"], "U0JANE");
    let id = opened["channel"]["id"].as_str().unwrap();
    assert_eq!(look(&fake, "conversations.info", &[("channel", id)]).await["channel"]["is_im"], true);
    let list = look(&fake, "conversations.list", &[("types", "public_channel,im"), ("exclude_archived", "true")]).await;
    assert_eq!(list["channels"].as_array().unwrap().len(), 3);
    assert_eq!(look(&fake, "conversations.list", &[]).await["channels"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_click_is_what_slack_would_send() {
    let fake = fresh().await;
    let (channel, ts) = asked(&fake).await;
    let click = fake.click(&channel, &ts, "jane", "no").unwrap();
    let payload = click.payload();
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(payload["user"]["id"], "U0JANE");
    assert_eq!(payload["container"]["message_ts"], json!(ts));
    assert_eq!(payload["message"]["blocks"], json!(fake.messages(&channel)[0].blocks));
    let action = &payload["actions"][0];
    assert_eq!(
        (&action["action_id"], &action["block_id"], &action["value"]),
        (&json!("no"), &json!("answer"), &json!("v1.no"))
    );

    let header = |name: &str| click.headers.iter().find(|(key, _)| key == name).unwrap().1.clone();
    let at = header("x-slack-request-timestamp").parse().unwrap();
    let signed = super::Click::signed(click.body.clone(), &Settings::default().signing_secret, at);
    assert_eq!(signed, click);
    assert!(fake.click(&channel, &ts, "jane", "maybe").is_err());
    assert!(fake.click(&channel, "1.000001", "jane", "no").is_err());
}

#[tokio::test]
async fn a_response_url_answers_five_times() {
    let fake = fresh().await;
    let (channel, ts) = asked(&fake).await;
    let payload = fake.click(&channel, &ts, "U0JOE", "yes").unwrap().payload();
    let url = payload["response_url"].as_str().unwrap().to_owned();
    let reply = async |body: Value| ask(client().post(&url).json(&body)).await.0;
    assert_eq!(reply(json!({"text": "Only Jane may answer"})).await, 200);
    assert_eq!(fake.messages(&channel)[1].ephemeral_to.as_deref(), Some("U0JOE"));
    assert_eq!(reply(json!({"text": "seen", "response_type": "in_channel"})).await, 200);
    assert_eq!(fake.messages(&channel)[2].ephemeral_to, None);
    assert_eq!(reply(json!({"replace_original": "true", "text": "Answered"})).await, 200);
    assert_eq!((fake.messages(&channel)[0].text.as_str(), fake.messages(&channel)[0].blocks.len()), ("Answered", 0));
    assert_eq!(reply(json!({"delete_original": true})).await, 200);
    assert_eq!(fake.messages(&channel).len(), 2);
    assert_eq!(reply(json!({"text": "five"})).await, 200);
    assert!(fake.violations().is_empty());
    assert_eq!(reply(json!({"text": "six"})).await, 404);
    assert_eq!(ask(client().post(format!("{url}0")).json(&json!({"text": "x"}))).await.0, 404);
}

#[tokio::test]
async fn a_modal_opens_once_for_a_trigger() {
    let fake = fresh().await;
    let (channel, ts) = asked(&fake).await;
    let payload = fake.click(&channel, &ts, "jane", "no").unwrap().payload();
    let text = |text: &str| json!({"type": "plain_text", "text": text});
    let input = json!({"type": "input", "block_id": "why", "label": text("Why?"), "element": {"type": "plain_text_input", "action_id": "why"}});
    let view = json!({"type": "modal", "title": text("Not you?"), "submit": text("Send"), "blocks": [input]});
    let sent = json!({"trigger_id": payload["trigger_id"], "view": view});
    assert_eq!(call(&fake, "views.open", sent.clone()).await["ok"], true);
    assert_eq!(fake.views()[0].user, "U0JANE");
    assert_eq!(call(&fake, "views.open", sent).await["error"], "exchanged_trigger_id");
    assert_eq!(
        call(&fake, "views.open", json!({"trigger_id": "1.2", "view": view})).await["error"],
        "invalid_trigger_id"
    );
    let long = json!({"type": "modal", "title": text(&"x".repeat(25)), "blocks": []});
    assert_eq!(
        call(&fake, "views.open", json!({"trigger_id": "1.2", "view": long})).await["error"],
        "invalid_arguments"
    );
}

#[tokio::test]
async fn an_old_message_can_be_clicked() {
    let fake = fresh().await;
    let button = |name: &str, value: &str| json!({"name": name, "text": name, "type": "button", "value": value});
    let old = json!({"text": "", "attachments": [{
        "fallback": "cannot show buttons", "callback_id": "eyJnaXRodWIiOjd9", "attachment_type": "default",
        "text": "Was this you?", "actions": [button("yes", "Thanks"), button("no", "Paging")],
    }]});
    let (channel, ts) = fake.post_by_hand("jane", &old).unwrap();
    let payload = fake.legacy_click(&channel, &ts, "jane", "no").unwrap().payload();
    assert_eq!(payload["type"], "interactive_message");
    assert_eq!(payload["callback_id"], "eyJnaXRodWIiOjd9");
    assert_eq!(payload["actions"], json!([{"name": "no", "type": "button", "value": "Paging"}]));
    assert_eq!(payload["message_ts"], json!(ts));
    assert_eq!(payload["original_message"]["attachments"], old["attachments"]);
    assert!(fake.legacy_click(&channel, &ts, "jane", "maybe").is_err());
    assert!(fake.post_by_hand("nobody", &old).is_err());
}

#[tokio::test]
async fn the_console_sees_people_and_conversations() {
    let fake = fresh().await;
    let (channel, ts) = asked(&fake).await;
    let shown = fake.console_slack();
    assert_eq!(shown["channel"], "#security");
    assert_eq!(shown["people"].as_array().unwrap().len(), 4, "the bot is not among them");
    let conversation =
        shown["conversations"].as_array().unwrap().iter().find(|one| one["id"] == json!(channel)).unwrap();
    assert_eq!(
        (&conversation["kind"], &conversation["name"], &conversation["with"]),
        (&json!("im"), &json!("jane"), &json!("U0JANE"))
    );
    assert_eq!(conversation["messages"][0]["ts"], json!(ts));
}
