//! A function that dies at every moment at which it waits for the store.

use dispatch_core::journal::{Journal, Lease};
use jiff::SignedDuration;

use crate::{
    meddling::{Meddled, Whim},
    story::{buttons, jane, self_service},
};

/// More writes than a life has.
const WRITES_MAX: usize = 20;

#[tokio::test]
async fn a_message_whose_function_dies_at_any_write_comes_to_one_issue_and_an_answerable_question() {
    for whim in [Whim::Hang, Whim::HangAfter] {
        for operation in ["create", "swap"] {
            for spared in 0..WRITES_MAX {
                let town = Meddled::begin().await;
                town.store.meddle(operation, spared, whim);
                if !town.deliver_and_crash("m1", &self_service(jane())).await {
                    break;
                }
                town.clock.pass_seconds(60);
                town.deliver_until_done("m1", &self_service(jane())).await;
                let at = format!("{whim:?} at {operation} {spared}");
                assert_eq!(town.story.issues().len(), 1, "{at}");
                // A question that was posted and is not on record is posted again.
                assert!(matches!(town.story.town.fakes.slack.dm("jane").len(), 1 | 2), "{at}");
                assert_eq!(town.click("jane", "no").await, 200, "{at}");
                town.deliver_what_was_handed_on().await;
                assert_eq!(town.story.incidents().len(), 1, "{at}");
                assert_eq!(town.story.issue().comments.len(), 2, "{at}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_whose_function_dies_at_any_write_pages_once_and_is_told_once() {
    for whim in [Whim::Hang, Whim::HangAfter] {
        // The first swap is the answer itself.
        for spared in 1..WRITES_MAX {
            let town = Meddled::begin().await;
            town.deliver_until_done("m1", &self_service(jane())).await;
            town.store.meddle("swap", spared, whim);
            let crashed = tokio::select! {
                biased;
                () = town.store.hung.notified() => true,
                _ = town.click("jane", "no") => false,
            };
            town.clock.pass_seconds(60);
            town.deliver_until_done("m1", &self_service(jane())).await;
            town.deliver_what_was_handed_on().await;
            let at = format!("{whim:?} at {spared}");
            assert_eq!(town.story.incidents().len(), 1, "{at}");
            assert_eq!(town.story.issue().comments.len(), 2, "{at}");
            assert!(buttons(&town.story.message_to("jane")).is_empty(), "{at}");
            assert_eq!(town.story.issue().state, "open", "{at}");
            if !crashed {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_no_pages_at_once_although_a_run_that_died_holds_the_lease() {
    let town = Meddled::begin().await;
    let story = &town.story;
    town.deliver_until_done("m1", &self_service(jane())).await;
    let store = &town.world.store;
    let path = store.list("alarms/").await.unwrap().remove(0);
    let (bytes, tag) = store.read(&path).await.unwrap().unwrap();
    let mut journal = Journal::from_bytes(&bytes).unwrap();
    let until = journal.began + SignedDuration::from_hours(1);
    journal.lease = Some(Lease { run: "dead".to_owned(), until, backed: true });
    store.swap(&path, journal.to_bytes().unwrap().into(), &tag).await.unwrap().unwrap();

    assert_eq!(town.click("jane", "no").await, 200);
    assert_eq!(story.incident().key, "req-1");
    assert_eq!(story.calls("createIncident"), 1);
    assert_eq!(story.issue().comments.len(), 0, "everything else waits for the lease");
}
