//! Messages that cannot be read: never lost, never a crash.

use serde_json::json;

use crate::story::{Story, jane, self_service};

#[tokio::test]
async fn whatever_cannot_be_read_becomes_an_issue_that_shows_it_and_says_what_is_wrong() {
    let long = format!("{{\"type\":{}", "[".repeat(100_000));
    let cases = [
        ("not json at all", "not JSON"),
        ("null", "a JSON object"),
        ("[]", "a JSON object"),
        ("{}", "type"),
        (r#"{"type":"self-services"}"#, "one of self-service"),
        (r#"{"type":"self-service","body":{"github":{"title":"t"}}}"#, "users"),
        (r#"{"type":"broadcast","users":[{"slack":[]}],"body":{"github":{"title":"t"}}}"#, "users[0].slack"),
        (r#"{"type":"low-priority","body":{"github":{}}}"#, "body.github.title"),
        (long.as_str(), "JSON"),
        ("nul \u{0} and \u{202e} bytes", "not JSON"),
    ];
    for (text, says) in cases {
        let story = Story::begin().await;
        story.publish_text(text).await;
        let issue = story.issue();
        let body = issue.body.unwrap();
        let shown: String = text.chars().take(200).collect::<String>().replace('\0', "\u{FFFD}");
        assert!(body.contains(&shown), "{text:.80}: {body:.400}");
        assert!(format!("{} {body}", issue.title).contains(says), "{text:.80}: {body:.400}");
        story.ends_with(&[("issues/create", 1)]);
    }
}

#[tokio::test]
async fn the_same_problem_is_one_issue_and_every_new_text_is_kept() {
    let story = Story::begin().await;
    for text in ["first oops", "second oops", "first oops"] {
        story.publish_text(text).await;
    }
    let issue = story.issue();
    assert!(issue.body.as_deref().unwrap().contains("first oops"));
    let with = |part: &str| issue.comments.iter().filter(|comment| comment.body.contains(part)).count();
    assert_eq!((with("second oops"), with("first oops")), (1, 0));
}

#[tokio::test]
async fn an_unreadable_message_that_means_to_page_does_page() {
    for message in [
        json!({ "type": "catastrophe", "body": { "pagerduty": { "title": "All is lost", "service": "x" } } }),
        json!({ "type": "high-priority", "body": { "pagerduty": { "title": ["not a text"] } } }),
        json!({ "type": "high" }),
    ] {
        let story = Story::begin().await;
        story.publish(&message).await;
        story.incident();
        assert!(story.issues().is_empty(), "{message}");
    }
}

#[tokio::test]
async fn an_unreadable_message_holds_back_none_of_its_neighbours() {
    let story = Story::begin().await;
    story.town.publish("oops");
    story.town.publish(&self_service(jane()).to_string());
    story.town.publish("{\"type\": 5}");
    story.settle().await;
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
    assert_eq!(story.issues().len(), 3);
}
