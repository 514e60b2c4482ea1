//! No issue is opened where everybody can read it, unless that is allowed.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    meddling::deliver,
    story::{REPO, Story, jane, options, self_service},
};

const OPEN: &str = "example-org/open";

/// A town with a public repository.
async fn with_public() -> Story {
    let story = Story::begin().await;
    story.town.fakes.github.add_repository(OPEN);
    story.town.fakes.github.make_public(OPEN, true).unwrap();
    story
}

#[tokio::test]
async fn an_alarm_for_a_public_repository_goes_to_the_default_one_and_says_why() {
    let story = with_public().await;
    // Somebody has written there about the same thing: the answer does not belong there either.
    story.town.fakes.github.open_by_hand(OPEN, "2FA was turned off", "", false).unwrap();
    let mut alarm = self_service(jane());
    alarm["githubRepo"] = json!("open");
    story.publish(&alarm).await;
    let body = story.issue().body.unwrap();
    assert!(body.contains("meant for `example-org/open`") && body.contains("the repository is public"), "{body}");
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!(story.issue().state, "closed");
    let public = story.town.fakes.github.issues(OPEN);
    assert_eq!((public.len(), public[0].comments.len()), (1, 0), "{public:#?}");
}

#[tokio::test]
async fn without_a_private_repository_no_issue_is_opened_and_the_alarm_is_not_lost() {
    let story = with_public().await;
    story.town.fakes.github.make_public(REPO, true).unwrap();
    let mut alarm = self_service(jane());
    alarm["githubRepo"] = json!("open");
    for message in [self_service(jane()), alarm] {
        story.publish(&message).await;
    }
    assert_eq!((story.issues().len(), story.town.fakes.github.issues(OPEN).len()), (0, 0));
    assert_eq!(story.calls("issues/create"), 0);
    assert_eq!(story.town.alarms.dead_letters().len(), 2);

    story.town.fakes.github.make_public(REPO, false).unwrap();
    assert_eq!(story.town.alarms.redrive(), 2);
    story.settle().await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (2, 2));
}

#[tokio::test]
async fn a_public_repository_that_is_allowed_takes_the_issue() {
    let allowed = ("GITHUB_ALLOW_PUBLIC".to_owned(), "yes".to_owned());
    let mut options = options();
    options.real = BTreeMap::from([allowed]);
    let story = Story::with(options).await;
    story.town.fakes.github.make_public(REPO, true).unwrap();
    assert_eq!(deliver(&story.town.world, "m1", &self_service(jane())).await, 0);
    assert_eq!((story.issues().len(), story.calls("repos/get")), (1, 0));
}
