//! Everything a run needs, in one place.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dispatch_core::{
    alarm::{Address, Key},
    journal::Lease,
    source::Defaults,
};
use futures::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::{
    Tally,
    budget::Budget,
    ports::{AuditLog, Clock, Destination, Failed, Store, Topic},
};

tokio::task_local! {
    static UNTIL: Instant;
}

/// The outside world, as the engine sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct World {
    /// Where journals are kept.
    pub store: Arc<dyn Store>,
    /// Where issues are opened.
    pub audit: Arc<dyn AuditLog>,
    /// Where people are reached; one for each scheme.
    pub destinations: Vec<Arc<dyn Destination>>,
    /// Where unfinished work is handed on.
    pub topic: Arc<dyn Topic>,
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
    /// What holds where a message is silent.
    pub defaults: Defaults,
    /// How much may be asked of others.
    pub limits: Limits,
    /// What is left of GitHub's budget, as this process knows it.
    pub budget: Arc<Budget>,
    /// What happened, in numbers.
    pub tally: Arc<Tally>,
}

/// How much the services around Dispatch take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How often the queue delivers a message before it is a dead letter: its `maxReceiveCount`.
    pub receives_max: u32,
    /// Issues and comments that GitHub takes in a minute.
    pub writes_a_minute: u32,
    /// Issues and comments that GitHub takes in an hour.
    pub writes_an_hour: u32,
    /// How long a service may still act on a call that its caller has given up, by the clock of whichever run. GitHub
    /// cuts requests off after 10 seconds; the rest is for clocks that differ.
    /// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts>
    pub late: SignedDuration,
}

impl Default for Limits {
    /// GitHub's own numbers, and a count that is small, because one that is too large would keep the
    /// last delivery from being known as such.
    /// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits>
    fn default() -> Self {
        Limits { receives_max: 5, writes_a_minute: 80, writes_an_hour: 500, late: SignedDuration::from_secs(15) }
    }
}

impl World {
    /// The destination that `address` names.
    ///
    /// # Errors
    /// [`Failed::Refused`] when nothing answers to its scheme.
    pub fn destination(&self, address: &Address) -> Result<&dyn Destination, Failed> {
        let found = self.destinations.iter().find(|known| known.scheme() == address.scheme());
        found.map(Arc::as_ref).ok_or_else(|| Failed::Refused {
            call: "dispatch",
            reason: format!("no destination is called {:?}", address.scheme()),
        })
    }
}

/// One invocation's identity and time.
#[derive(Clone, Debug)]
pub struct Run {
    /// Tells this run's leases from those of others.
    pub id: String,
    /// When no step may be under way any more.
    pub deadline: Instant,
    /// Whether a message stands behind it, and comes again if it dies.
    pub backed: bool,
    /// Digests that tell of alarms which this run carried: to be brought up to date at its end.
    digests: Arc<Mutex<Touched>>,
}

/// Digests, each with the alarms that it tells of.
pub(crate) type Touched = BTreeMap<Key, BTreeSet<Key>>;

/// The longest that one step may take.
pub const STEP_MAX: Duration = Duration::from_secs(25);

/// How long a lease holds: longer than any step, with room for what comes late and for clocks that
/// differ.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// What a run that has waited for the lease of another one still needs.
const TIME_TO_ACT: Duration = Duration::from_secs(8);

/// A lease is over behind its last instant.
const TIME_TO_TURN: Duration = Duration::from_millis(10);

/// What must be left of a lease, behind the longest step, when that step begins.
const LEASE_LEFT: SignedDuration = SignedDuration::from_secs(20);

impl Run {
    /// A run that has `time` from now, with a message behind it.
    pub fn new(world: &World, time: Duration) -> Self {
        Run { backed: true, ..Self::alone(world, Instant::now() + time) }
    }

    /// A run that nobody repeats when it dies.
    pub fn alone(world: &World, deadline: Instant) -> Self {
        Run { id: world.clock.fresh(), deadline, backed: false, digests: Arc::default() }
    }

    /// The same run, with another deadline.
    pub fn until(&self, deadline: Instant) -> Self {
        Run { deadline, ..self.clone() }
    }

    /// Notes that this digest, which tells of that alarm, is to be brought up to date.
    pub(crate) fn touch(&self, digest: &Key, alarm: &Key) {
        self.digests().entry(digest.clone()).or_default().insert(alarm.clone());
    }

    /// A digest that is to be brought up to date, with the alarms that it tells of.
    pub(crate) fn next_touched(&self) -> Option<(Key, BTreeSet<Key>)> {
        self.digests().first_key_value().map(|(digest, alarms)| (digest.clone(), alarms.clone()))
    }

    /// Notes that this digest is up to date, or somebody else's.
    pub(crate) fn settle(&self, digest: &Key) {
        self.digests().remove(digest);
    }

    /// The alarms that digests tell of which nobody has brought up to date.
    pub fn left_over(&self) -> Vec<Key> {
        self.digests().values().flatten().cloned().collect()
    }

    fn digests(&self) -> MutexGuard<'_, Touched> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its time is up.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Whether a lease that ends at `until` holds for a whole step from `now`.
    pub(crate) fn outlasts_a_step(&self, until: Timestamp, now: Timestamp) -> bool {
        SignedDuration::try_from(STEP_MAX).is_ok_and(|step| until.duration_since(now) > step + LEASE_LEFT)
    }

    /// A lease that is taken now. A run that ends soon needs none that holds up others for long.
    pub(crate) fn lease(&self, now: Timestamp) -> Lease {
        let left = SignedDuration::try_from(self.deadline.saturating_duration_since(Instant::now()));
        let lasts = left.map_or(LEASE, |left| LEASE.min(left.saturating_add(LEASE_LEFT)));
        let until = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
        Lease { run: self.id.clone(), until, backed: self.backed }
    }

    /// How long to wait for somebody else's lease, if that is soon over and leaves time to act: whatever a run gives
    /// back comes again much later.
    pub fn may_wait(&self, until: Timestamp, now: Timestamp) -> Option<Duration> {
        let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default().saturating_add(TIME_TO_TURN);
        let left = self.deadline.saturating_duration_since(Instant::now());
        (wait.saturating_add(TIME_TO_ACT) <= left).then_some(wait)
    }
}

/// Runs `work` on behalf of a run that ends at `deadline`, so that whoever sends a call knows how long
/// it may wait: see [`time_left`]. It does not stop the work.
pub async fn until<T>(deadline: Instant, work: impl Future<Output = T>) -> T {
    UNTIL.scope(deadline, work).await
}

/// Does `work`, and `aside` beside it for as long as that takes.
pub(crate) async fn beside<T>(work: impl Future<Output = T>, aside: impl Future<Output = ()>) -> T {
    match select(pin!(work), pin!(aside)).await {
        Either::Left((done, _)) => done,
        Either::Right(((), work)) => work.await,
    }
}

/// How long the run has on whose behalf this is called; `None` outside of [`until`].
pub fn time_left() -> Option<Duration> {
    UNTIL.try_with(|deadline| deadline.saturating_duration_since(Instant::now())).ok()
}
