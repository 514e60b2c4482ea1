//! Services that take only so much at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use dispatch_core::{
    alarm::Address,
    notice::{Notice, Receipt},
};
use dispatch_engine::{
    ports::{Destination, Failed},
    world::World,
};
use serde_json::{Value, json};

use crate::{
    meddling::deliver,
    story::{Story, jane, self_service},
};

const PEOPLE: usize = 100;

/// A Slack that takes so many messages, and then asks to wait.
#[derive(Debug)]
struct Limited {
    inner: Arc<dyn Destination>,
    room: AtomicUsize,
    wait: Duration,
}

#[async_trait]
impl Destination for Limited {
    fn scheme(&self) -> &'static str {
        self.inner.scheme()
    }

    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        let (seq, less) = (Ordering::SeqCst, |room: usize| room.checked_sub(1));
        if self.room.fetch_update(seq, seq, less).is_err() {
            let (call, reason) = ("slack chat.postMessage", "ratelimited".to_owned());
            return Err(Failed::Busy { call, reason, wait: Some(self.wait) });
        }
        self.inner.deliver(to, notice).await
    }

    async fn find(&self, to: &Address, notice: &Notice, since: jiff::Timestamp) -> Result<Option<Receipt>, Failed> {
        self.inner.find(to, notice, since).await
    }

    async fn revise(&self, receipt: &Receipt, notice: &Notice) -> Result<(), Failed> {
        self.inner.revise(receipt, notice).await
    }
}

/// The town, for whoever meets the limit; everybody else in it does not.
fn limited(story: &Story, room: usize, wait: Duration) -> World {
    let world = story.town.world.clone();
    let limit = |inner: Arc<dyn Destination>| -> Arc<dyn Destination> {
        match inner.scheme() {
            "slack" => Arc::new(Limited { inner, room: AtomicUsize::new(room), wait }),
            _ => inner,
        }
    };
    World { destinations: world.destinations.into_iter().map(limit).collect(), ..world }
}

fn broadcast() -> Value {
    let users: Vec<_> = (0..PEOPLE).map(|n| json!({ "slackId": "U0JANE", "slack": format!("jane {n}") })).collect();
    json!({ "type": "broadcast", "users": users,
        "body": { "github": { "title": "Keys" }, "slack": { "message": "Keys were rotated." } } })
}

#[tokio::test]
async fn what_a_limit_leaves_over_waits_for_the_clock_and_uses_up_no_delivery() {
    let story = Story::begin().await;
    let world = limited(&story, 40, Duration::from_secs(60));
    let told = || story.town.fakes.slack.dm("jane").len();
    assert_eq!(deliver(&world, "m1", &broadcast()).await, 0, "it does not come again");
    assert_eq!(told(), 40);

    assert_eq!(story.town.tick().await["woken"], 0, "not before Slack has room");
    assert!(story.town.jump(Duration::from_secs(62)));
    assert_eq!(story.town.tick().await["woken"], 1);
    assert_eq!((told(), story.issues().len(), story.incidents().len()), (PEOPLE, 1, 0), "everyone once, and no page");
}

#[tokio::test]
async fn whoever_gets_no_further_goes_back_to_the_queue() {
    let story = Story::begin().await;
    // The issue is opened, and nothing more.
    let world = limited(&story, 0, Duration::from_secs(60));
    assert_eq!(deliver(&world, "m1", &self_service(jane())).await, 0);
    assert_eq!(deliver(&world, "m1", &self_service(jane())).await, 1, "not even the issue");
    assert_eq!((story.issues().len(), story.town.fakes.slack.dm("jane").len()), (1, 0));
}

#[tokio::test]
async fn a_service_that_asks_for_an_hour_is_away() {
    let story = Story::begin().await;
    let world = limited(&story, 40, Duration::from_secs(3_600));
    assert_eq!(deliver(&world, "m1", &broadcast()).await, 1, "the queue keeps it, and somebody is told in the end");
}
