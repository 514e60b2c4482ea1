//! What is known of people, of waves of silence, and of pages.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    journal::{Answer, Change, Clicker, Fact, Stage, Who},
    notice::Receipt,
};

/// The answer that stands for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Which.
    pub answer: Answer,
    /// Who pressed the button.
    pub by: Clicker,
    /// Which of the further answers, if it was one of them.
    pub variant: Option<usize>,
    /// When.
    pub at: Timestamp,
}

/// What is known of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonProgress {
    /// Last round in which they were told or asked, and where.
    pub reached: Option<(usize, Receipt)>,
    /// Last round in which they could not be, and why.
    pub unreached: Option<(usize, String)>,
    /// The answer that stands.
    pub answer: Option<Answered>,
    /// The page for their no.
    pub paged: Option<Receipt>,
    /// What their question shows.
    pub shown: Option<Stage>,
    /// Their time zone, where it is known.
    pub zone: Option<String>,
    /// The wave in which they did not answer in time.
    pub silent: Option<usize>,
    /// Whether they passed the question on.
    pub passed: bool,
    /// Who is asked in their place.
    pub deputy: Option<Who>,
    /// When reminders were due.
    pub reminds: Vec<Timestamp>,
    /// How many of them were sent.
    pub reminded: usize,
    /// How often the reminder was put off, the last time when and until when.
    pub snoozed: Option<(Timestamp, Timestamp)>,
    /// See [`PersonProgress::snoozed`].
    pub snoozes: usize,
}

/// Somebody put off a reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snooze {
    /// Whose question.
    pub who: Who,
    /// Until when.
    pub until: Timestamp,
    /// Why, in their words.
    pub why: Option<String>,
    /// Who.
    pub by: Clicker,
    /// When.
    pub at: Timestamp,
}

/// Somebody passed a question on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// One of the alarm's people, whose question it is.
    pub who: Who,
    /// Who is asked now.
    pub to: Option<Who>,
    /// Who passed it on.
    pub by: Clicker,
    /// When.
    pub at: Timestamp,
}

/// People who did not answer in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    /// Since when.
    pub at: Timestamp,
    /// Who.
    pub who: Vec<Who>,
    /// Steps of the chain whose time has come, by the clock.
    pub due: BTreeMap<usize, Timestamp>,
    /// What was sent, by step.
    pub climbed: BTreeMap<usize, (Receipt, Timestamp)>,
}

impl Wave {
    /// The step whose time has come last.
    pub fn rung(&self) -> usize {
        self.due.keys().next_back().copied().unwrap_or(0)
    }
}

/// What became of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// As in [`Receipt::id`].
    pub page: String,
    /// What.
    pub change: Change,
    /// By whom, where that is known.
    pub by: Option<String>,
    /// When, by the journal.
    pub at: Timestamp,
    /// When, by the pager's clock, where the pager told.
    pub occurred: Option<Timestamp>,
}

impl Incident {
    /// Whether the page is open and nobody has it.
    pub fn is_waiting(&self) -> bool {
        matches!(self.change, Change::Reopened | Change::Dropped)
    }
}

impl PersonProgress {
    /// Whether a reminder is still to come: there was none, or it was put off since.
    pub(super) fn is_unreminded(&self) -> bool {
        let put_off = |last: &Timestamp| self.snoozed.is_some_and(|(when, _)| *last <= when);
        self.reminds.last().is_none_or(put_off)
    }

    /// Whether telling or asking them has come to an end, well or not.
    pub fn is_settled(&self) -> bool {
        self.answer.is_some() || self.reached.is_some() || self.unreached.is_some()
    }
}

impl PersonProgress {
    pub(super) fn add(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::Reached { round, receipt, zone, .. } => {
                self.reached = Some((*round, receipt.clone()));
                self.zone = zone.clone().or(self.zone.take());
            }
            Fact::Unreached { round, reason, .. } => self.unreached = Some((*round, reason.clone())),
            Fact::Answered { answer, variant, by, .. } if self.answer.is_none() => {
                self.answer = Some(Answered { answer: *answer, by: by.clone(), variant: *variant, at });
            }
            Fact::Paged { receipt, .. } if self.paged.is_none() => self.paged = Some(receipt.clone()),
            Fact::Shown { stage, .. } => self.shown = Some(*stage),
            Fact::RemindDue { .. } if self.is_unreminded() => self.reminds.push(at),
            Fact::Reminded { nth, .. } => self.reminded = self.reminded.max(nth.saturating_add(1)),
            Fact::Snoozed { until, .. } => {
                self.snoozed = Some((at, *until));
                self.snoozes = self.snoozes.saturating_add(1);
            }
            _ => {}
        }
    }
}
