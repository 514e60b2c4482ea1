//! A standard queue: at least once, hidden while somebody works, given up after so many tries.

mod held;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use self::held::Held;
use super::{ACCOUNT, Attribute, MessageId, REGION};

/// A standard SQS queue and the one that takes its dead letters, in memory. Clones are the same queue.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Inner>);

/// What tells queues apart.
#[derive(Clone, Debug)]
pub struct QueueSettings {
    /// The name, such as `alarms`.
    pub name: String,
    /// How long a message stays hidden from others after it was received; 30 seconds unless told otherwise.
    /// Source: `VisibilityTimeout`.
    pub visibility: Duration,
    /// How often a message is handed out before it is a dead letter; 10 unless told otherwise.
    /// Source: `RedrivePolicy.maxReceiveCount`.
    pub max_receives: u32,
}

/// A message as somebody receives it.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its name in this queue.
    pub id: MessageId,
    /// The proof of having received it, new with each time; only the newest is good.
    pub receipt: String,
    /// The text.
    pub body: String,
    /// The facts beside the text: SNS puts them here for raw delivery only.
    pub attributes: BTreeMap<String, Attribute>,
    /// The `MessageGroupId`, where the publisher gave one.
    pub group: Option<String>,
    /// When it entered the queue.
    pub sent_at: Timestamp,
    /// How often it was received, this time included.
    pub receives: u32,
    /// When it was received for the first time.
    pub first_received_at: Option<Timestamp>,
    /// The ARN of the queue that gave it up, when it is a dead letter. Source: `DeadLetterQueueSourceArn`.
    pub died_in: Option<String>,
}

/// How much a queue holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    /// Messages to be received now or, after a failure, later.
    pub waiting: usize,
    /// Messages that somebody has received and not yet deleted or handed back.
    pub in_flight: usize,
    /// Dead letters.
    pub dead: usize,
}

#[derive(Debug)]
struct Inner {
    settings: QueueSettings,
    arn: String,
    /// In the order in which they were sent. It is locked before that of the dead letters.
    held: Mutex<Vec<Held>>,
    /// Takes what this queue gives up; `None` where it is for dead letters itself.
    dead: Option<Queue>,
    /// Of this queue and of its dead letters: who shows one shows the other.
    changes: watch::Sender<u64>,
}

impl QueueSettings {
    /// The vendor's defaults under a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), visibility: Duration::from_secs(30), max_receives: 10 }
    }
}

impl Queue {
    /// An empty queue, and beside it one for its dead letters: `alarms` and `alarms-dead`.
    pub fn new(settings: QueueSettings) -> Self {
        let (changes, _) = watch::channel(0);
        let name = format!("{}-dead", settings.name);
        let dead = QueueSettings { max_receives: u32::MAX, ..QueueSettings::named(name) };
        let dead = Self::open(dead, None, changes.clone());
        Self::open(settings, Some(dead), changes)
    }

    /// An empty queue that gives nothing up: without a `RedrivePolicy`.
    pub fn without_dead_letters(settings: QueueSettings) -> Self {
        let (changes, _) = watch::channel(0);
        Self::open(QueueSettings { max_receives: u32::MAX, ..settings }, None, changes)
    }

    fn open(settings: QueueSettings, dead: Option<Queue>, changes: watch::Sender<u64>) -> Self {
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", settings.name);
        Self(Arc::new(Inner { settings, arn, held: Mutex::default(), dead, changes }))
    }

    /// The name without its region and account, such as `alarms`.
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// The full name, such as `arn:aws:sqs:us-east-1:000000000000:alarms`.
    pub fn arn(&self) -> &str {
        &self.0.arn
    }

    /// The queue of its dead letters; `None` for that one itself.
    pub fn dead(&self) -> Option<&Queue> {
        self.0.dead.as_ref()
    }

    /// What it was made with.
    pub(super) fn settings(&self) -> &QueueSettings {
        &self.0.settings
    }

    /// Puts a message in.
    pub fn send(&self, body: impl Into<String>) -> MessageId {
        self.send_with(body.into(), BTreeMap::new(), None)
    }

    pub(super) fn send_with(
        &self,
        body: String,
        attributes: BTreeMap<String, Attribute>,
        group: Option<String>,
    ) -> MessageId {
        let id = MessageId::random();
        let message = Message {
            id: id.clone(),
            receipt: String::new(),
            body,
            attributes,
            group,
            sent_at: Timestamp::now(),
            receives: 0,
            first_received_at: None,
            died_in: None,
        };
        self.held().push(Held { message, visible_at: Instant::now(), taken: false });
        self.changed();
        id
    }

    /// Takes up to `count` messages that are visible now, oldest first, and hides them.
    ///
    /// A visible message that was received as often as it may be becomes a dead letter instead.
    pub fn receive(&self, count: usize) -> Vec<Message> {
        self.receive_for(count, self.0.settings.visibility)
    }

    /// As [`Queue::receive`], hidden for as long as is said.
    pub(super) fn receive_for(&self, count: usize, hidden: Duration) -> Vec<Message> {
        let now = Instant::now();
        let mut held = self.held();
        let buried = self.bury(&mut held, now);
        let visible = held.iter_mut().filter(|held| held.visible_at <= now);
        let received: Vec<_> = visible.take(count).map(|held| held.take(now + hidden)).collect();
        drop(held);
        if buried || !received.is_empty() {
            self.changed();
        }
        received
    }

    /// Gives up what was received as often as it may be; says whether there was any.
    fn bury(&self, held: &mut Vec<Held>, now: Instant) -> bool {
        let Some(dead) = self.dead() else { return false };
        let max = self.0.settings.max_receives;
        let worn_out = |held: &mut Held| held.visible_at <= now && held.message.receives >= max;
        let buried: Vec<_> = held.extract_if(.., worn_out).map(|held| held.bury(self.arn(), now)).collect();
        for Held { message, .. } in &buried {
            tracing::warn!(queue = self.name(), message_id = %message.id, receives = message.receives, "dead letter");
        }
        let any = !buried.is_empty();
        // Before the other lock is released: at no moment is a message in neither queue.
        dead.held().extend(buried);
        any
    }

    /// Takes up to `count` messages as soon as there is at least one.
    ///
    /// Nothing is taken when the future is dropped before it is done.
    pub async fn receive_some(&self, count: usize) -> Vec<Message> {
        self.receive_some_for(count, self.0.settings.visibility).await
    }

    /// As [`Queue::receive_some`], hidden for as long as is said.
    pub(super) async fn receive_some_for(&self, count: usize, hidden: Duration) -> Vec<Message> {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            let received = self.receive_for(count, hidden);
            if !received.is_empty() {
                return received;
            }
            let next = self.held().iter().map(|held| held.visible_at).min();
            let visible = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = visible => {}
                _ = changes.changed() => {} // cannot fail: the sender lives as long as `self`
            }
        }
    }

    /// Takes a received message out for good. An old receipt does nothing.
    pub fn delete(&self, receipt: &str) {
        self.held().retain(|held| !held.taken || held.message.receipt != receipt);
        self.changed();
    }

    /// Hides a received message for as long as is said from now, or shows it; whether the receipt is good.
    /// Source: SQS API reference, `ChangeMessageVisibility`.
    pub(super) fn hide(&self, receipt: &str, hidden: Duration) -> bool {
        let now = Instant::now();
        let mut held = self.held();
        let mine = held.iter_mut().find(|held| held.is_in_flight(now) && held.message.receipt == receipt);
        let found = mine.map(|held| held.visible_at = now + hidden).is_some();
        drop(held);
        self.changed();
        found
    }

    /// Hands a received message back, to be received again after a while. An old receipt does nothing.
    pub fn hand_back(&self, receipt: &str, after: Duration) {
        let mut held = self.held();
        let mine = held.iter_mut().find(|held| held.taken && held.message.receipt == receipt);
        if let Some(held) = mine {
            held.taken = false;
            held.visible_at = Instant::now() + after;
        }
        drop(held);
        self.changed();
    }

    /// How much is here now.
    pub fn counts(&self) -> Counts {
        let now = Instant::now();
        let held = self.held();
        let in_flight = held.iter().filter(|held| held.is_in_flight(now)).count();
        let dead = self.dead().map_or(0, |dead| dead.held().len());
        Counts { waiting: held.len() - in_flight, in_flight, dead }
    }

    /// How many messages can be received now, and how many are hidden.
    pub(super) fn visible_and_hidden(&self) -> (usize, usize) {
        let now = Instant::now();
        let held = self.held();
        let hidden = held.iter().filter(|held| held.visible_at > now).count();
        (held.len() - hidden, hidden)
    }

    /// The dead letters, oldest first.
    pub fn dead_letters(&self) -> Vec<Message> {
        self.dead().map(|dead| dead.held().iter().map(|held| held.message.clone()).collect()).unwrap_or_default()
    }

    /// Sends the dead letters again, as new messages with new names; says how many.
    /// Source: SQS API reference, `StartMessageMoveTask`.
    pub fn redrive(&self) -> usize {
        let dead = self.dead().map(|dead| std::mem::take(&mut *dead.held())).unwrap_or_default();
        let count = dead.len();
        for Held { message, .. } in dead {
            self.send_with(message.body, message.attributes, message.group);
        }
        self.changed();
        count
    }

    /// Waits until nothing waits, not even for a retry, and nothing is in flight. Dead letters do not count.
    pub async fn idle(&self) {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            if self.held().is_empty() {
                return;
            }
            let _ = changes.changed().await; // cannot fail: the sender lives as long as `self`
        }
    }

    /// Tells of every change by a new number.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    fn changed(&self) {
        self.0.changes.send_modify(|version| *version += 1);
    }

    fn held(&self) -> MutexGuard<'_, Vec<Held>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
