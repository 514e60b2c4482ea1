//! A run's line to the outside: every call of every port goes through [`Line::call`], which lets
//! time pass, and lets it fail as the seed has it.

use std::{sync::Arc, time::Duration};

use dispatch_core::source::Defaults;
use dispatch_engine::{
    ports::{Clock, Failed},
    world::{Limits, World, time_left},
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use crate::{
    outside::{Outside, RunId, RunRecord, Shared},
    pagerduty::Pager,
    slack::Chat,
    weather::{Fault, Vendor},
};

/// 2026-11-21 03:00 UTC: where every story begins.
const BEGAN_S: i64 = 1_795_230_000;

/// How often a queue delivers a message.
pub(crate) const RECEIVES_MAX: u32 = 6;

/// One invocation's line: its name for the timeline, its clock, and whether it is spared.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) shared: Shared,
    pub(crate) run: RunId,
    /// What its clock is off by, in milliseconds.
    skew_ms: i64,
    /// It has a message on one of its last two deliveries.
    spared: bool,
    /// As long as anybody holds one, something is under way.
    _under_way: Arc<()>,
}

/// What an action needs to know of the call that it is part of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) run: RunId,
    /// What the time is at the service, without any skew.
    pub(crate) at: Timestamp,
    /// The caller had given up by then.
    pub(crate) late: bool,
}

/// The true time.
pub(crate) fn time_at(passed: Duration) -> Timestamp {
    let began = Timestamp::from_second(BEGAN_S).unwrap_or_default();
    SignedDuration::try_from(passed).ok().and_then(|passed| began.checked_add(passed).ok()).unwrap_or(began)
}

impl Line {
    pub(crate) fn new(shared: &Shared, kind: &str, spared: bool) -> Self {
        let (run, skew_ms, under_way) = shared.with(|outside| {
            let most = i64::try_from(outside.weather.skew.as_millis()).unwrap_or_default();
            let range = u64::try_from(2 * most).unwrap_or_default();
            let skew_ms = i64::try_from(outside.chance.within(0..=range)).unwrap_or_default() - most;
            let run = outside.runs.len();
            outside.runs.push(RunRecord { name: format!("{kind} {run}"), ..RunRecord::default() });
            (run, skew_ms, outside.under_way.clone())
        });
        Line { shared: shared.clone(), run, skew_ms, spared, _under_way: under_way }
    }

    /// The world as this run sees it.
    pub(crate) fn world(&self, defaults: &Defaults) -> World {
        World {
            store: Arc::new(self.clone()),
            audit: Arc::new(self.clone()),
            destinations: vec![Arc::new(Chat(self.clone())), Arc::new(Pager(self.clone()))],
            topic: Arc::new(self.clone()),
            clock: Arc::new(self.clone()),
            defaults: defaults.clone(),
            limits: Limits { receives_max: RECEIVES_MAX, ..Limits::default() },
            budget: Arc::default(),
            tally: Arc::default(),
        }
    }

    pub(crate) fn tell(&self, line: impl FnOnce() -> String) {
        self.shared.with(|outside| {
            let name = outside.runs.get(self.run).map_or("", |run| run.name.as_str()).to_owned();
            outside.tell(|| format!("{name:<12} {}", line()));
        });
    }

    /// One call: some time, the effect, some more time; or whatever fault the seed has in store.
    pub(crate) async fn call<T, A>(&self, vendor: Vendor, call: &'static str, act: A) -> Result<T, Failed>
    where
        T: Send + 'static,
        A: FnOnce(&mut Outside, Caller) -> Result<T, Failed> + Send + 'static,
    {
        // As the HTTP client: what could not be answered in time is not sent.
        if time_left().is_some_and(|left| left.is_zero()) {
            self.tell(|| format!("{call}: not sent"));
            return Err(Failed::Busy { call, reason: "no time left".to_owned(), wait: None });
        }
        let fate = self.shared.with(|outside| {
            let now = outside.now();
            let spared = self.spared && vendor == Vendor::Topic;
            let fate = outside.weather.fate(&mut outside.chance, now, vendor, spared);
            if let Some(fault) = fate.fault {
                outside.record_fault(vendor, fault);
            }
            fate
        });
        let mut flight = Flight { line: self.clone(), vendor, call, act: Some(act), late: fate.late, is_well: false };
        pause(fate.before).await;
        let result = match fate.fault {
            None => flight.arrive(false),
            Some(Fault::LostReply) => flight.arrive(false).and_then(|_| Err(unreachable(call, "the reply was lost"))),
            Some(Fault::Busy { wait }) => {
                flight.act = None;
                Err(Failed::Busy { call, reason: "not now".to_owned(), wait })
            }
            Some(Fault::Reset) => {
                flight.act = None;
                Err(unreachable(call, "the connection was reset"))
            }
            Some(Fault::Hang { patience }) => {
                self.hang(patience).await;
                Err(unreachable(call, "no reply in time"))
            }
        };
        if !matches!(fate.fault, Some(Fault::Hang { .. })) {
            pause(fate.after).await;
        }
        flight.is_well = result.is_ok();
        if let Err(failed) = &result {
            self.tell(|| format!("{call}: {} ({failed})", fate.fault.map_or("refused", Fault::word)));
        }
        result
    }

    /// As the HTTP client: as long as its own patience and the run's time last.
    async fn hang(&self, patience: Option<Duration>) {
        match patience {
            Some(patience) => sleep(time_left().map_or(patience, |left| left.min(patience))).await,
            None => std::future::pending().await,
        }
    }
}

pub(crate) fn unreachable(call: &'static str, reason: &str) -> Failed {
    Failed::Unreachable { call, reason: reason.to_owned() }
}

async fn pause(time: Duration) {
    if time.is_zero() {
        tokio::task::yield_now().await;
    } else {
        sleep(time).await;
    }
}

/// A request on its way. When its caller gives up or dies first, it may arrive all the same.
struct Flight<T, A>
where
    T: Send + 'static,
    A: FnOnce(&mut Outside, Caller) -> Result<T, Failed> + Send + 'static,
{
    line: Line,
    vendor: Vendor,
    call: &'static str,
    act: Option<A>,
    late: Option<Duration>,
    is_well: bool,
}

impl<T, A> Flight<T, A>
where
    T: Send + 'static,
    A: FnOnce(&mut Outside, Caller) -> Result<T, Failed> + Send + 'static,
{
    fn arrive(&mut self, late: bool) -> Result<T, Failed> {
        let Some(act) = self.act.take() else { return Err(unreachable(self.call, "it was sent already")) };
        arrive(&self.line, self.call, act, late)
    }
}

fn arrive<T>(
    line: &Line,
    call: &'static str,
    act: impl FnOnce(&mut Outside, Caller) -> Result<T, Failed>,
    late: bool,
) -> Result<T, Failed> {
    let when = if late { ", late" } else { "" };
    line.tell(|| format!("{call}{when}"));
    let result = line.shared.with(|outside| {
        let at = time_at(outside.now());
        act(outside, Caller { run: line.run, at, late })
    });
    line.shared.set_off();
    result
}

impl<T, A> Drop for Flight<T, A>
where
    T: Send + 'static,
    A: FnOnce(&mut Outside, Caller) -> Result<T, Failed> + Send + 'static,
{
    fn drop(&mut self) {
        if !self.is_well && self.act.is_some() {
            self.line.tell(|| format!("{}: given up", self.call));
        }
        if !self.is_well && self.vendor == Vendor::Store {
            self.line.shared.with(|outside| outside.store_failed(self.line.run));
        }
        let (Some(act), Some(late)) = (self.act.take(), self.late) else { return };
        if tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let (line, call) = (self.line.clone(), self.call);
        self.line.shared.clone().spawn(async move {
            sleep(late).await;
            drop(arrive(&line, call, act, true));
        });
    }
}

impl Clock for Line {
    fn now(&self) -> Timestamp {
        let (passed, fraction) = self.shared.with(|outside| (outside.now(), outside.chance.within(0..=999_999)));
        // Timers count in milliseconds; two machines never read the same nanosecond.
        let off = SignedDuration::from_millis(self.skew_ms) + SignedDuration::from_nanos(fraction.cast_signed());
        let now = time_at(passed);
        now.checked_add(off).unwrap_or(now)
    }

    fn fresh(&self) -> String {
        self.shared.with(|outside| outside.chance.name())
    }
}
