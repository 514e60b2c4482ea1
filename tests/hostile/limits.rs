//! What the services are sent when a message is huge or strange keeps to their contracts: over HTTP, by the real
//! clients.

use std::time::Duration;

use dispatch_local::town::{Options, Town};
use dispatch_tests::contract;
use serde_json::json;

use crate::damage::FILLINGS;

#[tokio::test]
async fn whatever_a_message_says_the_vendors_are_sent_what_they_take() {
    let options = Options { retry_after: Duration::from_millis(10), ..Options::default() };
    let town = Town::start(options).await.unwrap();
    let mut pages = 0;
    for filling in FILLINGS {
        let text = &filling.repeat(20_000 / filling.len());
        let texts = json!({ "message": text, "prompt": text, "actions": { "yes": text, "no": text } });
        let github = json!({ "title": format!("{filling}: {text}"), "body": text, "labels": [text, "b"] });
        for kind in ["self-service", "broadcast", "nag", "low-priority", "strange"] {
            let users = json!([{ "slack": "jane", "github": text }, { "slackId": "U012AB3CD" }, { "email": text }]);
            let body = json!({ "github": github, "slack": texts });
            town.publish(&json!({ "type": kind, "dedupKey": format!("{kind} {filling}"), "requestId": text, "users": users, "body": body }).to_string());
        }
        for title in [text.as_str(), filling] {
            pages += usize::from(!title.trim().is_empty());
            town.publish(
                &json!({ "type": "high", "dedupKey": text, "body": { "pagerduty": { "title": title, "body": text } } })
                    .to_string(),
            );
        }
        town.publish(text);
    }
    tokio::time::timeout(Duration::from_secs(120), town.idle()).await.expect("the queues come to rest");
    assert_eq!(town.fakes.violations(), Vec::<String>::new());
    assert_eq!(contract::check(&town.fakes.requests()), Vec::<String>::new());
    assert!(pages > 0 && !town.fakes.pagerduty.incidents().is_empty());
    for queue in [&town.urgent, &town.alarms] {
        assert_eq!(queue.dead_letters().len(), 0, "dead letters in {}", queue.name());
    }
}
