//! Nothing takes longer than it may, whatever hangs.

use std::{sync::Arc, time::Duration};

use dispatch_engine::world::World;
use dispatch_simulator::fake::{Fault, Kind};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::{
    meddling::{HangingTopic, Meddled, Whim, click},
    story::{jane, self_service},
};

const FOR_EVER: Duration = Duration::from_secs(3_600);
const TRIAGE_MAX: Duration = Duration::from_secs(2);

fn hang_everything(town: &Meddled) {
    let fakes = &town.story.town.fakes;
    fakes.github.fault(Fault::new("*", Kind::Delay(FOR_EVER)).always());
    fakes.pagerduty.fault(Fault::new("*", Kind::Delay(FOR_EVER)).always());
    fakes.slack.fault(Fault::new("*", Kind::Delay(FOR_EVER)).always());
}

#[tokio::test]
async fn a_click_is_answered_within_two_seconds_while_everything_hangs() {
    for (store_hangs, topic_hangs) in [(false, true), (true, false), (true, true)] {
        let town = Meddled::begin().await;
        town.deliver_until_done("m1", &self_service(jane())).await;
        hang_everything(&town);
        if store_hangs {
            town.store.hang_for_ever();
        }
        let mut triage = town.triage();
        if topic_hangs {
            triage.world = World { topic: Arc::new(HangingTopic), ..triage.world };
        }
        let start = Instant::now();
        let status = click(&triage, &town.story, "jane", "no").await;
        assert!(start.elapsed() < TRIAGE_MAX, "{:?}", start.elapsed());
        assert_eq!(status, 500, "somebody whose answer may be lost must see that");
    }
}

#[tokio::test]
async fn an_answer_is_handed_on_when_the_store_hangs_right_after_it() {
    let town = Meddled::begin().await;
    town.deliver_until_done("m1", &self_service(jane())).await;
    // The first swap is the answer; the next one would begin the steps that follow from it.
    town.store.meddle("swap", 1, Whim::HangAfter);
    let start = Instant::now();
    assert_eq!(town.click("jane", "no").await, 200);
    assert!(start.elapsed() < TRIAGE_MAX, "{:?}", start.elapsed());
    // What was handed on meets the lease of the run that hangs, and comes again when it has ended.
    assert_eq!(town.deliver_what_was_handed_on().await, 1);
    town.story.incident();
}

#[tokio::test]
async fn a_batch_is_answered_in_time_while_the_store_or_github_hangs() {
    for store_hangs in [true, false] {
        let town = Meddled::begin().await;
        town.deliver_until_done("m1", &self_service(jane())).await;
        if store_hangs {
            town.store.hang_for_ever();
        } else {
            town.story.town.fakes.github.fault(Fault::new("*", Kind::Delay(FOR_EVER)).always());
        }
        let page = json!({ "type": "high", "body": { "pagerduty": { "title": "Root was used" } } });
        let record = |id: &str, text: String| {
            json!({ "messageId": id, "receiptHandle": "r", "attributes": {}, "messageAttributes": {}, "md5OfBody": "",
                "eventSource": "aws:sqs", "eventSourceARN": "a", "awsRegion": "r", "body": text })
        };
        let event =
            json!({ "Records": [record("1", self_service(jane()).to_string()), record("2", page.to_string())] });
        let start = Instant::now();
        let answer = dispatch_incoming::handle(&town.world, event, Duration::from_millis(500));
        let answer = timeout(Duration::from_secs(10), answer).await.expect("incoming ends in its time").unwrap();
        // What `incoming` keeps back of its time is 3 seconds.
        assert!(start.elapsed() < Duration::from_millis(3_500), "{:?}", start.elapsed());
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] }), "its neighbour is done");
        town.story.incident();
    }
}
