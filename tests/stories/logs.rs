//! What the log must not tell: anything that an alarm says, and any secret.

use dispatch_simulator::fake::{Fault, Kind, slack::Click};
use jiff::Timestamp;
use serde_json::json;

use crate::{log::Log, story::Story};

/// What stands in every text of every message here.
const WORD: &str = "Xanadu";

#[tokio::test]
async fn nothing_of_an_alarm_and_no_secret_is_logged_whatever_fails() {
    let log = Log::listen();
    let story = Story::begin().await;
    let (github, slack) = (&story.town.fakes.github, &story.town.fakes.slack);
    let alarm = json!({
        "type": "self-service", "requestId": format!("request {WORD}"), "githubRepo": format!("{WORD}-repo"),
        "pagerDutyServiceId": format!("P{WORD}"),
        "users": [{ "slackId": "U0JANE", "slack": format!("jane {WORD}"), "github": WORD }],
        "body": {
            "github": { "title": format!("Title {WORD}"), "body": format!("Body {WORD}"), "labels": [WORD] },
            "slack": { "message": WORD, "prompt": format!("Prompt {WORD}?"),
                "actions": { "yes": WORD, "no": WORD, "yes_response": WORD, "no_response": WORD } },
        },
    });
    github.add_repository(&format!("example-org/{WORD}-repo"));
    let gone = Kind::Answer { status: 404, body: r#"{"message":"Not Found"}"#.to_owned() };
    let down = Kind::Answer { status: 503, body: String::new() };
    github.fault(Fault::new("issues/create", down.clone()));
    github.fault(Fault::new("issues/create-comment", gone));
    slack.fault(Fault::new("chat.postMessage", Kind::SlackError("invalid_auth".to_owned())));
    slack.fault(Fault::new("chat.update", Kind::SlackError("message_not_found".to_owned())));
    story.town.fakes.pagerduty.fault(Fault::new("*", down).times(4));
    story.publish(&alarm).await;
    assert_eq!(story.click("jane", "no").await, 200);
    story.publish_text(&format!("not JSON: {WORD}")).await;
    story.publish(&json!({ "type": WORD, "body": { "pagerduty": { "title": WORD } } })).await;
    story.publish(&json!({ "type": "nag", WORD: WORD, "users": WORD, "body": { "github": { "title": WORD } } })).await;
    for payload in [
        json!({ "type": WORD }),
        json!({ "type": "block_actions", "user": WORD }),
        json!({ "type": "view_submission", "user": { "id": WORD }, "view": WORD }),
        json!({ "type": "view_submission", "user": { "id": WORD, "name": WORD },
            "view": { "callback_id": "reason", "private_metadata": WORD, "state": { "values": {} } } }),
        json!({ "type": "view_submission", "user": { "id": "U0JANE", "name": WORD },
            "view": { "callback_id": "reason", "private_metadata": format!("v1.{}.5eed.0", "a".repeat(40)),
                "state": { "values": { "text": { "text": { "value": WORD } } } } } }),
        json!({ "type": "interactive_message", "callback_id": WORD, "user": { "id": WORD }, "channel": { "id": WORD },
            "message_ts": WORD, "actions": [{ "name": WORD }] }),
    ] {
        let body = format!("payload={payload}");
        story.send(&Click::signed(body, "signed-by-the-fake-only", Timestamp::now().as_second())).await;
    }

    let log = log.text();
    assert!(log.contains("a step failed") && log.contains("gave up a step") && log.contains("refused"), "{log}");
    let secrets = story.town.fakes.environment();
    let secrets =
        secrets.iter().filter(|(name, _)| name.ends_with("TOKEN") || name.ends_with("SECRET") || name.ends_with("KEY"));
    let unsaid: Vec<&str> = secrets.map(|(_, value)| value.as_str()).chain([WORD]).collect();
    let telling =
        log.lines().filter(|line| unsaid.iter().any(|text| line.to_lowercase().contains(&text.to_lowercase())));
    assert_eq!(telling.collect::<Vec<_>>(), Vec::<&str>::new());
}
