//! A standard queue: at least once, hidden while somebody works, given up after so many tries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{ACCOUNT, Attribute, MessageId, REGION, random_id};

/// A standard SQS queue and its dead letters, in memory. Clones are the same queue.
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
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they were sent.
    held: Vec<Held>,
    dead: Vec<Message>,
}

#[derive(Debug)]
struct Held {
    message: Message,
    /// Hidden until then.
    visible_at: Instant,
    /// Whether somebody has it, as opposed to its waiting for a retry.
    taken: bool,
}

impl Held {
    fn is_in_flight(&self, now: Instant) -> bool {
        self.taken && self.visible_at > now
    }
}

impl QueueSettings {
    /// The vendor's defaults under a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), visibility: Duration::from_secs(30), max_receives: 10 }
    }
}

impl Queue {
    /// An empty queue.
    pub fn new(settings: QueueSettings) -> Self {
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", settings.name);
        let (changes, _) = watch::channel(0);
        Self(Arc::new(Inner { settings, arn, state: Mutex::default(), changes }))
    }

    /// The name without its region and account, such as `alarms`.
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// The full name, such as `arn:aws:sqs:us-east-1:000000000000:alarms`.
    pub fn arn(&self) -> &str {
        &self.0.arn
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
        };
        self.state().held.push(Held { message, visible_at: Instant::now(), taken: false });
        self.changed();
        id
    }

    /// Takes up to `count` messages that are visible now, oldest first, and hides them.
    ///
    /// A visible message that was received as often as it may be becomes a dead letter instead.
    pub fn receive(&self, count: usize) -> Vec<Message> {
        let (received, buried) = self.state().receive(&self.0.settings, count);
        for message in &buried {
            tracing::warn!(queue = self.name(), message_id = %message.id, receives = message.receives, "dead letter");
        }
        if !(received.is_empty() && buried.is_empty()) {
            self.changed();
        }
        received
    }

    /// Takes up to `count` messages as soon as there is at least one.
    ///
    /// Nothing is taken when the future is dropped before it is done.
    pub async fn receive_some(&self, count: usize) -> Vec<Message> {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            let received = self.receive(count);
            if !received.is_empty() {
                return received;
            }
            let next = self.state().held.iter().map(|held| held.visible_at).min();
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
        self.state().held.retain(|held| !held.taken || held.message.receipt != receipt);
        self.changed();
    }

    /// Hands a received message back, to be received again after a while. An old receipt does nothing.
    pub fn hand_back(&self, receipt: &str, after: Duration) {
        let mut state = self.state();
        let mine = state.held.iter_mut().find(|held| held.taken && held.message.receipt == receipt);
        if let Some(held) = mine {
            held.taken = false;
            held.visible_at = Instant::now() + after;
        }
        drop(state);
        self.changed();
    }

    /// How much is here now.
    pub fn counts(&self) -> Counts {
        let now = Instant::now();
        let state = self.state();
        let in_flight = state.held.iter().filter(|held| held.is_in_flight(now)).count();
        Counts { waiting: state.held.len() - in_flight, in_flight, dead: state.dead.len() }
    }

    /// The dead letters, oldest first.
    pub fn dead_letters(&self) -> Vec<Message> {
        self.state().dead.clone()
    }

    /// Sends the dead letters again, as new messages with new names; says how many.
    /// Source: SQS API reference, `StartMessageMoveTask`.
    pub fn redrive(&self) -> usize {
        let dead = std::mem::take(&mut self.state().dead);
        let count = dead.len();
        for message in dead {
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
            if self.state().held.is_empty() {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Yields what was received and what was buried.
    fn receive(&mut self, settings: &QueueSettings, count: usize) -> (Vec<Message>, Vec<Message>) {
        let now = Instant::now();
        let worn_out = |held: &mut Held| held.visible_at <= now && held.message.receives >= settings.max_receives;
        let buried: Vec<Message> = self.held.extract_if(.., worn_out).map(|held| held.message).collect();
        self.dead.extend(buried.iter().cloned());

        let visible = self.held.iter_mut().filter(|held| held.visible_at <= now);
        let received = visible.take(count).map(|held| held.take(now + settings.visibility)).collect();
        (received, buried)
    }
}

impl Held {
    fn take(&mut self, visible_at: Instant) -> Message {
        self.taken = true;
        self.visible_at = visible_at;
        self.message.receipt = random_id();
        self.message.receives += 1;
        self.message.first_received_at.get_or_insert_with(Timestamp::now);
        self.message.clone()
    }
}

#[cfg(test)]
mod tests;
