//! What people do instead of a plain yes or no: other answers, reasons, passing on, putting off; and what they do on
//! GitHub and in PagerDuty.

use std::time::Duration;

use dispatch_simulator::fake::slack::Message;
use serde_json::{Value, json};

use crate::story::{REPO, Story, blocks_text, buttons, self_service};

/// A timer stands at the next whole second.
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn question(more: &Value) -> Value {
    let mut message = self_service(json!({ "slackId": "U0JANE", "slack": "jane", "github": "jane" }));
    message["answerTimeout"] = json!("PT8H");
    for (name, value) in more.as_object().expect("an object") {
        message[name] = value.clone();
    }
    message
}

async fn pass(story: &Story, time: Duration) {
    assert!(story.town.jump(time + SECOND));
    story.town.tick().await;
}

fn comments(story: &Story) -> String {
    story.issue().comments.iter().map(|comment| comment.body.clone()).collect::<Vec<_>>().join("\n---\n")
}

fn first_to(story: &Story, person: &str) -> Message {
    story.town.fakes.slack.dm(person).into_iter().find(|message| message.thread_ts.is_none()).expect("a message")
}

fn reminders(story: &Story, person: &str) -> usize {
    story.town.fakes.slack.dm(person).iter().filter(|message| message.thread_ts.is_some()).count()
}

#[tokio::test]
async fn a_further_answer_counts_as_yes_or_no_and_is_told_in_its_own_words() {
    for (button, state, pages) in [("more.0", "closed", 0), ("more.1", "open", 1)] {
        let story = Story::begin().await;
        let mut message = question(&json!({}));
        message["body"]["slack"]["actions"]["more"] = json!([
            { "label": "Not me, but my team", "counts": "yes", "response": "Good to know." },
            { "label": "Not me, and it looks bad", "counts": "no" },
        ]);
        story.publish(&message).await;
        assert_eq!(buttons(&first_to(&story, "jane")).len(), 4);
        assert_eq!(story.click("jane", button).await, 200);
        assert_eq!((story.issue().state.as_str(), story.incidents().len()), (state, pages));
        let label = if pages == 0 { "Not me, but my team" } else { "Not me, and it looks bad" };
        assert!(comments(&story).contains(label), "{}", comments(&story));
    }
}

#[tokio::test]
async fn a_reason_is_asked_for_once_the_answer_is_kept_and_stands_on_the_issue() {
    let story = Story::begin().await;
    story.publish(&question(&json!({ "askReason": true }))).await;
    assert_eq!(story.click("jane", "no").await, 200);
    story.incident();
    story.submit("jane", &[("text", "I was on a plane. @everyone <script>")]).await.unwrap();
    let text = comments(&story);
    assert!(text.contains("says why") && text.contains("I was on a plane."), "{text}");
    assert!(!text.contains("\n@everyone"), "{text}");
}

#[tokio::test]
async fn the_wrong_person_passes_it_on_to_the_next_and_then_to_the_fallback() {
    let story = Story::begin().await;
    let users = json!([{ "slackId": "U0JANE", "slack": "jane" }, { "slackId": "U0JOE", "slack": "joe" }]);
    story.publish(&question(&json!({ "wrongPerson": true, "users": users }))).await;
    assert_eq!(story.town.fakes.slack.dm("joe").len(), 0);
    assert_eq!(story.click("jane", "wrong").await, 200);
    assert!(buttons(&first_to(&story, "jane")).is_empty());
    assert!(blocks_text(&first_to(&story, "joe")).contains("says that somebody else is meant"));
    assert!(comments(&story).contains("joe is asked"), "{}", comments(&story));
    assert_eq!(story.click("joe", "wrong").await, 200);
    let note = blocks_text(&story.fallback().pop().expect("a note"));
    assert!(note.contains("somebody else is meant") && !note.contains("2FA"), "{note}");
    // Nobody has answered, so the deadline stands.
    pass(&story, 8 * HOUR).await;
    story.incident();
}

#[tokio::test]
async fn whoever_it_was_passed_on_to_answers_for_all() {
    let story = Story::begin().await;
    let users = json!([{ "slackId": "U0JANE", "slack": "jane" }, { "slackId": "U0JOE", "slack": "joe" }]);
    story.publish(&question(&json!({ "wrongPerson": true, "users": users }))).await;
    assert_eq!(story.click("jane", "wrong").await, 200);
    assert_eq!(story.click("joe", "yes").await, 200);
    assert_eq!(story.issue().state, "closed");
    pass(&story, 24 * HOUR).await;
    assert_eq!(story.incidents().len(), 0);
}

#[tokio::test]
async fn a_reminder_can_be_put_off_twice_and_the_deadline_never() {
    let story = Story::begin().await;
    story.publish(&question(&json!({ "snooze": true }))).await;
    assert_eq!(story.click("jane", "snooze").await, 200);
    story.submit("jane", &[("choice", "1h"), ("text", "in a meeting")]).await.unwrap();
    let text = comments(&story);
    assert!(text.contains("put off the reminder") && text.contains("in a meeting"), "{text}");
    assert!(blocks_text(&first_to(&story, "jane")).contains("You will be reminded"));
    pass(&story, HOUR).await;
    assert_eq!(reminders(&story, "jane"), 1);
    assert_eq!(story.click("jane", "snooze").await, 200);
    story.submit("jane", &[("choice", "4h")]).await.unwrap();
    assert!(!buttons(&first_to(&story, "jane")).iter().any(|button| button["action_id"] == "snooze"), "twice is all");
    pass(&story, 4 * HOUR + MINUTE).await;
    assert_eq!(reminders(&story, "jane"), 2);
    pass(&story, 3 * HOUR).await;
    story.incident();
}

#[tokio::test]
async fn closing_the_issue_on_github_ends_the_question_and_resolves_the_page() {
    let story = Story::begin().await;
    story.publish(&question(&json!({}))).await;
    pass(&story, 8 * HOUR).await;
    let (issue, incident) = (story.issue(), story.incident());
    assert_eq!(incident.status, "triggered");
    story.town.fakes.github.close_by_hand(REPO, issue.number).unwrap();
    story.settle().await;
    assert_eq!(story.incident().status, "resolved");
    let shown = first_to(&story, "jane");
    assert!(buttons(&shown).is_empty() && blocks_text(&shown).contains("closed"), "{}", blocks_text(&shown));
}

#[tokio::test]
async fn what_people_do_in_pagerduty_stands_on_the_issue_and_on_the_question() {
    let story = Story::begin().await;
    story.publish(&question(&json!({}))).await;
    assert_eq!(story.click("jane", "no").await, 200);
    let incident = story.incident();
    story.town.fakes.pagerduty.acknowledge_as(&incident.id, "sam").unwrap();
    story.settle().await;
    assert!(comments(&story).contains("The page was acknowledged"), "{}", comments(&story));
    assert!(blocks_text(&first_to(&story, "jane")).contains("acknowledged"));
    story.town.fakes.pagerduty.resolve_as(&incident.id, "sam").unwrap();
    story.settle().await;
    assert!(comments(&story).contains("The page was resolved"), "{}", comments(&story));
    assert!(blocks_text(&first_to(&story, "jane")).contains("resolved"));
    assert_eq!(story.issue().state, "open", "a person closes it");
}

#[tokio::test]
async fn an_issue_that_is_opened_again_belongs_to_people() {
    let story = Story::begin().await;
    story.publish(&question(&json!({}))).await;
    assert_eq!(story.click("jane", "yes").await, 200);
    let issue = story.issue();
    story.town.fakes.github.reopen(REPO, issue.number).unwrap();
    story.settle().await;
    let before = (story.calls("chat.postMessage"), story.calls("issues/create-comment"));
    pass(&story, 24 * HOUR).await;
    assert_eq!((story.calls("chat.postMessage"), story.calls("issues/create-comment")), before);
    // The alarm comes again: it is counted, and nobody is asked.
    story.publish(&question(&json!({}))).await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
    assert!(comments(&story).contains("raised once more"), "{}", comments(&story));
    assert_eq!(story.issue().state, "open");
}

#[tokio::test]
async fn a_publisher_that_says_it_is_over_closes_everything() {
    for by_title in [true, false] {
        let story = Story::begin().await;
        let mut message = question(&json!({}));
        let mut resolve = json!({ "type": "resolve", "body": { "slack": { "message": "The disk has room again." } } });
        if by_title {
            resolve["body"]["github"] = json!({ "title": "2FA was turned off" });
        } else {
            message["dedupKey"] = json!("disk-1");
            resolve["dedupKey"] = json!("disk-1");
        }
        story.publish(&message).await;
        pass(&story, 8 * HOUR).await;
        assert_eq!(story.incident().status, "triggered");
        story.publish(&resolve).await;
        assert_eq!((story.issue().state.as_str(), story.incident().status.as_str()), ("closed", "resolved"));
        assert!(comments(&story).contains("The disk has room again."), "{}", comments(&story));
        assert!(buttons(&first_to(&story, "jane")).is_empty());
        // Again, and for something that never was: nothing.
        story.publish(&resolve).await;
        story.publish(&json!({ "type": "resolve", "dedupKey": "nothing" })).await;
        assert_eq!(story.issues().len(), 1);
    }
}

#[tokio::test]
async fn a_page_that_was_asked_for_as_such_is_resolved_by_its_key() {
    let story = Story::begin().await;
    let page =
        json!({ "type": "high-priority", "dedupKey": "root", "body": { "pagerduty": { "title": "Root login" } } });
    story.publish(&page).await;
    assert_eq!(story.incident().status, "triggered");
    story.publish(&json!({ "type": "resolve", "dedupKey": "root" })).await;
    assert_eq!(story.incident().status, "resolved");
}
