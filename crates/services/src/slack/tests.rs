use std::time::Duration;

use dispatch_core::notice::{Button, Text};
use dispatch_simulator::fake::{Fault, Kind, slack as fake};

use super::*;
use crate::http::Policy;

mod forms;
mod looking;
mod threads;
mod zones;

const TOKEN: &str = "xoxb-accepted-by-the-fake-only";

async fn start() -> (fake::Slack, Slack) {
    start_with(fake::Settings::default()).await
}

async fn start_with(settings: fake::Settings) -> (fake::Slack, Slack) {
    let world = fake::Slack::start(settings).await.unwrap();
    let slack = client(&world, TOKEN);
    (world, slack)
}

fn client(world: &fake::Slack, token: &str) -> Slack {
    let policy = Policy { tries: 2, backoff: Duration::ZERO, wait_max: Duration::ZERO, ..Policy::default() };
    let http = Http::with_policy(policy).unwrap();
    Slack::new(&http, world.api_url().parse().unwrap(), token.into())
}

fn question() -> Notice {
    let button = |action: &str, danger| Button {
        action: action.to_owned(),
        label: action.to_owned(),
        value: "value".to_owned(),
        danger,
    };
    Notice {
        key: "key.1".to_owned(),
        headline: "2FA turned off".to_owned(),
        paragraphs: vec![Text::Plain("2FA was turned off".to_owned())],
        prompt: Some(Text::Markup("Was this you?".to_owned())),
        buttons: vec![button("yes", false), button("no", true)],
        ..Notice::default()
    }
}

fn to(rest: &str) -> Address {
    Address::new(SCHEME, rest)
}

fn calls(world: &fake::Slack, operation: &str) -> usize {
    world.requests().iter().filter(|request| request.operation == operation).count()
}

fn reason(failed: &Failed) -> &str {
    match failed {
        Failed::Refused { reason, .. }
        | Failed::Busy { reason, .. }
        | Failed::Forbidden { reason, .. }
        | Failed::Unreachable { reason, .. } => reason,
    }
}

#[test]
fn an_address_has_one_of_five_forms() {
    let cases = [
        ("U0JANE", Reader::Person("U0JANE")),
        ("W012AB3CD", Reader::Person("W012AB3CD")),
        ("C0SECURITY", Reader::Conversation("C0SECURITY")),
        ("D0001", Reader::Conversation("D0001")),
        ("#security", Reader::Conversation("#security")),
        ("jane@example.com", Reader::Email("jane@example.com")),
        ("@jane", Reader::Handle("jane")),
        ("@CEO", Reader::Handle("CEO")),
        (" jane ", Reader::Handle("jane")),
        ("Ursula", Reader::Handle("Ursula")),
        ("", Reader::Handle("")),
    ];
    for (rest, reader) in cases {
        assert_eq!(Reader::of(rest), reader, "{rest}");
    }
}

#[tokio::test]
async fn a_question_reaches_a_person_however_addressed() {
    let (world, slack) = start().await;
    let forms = ["U0JANE", "jane@example.com", "JANE@example.com", "@jane", "jane", "@Jane"];
    for (count, form) in forms.into_iter().enumerate() {
        let receipt = slack.deliver(&to(form), &question()).await.unwrap();
        let messages = world.dm("jane");
        assert_eq!(messages.len(), count + 1, "{form}");
        assert_eq!(receipt.reader.as_deref(), Some("U0JANE"), "{form}");
        assert_eq!((receipt.at.rest(), &receipt.id), (messages[count].channel.as_str(), &messages[count].ts));
        assert!(receipt.at.rest().starts_with('D'));
    }
    let message = &world.dm("jane")[0];
    assert_eq!(message.text, "2FA turned off\n2FA was turned off\nWas this you?");
    let metadata = serde_json::json!({"event_type": "dispatch", "event_payload": {"key": mark("key.1")}});
    assert_eq!(message.metadata, Some(metadata));
    assert_eq!(calls(&world, "users.lookupByEmail"), 1);
    assert_eq!(calls(&world, "users.list"), 1);
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_channel_is_reached_by_name_or_id_and_has_no_reader() {
    let (world, slack) = start().await;
    for form in ["#security", "C0SECURITY"] {
        let receipt = slack.deliver(&to(form), &question()).await.unwrap();
        assert_eq!((receipt.at, receipt.reader), (to("C0SECURITY"), None), "{form}");
    }
    let sent = world.requests()[0].json();
    assert_eq!(
        (&sent["channel"], &sent["unfurl_links"], &sent["unfurl_media"]),
        (&"#security".into(), &false.into(), &false.into())
    );
    assert_eq!(world.messages("security").len(), 2);
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn who_cannot_be_asked_is_refused() {
    let (world, slack) = start().await;
    world.deactivate("joe").unwrap();
    for id in ["U1SAM", "U2SAM"] {
        let twin = fake::Person {
            id: id.to_owned(),
            display_name: "Twin".to_owned(),
            ..fake::Person::named(&id.to_lowercase())
        };
        world.add_person(twin);
    }
    let cases = [
        ("nobody@example.com", "users_not_found"),
        ("joe@example.com", "users_not_found"),
        ("@nobody", "nobody in the workspace has this handle"),
        ("@joe", "the account is deactivated or a bot"),
        ("@dispatch", "the account is deactivated or a bot"),
        ("@twin", "several people in the workspace are shown under this handle"),
        ("U0JOE", "channel_not_found"),
        ("U0DISPATCH", "cannot_dm_bot"),
        ("U0NOBODY", "channel_not_found"),
        ("#nothing", "channel_not_found"),
        ("", "the address names nobody"),
        ("@", "the address names nobody"),
    ];
    for (rest, expected) in cases {
        let failed = slack.deliver(&to(rest), &question()).await.unwrap_err();
        assert!(failed.is_final(), "{rest}: {failed}");
        assert_eq!(reason(&failed), expected, "{rest}");
    }
    assert_eq!(calls(&world, "users.list"), 1, "an unknown handle lists again at most once a minute");
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn an_address_of_a_bot_is_refused() {
    let (world, slack) = start().await;
    world.add_person(fake::Person { is_bot: true, ..fake::Person::named("robot") });
    let failed = slack.deliver(&to("robot@example.com"), &question()).await.unwrap_err();
    assert!(failed.is_final() && reason(&failed).contains("a bot"), "{failed}");
}

#[tokio::test]
async fn a_storm_lists_the_people_once() {
    let (world, slack) = start_with(fake::Settings { page_max: 2, ..fake::Settings::default() }).await;
    let handles = ["@jane", "@joe", "@alex", "@sam", "@Sam", "jane@example.com", "joe@example.com"];
    let notice = question();
    let addresses: Vec<_> = handles.into_iter().cycle().take(70).map(to).collect();
    let posts = addresses.iter().map(|to| slack.deliver(to, &notice));
    for result in futures::future::join_all(posts).await {
        result.unwrap();
    }
    assert_eq!(calls(&world, "users.list"), 2, "two pages hold everyone who is named");
    assert_eq!(calls(&world, "users.lookupByEmail"), 2);
    assert_eq!(calls(&world, "chat.postMessage"), 70);
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_stopped() {
    let (world, slack) = start_with(fake::Settings { page_max: 1, ..fake::Settings::default() }).await;
    slack.deliver(&to("@jane"), &question()).await.unwrap();
    world.fault(Fault::new("users.list", Kind::RateLimited { retry_after_s: Some(0) }).times(2));
    let failed = slack.deliver(&to("@joe"), &question()).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { .. }), "{failed}");
    slack.deliver(&to("@joe"), &question()).await.unwrap();
    let lists: Vec<_> = world.requests().into_iter().filter(|request| request.operation == "users.list").collect();
    assert_eq!(lists.len(), 4);
    assert!(!lists[0].query.contains("cursor"));
    assert!(lists[1..].iter().all(|list| list.query.contains("cursor")));
}

#[tokio::test]
async fn a_limit_on_the_list_is_respected_by_those_who_come_later() {
    let (world, slack) = start().await;
    world.fault(Fault::new("users.list", Kind::RateLimited { retry_after_s: Some(60) }));
    for handle in ["@jane", "@joe"] {
        let failed = slack.deliver(&to(handle), &question()).await.unwrap_err();
        assert!(matches!(failed, Failed::Busy { wait: Some(wait), .. } if wait.as_secs() == 60), "{failed}");
    }
    assert_eq!(calls(&world, "users.list"), 1);
}

#[tokio::test]
async fn an_outcome_takes_the_place_of_the_question() {
    let (world, slack) = start().await;
    let receipt = slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    let footer = Some(Text::Plain("jane answered yes".to_owned()));
    let outcome = Notice { buttons: Vec::new(), footer, key: "key.1.outcome".to_owned(), ..question() };
    world.fault(Fault::new("chat.update", Kind::LoseReply));
    slack.revise(&receipt, &outcome).await.unwrap();
    let messages = world.dm("jane");
    assert_eq!(messages.len(), 1);
    assert!(messages[0].edited && messages[0].text.ends_with("jane answered yes"));
    assert!(messages[0].blocks.iter().all(|block| block["type"] != "actions"));
    assert_eq!(messages[0].metadata.as_ref().unwrap()["event_payload"]["key"], mark("key.1"));
    assert_eq!(calls(&world, "chat.update"), 2, "a lost reply is repeated");
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_message_of_the_predecessor_loses_its_buttons() {
    let (world, slack) = start().await;
    let old = serde_json::json!({"text": "Was this you?", "attachments": [{"callback_id": "x", "actions": []}]});
    let (channel, id) = world.post_by_hand("jane", &old).unwrap();
    let receipt = Receipt { at: to(&channel), id, reader: None, url: None };
    slack.revise(&receipt, &Notice { buttons: Vec::new(), ..question() }).await.unwrap();
    assert!(world.dm("jane")[0].attachments.is_empty());
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_message_that_is_gone_is_refused() {
    let (_world, slack) = start().await;
    let mut receipt = slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    receipt.id = "1712345678.000100".to_owned();
    let failed = slack.revise(&receipt, &question()).await.unwrap_err();
    assert_eq!(failed, Failed::Refused { call: Method::ChatUpdate.call(), reason: "message_not_found".to_owned() });
}

#[tokio::test]
async fn a_private_note_is_shown_to_one_reader() {
    let (world, slack) = start().await;
    let channel = slack.deliver(&to("#security"), &question()).await.unwrap().at;
    let note = Notice {
        paragraphs: vec![Text::Plain("Only jane can answer.".to_owned())],
        only_for: Some("U0JOE".to_owned()),
        ..Notice::default()
    };
    let receipt = slack.deliver(&channel, &note).await.unwrap();
    let shown = &world.messages("security")[1];
    assert_eq!((shown.ephemeral_to.as_deref(), &shown.ts), (Some("U0JOE"), &receipt.id));
    assert_eq!((receipt.at, receipt.reader.as_deref()), (channel, Some("U0JOE")));
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_post_that_may_stand_is_not_repeated() {
    let html = || "<html>".to_owned();
    let kinds = [
        Kind::LoseReply,
        Kind::Malformed,
        Kind::AnswerAfterActing { status: 500, body: html() },
        Kind::AnswerAfterActing { status: 200, body: html() },
        Kind::SlackError("fatal_error".to_owned()),
    ];
    for kind in kinds {
        let (world, slack) = start().await;
        world.fault(Fault::new("chat.postMessage", kind.clone()));
        let failed = slack.deliver(&to("U0JANE"), &question()).await.unwrap_err();
        assert!(failed.is_unsure(), "{kind:?}: {failed}");
        assert_eq!(calls(&world, "chat.postMessage"), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_limit_is_waited_for_or_given_back() {
    let (world, slack) = start().await;
    world.fault(Fault::new("chat.postMessage", Kind::RateLimited { retry_after_s: Some(0) }));
    slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    world.fault(Fault::new("chat.postMessage", Kind::RateLimited { retry_after_s: Some(60) }));
    let failed = slack.deliver(&to("U0JANE"), &question()).await.unwrap_err();
    let wait = Some(Duration::from_secs(60));
    assert_eq!(failed, Failed::Busy { call: Method::ChatPostMessage.call(), reason: "status 429".to_owned(), wait });
    world.fault(Fault::new("chat.postMessage", Kind::SlackError("rate_limited".to_owned())));
    let failed = slack.deliver(&to("U0JANE"), &question()).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { wait: Some(_), .. }), "{failed}");
    assert_eq!(world.dm("jane").len(), 1);
}

#[tokio::test]
async fn what_an_operator_must_mend_comes_back_and_shows_no_secret() {
    let (world, _) = start().await;
    let slack = client(&world, "xoxb-revoked-secret");
    let failed = slack.deliver(&to("U0JANE"), &question()).await.unwrap_err();
    assert_eq!(
        failed,
        Failed::Busy { call: Method::ChatPostMessage.call(), reason: "invalid_auth".to_owned(), wait: None }
    );
    for text in [format!("{failed} {failed:?}"), format!("{slack:?}")] {
        assert!(!text.contains("revoked-secret"), "{text}");
    }
    let bent = client(&world, "bent-secret\n");
    let failed = bent.deliver(&to("U0JANE"), &question()).await.unwrap_err();
    assert!(failed.is_final() && !format!("{failed:?} {bent:?}").contains("bent-secret"), "{failed}");
}

#[tokio::test]
async fn whatever_is_said_slack_takes_it() {
    let (world, slack) = start().await;
    let long = || Text::Markup("<https://example.com|x> & ".repeat(1_000));
    let mut notice = Notice {
        headline: "h".repeat(5_000),
        paragraphs: vec![
            long(),
            Text::Plain("<&>".repeat(3_000)),
            Text::Plain(String::new()),
            long(),
            long(),
            long(),
            long(),
        ],
        prompt: Some(long()),
        footer: Some(long()),
        ..question()
    };
    notice.buttons[0].label = "y".repeat(500);
    notice.buttons[1].label = String::new();
    let receipt = slack.deliver(&to("U0JANE"), &notice).await.unwrap();
    slack.revise(&receipt, &notice).await.unwrap();
    slack.revise(&receipt, &Notice::default()).await.unwrap();
    assert_eq!(world.violations(), [""; 0]);
}
