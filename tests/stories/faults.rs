//! What went wrong in the predecessor, fault by fault: 38 of the 72 cases that were run against it lost
//! an alarm, repeated one, or did the wrong thing while it reported success.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_engine::{
    ports::{Failed, Store, Tag},
    world::World,
};
use dispatch_simulator::fake::{Clock, Fault, Kind};
use serde_json::{Value, json};

use crate::{
    meddling::{Meddled, Whim, click, deliver, deliver_within},
    story::{REPO, Story, jane, options, self_service, with_service},
};

fn answer(status: u16) -> Kind {
    Kind::Answer { status, body: String::new() }
}

/// A question that is asked once and answered no, whatever happens to one service on the way.
async fn once_whatever(service: &str, on: &str, kind: Kind) {
    let at = format!("{service} {on}: {kind:?}");
    let story = Story::begin().await;
    let fault = Fault::new(on, kind);
    match service {
        "github" => story.town.fakes.github.fault(fault),
        "slack" => story.town.fakes.slack.fault(fault),
        _ => story.town.fakes.pagerduty.fault(fault),
    }
    story.publish(&self_service(jane())).await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1), "{at}");
    assert_eq!(story.fallback().len(), 0, "{at}");
    assert_eq!(story.click("jane", "no").await, 200, "{at}");
    assert_eq!((story.incidents().len(), story.issue().comments.len()), (1, 2), "{at}");
    assert_eq!(story.town.alarms.dead_letters().len(), 0, "{at}");
}

#[tokio::test]
async fn slack_429() {
    once_whatever("slack", "chat.postMessage", Kind::RateLimited { retry_after_s: Some(0) }).await;
    once_whatever("slack", "chat.postMessage", Kind::RateLimited { retry_after_s: None }).await;
}

#[tokio::test]
async fn slack_500() {
    once_whatever("slack", "chat.postMessage", answer(500)).await;
    once_whatever("slack", "chat.postMessage", Kind::AnswerAfterActing { status: 500, body: String::new() }).await;
}

#[tokio::test]
async fn slack_reset() {
    once_whatever("slack", "chat.postMessage", Kind::Drop).await;
    once_whatever("slack", "chat.postMessage", Kind::LoseReply).await;
}

#[tokio::test]
async fn slack_non_json_answer() {
    let html = Kind::Answer { status: 200, body: "<html>hello</html>".to_owned() };
    once_whatever("slack", "chat.postMessage", html).await;
    once_whatever("slack", "chat.postMessage", Kind::Malformed).await;
}

/// A message that comes back every six minutes, until the service does after an hour.
async fn an_hour_without(service: &str) {
    let town = Meddled::begin().await;
    let fakes = &town.story.town.fakes;
    let down = || Fault::new("*", answer(503)).always();
    match service {
        "github" => fakes.github.fault(down()),
        _ => fakes.slack.fault(down()),
    }
    for _ in 0..10 {
        assert_eq!(town.deliver("m1", &self_service(jane())).await, 1, "{service}");
        town.clock.pass_seconds(360);
    }
    fakes.github.clear_faults();
    fakes.slack.clear_faults();
    assert_eq!(town.deliver("m1", &self_service(jane())).await, 0, "{service}");
    assert_eq!((town.story.issues().len(), fakes.slack.dm("jane").len()), (1, 1), "{service}");
    assert_eq!(town.story.fallback().len(), 0, "{service}");
}

#[tokio::test]
async fn slack_down_for_an_hour() {
    an_hour_without("slack").await;
}

#[tokio::test]
async fn github_down_for_an_hour() {
    an_hour_without("github").await;
}

#[tokio::test]
async fn github_502_before_and_after_the_issue_is_made() {
    once_whatever("github", "issues/create", answer(502)).await;
    once_whatever("github", "issues/create", Kind::AnswerAfterActing { status: 502, body: String::new() }).await;
    once_whatever("github", "issues/create-comment", answer(502)).await;
    once_whatever("github", "issues/create-comment", Kind::AnswerAfterActing { status: 502, body: String::new() })
        .await;
}

#[tokio::test]
async fn github_reset_before_and_after_the_issue_is_made() {
    once_whatever("github", "issues/create", Kind::Drop).await;
    once_whatever("github", "issues/create", Kind::LoseReply).await;
    once_whatever("github", "issues/create-comment", Kind::LoseReply).await;
    once_whatever("github", "issues/create", Kind::Malformed).await;
}

#[tokio::test]
async fn github_hanging() {
    let story = Story::begin().await;
    let world = &story.town.world;
    let for_ever = Duration::from_secs(3_600);
    story.town.fakes.github.fault(Fault::new("*", Kind::Delay(for_ever)).always());
    // A page needs no GitHub, and has none of its wait.
    story.town.publish(&json!({ "type": "high-priority", "body": { "pagerduty": { "title": "Root" } } }).to_string());
    let short = Duration::from_secs(2);
    assert_eq!(deliver_within(world, "m1", &self_service(jane()), short).await, 1);
    story.incident();
    story.town.fakes.github.clear_faults();
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 0);
    // The first creation was let go when the fault was cleared: it is found, and not made again.
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
}

#[tokio::test]
async fn pagerduty_429() {
    once_whatever("pagerduty", "*", Kind::RateLimited { retry_after_s: Some(0) }).await;
}

#[tokio::test]
async fn pagerduty_500() {
    once_whatever("pagerduty", "*", answer(500)).await;
}

#[tokio::test]
async fn pagerduty_reset() {
    once_whatever("pagerduty", "*", Kind::Drop).await;
    once_whatever("pagerduty", "*", Kind::LoseReply).await;
}

#[tokio::test]
async fn pagerduty_down() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    // Longer than every try of the first runs, and shorter than the deliveries.
    story.town.fakes.pagerduty.fault(Fault::new("*", answer(503)).times(9));
    assert_eq!(story.click("jane", "no").await, 200, "the answer is kept");
    assert_eq!((story.incidents().len(), story.issue().comments.len()), (1, 2));
}

#[tokio::test]
async fn kms_down_at_start() {
    let secret = "secure:c2VjcmV0";
    let lookup = |name: &str| match name {
        "GITHUB_TOKEN" | "SLACK_BOT_TOKEN" => Some(secret.to_owned()),
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        // Nobody listens there.
        "AWS_ENDPOINT_URL" => Some("http://127.0.0.1:1".to_owned()),
        _ => None,
    };
    let problems = dispatch_services::read(lookup).await.unwrap_err().to_string();
    for name in ["GITHUB_TOKEN", "SLACK_BOT_TOKEN", "kms Decrypt"] {
        assert!(problems.contains(name), "{name}: {problems}");
    }
    assert!(!problems.contains("c2VjcmV0"), "{problems}");
}

/// How a store behaves.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Fine,
    Down,
    Slow(Duration),
}

/// A store with moods.
#[derive(Debug)]
struct Moody {
    inner: Arc<dyn Store>,
    mood: Mutex<Mood>,
}

impl Moody {
    async fn meet(&self) -> Result<(), Failed> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Fine => {}
            Mood::Down => {
                return Err(Failed::Busy { call: "s3", reason: "503 SlowDown".to_owned(), wait: None });
            }
            Mood::Slow(wait) => tokio::time::sleep(wait).await,
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Moody {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        self.meet().await?;
        self.inner.read(path).await
    }
    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed> {
        self.meet().await?;
        self.inner.create(path, bytes).await
    }
    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        self.meet().await?;
        self.inner.swap(path, bytes, tag).await
    }
    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        self.meet().await?;
        self.inner.list(prefix).await
    }
    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        self.meet().await?;
        self.inner.list_before(prefix, end, max).await
    }
    async fn delete(&self, path: &str) -> Result<(), Failed> {
        self.meet().await?;
        self.inner.delete(path).await
    }
}

async fn with_moods() -> (Story, World, Arc<Moody>) {
    let story = Story::begin().await;
    let world = story.town.world.clone();
    let store = Arc::new(Moody { inner: Arc::clone(&world.store), mood: Mutex::new(Mood::Fine) });
    let world = World { store: store.clone(), ..world };
    (story, world, store)
}

fn page() -> Value {
    json!({ "type": "high-priority", "body": { "pagerduty": { "title": "Root login" } } })
}

#[tokio::test]
async fn store_unavailable() {
    let (story, world, store) = with_moods().await;
    *store.mood.lock().unwrap() = Mood::Down;
    assert_eq!(deliver(&world, "m1", &self_service(jane())).await, 1);
    assert_eq!(deliver(&world, "p1", &page()).await, 0, "a page needs no store");
    assert_eq!((story.issues().len(), story.incidents().len()), (0, 1));
    *store.mood.lock().unwrap() = Mood::Fine;
    assert_eq!(deliver(&world, "m1", &self_service(jane())).await, 0);
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));

    // An answer that cannot be kept is not acknowledged, and the next click is.
    let triage = dispatch_triage::Triage { world: world.clone(), ..story.town.triage.clone() };
    *store.mood.lock().unwrap() = Mood::Down;
    assert_eq!(click(&triage, &story, "jane", "no").await, 500);
    *store.mood.lock().unwrap() = Mood::Fine;
    assert_eq!(click(&triage, &story, "jane", "no").await, 200);
    assert_eq!(story.incidents().len(), 2);
}

#[tokio::test]
async fn store_slow() {
    let (story, world, store) = with_moods().await;
    *store.mood.lock().unwrap() = Mood::Slow(Duration::from_millis(100));
    assert_eq!(deliver(&world, "m1", &self_service(jane())).await, 0);
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!(story.issue().state, "closed");
}

#[tokio::test]
async fn lost_compare_and_swap() {
    for spared in 0..8 {
        let town = Meddled::begin().await;
        town.store.meddle("swap", spared, Whim::Interfere);
        town.deliver_until_done("m1", &self_service(jane())).await;
        assert_eq!(town.click("jane", "no").await, 200);
        town.deliver_what_was_handed_on().await;
        let story = &town.story;
        assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1), "swap {spared}");
        assert_eq!((story.incidents().len(), story.issue().comments.len()), (1, 2), "swap {spared}");
    }
}

#[tokio::test]
async fn two_records_in_one_event() {
    let story = Story::begin().await;
    let direct = |id: &str, title: &str| {
        let mut message = self_service(jane());
        message["body"]["github"]["title"] = json!(title);
        json!({ "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:s", "Sns": {
            "Type": "Notification", "MessageId": id, "TopicArn": "arn:t", "Subject": null, "Message": message.to_string(),
            "Timestamp": "2026-08-18T18:02:32.111Z", "SignatureVersion": "1", "Signature": "x", "SigningCertUrl": "https://x",
            "UnsubscribeUrl": "https://x", "MessageAttributes": {} } })
    };
    let event = json!({ "Records": [direct("1", "one"), direct("2", "two")] });
    dispatch_incoming::handle(&story.town.world, event, Duration::from_secs(30)).await.unwrap();
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (2, 2));
}

#[tokio::test]
async fn missing_body_missing_users_and_json_null() {
    for text in [
        r#"{"type":"self-service","users":[{"slack":"jane"}]}"#.to_owned(),
        json!({ "type": "self-service", "body": self_service(jane())["body"] }).to_string(),
        json!({ "type": "self-service", "users": [], "body": self_service(jane())["body"] }).to_string(),
        "null".to_owned(),
        String::new(),
    ] {
        let story = Story::begin().await;
        story.publish_text(&text).await;
        let issue = story.issue();
        assert!(issue.title.starts_with("Unreadable message"), "{text}: {}", issue.title);
        assert!(issue.body.unwrap().contains(&text), "{text}");
        assert_eq!(story.town.alarms.dead_letters().len(), 0, "{text}");
    }
}

#[tokio::test]
async fn same_event_at_once_and_again_later() {
    let story = Story::begin().await;
    let world = &story.town.world;
    let message = self_service(jane());
    let (one, two) = tokio::join!(deliver(world, "m1", &message), deliver(world, "m1", &message));
    assert!(one + two <= 1, "at most one of them steps back");
    assert_eq!(deliver(world, "m1", &message).await, 0);
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
    assert_eq!(story.issue().comments.len(), 0, "a delivery is no repeat");
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!(deliver(world, "m1", &message).await, 0);
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1), "nor a new alarm");
}

#[tokio::test]
async fn second_user_with_the_same_title_and_a_different_dedup_key() {
    let story = Story::begin().await;
    for user in ["jane", "joe"] {
        let mut message = self_service(json!({ "slack": user, "github": user }));
        message["dedupKey"] = json!(format!("2fa-{user}"));
        story.publish(&message).await;
    }
    assert_eq!(story.issues().len(), 2);
    assert_eq!((story.town.fakes.slack.dm("jane").len(), story.town.fakes.slack.dm("joe").len()), (1, 1));
}

#[tokio::test]
async fn broadcast_cut_half_way_through_200_people_by_a_kill() {
    let mut crashes = 0;
    for (whim, spared) in [(Whim::Hang, 2), (Whim::HangAfter, 3), (Whim::Hang, 4), (Whim::HangAfter, 5)] {
        let town = Meddled::begin().await;
        let users: Vec<_> = (0..200).map(|n| json!({ "slackId": "U0JANE", "slack": format!("jane {n}") })).collect();
        let message = json!({ "type": "broadcast", "users": users,
            "body": { "github": { "title": "Keys" }, "slack": { "message": "Keys were rotated." } } });
        town.store.meddle("swap", spared, whim);
        crashes += usize::from(town.deliver_and_crash("m1", &message).await);
        let half = town.story.town.fakes.slack.dm("jane").len();
        assert!((1..200).contains(&half), "{half} were told before the kill");
        town.clock.pass_seconds(90);
        town.deliver_until_done("m1", &message).await;
        assert_eq!(town.story.town.fakes.slack.dm("jane").len(), 200, "{whim:?} at {spared}: all, and nobody twice");
        assert_eq!(town.story.issues().len(), 1);
    }
    assert_eq!(crashes, 4);
}

#[tokio::test]
async fn one_user_of_a_broadcast_unreachable() {
    let story = Story::begin().await;
    story.town.fakes.slack.deactivate("joe").unwrap();
    let users = json!([{ "slack": "jane" }, { "slackId": "U0JOE", "slack": "joe" }, { "slack": "sam" }]);
    story
        .publish(&json!({ "type": "broadcast", "users": users,
            "body": { "github": { "title": "Keys" }, "slack": { "message": "Keys were rotated." } } }))
        .await;
    let told = |handle| story.town.fakes.slack.dm(handle).len();
    assert_eq!((told("jane"), told("sam"), story.fallback().len()), (1, 1, 1));
    assert!(story.issue().comments[0].body.contains("joe"), "{:#?}", story.issue().comments);
}

#[tokio::test]
async fn click_by_another_user() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    assert_eq!(story.click_as("joe", "jane", "yes").await, 200);
    assert_eq!((story.issue().state.as_str(), story.issue().comments.len()), ("open", 0));
}

#[tokio::test]
async fn click_an_hour_old() {
    let mut options = options();
    // Slack's clock is what signs: it is an hour behind.
    options.fakes.slack.clock = Clock::new(|| jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1));
    let story = Story::with(options).await;
    story.publish(&self_service(jane())).await;
    assert_eq!(story.click("jane", "yes").await, 401);
    assert_eq!(story.issue().state, "open");
}

#[tokio::test]
async fn click_replayed() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let question = story.message_to("jane");
    let no = story.town.fakes.slack.click(&question.channel, &question.ts, "jane", "no").unwrap();
    assert_eq!(story.send(&no).await, 200);
    let before = story.town.fakes.requests().len();
    assert_eq!(story.send(&no).await, 200);
    assert_eq!(story.town.fakes.requests().len(), before, "nothing new is done");
    story.incident();
}

#[tokio::test]
async fn click_yes_then_no() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let question = story.message_to("jane");
    let click = |button| story.town.fakes.slack.click(&question.channel, &question.ts, "jane", button).unwrap();
    let (yes, no) = (click("yes"), click("no"));
    assert_eq!((story.send(&yes).await, story.send(&no).await), (200, 200));
    assert_eq!((story.issue().state.as_str(), story.incidents().len()), ("closed", 0), "the first answer stands");
}

#[tokio::test]
async fn click_no_twice() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let question = story.message_to("jane");
    let click = || story.town.fakes.slack.click(&question.channel, &question.ts, "jane", "no").unwrap();
    let (one, two) = (click(), click());
    assert_eq!((story.send(&one).await, story.send(&two).await), (200, 200));
    story.incident();
    assert_eq!(story.issue().comments.len(), 2);
}

#[tokio::test]
async fn an_alarm_that_names_another_repository_and_service_answered_yes_and_no() {
    for button in ["yes", "no"] {
        let story = Story::with(with_service("P0OTHER")).await;
        let other = "example-org/other";
        story.town.fakes.github.add_repository(other);
        let mut message = self_service(jane());
        message["githubRepo"] = json!("other");
        message["pagerDutyServiceId"] = json!("P0OTHER");
        // An issue with the same number stands in the default repository.
        story.town.fakes.github.open_by_hand(REPO, "another", "b", false).unwrap();
        story.publish(&message).await;
        assert_eq!(story.click("jane", button).await, 200);
        let issue = story.town.fakes.github.issues(other).remove(0);
        assert_eq!(issue.state, if button == "yes" { "closed" } else { "open" });
        assert_eq!(story.issue().state, "open", "the same number in the default repository is left alone");
        let paged: Vec<_> = story.incidents().into_iter().map(|incident| incident.service_id).collect();
        assert_eq!(paged, if button == "yes" { vec![] } else { vec!["P0OTHER".to_owned()] });
    }
}
