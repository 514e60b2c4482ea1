//! A world that can be meddled with: a store, a search, a topic and a clock between Dispatch and the
//! real ones, for stories about crashes, conflicts and services that hang.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_core::{
    alarm::{Issue, IssueNumber, Key, Repo},
    journal::{Journal, Lease},
};
use dispatch_engine::{
    ports::{AuditLog, Clock, Draft, Failed, Store, Tag, Topic},
    world::World,
    world::time_left,
};
use dispatch_simulator::fake::slack::Message;
use dispatch_triage::Triage;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::timeout};

use crate::story::{Story, unheard};

/// The time of one invocation of `incoming`.
pub(crate) const TIME: Duration = Duration::from_secs(30);

/// Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(45);

/// What of the store can be meddled with.
const OPERATIONS: [&str; 5] = ["read", "create", "swap", "list_before", "delete"];

/// What happens to one call of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whim {
    /// Somebody else writes first, so that a swap meets another version.
    Interfere,
    /// Another run, with a message behind it, takes the lease first.
    Lease,
    /// It is never done and never answered.
    Hang,
    /// It is done and never answered.
    HangAfter,
}

/// How often something was called, and which calls, counted from 1, meet a whim.
#[derive(Debug, Default)]
struct Operation {
    calls: usize,
    whims: HashMap<usize, Whim>,
    hangs: bool,
}

/// A store that lets a call through unless it was told otherwise.
#[derive(Debug)]
pub(crate) struct MeddlingStore {
    inner: Arc<dyn Store>,
    operations: Mutex<HashMap<&'static str, Operation>>,
    /// Told whenever a call hangs.
    pub(crate) hung: Notify,
}

impl MeddlingStore {
    /// From now on, the call of `operation` ([`OPERATIONS`]) that comes after `spared` others
    /// meets this whim.
    pub(crate) fn meddle(&self, operation: &'static str, spared: usize, whim: Whim) {
        let mut operations = self.operations.lock().unwrap();
        let known = operations.entry(operation).or_default();
        known.whims.insert(known.calls + spared + 1, whim);
    }

    /// From now on every call hangs.
    pub(crate) fn hang_for_ever(&self) {
        let mut operations = self.operations.lock().unwrap();
        for operation in OPERATIONS {
            operations.entry(operation).or_default().hangs = true;
        }
    }

    fn whim(&self, operation: &'static str) -> Option<Whim> {
        let mut operations = self.operations.lock().unwrap();
        let known = operations.entry(operation).or_default();
        known.calls += 1;
        known.whims.get(&known.calls).copied().or(known.hangs.then_some(Whim::Hang))
    }

    async fn hang<T>(&self) -> T {
        self.hung.notify_one();
        pending().await
    }
}

/// As the HTTP client: nothing is sent for a run whose time is up.
fn in_time() -> Result<(), Failed> {
    match time_left() {
        Some(left) if left.is_zero() => {
            Err(Failed::Busy { call: "memory", reason: "no time left".to_owned(), wait: None })
        }
        _ => Ok(()),
    }
}

#[async_trait]
impl Store for MeddlingStore {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        in_time()?;
        match self.whim("read") {
            Some(_) => self.hang().await,
            None => self.inner.read(path).await,
        }
    }

    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed> {
        in_time()?;
        match self.whim("create") {
            Some(Whim::Hang) => return self.hang().await,
            Some(Whim::HangAfter) => {
                self.inner.create(path, bytes).await?;
                return self.hang().await;
            }
            _ => {}
        }
        self.inner.create(path, bytes).await
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        in_time()?;
        match self.whim("swap") {
            Some(Whim::Hang) => return self.hang().await,
            Some(Whim::HangAfter) => {
                self.inner.swap(path, bytes, tag).await?;
                return self.hang().await;
            }
            Some(Whim::Interfere) => {
                let (same, version) = self.inner.read(path).await?.expect("there is something to swap");
                self.inner.swap(path, same, &version).await?;
            }
            Some(Whim::Lease) => {
                let (bytes, version) = self.inner.read(path).await?.expect("there is something to swap");
                let mut journal = Journal::from_bytes(&bytes).expect("a journal");
                journal.lease = Some(Lease { run: "another".to_owned(), until: Timestamp::MAX, backed: true });
                self.inner.swap(path, journal.to_bytes().expect("a journal").into(), &version).await?;
            }
            None => {}
        }
        self.inner.swap(path, bytes, tag).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        self.inner.list(prefix).await
    }

    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        match self.whim("list_before") {
            Some(_) => self.hang().await,
            None => self.inner.list_before(prefix, end, max).await,
        }
    }

    async fn delete(&self, path: &str) -> Result<(), Failed> {
        match self.whim("delete") {
            Some(Whim::Hang) => return self.hang().await,
            Some(Whim::HangAfter) => {
                self.inner.delete(path).await?;
                return self.hang().await;
            }
            _ => {}
        }
        self.inner.delete(path).await
    }
}

/// A GitHub whose search still tells what was true before: the index lags.
#[derive(Debug)]
pub(crate) struct StaleSearch {
    pub(crate) inner: Arc<dyn AuditLog>,
    pub(crate) found: Issue,
}

#[async_trait]
impl AuditLog for StaleSearch {
    async fn open(&self, draft: &Draft) -> Result<Issue, Failed> {
        self.inner.open(draft).await
    }
    async fn find(&self, repo: &Repo, marker: &str, title: &str, since: Timestamp) -> Result<Option<Issue>, Failed> {
        self.inner.find(repo, marker, title, since).await
    }
    async fn search(&self, _: &Repo, _: &str, _: bool, _: &Key) -> Result<Option<Issue>, Failed> {
        Ok(Some(self.found.clone()))
    }
    async fn is_open(&self, issue: &Issue) -> Result<bool, Failed> {
        self.inner.is_open(issue).await
    }
    async fn comment(&self, issue: &Issue, body: &str) -> Result<u64, Failed> {
        self.inner.comment(issue, body).await
    }
    async fn edit_comment(&self, issue: &Issue, comment: u64, body: &str) -> Result<(), Failed> {
        self.inner.edit_comment(issue, comment, body).await
    }
    async fn find_comment(&self, issue: &Issue, marker: &str, since: Timestamp) -> Result<Option<u64>, Failed> {
        self.inner.find_comment(issue, marker, since).await
    }
    async fn close(&self, repo: &Repo, number: IssueNumber) -> Result<(), Failed> {
        self.inner.close(repo, number).await
    }
    async fn label(&self, issue: &Issue, label: &str) -> Result<(), Failed> {
        self.inner.label(issue, label).await
    }
}

/// A topic that keeps what is handed on until a story delivers it.
#[derive(Debug, Default)]
pub(crate) struct PatientTopic(Mutex<Vec<String>>);

impl PatientTopic {
    pub(crate) fn kept(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Topic for PatientTopic {
    async fn publish(&self, message: &str) -> Result<(), Failed> {
        in_time()?;
        self.0.lock().unwrap().push(message.to_owned());
        Ok(())
    }
}

/// A topic that never answers.
#[derive(Debug)]
pub(crate) struct HangingTopic;

#[async_trait]
impl Topic for HangingTopic {
    async fn publish(&self, _: &str) -> Result<(), Failed> {
        pending().await
    }
}

/// A clock that can be put forward.
#[derive(Debug)]
pub(crate) struct ShiftedClock {
    inner: Arc<dyn Clock>,
    ahead_s: AtomicI64,
}

impl ShiftedClock {
    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.ahead_s.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        self.inner.now() + SignedDuration::from_secs(self.ahead_s.load(Ordering::Relaxed))
    }
    fn fresh(&self) -> String {
        self.inner.fresh()
    }
}

/// A story whose store and clock can be meddled with.
pub(crate) struct Meddled {
    pub(crate) story: Story,
    pub(crate) store: Arc<MeddlingStore>,
    pub(crate) clock: Arc<ShiftedClock>,
    pub(crate) topic: Arc<PatientTopic>,
    pub(crate) world: World,
}

impl Meddled {
    pub(crate) async fn begin() -> Self {
        let story = Story::with(unheard()).await;
        let world = story.town.world.clone();
        let store =
            MeddlingStore { inner: Arc::clone(&world.store), operations: Mutex::default(), hung: Notify::new() };
        let store = Arc::new(store);
        let clock = Arc::new(ShiftedClock { inner: Arc::clone(&world.clock), ahead_s: AtomicI64::new(0) });
        let topic = Arc::new(PatientTopic::default());
        let world = World { store: store.clone(), clock: clock.clone(), topic: topic.clone(), ..world };
        Meddled { story, store, clock, topic, world }
    }

    /// Delivers a message under a name, and returns how many must come again.
    pub(crate) async fn deliver(&self, id: &str, message: &Value) -> usize {
        deliver(&self.world, id, message).await
    }

    /// Delivers a message until it need not come again, as a queue does.
    pub(crate) async fn deliver_until_done(&self, id: &str, message: &Value) {
        for _ in 0..3 {
            if self.deliver(id, message).await == 0 {
                return;
            }
            self.clock.pass_seconds(60);
        }
        panic!("the message {id} comes again for ever");
    }

    /// Delivers what was handed on, and returns how much that was.
    pub(crate) async fn deliver_what_was_handed_on(&self) -> usize {
        let messages = std::mem::take(&mut *self.topic.0.lock().unwrap());
        for (position, message) in messages.iter().enumerate() {
            let message = serde_json::from_str(message).expect("what is handed on is JSON");
            self.deliver_until_done(&format!("handed on {position}"), &message).await;
        }
        messages.len()
    }

    /// Delivers a message to a function that dies as soon as the store hangs.
    pub(crate) async fn deliver_and_crash(&self, id: &str, message: &Value) -> bool {
        tokio::select! {
            biased;
            () = self.store.hung.notified() => true,
            _ = self.deliver(id, message) => false,
        }
    }

    /// Triage in this world.
    pub(crate) fn triage(&self) -> Triage {
        Triage { world: self.world.clone(), ..self.story.town.triage.clone() }
    }

    /// Clicks the newest question to a person and returns triage's status.
    pub(crate) async fn click(&self, person: &str, button: &str) -> u64 {
        click(&self.triage(), &self.story, person, button).await
    }
}

pub(crate) async fn deliver(world: &World, id: &str, message: &Value) -> usize {
    deliver_within(world, id, message, TIME).await
}

pub(crate) async fn deliver_within(world: &World, id: &str, message: &Value, time: Duration) -> usize {
    let body = json!({ "Type": "Notification", "MessageId": id, "TopicArn": "t", "Message": message.to_string() });
    let event = json!({ "Records": [{ "messageId": id, "receiptHandle": "r", "attributes": {}, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "a", "awsRegion": "r", "body": body.to_string() }] });
    let answer = timeout(PATIENCE, dispatch_incoming::handle(world, event, time)).await;
    let answer = answer.expect("incoming ends in its time").unwrap();
    answer["batchItemFailures"].as_array().unwrap().len()
}

pub(crate) async fn click(triage: &Triage, story: &Story, person: &str, button: &str) -> u64 {
    let messages = story.town.fakes.slack.dm(person);
    let question = messages.iter().rfind(|message| !crate::story::buttons(message).is_empty()).expect("a question");
    click_message(triage, story, person, question, button).await
}

pub(crate) async fn click_message(
    triage: &Triage,
    story: &Story,
    person: &str,
    question: &Message,
    button: &str,
) -> u64 {
    let click = story.town.fakes.slack.click(&question.channel, &question.ts, person, button).unwrap();
    let headers: serde_json::Map<_, _> =
        click.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let event = json!({ "requestContext": {}, "headers": headers, "body": click.body });
    let answer = timeout(PATIENCE, triage.handle(event)).await.expect("triage answers");
    answer["statusCode"].as_u64().unwrap()
}
