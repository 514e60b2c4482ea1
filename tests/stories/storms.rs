//! Many alarms at once: the same one, and different ones.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch_core::life::Progress;
use dispatch_engine::world::{Limits, World};
use dispatch_simulator::fake::{Fault, Kind};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::story::{Story, blocks_text, buttons, journal, self_service};

const TIME: Duration = Duration::from_secs(50);

fn record(id: &str, message: &Value) -> Value {
    let body = json!({ "Type": "Notification", "MessageId": id, "TopicArn": "t", "Message": message.to_string() });
    json!({ "messageId": id, "receiptHandle": "r", "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "a", "awsRegion": "r", "body": body.to_string() })
}

/// Delivers a batch, and what comes back of it, until nothing does.
async fn deliver(world: &World, mut batch: Vec<Value>) {
    for _ in 0..20 {
        let event = json!({ "Records": batch });
        let answer = dispatch_incoming::handle(world, event, TIME).await.unwrap();
        let failed: Vec<&str> = answer["batchItemFailures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["itemIdentifier"].as_str().unwrap())
            .collect();
        batch.retain(|record| failed.contains(&record["messageId"].as_str().unwrap()));
        if batch.is_empty() {
            return;
        }
    }
    panic!("{} messages come back again and again", batch.len());
}

/// The same numbers in another order, from a seed.
fn shuffled(count: usize, mut seed: u64) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        numbers.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
    }
    numbers
}

fn alarm(n: usize) -> Value {
    let mut message = self_service("jane");
    message["users"] = json!([{ "slack": "jane", "github": "jane" }]);
    message["body"]["github"]["title"] = json!(format!("Alarm {n}"));
    message
}

#[tokio::test]
async fn ten_thousand_messages_of_fifty_alarms_cost_fifty_issues_and_fifty_questions() {
    const MESSAGES: usize = 10_000;
    const ALARMS: usize = 50;
    let story = Story::begin().await;
    let world = &story.town.world;
    let records: Vec<Value> =
        shuffled(MESSAGES, 3).into_iter().map(|n| record(&format!("m{n}"), &alarm(n % ALARMS))).collect();
    let batches = records.chunks(100).map(|batch| deliver(world, batch.to_vec()));
    let batches: Vec<_> = batches.collect();
    let count = batches.len();
    stream::iter(batches).buffer_unordered(4).collect::<Vec<()>>().await;

    // Fifty issues and fifty counters are more than GitHub takes in a minute: some counters stand in a digest.
    let (own, digests): (Vec<_>, Vec<_>) =
        story.issues().into_iter().partition(|issue| issue.title.starts_with("Alarm "));
    assert_eq!((own.len(), story.town.fakes.slack.dm("jane").len()), (ALARMS, ALARMS), "{own:#?}");
    assert!(digests.len() <= 1, "{digests:#?}");
    let listed: String = digests.iter().map(listing).collect();
    let listed = |title: &str, count: &str| {
        let lines = listed.split("\n").skip_while(|line| !line.contains(&format!("{title} (http")));
        lines.skip(1).take_while(|line| line.starts_with("   - ")).any(|line| line.contains(count))
    };
    let (mut kept, mut shown) = (0, 0);
    for issue in own {
        let journal = journal(world, &issue.title).await;
        let repeats = Progress::of(&journal).repeats;
        kept += 1 + repeats;
        assert!(journal.entries.len() < 20, "{} entries", journal.entries.len());
        let count = format!("{repeats} more times");
        assert!(issue.comments.len() <= 1, "one counter an issue");
        let is_shown = issue.comments.iter().any(|comment| comment.body.contains(&count));
        assert!(is_shown || listed(&issue.title, &count), "{}: {count} in {issue:#?}", issue.title);
        shown += 1 + repeats;
    }
    assert_eq!((kept, shown), (MESSAGES, MESSAGES));
    let updates = story.calls("issues/update-comment") + story.calls("issues/create-comment");
    assert!(updates <= count * ALARMS, "{updates} updates of counters");
}

/// A story whose GitHub takes `a_minute` issues and comments.
async fn with_budget(a_minute: u32) -> (Story, World) {
    let story = Story::begin().await;
    let limits = Limits { writes_a_minute: a_minute, ..story.town.world.limits };
    let world = World { limits, ..story.town.world.clone() };
    (story, world)
}

fn digest_of(story: &Story) -> dispatch_simulator::fake::github::Issue {
    let mut digests: Vec<_> =
        story.issues().into_iter().filter(|issue| issue.title.starts_with("More alarms than GitHub takes")).collect();
    assert_eq!(digests.len(), 1, "one digest: {digests:#?}");
    digests.remove(0)
}

fn listing(issue: &dispatch_simulator::fake::github::Issue) -> String {
    issue.comments.iter().map(|comment| comment.body.as_str()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn more_alarms_than_github_takes_go_into_one_digest_and_everyone_is_asked() {
    let (story, world) = with_budget(20).await;
    let records: Vec<Value> = (0..60).map(|n| record(&format!("m{n}"), &alarm(n))).collect();
    for batch in records.chunks(10) {
        deliver(&world, batch.to_vec()).await;
    }
    let digest = digest_of(&story);
    let listing = listing(&digest);
    let own: Vec<String> =
        story.issues().into_iter().map(|issue| issue.title).filter(|title| title.starts_with("Alarm ")).collect();
    // Two of twenty are kept for the digest.
    assert_eq!(own.len(), 18);
    for n in 0..60 {
        let title = format!("Alarm {n}");
        let listed = listing.contains(&format!("**{title}**\n"));
        assert_ne!(own.contains(&title), listed, "{title} has an issue or stands in the digest: {listing}");
    }
    assert!(listing.contains("For \\`jane\\`."), "the alarm's own text: {listing}");

    let questions = story.town.fakes.slack.dm("jane");
    assert_eq!(questions.len(), 60);
    assert!(questions.iter().all(|question| buttons(question).len() == 2));
    let linked = questions.iter().filter(|question| blocks_text(question).contains(&digest.url)).count();
    assert_eq!(linked, 42, "whoever has no issue links the digest");
    // 42 lines are three pages.
    assert_eq!(digest.comments.len(), 3);
}

#[tokio::test]
async fn an_alarm_in_a_digest_is_answered_paged_and_counted_there() {
    let (story, world) = with_budget(1).await;
    deliver(&world, vec![record("m1", &alarm(1)), record("m2", &alarm(2))]).await;
    let digest = digest_of(&story);
    assert_eq!(story.issues().len(), 1);
    let triage = dispatch_triage::Triage { world: world.clone(), ..story.town.triage.clone() };
    let mut messages = story.town.fakes.slack.dm("jane");
    messages.sort_by_key(|message| message.text.clone());
    assert_eq!(crate::meddling::click_message(&triage, &story, "jane", &messages[0], "yes").await, 200);
    assert_eq!(crate::meddling::click_message(&triage, &story, "jane", &messages[1], "no").await, 200);
    story.settle().await;
    deliver(&world, vec![record("m3", &alarm(2))]).await;

    let text = listing(&digest_of(&story));
    assert!(text.contains("answered **yes**") && text.contains("answered **no**"), "{text}");
    assert!(text.contains(&story.incident().url) && text.contains("once more"), "{text}");
    assert_eq!((story.incidents().len(), digest.state.as_str()), (1, "open"));
    // The one that was answered yes may be raised again, and is asked again.
    deliver(&world, vec![record("m4", &alarm(1))]).await;
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 3);
}

#[tokio::test]
async fn a_comment_that_github_does_not_take_is_told_in_the_digest() {
    let (story, world) = with_budget(3).await;
    deliver(&world, vec![record("m1", &alarm(1)), record("m2", &alarm(2))]).await;
    assert_eq!(story.issues().len(), 2);
    let triage = dispatch_triage::Triage { world: world.clone(), ..story.town.triage.clone() };
    for message in story.town.fakes.slack.dm("jane") {
        assert_eq!(crate::meddling::click_message(&triage, &story, "jane", &message, "yes").await, 200);
    }
    story.settle().await;
    let closed = story.issues().into_iter().filter(|issue| issue.state == "closed").count();
    assert_eq!(closed, 2, "a full budget keeps nobody from closing");
    let text = listing(&digest_of(&story));
    let told: BTreeMap<usize, bool> = (1..3).map(|n| (n, text.contains(&format!("Alarm {n} (http")))).collect();
    assert_eq!(told, BTreeMap::from([(1, true), (2, true)]), "{text}");
}

#[tokio::test]
async fn a_limit_that_github_names_itself_fills_the_digest_too() {
    let (story, world) = with_budget(1).await;
    deliver(&world, vec![record("m0", &alarm(0))]).await;
    // The digest is there when GitHub takes no more issues, whatever the budget says.
    let world = World { limits: story.town.world.limits, ..world };
    story.town.fakes.github.fault(Fault::new("issues/create", Kind::SecondaryLimit { retry_after_s: Some(60) }));
    deliver(&world, vec![record("m1", &alarm(1))]).await;
    deliver(&world, vec![record("m2", &alarm(2))]).await;
    assert_eq!(story.calls("issues/create"), 2, "once it has said so, it is not asked again");
    let text = listing(&digest_of(&story));
    assert!(text.contains("**Alarm 1**") && text.contains("**Alarm 2**"), "{text}");
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 3);
}

#[tokio::test]
async fn unreadable_texts_without_end_stay_few_comments() {
    let story = Story::begin().await;
    let records = (0..120).map(|n| {
        let body = json!({ "Type": "Notification", "MessageId": format!("m{n}"), "TopicArn": "t", "Message": format!("no JSON, number {n}") });
        json!({ "messageId": format!("m{n}"), "receiptHandle": "r", "attributes": {}, "messageAttributes": {}, "md5OfBody": "",
            "eventSource": "aws:sqs", "eventSourceARN": "a", "awsRegion": "r", "body": body.to_string() })
    });
    let records: Vec<Value> = records.collect();
    for batch in records.chunks(10) {
        deliver(&story.town.world, batch.to_vec()).await;
    }
    let unreadable = story.issues().into_iter().find(|issue| issue.title.starts_with("Unreadable")).unwrap();
    let all = format!(
        "{}\n{}\n{}",
        unreadable.body.clone().unwrap_or_default(),
        listing(&unreadable),
        listing(&digest_of(&story))
    );
    let lost: Vec<usize> = (0..120)
        .filter(|n| !all.contains(&format!("no JSON, number {n}\n")) && !all.contains(&format!("no JSON, number {n}")))
        .collect();
    assert_eq!(lost, Vec::<usize>::new());
    assert!(unreadable.comments.len() <= 40, "{} comments", unreadable.comments.len());
}
