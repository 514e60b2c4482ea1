//! The topic and its two queues, as SNS and SQS are: at least once, in any order, and a message that
//! was received too often becomes a dead letter.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use dispatch_core::source::unwrap;
use dispatch_engine::ports::{Failed, Topic};
use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::{
    function,
    line::{Line, RECEIVES_MAX},
    outside::{Outside, Shared},
    weather::Vendor,
};

/// For how long a message that was received is not shown to anybody else.
const VISIBILITY: Duration = Duration::from_secs(90);

/// The most messages of one batch.
const BATCH_MAX: u64 = 10;

/// Which queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Urgent,
    Alarms,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Waiting,
    Gone,
    Dead,
}

/// One message of a queue. A publication may be several.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    queue: Which,
    item: String,
    pub(crate) publication: String,
    pub(crate) text: String,
    pub(crate) receives: u32,
    visible: Duration,
    pub(crate) status: Status,
    /// The delivery in which the run that has it may be killed.
    doomed: Option<u32>,
    /// Deleted, and delivered once more all the same.
    undead: bool,
    /// A run has said that it is done with it.
    pub(crate) went_well: bool,
}

impl Parcel {
    /// The name that its message was first published under.
    fn name(&self) -> String {
        unwrap(&self.text).map_or_else(|| self.publication.clone(), |wrapped| wrapped.id)
    }

    /// Whether this is `other` published anew, and was carried to the end.
    pub(crate) fn stands_in_for(&self, other: &Parcel) -> bool {
        self.went_well && unwrap(&self.text).is_some() && self.name() == other.name()
    }
}

/// One delivery of one message.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    parcel: usize,
    item: String,
    body: String,
    pub(crate) receives: u32,
}

impl Delivery {
    /// Whether this is what the queue calls it.
    pub(crate) fn is(&self, item: &Value) -> bool {
        item.as_str() == Some(&self.item)
    }

    /// For the timeline.
    pub(crate) fn brief(&self) -> String {
        format!("{} ({})", self.item, self.receives)
    }

    /// The record, as Lambda hands it over.
    pub(crate) fn record(&self) -> Value {
        json!({
            "messageId": self.item, "receiptHandle": "handle", "body": self.body, "md5OfBody": "",
            "attributes": { "ApproximateReceiveCount": self.receives.to_string() }, "messageAttributes": {},
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:alarms", "awsRegion": "eu-west-1",
        })
    }
}

/// Both queues.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    pub(crate) parcels: Vec<Parcel>,
    /// Publications that were on one of their last two deliveries.
    pub(crate) last_chances: BTreeSet<String>,
    woken: [Arc<Notify>; 2],
}

impl Queues {
    pub(crate) fn are_empty(&self) -> bool {
        self.parcels.iter().all(|parcel| parcel.status != Status::Waiting)
    }

    pub(crate) fn dead(&self) -> impl Iterator<Item = &Parcel> {
        self.parcels.iter().filter(|parcel| parcel.status == Status::Dead)
    }
}

impl Outside {
    /// Publishes a message; its id is the same in every delivery.
    pub(crate) fn publish(&mut self, id: &str, text: &str) {
        let urgent = text.contains("\"high-priority\"");
        let copies = 1 + usize::from(self.chance.percent(self.weather.doubles / 5));
        let now = self.now();
        for queue in [Which::Urgent, Which::Alarms].into_iter().filter(|queue| urgent || *queue == Which::Alarms) {
            for _ in 0..copies {
                let visible = now + if self.chance.percent(20) { self.chance.seconds(0..=40) } else { Duration::ZERO };
                let item = format!("item-{}", self.queues.parcels.len());
                self.queues.parcels.push(Parcel {
                    queue,
                    item,
                    publication: id.to_owned(),
                    text: text.to_owned(),
                    receives: 0,
                    visible,
                    status: Status::Waiting,
                    doomed: None,
                    undead: false,
                    went_well: false,
                });
            }
            if let Some(notify) = self.queues.woken.get(queue as usize) {
                notify.notify_one();
            }
        }
    }

    /// Up to ten messages that can be seen, in any order; else how long it takes until one can.
    fn take(&mut self, queue: Which) -> Result<Vec<Delivery>, Duration> {
        let now = self.now();
        let waits = |parcel: &Parcel| parcel.queue == queue && parcel.status == Status::Waiting;
        for parcel in self.queues.parcels.iter_mut().filter(|parcel| waits(parcel) && parcel.visible <= now) {
            if parcel.receives >= RECEIVES_MAX {
                parcel.status = Status::Dead;
            }
        }
        let waiting = self.queues.parcels.iter().enumerate().filter(|(_, parcel)| waits(parcel));
        let (ready, later): (Vec<_>, Vec<_>) = waiting.partition(|(_, parcel)| parcel.visible <= now);
        let mut ready: Vec<usize> = ready.into_iter().map(|(at, _)| at).collect();
        if ready.is_empty() {
            let next = later.iter().map(|(_, parcel)| parcel.visible.saturating_sub(now)).min();
            return Err(next.unwrap_or(Duration::from_secs(3_600)));
        }
        self.chance.shuffle(&mut ready);
        let most = usize::try_from(self.chance.within(1..=BATCH_MAX)).unwrap_or(1);
        Ok(ready.into_iter().take(most).filter_map(|at| self.deliver(at, now)).collect())
    }

    fn deliver(&mut self, at: usize, now: Duration) -> Option<Delivery> {
        let again = now < self.weather.calm && self.chance.percent(self.weather.doubles);
        let soon = self.chance.seconds(0..=10);
        let parcel = self.queues.parcels.get_mut(at)?;
        parcel.receives += 1;
        // What was delivered for the last time, and goes well, is no dead letter.
        let again = again && parcel.receives < RECEIVES_MAX;
        parcel.visible = now + if again { soon } else { VISIBILITY };
        let receives = parcel.receives;
        if receives + 1 >= RECEIVES_MAX {
            self.queues.last_chances.insert(parcel.publication.clone());
        }
        let envelope = json!({ "Type": "Notification", "MessageId": parcel.publication, "Message": parcel.text,
            "TopicArn": "arn:aws:sns:eu-west-1:1:dispatch", "Timestamp": "2026-11-21T03:00:00.000Z" });
        Some(Delivery { parcel: at, item: parcel.item.clone(), body: envelope.to_string(), receives })
    }

    /// Whether the run that gets these may be killed. No message is killed in both of its last two deliveries.
    pub(crate) fn doom(&mut self, batch: &[Delivery]) -> bool {
        let spared = |delivery: &Delivery| {
            let parcel = self.queues.parcels.get(delivery.parcel);
            delivery.receives >= RECEIVES_MAX && parcel.is_none_or(|parcel| parcel.doomed == Some(RECEIVES_MAX - 1))
        };
        if batch.iter().any(spared) {
            return false;
        }
        for delivery in batch {
            if let Some(parcel) = self.queues.parcels.get_mut(delivery.parcel) {
                parcel.doomed = Some(delivery.receives);
            }
        }
        true
    }

    /// What becomes of a message whose run has answered.
    pub(crate) fn settle(&mut self, delivery: &Delivery, failed: bool) {
        let now = self.now();
        let undead = now < self.weather.calm && self.chance.percent(self.weather.doubles / 3);
        let soon = self.chance.percent(25).then(|| self.chance.seconds(0..=20));
        let later = self.chance.seconds(1..=60);
        let Some(parcel) = self.queues.parcels.get_mut(delivery.parcel) else { return };
        let queue = parcel.queue as usize;
        parcel.went_well |= !failed;
        match (failed, soon) {
            // Whoever was given up on can still be deleted by a run that has it in hand.
            (false, _)
                if parcel.status == Status::Waiting && undead && !parcel.undead && parcel.receives < RECEIVES_MAX =>
            {
                parcel.undead = true;
                parcel.visible = now + later;
            }
            (false, _) => parcel.status = Status::Gone,
            (true, Some(soon)) if parcel.status == Status::Waiting => parcel.visible = now + soon,
            (true, _) => {}
        }
        if let Some(notify) = self.queues.woken.get(queue) {
            notify.notify_one();
        }
    }
}

/// Hands batches to the function, side by side, for as long as the story lasts.
pub(crate) async fn serve(shared: Shared, queue: Which) {
    let Some(woken) = shared.with(|outside| outside.queues.woken.get(queue as usize).cloned()) else { return };
    loop {
        match shared.with(|outside| outside.take(queue)) {
            Ok(batch) => {
                let wait = shared.with(|outside| outside.chance.millis(0..=300));
                shared.spawn(function::incoming(shared.clone(), batch));
                sleep(wait).await;
            }
            Err(wait) => drop(timeout(wait, woken.notified()).await),
        }
    }
}

#[async_trait]
impl Topic for Line {
    async fn publish(&self, message: &str) -> Result<(), Failed> {
        let message = message.to_owned();
        self.call(Vendor::Topic, "topic publish", move |outside, _| {
            let id = outside.chance.name();
            outside.tell(|| format!("             published {message}"));
            outside.publish(&id, &message);
            Ok(())
        })
        .await
    }
}
