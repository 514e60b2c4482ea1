//! How much is measured.

use std::time::Duration;

/// Numbers of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Pairs of starts.
    pub(crate) starts: usize,
    /// Alarms, clicks and cold starts of which the median counts.
    pub(crate) times: usize,
    /// Times of a vendor's call that are tried.
    pub(crate) waits: [Duration; 2],
    /// Open issues in the repository.
    pub(crate) issues: [usize; 3],
    /// People who a broadcast is sent to.
    pub(crate) people: usize,
    /// Posts that Slack takes in a window.
    pub(crate) posts: usize,
    /// How long that is, in seconds.
    pub(crate) window_s: u64,
    /// When a message that has failed comes back.
    pub(crate) retry_after: Duration,
    /// How often the clock wakes what is due.
    pub(crate) tick: Duration,
    /// Messages that are folded.
    pub(crate) messages: usize,
    /// Alarms that instructions are counted of.
    pub(crate) counted: usize,
}

impl Scale {
    /// What the table stands for.
    pub(crate) const FULL: Scale = Scale {
        starts: 40,
        times: 9,
        waits: [Duration::from_millis(50), Duration::from_millis(100)],
        issues: [0, 1_000, 100_000],
        people: 1_000,
        posts: 300,
        window_s: 60,
        // The visibility time-out of the queue in `template.yaml`.
        retry_after: Duration::from_secs(181),
        tick: Duration::from_secs(60),
        messages: 10_000,
        counted: 100,
    };

    /// What shows that everything can be measured.
    pub(crate) const SHORT: Scale = Scale {
        starts: 2,
        times: 1,
        waits: [Duration::from_millis(10), Duration::from_millis(20)],
        issues: [0, 10, 100],
        people: 40,
        posts: 20,
        window_s: 2,
        retry_after: Duration::from_secs(2),
        tick: Duration::from_secs(1),
        messages: 500,
        counted: 2,
    };
}

/// The middle one; the larger of two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
