//! What happened in a seed, and in many.

use std::{
    collections::BTreeMap,
    fmt,
    ops::AddAssign,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crate::story::simulate;

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that were published.
    pub messages: usize,
    /// Lives of alarms.
    pub lives: usize,
    /// Issues that Dispatch opened.
    pub issues: usize,
    /// Issues that somebody closed by hand.
    pub closed_by_hand: usize,
    /// Comments.
    pub comments: usize,
    /// Comments that stand there twice.
    pub comments_twice: usize,
    /// Messages to people and to the fallback channel.
    pub notices: usize,
    /// Questions, among them.
    pub questions: usize,
    /// Notices that reached their reader once more, and by what: see `check/people.rs`.
    pub twice: BTreeMap<&'static str, usize>,
    /// Clicks that were acknowledged.
    pub clicks: usize,
    /// Incidents.
    pub pages: usize,
    /// Incidents because Dispatch could not go on.
    pub last_resorts: usize,
    /// Messages that were given up, all of them paged.
    pub dead_letters: usize,
    /// Issues that somebody opened again.
    pub reopened: usize,
    /// Ticks of the clock.
    pub ticks: usize,
    /// Webhooks that came.
    pub webhooks: usize,
    /// Pages that somebody took, gave back or resolved.
    pub page_changes: usize,
    /// Forms that opened.
    pub forms: usize,
    /// Reminders.
    pub reminders: usize,
    /// People who did not answer in time.
    pub silences: usize,
    /// Steps of escalations: people asked, channels told, pages.
    pub escalations: usize,
    /// Answers that came after their deadline.
    pub late_answers: usize,
    /// Reminders that were put off.
    pub snoozes: usize,
    /// Questions that were passed on.
    pub passes: usize,
    /// Reasons that were given.
    pub reasons: usize,
    /// Lives that their publisher ended.
    pub withdrawn: usize,
    /// Invocations.
    pub runs: usize,
    /// Invocations that were killed.
    pub kills: usize,
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        self.messages += other.messages;
        self.lives += other.lives;
        self.issues += other.issues;
        self.closed_by_hand += other.closed_by_hand;
        self.comments += other.comments;
        self.comments_twice += other.comments_twice;
        self.notices += other.notices;
        self.questions += other.questions;
        self.clicks += other.clicks;
        self.pages += other.pages;
        self.last_resorts += other.last_resorts;
        self.dead_letters += other.dead_letters;
        self.runs += other.runs;
        self.kills += other.kills;
        self.reopened += other.reopened;
        self.ticks += other.ticks;
        self.webhooks += other.webhooks;
        self.page_changes += other.page_changes;
        self.forms += other.forms;
        self.reminders += other.reminders;
        self.silences += other.silences;
        self.escalations += other.escalations;
        self.late_answers += other.late_answers;
        self.snoozes += other.snoozes;
        self.passes += other.passes;
        self.reasons += other.reasons;
        self.withdrawn += other.withdrawn;
        for (why, times) in &other.twice {
            *self.twice.entry(why).or_default() += times;
        }
    }
}

/// What one seed came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// What must not be; empty when all is well.
    pub violations: Vec<String>,
    /// How often what happened.
    pub counts: Counts,
    /// Faults by vendor and kind.
    pub faults: BTreeMap<String, usize>,
    /// The timeline, where one was asked for.
    pub trace: String,
}

impl Outcome {
    /// Why the seed failed, and how to play it again.
    pub fn complaint(&self) -> String {
        let Outcome { seed, violations, .. } = self;
        format!(
            "seed {seed} fails:\n  {}\nreplay it with:\n  cargo run --release -p dispatch-simulation -- --seed {seed} --trace",
            violations.join("\n  ")
        )
    }
}

/// What many seeds came to.
#[derive(Clone, Debug, Default)]
pub struct Total {
    /// How many were played.
    pub seeds: u64,
    /// Those that failed, by seed.
    pub failures: Vec<Outcome>,
    /// The sums.
    pub counts: Counts,
    /// The sums.
    pub faults: BTreeMap<String, usize>,
}

/// Plays `count` seeds from `from`, on all cores, until `failures_max` of them have failed.
pub fn simulate_many(from: u64, count: u64, failures_max: usize) -> Total {
    let total = Mutex::new(Total::default());
    let next = AtomicU64::new(from);
    let until = from.saturating_add(count);
    let work = || {
        while let seed = next.fetch_add(1, Ordering::Relaxed)
            && seed < until
        {
            let outcome = simulate(seed, false);
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            total.add(outcome);
            if total.failures.len() >= failures_max {
                break;
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    total.failures.sort_by_key(|outcome| outcome.seed);
    total
}

impl Total {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.counts += &outcome.counts;
        for (fault, times) in &outcome.faults {
            *self.faults.entry(fault.clone()).or_default() += times;
        }
        if !outcome.violations.is_empty() {
            self.failures.push(outcome);
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { messages, lives, issues, closed_by_hand, comments, comments_twice, .. } = self.counts;
        let Counts { notices, questions, clicks, pages, last_resorts, dead_letters, runs, kills, .. } = self.counts;
        writeln!(f, "{} seeds, {} failed", self.seeds, self.failures.len())?;
        writeln!(f, "  messages {messages}, lives of alarms {lives}, runs {runs}, killed {kills}")?;
        writeln!(f, "  issues {issues}, closed by hand {closed_by_hand}, comments {comments}, twice {comments_twice}")?;
        let twice: usize = self.counts.twice.values().sum();
        let per_mille = if notices == 0 { 0.0 } else { 1_000.0 * twice as f64 / notices as f64 };
        writeln!(f, "  notices {notices}, questions {questions}, clicks acknowledged {clicks}")?;
        writeln!(f, "  notices twice {twice}, {per_mille:.2} of 1000: {:?}", self.counts.twice)?;
        writeln!(f, "  incidents {pages}, as a last resort {last_resorts}, dead letters {dead_letters}")?;
        let Counts { ticks, webhooks, reopened, page_changes, withdrawn, .. } = self.counts;
        let Counts { silences, escalations, late_answers, reminders, snoozes, passes, forms, reasons, .. } =
            self.counts;
        writeln!(f, "  ticks {ticks}, webhooks {webhooks}, reopened {reopened}, pages changed by hand {page_changes}")?;
        writeln!(
            f,
            "  silences {silences}, escalations {escalations}, late answers {late_answers}, withdrawn {withdrawn}"
        )?;
        writeln!(f, "  reminders {reminders}, snoozes {snoozes}, passes {passes}, forms {forms}, reasons {reasons}")?;
        for (fault, times) in &self.faults {
            writeln!(f, "  {times:>9} × {fault}")?;
        }
        Ok(())
    }
}
