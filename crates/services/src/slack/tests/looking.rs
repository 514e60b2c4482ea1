//! Whether a message that may have been posted is found.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use dispatch_simulator::fake::Clock;
use serde_json::{Value, json};

use super::*;

const TO_JANE: [&str; 4] = ["U0JANE", "jane@example.com", "@jane", "D0JANE"];

async fn look(slack: &Slack, rest: &str) -> Result<Option<Receipt>, Failed> {
    slack.find(&to(rest), &question(), Timestamp::UNIX_EPOCH).await
}

/// A page of history with one message; `other` replaces its members.
fn page(other: &Value) -> Kind {
    let metadata = json!({"event_type": "dispatch", "event_payload": {"key": mark("key.1")}});
    let mut message = json!({"type": "message", "ts": "1712345678.000100", "user": "U0DISPATCH", "bot_id": "B0DISPATCH", "metadata": metadata});
    message.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    let body = json!({"ok": true, "messages": [message], "has_more": false});
    Kind::Answer { status: 200, body: body.to_string() }
}

#[tokio::test]
async fn what_was_delivered_is_found_with_the_same_receipt() {
    let (world, slack) = start().await;
    slack.deliver(&to("U0JANE"), &Notice { key: "key.0".to_owned(), ..question() }).await.unwrap();
    for rest in TO_JANE.into_iter().chain(["C0SECURITY"]) {
        let notice = Notice { key: format!("key.of.{rest}"), ..question() };
        let receipt = slack.deliver(&to(rest), &notice).await.unwrap();
        let found = slack.find(&to(rest), &notice, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(found, Some(receipt), "{rest}");
        assert_eq!(look(&slack, rest).await, Ok(None), "{rest}");
    }
    assert_eq!(calls(&world, "auth.test"), 1, "who the app is need not be asked twice");
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_post_whose_reply_was_lost_is_found() {
    let (world, slack) = start().await;
    world.fault(Fault::new("chat.postMessage", Kind::LoseReply));
    slack.deliver(&to("@jane"), &question()).await.unwrap_err();
    let found = look(&slack, "@jane").await.unwrap().unwrap();
    assert_eq!((found.id, found.reader.as_deref()), (world.dm("jane")[0].ts.clone(), Some("U0JANE")));
    world.fault(Fault::new("chat.postMessage", Kind::Drop));
    slack.deliver(&to("@joe"), &question()).await.unwrap_err();
    assert_eq!(look(&slack, "@joe").await, Ok(None));
}

#[tokio::test]
async fn the_key_itself_is_nowhere_in_the_message() {
    let (world, slack) = start().await;
    let key = "0123456789.5eed.0.0";
    slack.deliver(&to("U0JANE"), &Notice { key: key.to_owned(), ..question() }).await.unwrap();
    let sent = world.requests().pop().unwrap();
    assert!(!String::from_utf8_lossy(&sent.body).contains("5eed"));
    assert_eq!(sent.json()["metadata"]["event_payload"]["key"].as_str().map(str::len), Some(32));
}

#[tokio::test]
async fn only_the_apps_own_message_counts() {
    let others = [
        json!({"bot_id": "B0OTHER"}),
        json!({"bot_id": null, "user": "U0JANE"}),
        json!({"bot_id": null, "user": null}),
        json!({"metadata": null}),
        json!({"metadata": {"event_type": "dispatch"}}),
        json!({"metadata": {"event_type": "other", "event_payload": {"key": mark("key.1")}}}),
        json!({"metadata": {"event_type": "dispatch", "event_payload": {"key": "key.1"}}}),
        json!({"metadata": {"event_type": "dispatch", "event_payload": {"key": [mark("key.1")]}}}),
    ];
    let (world, slack) = start().await;
    for other in others {
        world.fault(Fault::new("conversations.history", page(&other)));
        assert_eq!(look(&slack, "U0JANE").await, Ok(None), "{other}");
    }
    for own in [json!({}), json!({"bot_id": null})] {
        world.fault(Fault::new("conversations.history", page(&own)));
        let found = look(&slack, "U0JANE").await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.at), ("1712345678.000100", to("D0JANE")), "{own}");
    }
}

#[tokio::test]
async fn what_was_said_before_is_not_looked_at() {
    let second = Arc::new(AtomicI64::new(1_712_345_678));
    let clock = {
        let second = Arc::clone(&second);
        Clock::new(move || Timestamp::from_second(second.load(Ordering::Relaxed)).unwrap())
    };
    let (world, slack) = start_with(fake::Settings { clock, ..fake::Settings::default() }).await;
    let receipt = slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    second.fetch_add(600, Ordering::Relaxed);
    let at = |second| Timestamp::from_second(second).unwrap();
    let find = async |second| slack.find(&to("U0JANE"), &question(), at(second)).await.unwrap();
    assert_eq!(find(1_712_345_679).await, None);
    assert_eq!(find(1_712_345_678).await, Some(receipt), "the very moment counts");
    assert!(world.requests().last().unwrap().query.contains("oldest=1712345678.000000"));
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_long_conversation_is_read_page_by_page_and_not_for_ever() {
    let (world, slack) = start_with(fake::Settings { page_max: 2, ..fake::Settings::default() }).await;
    let receipt = slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    for number in 0..9 {
        slack.deliver(&to("U0JANE"), &Notice { key: format!("other.{number}"), ..question() }).await.unwrap();
    }
    assert_eq!(look(&slack, "U0JANE").await, Ok(Some(receipt)));
    assert_eq!(calls(&world, "conversations.history"), 5);
    slack.deliver(&to("U0JANE"), &Notice { key: "other.9".to_owned(), ..question() }).await.unwrap();
    assert_eq!(look(&slack, "U0JANE").await, Ok(None));
    assert_eq!(calls(&world, "conversations.history"), 10);
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn where_dispatch_may_not_look_it_finds_nothing() {
    let channel = |name: &str| fake::Channel { is_member: false, ..fake::Channel::named(name) };
    let mut settings = fake::Settings::default();
    settings.channels.extend([channel("far"), fake::Channel { is_private: true, ..channel("hidden") }]);
    let (world, slack) = start_with(settings).await;
    for rest in ["C0FAR", "C0HIDDEN", "C0NOWHERE", "#security", "U0NOBODY", "@nobody", "nobody@example.com", ""] {
        assert_eq!(look(&slack, rest).await, Ok(None), "{rest}");
    }
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_scope_that_is_missing_stops_nothing() {
    let scopes = [("C0SECURITY", "channels:history"), ("U0JANE", "im:history"), ("U0JANE", "im:write")];
    for (rest, scope) in scopes {
        let (world, slack) = start().await;
        slack.deliver(&to(rest), &question()).await.unwrap();
        assert!(look(&slack, rest).await.unwrap().is_some(), "{rest}");
        world.revoke_scope(scope);
        assert_eq!(look(&slack, rest).await, Ok(None), "{scope}");
        slack.deliver(&to(rest), &question()).await.unwrap();
        assert_eq!(world.violations(), [""; 0]);
    }
}

#[tokio::test]
async fn limits_outages_and_a_lost_token_are_no_answer() {
    for call in ["conversations.open", "conversations.history", "auth.test"] {
        let failed = async |kind, times| {
            let (world, slack) = start().await;
            world.fault(Fault::new(call, kind).times(times));
            look(&slack, "U0JANE").await.unwrap_err()
        };
        let limited = failed(Kind::RateLimited { retry_after_s: Some(60) }, 1).await;
        assert!(matches!(limited, Failed::Busy { wait: Some(wait), .. } if wait.as_secs() > 50), "{call}: {limited}");
        assert!(failed(Kind::Drop, 2).await.is_unsure(), "{call}");
        let revoked = failed(Kind::SlackError("token_revoked".to_owned()), 1).await;
        assert!(matches!(revoked, Failed::Busy { wait: None, .. }), "{call}: {revoked}");
    }
}

#[tokio::test]
async fn an_outage_is_forgotten_once_it_is_over() {
    let (world, slack) = start().await;
    for call in ["auth.test", "conversations.open", "conversations.history"] {
        world.fault(Fault::new(call, Kind::Drop).times(2));
        assert!(look(&slack, "U0JANE").await.unwrap_err().is_unsure(), "{call}");
        assert_eq!(look(&slack, "U0JANE").await, Ok(None), "{call}");
    }
}
