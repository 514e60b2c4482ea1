//! The same alarm again.

use serde_json::{Value, json};

use crate::story::{REPO, Story, blocks_text, buttons, jane, journal, self_service, unheard};

fn low() -> Value {
    json!({ "type": "low-priority", "body": { "github": { "title": "Old key", "body": "b" } } })
}

#[tokio::test]
async fn an_alarm_that_is_open_asks_no_second_time_and_is_counted() {
    let story = Story::begin().await;
    for _ in 0..5 {
        story.publish(&self_service(jane())).await;
    }
    let issue = story.issue();
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
    assert_eq!(issue.comments.len(), 1);
    assert!(issue.comments[0].body.contains("4 more times"), "{}", issue.comments[0].body);
    story.ends_with(&[
        ("chat.postMessage", 1),
        ("issues/create", 1),
        ("issues/create-comment", 1),
        ("issues/update-comment", 3),
    ]);
}

#[tokio::test]
async fn a_repeat_does_not_set_the_timer_that_stands() {
    let story = Story::begin().await;
    let mut message = self_service(jane());
    message["answerTimeout"] = json!("PT4H");
    let timer = async || {
        story.publish(&message).await;
        journal(&story.town.world, "2FA was turned off").await.timer.unwrap()
    };
    let first = timer().await;
    for _ in 0..3 {
        assert_eq!(timer().await, first, "each has a number of its own");
    }
}

#[tokio::test]
async fn repeats_in_one_batch_are_folded() {
    let story = Story::begin().await;
    for _ in 0..8 {
        story.town.publish(&self_service(jane()).to_string());
    }
    story.settle().await;
    story.issue();
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
}

#[tokio::test]
async fn an_issue_that_a_person_opened_stops_the_alarm_and_counts_it() {
    let story = Story::begin().await;
    story.town.fakes.github.open_by_hand(REPO, "2FA was turned off", "by hand", false).unwrap();
    story.publish(&self_service(jane())).await;
    let issue = story.issue();
    assert_eq!(issue.comments.len(), 1);
    assert!(issue.comments[0].body.contains("once more"), "{}", issue.comments[0].body);
    story.ends_with(&[("issues/create-comment", 1)]);
}

#[tokio::test]
async fn pull_requests_closed_issues_and_other_titles_do_not_count() {
    let story = Story::begin().await;
    let github = &story.town.fakes.github;
    github.open_by_hand(REPO, "2FA was turned off", "a pull request", true).unwrap();
    let closed = github.open_by_hand(REPO, "2FA was turned off", "closed", false).unwrap();
    github.close_by_hand(REPO, closed).unwrap();
    github.open_by_hand(REPO, "2FA was turned off again", "another title", false).unwrap();
    story.publish(&self_service(jane())).await;
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
}

#[tokio::test]
async fn after_its_end_an_alarm_begins_again_unless_retrigger_is_false() {
    for (retrigger, questions) in [(Value::Null, 2), (json!(true), 2), (json!(false), 1), (json!("false"), 1)] {
        let story = Story::begin().await;
        let mut alarm = self_service(jane());
        alarm["retrigger"] = retrigger.clone();
        story.publish(&alarm).await;
        assert_eq!(story.click("jane", "yes").await, 200);
        story.publish(&alarm).await;
        assert_eq!(story.town.fakes.slack.dm("jane").len(), questions, "retrigger {retrigger}");
        assert_eq!(story.issues().len(), questions);
    }
}

#[tokio::test]
async fn retrigger_false_also_stops_for_a_closed_issue_of_somebody_else() {
    let story = Story::begin().await;
    let closed = story.town.fakes.github.open_by_hand(REPO, "2FA was turned off", "", false).unwrap();
    story.town.fakes.github.close_by_hand(REPO, closed).unwrap();
    let mut alarm = self_service(jane());
    alarm["retrigger"] = json!(false);
    story.publish(&alarm).await;
    story.ends_with(&[]);
}

#[tokio::test]
async fn an_issue_that_a_person_closed_ends_the_life() {
    let story = Story::with(unheard()).await;
    story.publish(&self_service(jane())).await;
    story.town.fakes.github.close_by_hand(REPO, 1).unwrap();
    story.publish(&self_service(jane())).await;
    let messages = story.town.fakes.slack.dm("jane");
    assert_eq!((story.issues().len(), messages.len()), (2, 2));
    // The first question is over, and shows it.
    assert!(buttons(&messages[0]).is_empty(), "{:#?}", messages[0]);
    assert!(blocks_text(&messages[0]).contains("no answer is needed any more"), "{}", blocks_text(&messages[0]));
    assert_eq!(story.click_message("jane", &story.town.fakes.slack.dm("jane")[1].clone(), "yes").await, 200);
    assert!(story.issues().iter().all(|issue| issue.state == "closed"));
}

#[tokio::test]
async fn a_dedup_key_tells_alarms_with_one_title_apart_and_joins_different_titles() {
    let story = Story::begin().await;
    for (key, title) in [("disk a", "Disk is full"), ("disk b", "Disk is full"), ("disk a", "Disk a is quite full")] {
        let mut alarm = low();
        alarm["dedupKey"] = json!(key);
        alarm["body"]["github"]["title"] = json!(title);
        story.publish(&alarm).await;
    }
    assert_eq!(story.issues().len(), 2);
}

#[tokio::test]
async fn the_search_for_a_standing_issue_delays_and_fails_nothing() {
    use dispatch_simulator::fake::{Fault, Kind};
    let story = Story::begin().await;
    story.town.fakes.github.fault(Fault::new("/search/*", Kind::SecondaryLimit { retry_after_s: Some(3600) }).always());
    story.publish(&self_service(jane())).await;
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
}

#[tokio::test]
async fn an_alarm_is_not_silenced_by_another_with_a_dedup_key_and_the_same_title() {
    let story = Story::begin().await;
    let mut other = self_service(json!({ "slack": "joe" }));
    other["dedupKey"] = json!("of joe alone");
    story.publish(&other).await;
    story.publish(&self_service(jane())).await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (2, 1));
}
