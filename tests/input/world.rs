//! Everything outside, in memory.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_core::{
    alarm::{Address, Issue, IssueNumber, Key, Repo},
    notice::{Notice, Receipt},
    source::Defaults,
};
use dispatch_engine::{
    ports::{AuditLog, Clock, Destination, Draft, Failed, Store, Tag, Topic},
    world::{Limits, World},
};
use jiff::Timestamp;

/// Whom nobody can reach: an address that holds this is refused.
const NOBODY: &str = "nobody";

/// What was kept and sent. Nothing fails, unless everything does.
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
    fresh: AtomicU64,
    is_down: bool,
}

/// What the outside world holds.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The store: bytes and version by path.
    pub objects: BTreeMap<String, (Bytes, u64)>,
    /// How much was written to paths of the store that were removed, and the removals.
    pub removed: u64,
    /// Issues; the first has number 1.
    pub issues: Vec<Draft>,
    /// Numbers of closed issues.
    pub closed: Vec<u64>,
    /// Texts of comments; the first has id 1.
    pub comments: Vec<String>,
    /// Notices, with whom they went to.
    pub notices: Vec<(Address, Notice)>,
    /// What was handed on.
    pub published: Vec<String>,
}

/// A place that answers to a scheme.
#[derive(Debug)]
struct Post(&'static str, Arc<Memory>);

/// What holds where a message is silent, in every test of inputs.
pub fn defaults() -> Defaults {
    Defaults {
        repo: Repo::new("example-org", "alarms"),
        github_user: Some("example-org/security".to_owned()),
        channel: Address::new("slack", "#security"),
        patience_s: None,
        hours: dispatch_core::hours::Hours::default(),
        keeps_hours: false,
        chain: Vec::new(),
    }
}

/// The time, in every test of inputs.
pub fn now() -> Timestamp {
    "2026-11-21T03:00:00Z".parse().expect("a time")
}

impl Memory {
    /// A world that is there.
    pub fn up() -> Arc<Self> {
        Arc::new(Memory::default())
    }

    /// A world of which nothing answers.
    pub fn down() -> Arc<Self> {
        Arc::new(Memory { is_down: true, ..Memory::default() })
    }

    /// The world, as the engine sees it.
    pub fn world(self: &Arc<Self>) -> World {
        World {
            store: self.clone(),
            audit: self.clone(),
            destinations: vec![Arc::new(Post("slack", self.clone())), Arc::new(Post("pagerduty", self.clone()))],
            topic: self.clone(),
            clock: self.clone(),
            defaults: defaults(),
            // One invocation may do more in a test than GitHub takes in an hour.
            limits: Limits { writes_a_minute: u32::MAX, writes_an_hour: u32::MAX, ..Limits::default() },
            budget: Arc::default(),
            tally: Arc::default(),
        }
    }

    /// A copy of all that is kept.
    pub fn kept(&self) -> Kept {
        self.hold().clone()
    }

    fn hold(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nobody panics while holding it")
    }

    fn ask(&self) -> Result<MutexGuard<'_, Kept>, Failed> {
        match self.is_down {
            true => Err(Failed::Busy { call: "memory", reason: "down".to_owned(), wait: None }),
            false => Ok(self.hold()),
        }
    }
}

impl Kept {
    /// How much was written or sent, to see whether anything was.
    pub fn effects(&self) -> usize {
        let versions: u64 = self.removed + self.objects.values().map(|(_, version)| version).sum::<u64>();
        let others = [&self.issues.len(), &self.closed.len(), &self.comments.len(), &self.notices.len()];
        others.into_iter().sum::<usize>() + self.published.len() + usize::try_from(versions).unwrap_or(usize::MAX)
    }

    /// Everything that people or machines can read in it, in one text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for issue in &self.issues {
            text.extend([&*issue.title, "\n", &issue.body, "\n"]);
        }
        text.extend(self.comments.iter().map(String::as_str));
        for (_, notice) in &self.notices {
            text.extend([&*notice.headline, "\n"]);
            text.extend(notice.paragraphs.iter().map(dispatch_core::notice::Text::as_str));
        }
        for (bytes, _) in self.objects.values() {
            text.push_str(&String::from_utf8_lossy(bytes));
        }
        text
    }
}

#[async_trait]
impl Store for Memory {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        let object = self.ask()?.objects.get(path).cloned();
        Ok(object.map(|(bytes, version)| (bytes, Tag(version.to_string()))))
    }

    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed> {
        let mut kept = self.ask()?;
        if kept.objects.contains_key(path) {
            return Ok(None);
        }
        kept.objects.insert(path.to_owned(), (bytes, 1));
        Ok(Some(Tag("1".to_owned())))
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        match self.ask()?.objects.get_mut(path) {
            Some((now, version)) if version.to_string() == tag.0 => {
                (*now, *version) = (bytes, *version + 1);
                Ok(Some(Tag(version.to_string())))
            }
            _ => Ok(None),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        Ok(self.ask()?.objects.keys().filter(|path| path.starts_with(prefix)).cloned().collect())
    }

    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        let kept = self.ask()?;
        let names = kept.objects.range(prefix.to_owned()..).map(|(path, _)| path);
        Ok(names.take_while(|path| path.starts_with(prefix) && path.as_str() < end).take(max).cloned().collect())
    }

    async fn delete(&self, path: &str) -> Result<(), Failed> {
        let mut kept = self.ask()?;
        if let Some((_, version)) = kept.objects.remove(path) {
            kept.removed += version + 1;
        }
        Ok(())
    }
}

#[async_trait]
impl AuditLog for Memory {
    async fn open(&self, draft: &Draft) -> Result<Issue, Failed> {
        let mut kept = self.ask()?;
        kept.issues.push(draft.clone());
        let number = IssueNumber(kept.issues.len() as u64);
        let url = format!("https://github.com/{}/issues/{number}", draft.repo);
        Ok(Issue { repo: draft.repo.clone(), number, url })
    }

    async fn find(&self, _: &Repo, _: &str, _: &str, _: Timestamp) -> Result<Option<Issue>, Failed> {
        self.ask().map(|_| None)
    }

    async fn search(&self, _: &Repo, _: &str, _: bool, _: &Key) -> Result<Option<Issue>, Failed> {
        self.ask().map(|_| None)
    }

    async fn is_open(&self, issue: &Issue) -> Result<bool, Failed> {
        Ok(!self.ask()?.closed.contains(&issue.number.0))
    }

    async fn comment(&self, _: &Issue, body: &str) -> Result<u64, Failed> {
        let mut kept = self.ask()?;
        kept.comments.push(body.to_owned());
        Ok(kept.comments.len() as u64)
    }

    async fn edit_comment(&self, _: &Issue, _: u64, body: &str) -> Result<(), Failed> {
        self.ask().map(|mut kept| kept.comments.push(body.to_owned()))
    }

    async fn find_comment(&self, _: &Issue, _: &str, _: Timestamp) -> Result<Option<u64>, Failed> {
        self.ask().map(|_| None)
    }

    async fn close(&self, _: &Repo, number: IssueNumber) -> Result<(), Failed> {
        self.ask().map(|mut kept| kept.closed.push(number.0))
    }

    async fn label(&self, _: &Issue, _: &str) -> Result<(), Failed> {
        self.ask().map(|_| ())
    }
}

#[async_trait]
impl Destination for Post {
    fn scheme(&self) -> &'static str {
        self.0
    }

    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        let mut kept = self.1.ask()?;
        if to.rest().contains(NOBODY) {
            return Err(Failed::Refused { call: "memory", reason: "user_not_found".to_owned() });
        }
        kept.notices.push((to.clone(), notice.clone()));
        Ok(Receipt {
            at: to.clone(),
            id: kept.notices.len().to_string(),
            reader: Some(to.rest().to_owned()),
            url: None,
        })
    }

    async fn revise(&self, receipt: &Receipt, notice: &Notice) -> Result<(), Failed> {
        self.1.ask().map(|mut kept| kept.notices.push((receipt.at.clone(), notice.clone())))
    }
}

#[async_trait]
impl Topic for Memory {
    async fn publish(&self, message: &str) -> Result<(), Failed> {
        self.ask().map(|mut kept| kept.published.push(message.to_owned()))
    }
}

impl Clock for Memory {
    fn now(&self) -> Timestamp {
        now()
    }

    fn fresh(&self) -> String {
        format!("{:032x}", self.fresh.fetch_add(1, Ordering::Relaxed))
    }
}

/// Runs what awaits nothing outside of this process.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(work)
}
