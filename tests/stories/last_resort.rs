//! What fails to its last delivery: somebody is told, and the message is kept.

use std::{sync::Arc, time::Duration};

use dispatch_engine::{lost::Loss, world::World};
use dispatch_local::town::Options;
use dispatch_simulator::fake::{Fault, Kind, pagerduty::Incident};
use serde_json::json;
use tokio::time::timeout;

use crate::meddling::PatientTopic;
use crate::story::{Story, jane, options, self_service};

/// A town whose queues give a message up after three deliveries.
async fn impatient() -> Story {
    Story::with(Options { max_receives: 3, ..options() }).await
}

/// Everything that an incident says.
fn text(incident: &Incident) -> String {
    format!("{incident:?}").replace("\\n", "\n").replace("\\\"", "\"")
}

fn down() -> Fault {
    Fault::new("*", Kind::Answer { status: 503, body: String::new() }).always()
}

/// Waits until PagerDuty was asked in vain so often.
async fn pagerduty_was_asked(story: &Story, times: usize) {
    let mut changes = story.town.changes();
    let asked = async {
        while story.calls("createV2Event") + story.calls("createIncident") < times {
            changes.changed().await.unwrap();
        }
    };
    timeout(Duration::from_secs(60), asked).await.expect("it is tried again");
}

#[tokio::test]
async fn an_alarm_that_cannot_be_delivered_pages_with_its_text_the_reason_and_the_message_id() {
    let story = impatient().await;
    story.town.fakes.github.fault(down());
    let id = story.town.publish(&self_service(jane()).to_string());
    story.settle().await;

    let incident = story.incident();
    assert_eq!(incident.title, "Dispatch could not deliver: 2FA was turned off");
    for part in
        ["2FA was turned off for your account.", "For `jane`.", "could not open the issue: github", "503", &id, "req-1"]
    {
        assert!(text(&incident).contains(part), "{part}: {}", text(&incident));
    }
    assert_eq!(story.town.alarms.dead_letters().len(), 1);
    let loss = Loss::read(&*story.town.world.store, &id).await.unwrap().expect("it is written down");
    assert!(loss.reason.contains("503"), "{}", loss.reason);
    assert_eq!((loss.title.as_str(), loss.paged.is_some()), ("2FA was turned off", true));

    // Once GitHub is back and the message is sent again, the life goes on, and its issue tells.
    story.town.fakes.github.clear_faults();
    story.town.alarms.redrive();
    story.settle().await;
    let issue = story.issue();
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
    assert_eq!(issue.comments.len(), 1);
    assert!(issue.comments[0].body.contains(&incident.url), "{}", issue.comments[0].body);
    assert_eq!(story.incidents().len(), 1);
}

#[tokio::test]
async fn repeats_of_an_alarm_that_cannot_be_delivered_page_once() {
    let story = impatient().await;
    story.town.fakes.github.fault(down());
    for _ in 0..4 {
        story.publish(&self_service(jane())).await;
    }
    assert_eq!(story.town.alarms.dead_letters().len(), 4);
    story.incident();
}

#[tokio::test]
async fn nothing_is_given_up_while_the_pager_is_down_too() {
    let story = impatient().await;
    story.town.fakes.github.fault(down());
    story.town.fakes.pagerduty.fault(down());
    let id = story.town.publish(&self_service(jane()).to_string());
    // Two deliveries of three ask PagerDuty, so this is more than three queues full of them.
    pagerduty_was_asked(&story, 20).await;
    assert_eq!(story.town.alarms.dead_letters().len(), 0);
    story.town.fakes.pagerduty.clear_faults();
    story.settle().await;
    assert!(text(&story.incident()).contains(&id), "the message keeps its name");
    assert_eq!(story.town.alarms.dead_letters().len(), 1);

    story.town.fakes.github.clear_faults();
    story.town.alarms.redrive();
    story.settle().await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
    assert!(!story.issue().comments.iter().any(|comment| comment.body.contains("once more")), "it is no repeat");
}

#[tokio::test]
async fn a_page_stays_in_the_queue_while_the_pager_is_down() {
    let story = impatient().await;
    story.town.fakes.pagerduty.fault(down());
    story
        .town
        .publish(&json!({ "type": "high-priority", "body": { "pagerduty": { "title": "Root login" } } }).to_string());
    pagerduty_was_asked(&story, 20).await;
    story.town.fakes.pagerduty.clear_faults();
    story.settle().await;
    assert_eq!(story.incident().title, "Root login");
    assert_eq!(story.town.urgent.dead_letters().len() + story.town.alarms.dead_letters().len(), 0);
}

#[tokio::test]
async fn a_delivery_that_works_pages_nobody_even_if_it_is_the_last() {
    let story = impatient().await;
    story
        .town
        .fakes
        .github
        .fault(Fault::new("issues/create", Kind::Answer { status: 401, body: String::new() }).times(2));
    story.publish(&self_service(jane())).await;
    story.issue();
    // The second of three deliveries has told somebody already: the third may die.
    assert_eq!(story.incidents().len(), 1);
    assert_eq!(story.town.alarms.dead_letters().len(), 0);
}

#[tokio::test]
async fn neighbours_of_a_message_that_is_given_up_are_not_touched() {
    let story = impatient().await;
    story.town.fakes.github.fault(
        Fault::new("POST /repos/example-org/payments/*", Kind::Answer { status: 503, body: String::new() }).always(),
    );
    let mut poisoned = self_service(jane());
    poisoned["githubRepo"] = json!("payments");
    poisoned["body"]["github"]["title"] = json!("Poisoned");
    for n in 0..4 {
        let mut healthy = self_service(jane());
        healthy["body"]["github"]["title"] = json!(format!("Healthy {n}"));
        story.town.publish(&healthy.to_string());
    }
    story.town.publish(&poisoned.to_string());
    story.settle().await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (4, 4));
    assert!(story.incident().title.contains("Poisoned"));
    assert_eq!(story.town.alarms.dead_letters().len(), 1);
}

#[tokio::test]
async fn a_pager_that_hangs_buries_nobody_in_a_full_batch() {
    let story = impatient().await;
    story.town.fakes.github.fault(down());
    story.town.fakes.pagerduty.fault(Fault::new("*", Kind::Delay(Duration::from_secs(3_600))).always());
    let topic = Arc::new(PatientTopic::default());
    let world = World { topic: topic.clone(), ..story.town.world.clone() };
    let records = (0..6).map(|n| {
        let mut message = self_service(jane());
        message["dedupKey"] = json!(format!("alarm {n}"));
        json!({ "messageId": format!("m{n}"), "receiptHandle": "r", "attributes": { "ApproximateReceiveCount": "3" },
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "a", "awsRegion": "r",
            "body": message.to_string() })
    });
    let event = json!({ "Records": records.collect::<Vec<_>>() });
    let answer = dispatch_incoming::handle(&world, event, Duration::from_secs(5)).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]), "each of them comes again as another message");
    let again = topic.kept();
    for n in 0..6 {
        assert!(again.iter().any(|text| text.contains(&format!("alarm {n}"))), "alarm {n}: {again:?}");
    }
}
