//! What was said, and who may read it.

use super::*;

async fn texts(fake: &Slack, query: &[(&str, &str)]) -> Vec<String> {
    let page = look(fake, "conversations.history", query).await;
    let messages = page["messages"].as_array().unwrap_or_else(|| panic!("{page}"));
    messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

async fn say(fake: &Slack, text: &str) -> String {
    let metadata = json!({"event_type": "said", "event_payload": {"key": text}});
    let sent = json!({"channel": "C0SECURITY", "text": text, "metadata": metadata});
    call(fake, "chat.postMessage", sent).await["ts"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn history_is_newest_first_within_its_span_and_without_private_notes() {
    let fake = fresh().await;
    let one = say(&fake, "one").await;
    let two = say(&fake, "two").await;
    say(&fake, "three").await;
    call(&fake, "chat.postEphemeral", json!({"channel": "C0SECURITY", "user": "U0JOE", "text": "private"})).await;
    call(&fake, "chat.postMessage", json!({"channel": "C0SECURITY", "text": "in a thread", "thread_ts": one})).await;
    let channel = ("channel", "C0SECURITY");
    assert_eq!(texts(&fake, &[channel]).await, ["three", "two", "one"]);
    assert_eq!(texts(&fake, &[channel, ("oldest", &two)]).await, ["three"]);
    assert_eq!(texts(&fake, &[channel, ("oldest", &two), ("inclusive", "true")]).await, ["three", "two"]);
    assert_eq!(texts(&fake, &[channel, ("latest", &two)]).await, ["one"]);
    assert_eq!(texts(&fake, &[channel, ("limit", "1")]).await, ["three"]);
    let page = look(&fake, "conversations.history", &[channel, ("limit", "2")]).await;
    let cursor = page["response_metadata"]["next_cursor"].as_str().unwrap();
    assert_eq!((&page["has_more"], cursor.is_empty()), (&json!(true), false));
    assert_eq!(texts(&fake, &[channel, ("limit", "2"), ("cursor", cursor)]).await, ["one"]);
    assert!(fake.violations().is_empty());
    for oldest in ["yesterday", "1.1234567", "1.-1", ""] {
        let answer = look(&fake, "conversations.history", &[channel, ("oldest", oldest)]).await;
        assert_eq!(answer["error"], "invalid_ts_oldest", "{oldest}");
    }
}

#[tokio::test]
async fn all_metadata_is_shown_when_it_is_asked_for() {
    let fake = fresh().await;
    say(&fake, "one").await;
    let channel = ("channel", "C0SECURITY");
    let plain = look(&fake, "conversations.history", &[channel]).await;
    assert_eq!(plain["messages"][0]["metadata"], json!({"event_type": "said"}));
    let whole = look(&fake, "conversations.history", &[channel, ("include_all_metadata", "true")]).await;
    assert_eq!(whole["messages"][0]["metadata"]["event_payload"], json!({"key": "one"}));
    assert_eq!((&whole["messages"][0]["user"], &whole["has_more"]), (&json!("U0DISPATCH"), &json!(false)));
}

#[tokio::test]
async fn each_kind_of_conversation_has_a_scope_of_its_own() {
    let mut settings = Settings::default();
    settings.channels.push(Channel { is_private: true, ..Channel::named("locked") });
    settings.channels.push(Channel { is_member: false, ..Channel::named("far") });
    settings.channels.push(Channel { is_member: false, is_private: true, ..Channel::named("hidden") });
    let fake = Slack::start(settings).await.unwrap();
    let (direct, _) = asked(&fake).await;
    let error = async |channel: &str| look(&fake, "conversations.history", &[("channel", channel)]).await;
    for (channel, why) in
        [("C0FAR", "not_in_channel"), ("C0HIDDEN", "channel_not_found"), ("security", "channel_not_found")]
    {
        assert_eq!(error(channel).await["error"], why, "{channel}");
    }
    let cases = [(direct.as_str(), "im:history"), ("C0LOCKED", "groups:history"), ("C0SECURITY", "channels:history")];
    for (channel, scope) in cases {
        assert_eq!(error(channel).await["ok"], true, "{channel}");
        fake.revoke_scope(scope);
        let answer = error(channel).await;
        assert_eq!((&answer["error"], &answer["needed"]), (&json!("missing_scope"), &json!(scope)));
        assert!(answer["provided"].as_str().unwrap().starts_with("chat:write"), "{answer}");
    }
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn a_scope_that_is_taken_away_is_missed() {
    let fake = fresh().await;
    for (method, arguments, scope) in [
        ("chat.postMessage", json!({"channel": "U0JANE", "text": "x"}), "chat:write"),
        ("conversations.open", json!({"users": "U0JANE"}), "im:write"),
    ] {
        assert_eq!(call(&fake, method, arguments.clone()).await["ok"], true);
        fake.revoke_scope(scope);
        assert_eq!(call(&fake, method, arguments).await["needed"], scope);
    }
}

#[tokio::test]
async fn a_thread_is_what_began_it_and_its_answers_oldest_first() {
    let fake = fresh().await;
    let root = say(&fake, "root").await;
    say(&fake, "elsewhere").await;
    let answer = async |text: &str, thread: &str| {
        let sent = json!({"channel": "C0SECURITY", "text": text, "thread_ts": thread});
        call(&fake, "chat.postMessage", sent).await
    };
    let first = answer("first", &root).await["ts"].as_str().unwrap().to_owned();
    answer("second", &root).await;
    let note = json!({"channel": "C0SECURITY", "user": "U0JOE", "text": "private", "thread_ts": root});
    assert_eq!(call(&fake, "chat.postEphemeral", note).await["ok"], true);
    let thread = async |query: &[(&str, &str)]| {
        let page = look(&fake, "conversations.replies", &[&[("channel", "C0SECURITY")], query].concat()).await;
        let messages = page["messages"].as_array().cloned().unwrap_or_default();
        let texts = messages.iter().map(|message| message["text"].as_str().unwrap().to_owned());
        (texts.collect::<Vec<_>>(), page)
    };
    let (texts, page) = thread(&[("ts", &root)]).await;
    assert_eq!(texts, ["root", "first", "second"]);
    assert_eq!((&page["messages"][0]["reply_count"], &page["messages"][1]["thread_ts"]), (&json!(2), &json!(root)));
    assert_eq!(thread(&[("ts", &first)]).await.0, ["root", "first", "second"], "an answer leads to its thread");
    assert_eq!(thread(&[("ts", &root), ("oldest", &first)]).await.0, ["root", "second"]);
    assert_eq!(thread(&[("ts", "1.000001")]).await.1["error"], "thread_not_found");
    assert_eq!(texts_of_channel(&fake).await, ["elsewhere", "root"]);
    assert!(fake.violations().is_empty());
    for (thread, why) in [("1.000001", "no message"), (first.as_str(), "an answer, not what it answers")] {
        assert_eq!(answer("x", thread).await["error"], "cannot_reply_to_message", "{why}");
        assert!(fake.violations().pop().unwrap().contains(why));
    }
    fake.revoke_scope("channels:history");
    assert_eq!(thread(&[("ts", &root)]).await.1["needed"], "channels:history");
}

async fn texts_of_channel(fake: &Slack) -> Vec<String> {
    texts(fake, &[("channel", "C0SECURITY")]).await
}
