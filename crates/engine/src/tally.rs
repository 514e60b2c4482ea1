//! What happened, in numbers: for whoever watches Dispatch itself.
//!
//! Facts are counted when they are in the journal, so that each counts once, whoever else tries the same.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use dispatch_core::{
    alarm::Key,
    journal::{Answer, Entry, Fact, Journal},
    life::Progress,
    notice::Receipt,
};
use jiff::Timestamp;

use crate::ports::Failed;

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Count {
    /// Alarms that were taken in, repeats and bare pages among them.
    Alarms,
    /// Alarms that only repeated one.
    Folded,
    /// People who were told something, asked or not.
    Told,
    /// People who were asked.
    Asked,
    /// Answers that stand and say yes.
    AnsweredYes,
    /// Answers that stand and say no.
    AnsweredNo,
    /// People who did not answer in time.
    AnsweredNobody,
    /// Pages that went out, whatever for.
    Pages,
    /// Notes to the fallback channel, because somebody could not be reached.
    FellBack,
    /// Ticks of the clock.
    Ticks,
    /// Calls of which the service said that it does not know who calls.
    Unauthorized,
}

/// Something that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// From the publication of a message to its question.
    ToQuestion,
    /// From a click to what follows from it: the page, or the end.
    ToEffect,
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// How often; what never happened is not there.
    pub counts: BTreeMap<Count, u64>,
    /// Calls that failed, by service and kind.
    pub failures: BTreeMap<(&'static str, &'static str), u64>,
    /// Each time that something took, in seconds.
    pub seconds: BTreeMap<Span, Vec<f64>>,
    /// When messages were published, by the alarm that they raised.
    published: HashMap<Key, Timestamp>,
}

/// Counts; shared by everybody in a process.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Numbers>);

impl Tally {
    /// Counts something.
    pub fn add(&self, what: Count, times: usize) {
        if times > 0 {
            self.numbers().add(what, times);
        }
    }

    /// Notes when a message was published that raised this alarm; the first stands.
    pub fn published(&self, alarm: &Key, at: Timestamp) {
        self.numbers().published.entry(alarm.clone()).or_insert(at);
    }

    /// A call failed in the end. `unauthorized` when the service does not know who calls.
    pub fn failed(&self, failed: &Failed, unauthorized: bool) {
        let (call, kind) = match failed {
            Failed::Refused { call, .. } => (call, "refused"),
            Failed::Busy { call, .. } => (call, "busy"),
            Failed::Forbidden { call, .. } => (call, "forbidden"),
            Failed::Unreachable { call, .. } => (call, "unreachable"),
        };
        let kind = if unauthorized { "unauthorized" } else { kind };
        *self.numbers().failures.entry((vendor(call), kind)).or_default() += 1;
    }

    /// Facts are in the journal now.
    pub(crate) fn learned(&self, journal: &Journal, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let mut numbers = self.numbers();
        for Entry { at, fact } in entries {
            numbers.learn(journal, *at, fact);
        }
    }

    /// Everything that was counted since the last time.
    pub fn take(&self) -> Numbers {
        mem::take(&mut *self.numbers())
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Numbers {
    fn add(&mut self, what: Count, times: usize) {
        let count = self.counts.entry(what).or_default();
        *count = count.saturating_add(u64::try_from(times).unwrap_or(u64::MAX));
    }

    fn learn(&mut self, journal: &Journal, at: Timestamp, fact: &Fact) {
        let is_page = |receipt: &Receipt| usize::from(receipt.at.scheme() == "pagerduty");
        match fact {
            Fact::Repeated { count } => {
                self.add(Count::Alarms, *count);
                self.add(Count::Folded, *count);
            }
            Fact::Reached { round, .. } => {
                self.add(Count::Told, 1);
                if *round == 0 && journal.alarm.question.is_some() {
                    self.add(Count::Asked, 1);
                    let since = self.published.get(&journal.key).copied().unwrap_or(journal.began);
                    self.took(Span::ToQuestion, since, at);
                }
            }
            Fact::FellBack { .. } => self.add(Count::FellBack, 1),
            Fact::Answered { answer: Answer::Yes, .. } => self.add(Count::AnsweredYes, 1),
            Fact::Answered { answer: Answer::No, .. } => self.add(Count::AnsweredNo, 1),
            Fact::Silent { who, .. } => self.add(Count::AnsweredNobody, who.len()),
            Fact::Climbed { receipt, .. } => self.add(Count::Pages, is_page(receipt)),
            Fact::Paged { who, .. } => {
                self.add(Count::Pages, 1);
                self.took_effect(journal, Some(*who), at);
            }
            Fact::Closed => self.took_effect(journal, None, at),
            _ => {}
        }
    }

    /// What follows from the answer of one person, or from the last of all.
    fn took_effect(&mut self, journal: &Journal, who: Option<usize>, at: Timestamp) {
        let progress = Progress::of(journal);
        let people = progress.people.iter().enumerate().filter(|(position, _)| who.is_none_or(|who| who == *position));
        let clicked = people.filter_map(|(_, person)| Some(person.answer.as_ref()?.at)).max();
        if let Some(clicked) = clicked {
            self.took(Span::ToEffect, clicked, at);
        }
    }

    fn took(&mut self, what: Span, since: Timestamp, at: Timestamp) {
        let seconds = at.duration_since(since).as_secs_f64().max(0.0);
        self.seconds.entry(what).or_default().push(seconds);
    }
}

/// The service that a call goes to: the first word of its name.
fn vendor(call: &str) -> &'static str {
    match call.split(' ').next() {
        Some("github") => "github",
        Some("slack") => "slack",
        Some("pagerduty") => "pagerduty",
        Some("sns") => "topic",
        Some("s3" | "store") => "store",
        Some("kms" | "ssm" | "secretsmanager") => "settings",
        _ => "dispatch",
    }
}
