//! What people did elsewhere is told late, out of order, or while a service is away.

use std::time::Duration;

use dispatch_local::town::Options;
use dispatch_simulator::fake::{Fault, Kind, Webhook, slack::Message};
use dispatch_triage::{Replays, Triage};
use serde_json::{Map, Value, json};

use crate::story::{REPO, Story, buttons, jane, options, self_service};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// Webhooks come only where the story sends them.
async fn begin() -> Story {
    Story::with(Options { webhooks: false, ..options() }).await
}

fn question() -> Value {
    let mut message = self_service(jane());
    message["answerTimeout"] = json!("PT4H");
    message
}

async fn send(story: &Story, hook: &Webhook) {
    let headers: Map<_, _> = hook.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let event = json!({ "version": "2.0", "requestContext": {}, "headers": headers, "body": hook.body });
    // Another instance of the function, which remembers nothing.
    let triage = Triage { replays: Replays::default(), ..story.town.triage.clone() };
    assert_eq!(triage.handle(event).await["statusCode"], 200);
    story.settle().await;
}

fn comments(story: &Story) -> String {
    story.issue().comments.iter().map(|comment| comment.body.clone()).collect::<Vec<_>>().join("\n---\n")
}

fn questions(story: &Story) -> Vec<Message> {
    story.town.fakes.slack.dm("jane").into_iter().filter(|message| message.thread_ts.is_none()).collect()
}

/// As often as one call is tried.
fn away() -> Fault {
    Fault::new("*", Kind::Answer { status: 503, body: String::new() }).times(3)
}

#[tokio::test]
async fn what_pagerduty_tells_late_is_not_taken_for_the_latest() {
    let story = begin().await;
    story.publish(&question()).await;
    assert_eq!(story.click("jane", "no").await, 200);
    let id = story.incident().id;
    let hook = |event: &str| {
        let hook = story.town.fakes.pagerduty.webhook(&id, event, Some("Joe")).unwrap();
        assert!(story.town.jump(SECOND));
        hook
    };
    let taken = hook("incident.acknowledged");
    let dropped = hook("incident.unacknowledged");
    let resolved = hook("incident.resolved");
    let reopened = hook("incident.reopened");
    send(&story, &dropped).await;
    assert!(comments(&story).contains("nobody has it"), "{}", comments(&story));
    send(&story, &taken).await;
    assert!(!comments(&story).contains("acknowledged"), "{}", comments(&story));
    send(&story, &reopened).await;
    assert!(comments(&story).contains("opened again"), "{}", comments(&story));
    send(&story, &resolved).await;
    assert!(!comments(&story).contains("resolved"), "{}", comments(&story));
}

#[tokio::test]
async fn a_closing_that_is_told_after_the_reopening_ends_nothing() {
    let story = begin().await;
    story.publish(&question()).await;
    let (github, number) = (&story.town.fakes.github, story.issue().number);
    github.close_by_hand(REPO, number).unwrap();
    let closed = github.webhook(REPO, number, "closed", "joe").unwrap();
    send(&story, &closed).await;
    github.reopen(REPO, number).unwrap();
    send(&story, &github.webhook(REPO, number, "reopened", "joe").unwrap()).await;
    send(&story, &closed).await;
    // The issue is theirs: the alarm comes again, is counted there, and nobody is asked.
    story.publish(&question()).await;
    assert_eq!((story.issues().len(), questions(&story).len()), (1, 1));
    assert!(comments(&story).contains("raised once more"), "{}", comments(&story));
}

#[tokio::test]
async fn a_pager_that_is_away_holds_up_no_question_of_the_next_life() {
    let story = begin().await;
    story.publish(&question()).await;
    assert!(story.town.jump(4 * HOUR + SECOND));
    story.town.tick().await;
    story.incident();
    let issue = story.issue();
    story.town.fakes.github.close_by_hand(REPO, issue.number).unwrap();
    story.town.fakes.pagerduty.fault(away());
    story.publish(&question()).await;
    assert_eq!((story.issues().len(), questions(&story).len()), (2, 2), "asked anew");
    assert!(buttons(&questions(&story)[0]).is_empty() && !buttons(&questions(&story)[1]).is_empty());
    // The page of the life before is not forgotten, and the next one's is another.
    assert_eq!(story.click("jane", "no").await, 200);
    let standing: Vec<String> = story.incidents().into_iter().map(|incident| incident.status).collect();
    assert!(standing.contains(&"resolved".to_owned()) && standing.contains(&"triggered".to_owned()), "{standing:?}");
}

#[tokio::test]
async fn a_page_that_may_not_be_resolved_stays_and_the_rest_goes_on() {
    let story = begin().await;
    story.publish(&question()).await;
    assert!(story.town.jump(4 * HOUR + SECOND));
    story.town.tick().await;
    let denied = Fault::new("*", Kind::Answer { status: 403, body: String::new() }).always();
    story.town.fakes.pagerduty.fault(denied);
    story.town.fakes.github.close_by_hand(REPO, story.issue().number).unwrap();
    assert!(story.town.jump(24 * HOUR));
    story.publish(&question()).await;
    assert_eq!((story.issues().len(), questions(&story).len()), (2, 2), "asked anew");
    assert_eq!((story.incident().status.as_str(), story.town.alarms.dead_letters().len()), ("triggered", 0));
}
