//! Slack's reply to a question is lost: it is looked for before it is sent again.

use dispatch_simulator::fake::{Fault, Kind};

use crate::story::{Story, buttons, jane, self_service};

async fn asked_with_a_lost_reply(scope_missing: Option<&str>) -> Story {
    let story = Story::begin().await;
    if let Some(scope) = scope_missing {
        story.town.fakes.slack.revoke_scope(scope);
    }
    story.town.fakes.slack.fault(Fault::new("chat.postMessage", Kind::LoseReply));
    story.publish(&self_service(jane())).await;
    story
}

#[tokio::test]
async fn a_question_that_stands_is_not_asked_again() {
    let story = asked_with_a_lost_reply(None).await;
    let questions = story.town.fakes.slack.dm("jane");
    assert_eq!((questions.len(), buttons(&questions[0]).len()), (1, 2));
    assert_eq!(story.calls("conversations.history"), 1);
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!(story.issue().state, "closed");
    let questions = story.town.fakes.slack.dm("jane");
    assert_eq!((questions.len(), buttons(&questions[0]).len()), (1, 0), "the question shows how it ended");
}

#[tokio::test]
async fn without_the_scope_to_look_it_is_asked_again() {
    for scope in ["im:history", "im:write"] {
        let story = asked_with_a_lost_reply(Some(scope)).await;
        assert_eq!(story.town.fakes.slack.dm("jane").len(), 2, "{scope}");
        assert_eq!(story.click("jane", "yes").await, 200);
        assert_eq!(story.issue().state, "closed");
    }
}
