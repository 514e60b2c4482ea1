//! Whatever fails, and whatever a service says about it: no secret stands anywhere.

use dispatch_local::town::Options;
use dispatch_simulator::fake::{Fault, Kind};
use serde_json::json;

use crate::{
    log::Log,
    story::{Story, jane, options, self_service},
};

/// Everything that people and machines can read afterwards.
async fn everything(story: &Story) -> String {
    let mut all = String::new();
    let fakes = &story.town.fakes;
    for repository in fakes.github.repositories() {
        all.push_str(&format!("{:?}", fakes.github.issues(&repository)));
    }
    for person in ["jane", "joe", "sam"] {
        all.push_str(&format!("{:?}", fakes.slack.dm(person)));
    }
    all.push_str(&format!("{:?}{:?}", story.fallback(), story.incidents()));
    let store = &story.town.world.store;
    for prefix in ["alarms/", "lost/", "budget/"] {
        for path in store.list(prefix).await.unwrap() {
            let (bytes, _) = store.read(&path).await.unwrap().unwrap();
            all.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    all
}

#[tokio::test]
async fn a_service_that_repeats_what_it_was_sent_makes_no_secret_known() {
    let log = Log::listen();
    for events in [false, true] {
        let story = Story::with(Options { max_receives: 3, events, ..options() }).await;
        let fakes = &story.town.fakes;
        let environment = fakes.environment();
        let secrets = environment.iter().filter(|(name, value)| {
            !value.is_empty() && (name.ends_with("TOKEN") || name.ends_with("SECRET") || name.ends_with("KEY"))
        });
        let secrets: Vec<String> = secrets.map(|(_, value)| value.clone()).collect();
        assert!(secrets.len() >= 4, "{environment:?}");
        // Each service knows its own credentials.
        let of = |vendor: &str| -> String {
            let own = environment.iter().filter(|(name, value)| name.starts_with(vendor) && secrets.contains(value));
            own.map(|(_, value)| value.clone()).collect::<Vec<_>>().join(" and ")
        };
        let echo = of("GITHUB_TOKEN");
        let github = json!({ "message": format!("Bad request: {echo}"), "errors": [echo] }).to_string();
        let complaint = |vendor: &str| {
            let echo = of(vendor);
            json!({ "status": "invalid event", "message": echo, "errors": [echo],
                "error": { "message": echo, "code": 2001, "errors": [echo] } })
            .to_string()
        };
        for status in [400, 401, 403, 422, 429, 500] {
            let kind = |body: &str| Kind::Answer { status, body: body.to_owned() };
            // A limit without a time means a minute at GitHub, and is kept to.
            if status != 429 {
                fakes.github.fault(Fault::new("issues/create", kind(&github)));
                fakes.github.fault(Fault::new("issues/create-comment", kind(&github)));
            }
            fakes.pagerduty.fault(Fault::new("createIncident", kind(&complaint("PAGERDUTY_API"))));
            fakes.pagerduty.fault(Fault::new("createV2Event", kind(&complaint("PAGERDUTY_ROUTING"))));
        }
        let echo = of("SLACK_BOT");
        fakes.slack.fault(Fault::new("chat.postMessage", Kind::SlackError(echo.clone())));
        fakes.slack.fault(Fault::new("chat.update", Kind::SlackError(echo.clone())));
        for n in 0..3 {
            let mut message = self_service(jane());
            message["body"]["github"]["title"] = json!(format!("Alarm {n}"));
            message["githubRepo"] = json!("elsewhere");
            story.publish(&message).await;
        }
        story.publish(&json!({ "type": "high-priority", "body": { "pagerduty": { "title": "Root login" } } })).await;
        fakes.github.clear_faults();
        story.town.alarms.redrive();
        story.settle().await;
        assert_eq!(story.click("jane", "no").await, 200);

        let logged = log.text();
        assert!(logged.contains("went back") || logged.contains("goes back"), "{logged}");
        let read = format!("{}{logged}", everything(&story).await);
        for secret in &secrets {
            let at = read.find(secret.as_str());
            let around = at.map(|at| read[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            assert_eq!(around, None, "a secret stands there");
        }
    }
}
