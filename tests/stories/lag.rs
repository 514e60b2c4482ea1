//! GitHub's lists and search are minutes behind, and a reply is lost.

use dispatch_simulator::fake::{Fault, Kind, github::Lag};

use crate::story::{REPO, Story, jane, self_service};

/// A town that loses the reply to the next issue while its lists and its search stand still.
async fn behind() -> Story {
    let story = Story::begin().await;
    let github = &story.town.fakes.github;
    github.lag(Lag::UntilSettled);
    github.fault(Fault::new("issues/create", Kind::LoseReply));
    story
}

#[tokio::test]
async fn an_issue_that_no_list_shows_yet_is_not_opened_again() {
    let story = behind().await;
    story.publish(&self_service(jane())).await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!(story.issue().state, "closed");
    assert_eq!((story.calls("issues/create"), story.calls("chat.postMessage")), (1, 1));
}

#[tokio::test]
async fn what_others_open_meanwhile_does_not_hide_it() {
    let story = behind().await;
    let github = &story.town.fakes.github;
    for number in 0..12 {
        github.open_by_hand(REPO, "something else", "", number % 3 == 0).unwrap();
    }
    github.settle();
    for number in 0..12 {
        github.open_by_hand(REPO, "2FA was turned off", "", number % 2 == 0).unwrap();
    }
    (14..20).for_each(|number| github.delete_by_hand(REPO, number).unwrap());
    story.publish(&self_service(jane())).await;
    let opened: Vec<u64> = story.issues().iter().filter(|issue| issue.user == "dispatch").map(|it| it.number).collect();
    assert_eq!((opened, story.town.fakes.slack.dm("jane").len()), (vec![25], 1));
}

#[tokio::test]
async fn an_issue_that_was_not_opened_is_opened_once() {
    let story = Story::begin().await;
    let github = &story.town.fakes.github;
    github.lag(Lag::UntilSettled);
    github.fault(Fault::new("issues/create", Kind::Drop));
    story.publish(&self_service(jane())).await;
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 1));
    assert_eq!(story.calls("issues/create"), 2);
}
