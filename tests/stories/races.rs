//! Things that happen at the same moment, or twice, or in the wrong order.

use std::{sync::Arc, time::Duration};

use dispatch_core::alarm::{Issue, IssueNumber, Repo};
use dispatch_engine::world::World;
use dispatch_simulator::fake::{Fault, Kind, github::Lag};
use serde_json::json;

use crate::{
    meddling::{Meddled, StaleSearch, Whim, deliver, deliver_within},
    story::{REPO, Story, blocks_text, buttons, jane, self_service, unheard},
};

#[tokio::test]
async fn an_alarm_that_comes_back_while_somebody_writes_to_its_old_life_begins_a_new_one() {
    let town = Meddled::begin().await;
    assert_eq!(town.deliver("m1", &self_service(jane())).await, 0);
    town.story.town.fakes.github.close_by_hand(REPO, 1).unwrap();
    town.store.meddle("swap", 0, Whim::Interfere);
    assert_eq!(town.deliver("m2", &self_service(jane())).await, 0);
    assert_eq!((town.story.issues().len(), town.story.town.fakes.slack.dm("jane").len()), (2, 2));
}

#[tokio::test]
async fn a_search_that_still_shows_the_closed_issue_does_not_swallow_the_next_alarm() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!(story.issue().state, "closed");
    let (owner, name) = REPO.split_once('/').unwrap();
    let found = Issue { repo: Repo::new(owner, name), number: IssueNumber(1), url: story.issue().url };
    let world = story.town.world.clone();
    let world = World { audit: Arc::new(StaleSearch { inner: Arc::clone(&world.audit), found }), ..world };
    assert_eq!(deliver(&world, "m2", &self_service(jane())).await, 0);
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (2, 2));
}

#[tokio::test]
async fn a_message_of_an_earlier_life_that_is_delivered_again_raises_nothing() {
    let story = Story::begin().await;
    let world = &story.town.world;
    for id in ["m1", "m2"] {
        assert_eq!(deliver(world, id, &self_service(jane())).await, 0);
        assert_eq!(story.click("jane", "yes").await, 200);
    }
    for id in ["m2", "m1"] {
        assert_eq!(deliver(world, id, &self_service(jane())).await, 0);
        assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (2, 2), "{id}");
    }
}

#[tokio::test]
async fn a_click_before_the_question_is_on_record_still_takes_the_buttons_away() {
    let story = Story::begin().await;
    let world = &story.town.world;
    // Slack has posted the question, and its reply is lost: the message waits for its next delivery.
    story.town.fakes.slack.fault(Fault::new("chat.postMessage", Kind::LoseReply));
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 1);
    assert_eq!(story.click("jane", "no").await, 200);
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 0);

    assert_eq!(story.incidents().len(), 1);
    let messages = story.town.fakes.slack.dm("jane");
    assert_eq!(messages.len(), 1, "nobody who has answered is asked again");
    assert!(buttons(&messages[0]).is_empty(), "{messages:#?}");
    assert!(blocks_text(&messages[0]).contains("We are on our way."));
}

#[tokio::test]
async fn of_two_copies_of_a_question_the_one_that_is_answered_shows_the_outcome() {
    let story = Story::begin().await;
    let world = &story.town.world;
    story.town.fakes.slack.revoke_scope("im:history");
    story.town.fakes.slack.fault(Fault::new("chat.postMessage", Kind::LoseReply));
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 1);
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 0);
    let copies = story.town.fakes.slack.dm("jane");
    assert_eq!(copies.len(), 2, "without the scope nobody can look for the first");
    assert_eq!(story.click_message("jane", &copies[0], "yes").await, 200);
    assert!(buttons(&story.town.fakes.slack.dm("jane")[0]).is_empty());
}

#[tokio::test]
async fn a_comment_whose_reply_was_lost_is_found_again_although_the_count_has_moved_on() {
    let story = Story::begin().await;
    let world = &story.town.world;
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 0);
    story.town.fakes.github.fault(Fault::new("issues/create-comment", Kind::LoseReply));
    assert_eq!(deliver(world, "m2", &self_service(jane())).await, 1);
    assert_eq!(deliver(world, "m3", &self_service(jane())).await, 0);
    assert_eq!(deliver(world, "m2", &self_service(jane())).await, 0);
    let comments = story.issue().comments;
    assert_eq!(comments.len(), 1, "{comments:#?}");
    assert!(comments[0].body.contains("2 more times"), "{comments:#?}");
}

#[tokio::test]
async fn long_titles_that_differ_at_their_end_are_different_alarms() {
    let story = Story::begin().await;
    for host in ["a", "b"] {
        let mut alarm = self_service(jane());
        alarm["body"]["github"]["title"] = json!(format!("{} on host {host}", "disk is full ".repeat(30)));
        story.publish(&alarm).await;
    }
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (2, 2));
}

#[tokio::test]
async fn an_issue_in_doubt_stays_in_doubt_until_somebody_could_look() {
    let story = Story::begin().await;
    let world = &story.town.world;
    let github = &story.town.fakes.github;
    github.fault(Fault::new("issues/create", Kind::LoseReply));
    github.fault(Fault::new("issues/list-for-repo", Kind::Answer { status: 503, body: String::new() }).times(3));
    // The issue is there, and so is a search that does not show it yet.
    github.lag(Lag::UntilSettled);
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 1);
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 1);
    github.settle();
    github.fault(Fault::new("/search/*", Kind::RateLimited { retry_after_s: Some(3_600) }).always());
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 0);
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
}

#[tokio::test]
async fn a_broadcast_that_is_longer_than_a_run_is_handed_on() {
    let town = Meddled::begin().await;
    let users: Vec<_> = (0..80).map(|n| json!({ "slackId": "U0JANE", "slack": format!("jane {n}") })).collect();
    let alarm = json!({ "type": "broadcast", "users": users,
        "body": { "github": { "title": "Keys were rotated" }, "slack": { "message": "Keys were rotated." } } });
    town.story.town.fakes.slack.fault(Fault::new("chat.postMessage", Kind::Delay(Duration::from_millis(700))).always());
    assert_eq!(deliver_within(&town.world, "m1", &alarm, Duration::from_secs(1)).await, 0);
    town.story.town.fakes.slack.clear_faults();
    assert_eq!(town.deliver_what_was_handed_on().await, 1);
    assert!(town.story.town.fakes.slack.dm("jane").len() >= 80);
}

#[tokio::test]
async fn an_answer_is_written_on_its_issue_although_that_was_closed_meanwhile() {
    let story = Story::with(unheard()).await;
    let world = &story.town.world;
    assert_eq!(deliver(world, "m1", &self_service(jane())).await, 0);
    let busy = Kind::Answer { status: 401, body: r#"{"message":"Bad credentials"}"#.to_owned() };
    story.town.fakes.github.fault(Fault::new("issues/create-comment", busy.clone()).always());
    let message = story.message_to("jane");
    let click = story.town.fakes.slack.click(&message.channel, &message.ts, "jane", "no").unwrap();
    assert_eq!(story.town.request(click.body.as_bytes(), &click.headers).await, 200);
    story.town.fakes.github.close_by_hand(REPO, 1).unwrap();
    assert_eq!(deliver(world, "m2", &self_service(jane())).await, 1);
    story.town.fakes.github.clear_faults();
    story.settle().await;
    assert_eq!(deliver(world, "m2", &self_service(jane())).await, 0);
    let comments: String = story.issues()[0].comments.iter().map(|comment| comment.body.as_str()).collect();
    assert!(comments.contains("answered **no**") && comments.contains(&story.incident().url), "{comments}");
}
