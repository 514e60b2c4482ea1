//! Two runs at the same time.

use std::time::Duration;

use dispatch_engine::world::World;
use dispatch_local::town::Options;
use serde_json::json;

use crate::story::{Story, jane, options, self_service};

const TIME: Duration = Duration::from_secs(30);

/// A second world on the same services and the same store, with clients of its own, as another
/// process has.
async fn twin(story: &Story, store_url: &str) -> World {
    let environment = story.town.fakes.environment();
    let lookup = |name: &str| match name {
        "DISPATCH_STORE_URL" => Some(store_url.to_owned()),
        name => environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()),
    };
    let settings = dispatch_services::read(lookup).await.unwrap();
    let services = dispatch_services::connect(&settings).await.unwrap();
    World { topic: story.town.world.topic.clone(), ..services.world() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_deliveries_of_one_alarm_make_one_issue_and_one_question() {
    let folder = tempfile::tempdir().unwrap();
    let store_url = format!("file://{}", folder.path().display());
    let story = Story::with(Options { store_url: store_url.clone(), ..options() }).await;
    let other = twin(&story, &store_url).await;
    for round in 0..5 {
        let mut alarm = self_service(jane());
        alarm["body"]["github"]["title"] = json!(format!("alarm {round}"));
        let batch = |sqs: &str| {
            json!({ "Records": [{ "messageId": sqs, "receiptHandle": "r", "attributes": {}, "messageAttributes": {},
                "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "a", "awsRegion": "r",
                "body": json!({ "Type": "Notification", "MessageId": format!("sns-{round}"), "TopicArn": "t",
                    "Message": alarm.to_string() }).to_string() }] })
        };
        let (one, two) = tokio::join!(
            dispatch_incoming::handle(&story.town.world, batch("1"), TIME),
            dispatch_incoming::handle(&other, batch("2"), TIME),
        );
        // Whoever came second may have stepped back: then its message comes again and finds all done.
        for (answer, world) in [(one.unwrap(), &story.town.world), (two.unwrap(), &other)] {
            if answer != json!({ "batchItemFailures": [] }) {
                let again = dispatch_incoming::handle(world, batch("3"), TIME).await.unwrap();
                assert_eq!(again, json!({ "batchItemFailures": [] }));
            }
        }
        assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (round + 1, round + 1));
    }
}
