//! Who may act for an alarm, and when somebody else may.

use std::time::Duration;

use dispatch_core::journal::{Journal, Step};
use dispatch_engine::world::Limits;
use dispatch_simulator::fake::{Fault, Kind};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    meddling::{Meddled, Whim, deliver_within},
    story::{jane, self_service},
};

/// The only journal.
async fn journal(town: &Meddled) -> Journal {
    let store = &town.story.town.world.store;
    let paths = store.list("alarms/").await.unwrap();
    let [path] = paths.as_slice() else { panic!("journals: {paths:?}") };
    Journal::from_bytes(&store.read(path).await.unwrap().unwrap().0).unwrap()
}

/// A question to both, which is closed when both say yes.
fn poll() -> Value {
    let mut poll = self_service(jane());
    poll["type"] = json!("broadcast");
    poll["users"] = json!([jane(), { "slack": "joe" }]);
    poll
}

#[tokio::test]
async fn a_repeat_is_left_to_whoever_acts_when_it_is_written_down_and_to_nobody_who_begins_later() {
    // Another delivery of the same message may have brought whoever begins later: then it is this one that
    // must come again, should they die. The repeat is the first write, GitHub's budget the second, and what came
    // of the comment that counts the third.
    for (swaps_before, comes_again) in [(0, 0), (2, 1)] {
        let town = Meddled::begin().await;
        assert_eq!(town.deliver("m1", &self_service(jane())).await, 0);
        town.store.meddle("swap", swaps_before, Whim::Lease);
        assert_eq!(town.deliver("m2", &self_service(jane())).await, comes_again, "{swaps_before}");
    }
}

#[tokio::test]
async fn an_edit_that_may_arrive_late_is_waited_for_before_the_next_one() {
    let mut town = Meddled::begin().await;
    town.world.limits = Limits { late: SignedDuration::from_secs(10), ..town.world.limits };
    assert_eq!(town.deliver("m1", &poll()).await, 0);
    assert_eq!(town.click("jane", "yes").await, 200);
    let github = &town.story.town.fakes.github;
    github.fault(Fault::new("issues/update-comment", Kind::Drop).always());
    assert_eq!(town.click("joe", "yes").await, 200);
    github.clear_faults();
    let edits = town.story.calls("issues/update-comment");

    let handed_on = town.topic.kept();
    let resume = serde_json::from_str(handed_on.first().expect("it is handed on")).unwrap();
    // In less time than the lease lasts; with more, it would be waited for.
    assert_eq!(deliver_within(&town.world, "handed on", &resume, Duration::from_secs(5)).await, 1);
    assert_eq!(town.story.calls("issues/update-comment"), edits, "the one without an answer may still arrive");
    town.clock.pass_seconds(10);
    assert_eq!(town.deliver("handed on", &resume).await, 0);
    assert_eq!((town.story.calls("issues/update-comment"), town.story.issue().state.as_str()), (edits + 1, "closed"));
}

#[tokio::test]
async fn what_another_run_has_begun_anew_is_not_ended_because_it_failed_here() {
    let town = Meddled::begin().await;
    let busy = Kind::RateLimited { retry_after_s: Some(3_600) };
    town.story.town.fakes.slack.fault(Fault::new("chat.postMessage", busy).always());
    // The question is begun with the first write. Before its failure is written with the second, another run
    // acts: it may have sent the question by now.
    town.store.meddle("swap", 1, Whim::Lease);
    assert_eq!(town.deliver("m1", &self_service(jane())).await, 1);
    assert_eq!(journal(&town).await.begun, [Step::Reach { who: 0, round: 0 }]);
}
