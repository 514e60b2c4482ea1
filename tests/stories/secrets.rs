//! Whatever fails, and whatever a service says about it: no secret stands anywhere.

use dispatch_local::town::Options;
use dispatch_simulator::fake::{Fault, Kind};
use serde_json::json;

use crate::{
    log::Log,
    story::{Story, jane, options, self_service},
};

#[tokio::test]
async fn a_service_that_repeats_what_it_was_sent_makes_no_secret_known() {
    let log = Log::listen();
    for events in [false, true] {
        let story = Story::with(Options { max_receives: 3, events, ..options() }).await;
        let fakes = &story.town.fakes;
        let environment = fakes.environment();
        let secrets = story.secrets();
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
        story.tells_no_secret();
    }
}
