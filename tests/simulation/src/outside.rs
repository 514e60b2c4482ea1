//! Everything outside of Dispatch, as it truly is: what a run sees of it comes through a [`crate::line::Line`].

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    chance::Chance,
    github::GitHub,
    pagerduty::PagerDuty,
    people::People,
    queue::Queues,
    report::Counts,
    slack::Slack,
    store::Objects,
    weather::{Fault, Vendor, Weather},
};

/// Which run of a seed, from 0.
pub(crate) type RunId = usize;

/// What is remembered of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunRecord {
    pub(crate) name: String,
    /// It was killed.
    pub(crate) killed: bool,
    /// When the store last failed it.
    pub(crate) store_failed: Option<Duration>,
}

/// The whole of it. One seed has one.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) chance: Chance,
    began: Instant,
    pub(crate) weather: Weather,
    pub(crate) objects: Objects,
    pub(crate) github: GitHub,
    pub(crate) slack: Slack,
    pub(crate) pagerduty: PagerDuty,
    pub(crate) queues: Queues,
    pub(crate) people: People,
    pub(crate) runs: Vec<RunRecord>,
    /// Tasks that are under way.
    pub(crate) busy: usize,
    /// Held by every run, and by every call that is on its way.
    pub(crate) under_way: Arc<()>,
    /// What must not be, and was seen while it happened.
    pub(crate) violations: Vec<String>,
    pub(crate) counts: Counts,
    pub(crate) faults: BTreeMap<(Vendor, &'static str), usize>,
    trace: Option<String>,
}

impl Outside {
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Adds a line to the timeline, where one is wanted.
    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        let now = self.now();
        if let Some(trace) = &mut self.trace {
            let (s, ms) = (now.as_secs(), now.subsec_millis());
            trace.push_str(&format!("{:>4}:{:02}.{ms:03}  {}\n", s / 60, s % 60, line()));
        }
    }

    pub(crate) fn violated(&mut self, what: String) {
        self.tell(|| format!("VIOLATED {what}"));
        self.violations.push(what);
    }

    /// The store has failed a run, or was too slow for it.
    pub(crate) fn store_failed(&mut self, run: RunId) {
        let now = self.now();
        if let Some(run) = self.runs.get_mut(run) {
            run.store_failed = Some(now);
        }
    }

    pub(crate) fn record_fault(&mut self, vendor: Vendor, fault: Fault) {
        *self.faults.entry((vendor, fault.word())).or_default() += 1;
    }

    /// Whether no run is under way and no message waits.
    pub(crate) fn is_quiet(&self) -> bool {
        Arc::strong_count(&self.under_way) == 1 && self.queues.are_empty()
    }

    pub(crate) fn trace(&mut self) -> String {
        self.trace.take().unwrap_or_default()
    }
}

/// A hold on the outside, for everyone who takes part.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Outside>>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    pub(crate) fn new(chance: Chance, weather: Weather, traced: bool) -> Self {
        Shared(Arc::new(Mutex::new(Outside {
            chance,
            began: Instant::now(),
            weather,
            objects: Objects::default(),
            github: GitHub::default(),
            slack: Slack::default(),
            pagerduty: PagerDuty::default(),
            queues: Queues::default(),
            people: People::default(),
            runs: Vec::new(),
            busy: 0,
            under_way: Arc::default(),
            violations: Vec::new(),
            counts: Counts::default(),
            faults: BTreeMap::new(),
            trace: traced.then(String::new),
        })))
    }

    /// Looks or acts. Never across an await.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Outside) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs a task beside all others; the story goes on until all tasks are done.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.with(|outside| outside.busy += 1);
        let shared = self.clone();
        tokio::spawn(async move {
            task.await;
            shared.with(|outside| outside.busy -= 1);
        });
    }
}
