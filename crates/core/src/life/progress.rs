//! A journal, folded into what is known.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use crate::{
    alarm::{Alarm, Issue},
    journal::{Answer, Clicker, Fact, Journal, Remark, Stage, Step},
    notice::Receipt,
};

/// The answer that stands for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Which.
    pub answer: Answer,
    /// Who pressed the button.
    pub by: Clicker,
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
}

impl PersonProgress {
    /// Whether telling or asking them has come to an end, well or not.
    pub fn is_settled(&self) -> bool {
        self.answer.is_some() || self.reached.is_some() || self.unreached.is_some()
    }
}

/// What a journal says so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The issue, and when it was known.
    pub issue: Option<(Issue, Timestamp)>,
    /// The issue stood before this life.
    pub stood: bool,
    /// The issue is closed, by whomever.
    pub over: bool,
    /// In the order of [`Alarm::people`].
    pub people: Vec<PersonProgress>,
    /// The people of each [`Fact::Nagged`], in their order.
    pub nags: Vec<Vec<PersonProgress>>,
    /// Rounds whose note is in the fallback channel.
    pub noted: BTreeSet<usize>,
    /// Comments on the issue, with their ids.
    pub remarked: Vec<(Remark, u64)>,
    /// How many messages repeated the alarm.
    pub repeats: usize,
    /// For each time that repeats were folded in, the unreadable text that it brought, if it was new.
    pub evidence: Vec<Option<String>>,
    /// Steps that a service refused for good.
    pub given_up: HashSet<Step>,
}

impl Progress {
    /// Folds a journal. An entry that changes nothing is skipped, so repeats are harmless and the
    /// first answer stands.
    pub fn of(journal: &Journal) -> Self {
        let people = vec![PersonProgress::default(); journal.alarm.people.len()];
        let nags = journal.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Nagged { people, .. } => Some(vec![PersonProgress::default(); people.len()]),
            _ => None,
        });
        let mut progress = Progress { people, nags: nags.collect(), ..Progress::default() };
        for entry in &journal.entries {
            progress.add(entry.at, &entry.fact);
        }
        progress
    }

    fn add(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::Opened { issue } | Fact::Stood { issue } if self.issue.is_none() => {
                self.issue = Some((issue.clone(), at));
                self.stood = matches!(fact, Fact::Stood { .. });
            }
            Fact::Opened { .. } | Fact::Stood { .. } | Fact::Nagged { .. } => {}
            Fact::FellBack { round } => _ = self.noted.insert(*round),
            Fact::Remarked { remark, comment } => self.remarked.push((remark.clone(), *comment)),
            Fact::Closed | Fact::Ended => self.over = true,
            Fact::Repeated { count, evidence } => {
                self.repeats = self.repeats.saturating_add(*count);
                self.evidence.push(evidence.clone());
            }
            Fact::GaveUp { step, .. } => {
                self.given_up.insert(step.clone());
            }
            Fact::Reached { who, round, .. } | Fact::Unreached { who, round, .. } if *round > 0 => {
                let people = self.nags.get_mut(round - 1);
                if let Some(person) = people.and_then(|people| people.get_mut(*who)) {
                    person.add(at, fact);
                }
            }
            Fact::Reached { who, .. }
            | Fact::Unreached { who, .. }
            | Fact::Answered { who, .. }
            | Fact::Paged { who, .. }
            | Fact::Shown { who, .. } => {
                if let Some(person) = self.people.get_mut(*who) {
                    person.add(at, fact);
                }
            }
        }
    }

    /// The people of a round: see [`Step::Reach`].
    pub fn round(&self, round: usize) -> &[PersonProgress] {
        match round.checked_sub(1) {
            None => &self.people,
            Some(nag) => self.nags.get(nag).map_or(&[], Vec::as_slice),
        }
    }

    /// Whether the issue has this comment. A counting comment stands for every smaller count.
    pub fn has(&self, wanted: &Remark) -> bool {
        self.remarked.iter().any(|(remark, _)| match (remark, wanted) {
            (Remark::Tally(have), Remark::Tally(want)) | (Remark::Repeats(have), Remark::Repeats(want)) => have >= want,
            (have, want) => have == want,
        })
    }

    /// The comment that an edit for `wanted` would replace.
    pub fn comment_of(&self, wanted: &Remark) -> Option<u64> {
        self.remarked.iter().find(|(remark, _)| remark.same_comment(wanted)).map(|(_, comment)| *comment)
    }

    /// Whether an answer is still to come.
    pub fn waits(&self, alarm: &Alarm) -> bool {
        alarm.question.is_some() && self.people.iter().any(|person| person.answer.is_none())
    }
}

impl PersonProgress {
    fn add(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::Reached { round, receipt, .. } => self.reached = Some((*round, receipt.clone())),
            Fact::Unreached { round, reason, .. } => self.unreached = Some((*round, reason.clone())),
            Fact::Answered { answer, by, .. } if self.answer.is_none() => {
                self.answer = Some(Answered { answer: *answer, by: by.clone(), at });
            }
            Fact::Paged { receipt, .. } if self.paged.is_none() => self.paged = Some(receipt.clone()),
            Fact::Shown { stage, .. } => self.shown = self.shown.max(Some(*stage)),
            _ => {}
        }
    }
}
