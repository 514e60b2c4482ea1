//! Which faults a seed has in store, and when.

use std::time::Duration;

use crate::chance::Chance;

/// Whoever can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Vendor {
    Store,
    GitHub,
    Slack,
    PagerDuty,
    Topic,
}

impl Vendor {
    pub(crate) const ALL: [Vendor; 5] =
        [Vendor::Store, Vendor::GitHub, Vendor::Slack, Vendor::PagerDuty, Vendor::Topic];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Vendor::Store => "store",
            Vendor::GitHub => "github",
            Vendor::Slack => "slack",
            Vendor::PagerDuty => "pagerduty",
            Vendor::Topic => "topic",
        }
    }
}

/// What goes wrong with one call. What a port answers then is what the real clients make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// 429 or 503, with or without `Retry-After`, or no connection: not acted on.
    Busy { wait: Option<Duration> },
    /// A reset or a 5xx before it acted; the caller cannot know.
    Reset,
    /// It acted, and the reply was lost, malformed, or a 5xx.
    LostReply,
    /// No reply. The client gives up after this long; `None` waits for the engine to give up.
    Hang { patience: Option<Duration> },
}

impl Fault {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Fault::Busy { wait: None } => "busy",
            Fault::Busy { wait: Some(_) } => "busy, asks to wait",
            Fault::Reset => "reset before acting",
            Fault::LostReply => "reply lost",
            Fault::Hang { .. } => "hangs",
        }
    }
}

/// What happens to one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// Until it acts.
    pub(crate) before: Duration,
    /// From then until the reply is there.
    pub(crate) after: Duration,
    pub(crate) fault: Option<Fault>,
    /// When the caller gives up before it acted: how much later it acts all the same.
    pub(crate) late: Option<Duration>,
}

/// A vendor that does nothing for a while.
#[derive(Clone, Copy, Debug)]
struct Outage {
    vendor: Vendor,
    from: Duration,
    until: Duration,
}

/// What one seed has in store. Times count from the start.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// When all faults end.
    pub(crate) calm: Duration,
    /// Calls in a hundred that meet a fault, for each vendor.
    faults: [u64; 5],
    outages: Vec<Outage>,
    /// How slow replies are, in multiples of the usual.
    pace: u64,
    /// Invocations in a hundred that are killed.
    pub(crate) kills: u64,
    /// Deliveries in a hundred that come twice.
    pub(crate) doubles: u64,
    /// The clock of a run is off by this much at most, either way.
    pub(crate) skew: Duration,
    /// How long lists and searches at GitHub may not show what is true already.
    pub(crate) lag: Duration,
    /// Whether Dispatch may look into its own conversations in Slack.
    pub(crate) may_look: bool,
}

/// The longest that a clock may be off.
const SKEW_MAX_MS: u64 = 1_500;

/// How long after its caller gave up a call may still act.
const LATE_MAX_MS: u64 = 10_000;

impl Weather {
    pub(crate) fn forecast(chance: &mut Chance) -> Self {
        let calm = chance.seconds(60..=900);
        let rough = chance.pick(&[0, 3, 10, 25]).unwrap_or_default();
        let faults = Vendor::ALL.map(|_| if chance.percent(70) { rough } else { 0 });
        let outages = (0..chance.within(0..=2)).map(|_| {
            let from = chance.seconds(0..=calm.as_secs());
            let vendor = chance.pick(&Vendor::ALL).unwrap_or(Vendor::Slack);
            Outage { vendor, from, until: from + chance.seconds(20..=600) }
        });
        let outages: Vec<Outage> = outages.collect();
        let calm = outages.iter().map(|outage| outage.until).fold(calm, Duration::max);
        Weather {
            calm,
            faults,
            outages,
            pace: chance.pick(&[0, 1, 1, 4]).unwrap_or(1),
            kills: chance.pick(&[0, 0, 10, 30]).unwrap_or_default(),
            doubles: chance.pick(&[0, 5, 25]).unwrap_or_default(),
            skew: chance.millis(0..=SKEW_MAX_MS),
            lag: chance.pick(&[0, 30, 600]).map(Duration::from_secs).unwrap_or_default(),
            may_look: chance.percent(50),
        }
    }

    /// Nothing goes wrong, but for what a message itself asks for.
    pub(crate) fn fair(chance: &mut Chance) -> Self {
        let storm = Weather::forecast(chance);
        Weather { faults: [0; 5], outages: Vec::new(), kills: 0, doubles: 0, pace: storm.pace.min(1), ..storm }
    }

    /// What happens to the next call. On the last two deliveries of a message the topic is `spared`.
    pub(crate) fn fate(&self, chance: &mut Chance, now: Duration, vendor: Vendor, spared: bool) -> Fate {
        let latency = |chance: &mut Chance| match chance.within(0..=9) {
            0..=1 => Duration::ZERO,
            2..=7 => chance.millis(1..=20 + 20 * self.pace),
            _ => chance.millis(10..=100 + 200 * self.pace),
        };
        let (before, after) = (latency(chance), latency(chance));
        let late = chance.percent(50).then(|| chance.millis(0..=LATE_MAX_MS));
        let mut fate = Fate { before, after, fault: None, late };
        if now >= self.calm || spared {
            return fate;
        }
        if self.outages.iter().any(|outage| outage.vendor == vendor && outage.from <= now && now < outage.until) {
            let never = Fault::Hang { patience: Some(chance.millis(2_000..=8_000)) };
            fate.fault = chance.pick(&[Fault::Busy { wait: None }, Fault::Reset, never]);
            fate.late = None;
            return fate;
        }
        let percent = self.faults.get(vendor as usize).copied().unwrap_or_default();
        if chance.percent(percent) {
            let patience = chance.percent(50).then(|| chance.millis(2_000..=20_000));
            let wait = Some(chance.seconds(1..=120));
            let all = [
                Fault::Busy { wait: None },
                Fault::Busy { wait },
                Fault::Reset,
                Fault::LostReply,
                Fault::LostReply,
                Fault::Hang { patience },
            ];
            fate.fault = chance.pick(&all);
        }
        fate
    }
}
