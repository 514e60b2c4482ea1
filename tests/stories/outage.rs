//! Services that hang, fail, or lose a reply.

use std::time::Duration;

use dispatch_simulator::fake::{Fault, Kind};

use crate::story::{Story, blocks_text, jane, self_service};

const FOR_EVER: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_click_is_kept_and_acknowledged_while_github_hangs_and_finished_later() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    story.town.fakes.github.fault(Fault::new("*", Kind::Delay(FOR_EVER)).always());
    let message = story.message_to("jane");
    let click = story.town.fakes.slack.click(&message.channel, &message.ts, "jane", "yes").unwrap();
    let status =
        tokio::time::timeout(Duration::from_secs(30), story.town.request(click.body.as_bytes(), &click.headers));
    assert_eq!(status.await.expect("triage does not wait for GitHub"), 200);

    // Slack does not need GitHub: the person sees the outcome at once.
    assert!(blocks_text(&story.message_to("jane")).contains("Thank you."));
    assert_eq!(story.issue().state, "open");
    story.town.fakes.github.clear_faults();
    story.settle().await;
    assert_eq!(story.issue().state, "closed");
    assert_eq!(story.issue().comments.len(), 1);
}

#[tokio::test]
async fn a_no_pages_once_while_pagerduty_hangs_and_comes_back() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    story.town.fakes.pagerduty.fault(Fault::new("*", Kind::DelayReply(FOR_EVER)).always());
    let message = story.message_to("jane");
    let click = story.town.fakes.slack.click(&message.channel, &message.ts, "jane", "no").unwrap();
    let status =
        tokio::time::timeout(Duration::from_secs(30), story.town.request(click.body.as_bytes(), &click.headers));
    assert_eq!(status.await.expect("triage does not wait for PagerDuty"), 200);
    story.town.fakes.pagerduty.clear_faults();
    story.settle().await;
    let incident = story.incident();
    let comments: String = story.issue().comments.iter().map(|comment| comment.body.clone()).collect();
    assert!(comments.contains(&incident.url), "{comments}");
}

#[tokio::test]
async fn every_service_may_fail_for_a_while() {
    for service in ["github", "slack", "pagerduty"] {
        let story = Story::begin().await;
        let fault = |kind: Kind| Fault::new("*", kind);
        let fakes = &story.town.fakes;
        for _ in 0..2 {
            for kind in [
                Kind::Answer { status: 503, body: String::new() },
                Kind::Drop,
                Kind::RateLimited { retry_after_s: Some(0) },
            ] {
                match service {
                    "github" => fakes.github.fault(fault(kind)),
                    "slack" => fakes.slack.fault(fault(kind)),
                    _ => fakes.pagerduty.fault(fault(kind)),
                }
            }
        }
        story.publish(&self_service(jane())).await;
        // What has met a limit waits for the clock.
        assert!(story.town.jump(Duration::from_secs(2)));
        story.town.tick().await;
        assert_eq!(story.click("jane", "no").await, 200, "{service}");
        assert_eq!((story.issues().len(), story.incidents().len()), (1, 1), "{service}");
        assert_eq!(story.issue().comments.len(), 2, "{service}");
    }
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_issue_and_no_second_comment() {
    let story = Story::begin().await;
    story.town.fakes.github.fault(Fault::new("issues/create", Kind::LoseReply));
    story.publish(&self_service(jane())).await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
    story.town.fakes.github.fault(Fault::new("issues/create-comment", Kind::LoseReply));
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!((story.issue().state.as_str(), story.issue().comments.len()), ("closed", 1));
}

#[tokio::test]
async fn an_alarm_that_is_not_asked_because_slack_is_down_is_asked_later() {
    let story = Story::begin().await;
    story.town.fakes.slack.fault(Fault::new("chat.postMessage", Kind::SlackError("invalid_auth".to_owned())).times(2));
    story.publish(&self_service(jane())).await;
    assert_eq!((story.town.fakes.slack.dm("jane").len(), story.fallback().len()), (1, 0));
}

#[tokio::test]
async fn what_fails_for_ever_ends_in_the_dead_letter_queue() {
    let story = Story::begin().await;
    story
        .town
        .fakes
        .github
        .fault(Fault::new("issues/create", Kind::Answer { status: 503, body: String::new() }).always());
    story.publish(&self_service(jane())).await;
    assert_eq!(story.town.alarms.dead_letters().len(), 1);
    story.town.fakes.github.clear_faults();
    assert_eq!(story.town.alarms.redrive(), 1);
    story.settle().await;
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
}
