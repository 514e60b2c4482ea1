//! A journal, folded into what is known.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use crate::{
    alarm::{Alarm, Issue, Key},
    digest::{self, Line},
    journal::{Answer, Clicker, Fact, Journal, Place, Remark, Stage, Step},
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
    /// The people of each [`Fact::Nagged`], by its round.
    pub nags: BTreeMap<usize, Vec<PersonProgress>>,
    /// Rounds whose note is in the fallback channel.
    pub noted: BTreeSet<usize>,
    /// What the issue is told, and where.
    pub remarked: Vec<(Remark, Place)>,
    /// The same, to be looked up.
    told: HashSet<Remark>,
    /// The digest that stands for an issue of its own.
    pub digest: Option<Key>,
    /// How many messages repeated the alarm.
    pub repeats: usize,
    /// Unreadable texts that came with repeats, by their ids; `None` where it is told already.
    pub evidence: Vec<(String, Option<String>)>,
    /// Pages that told of Dispatch's own failures, and of which.
    pub alerts: Vec<(Receipt, String)>,
    /// What this life lists, when it is a digest.
    pub lines: Vec<Line>,
    /// Steps that a service refused for good.
    pub given_up: HashSet<Step>,
}

impl Progress {
    /// Folds a journal. An entry that changes nothing is skipped, so repeats are harmless and the
    /// first answer stands.
    pub fn of(journal: &Journal) -> Self {
        let people = vec![PersonProgress::default(); journal.alarm.people.len()];
        let nags = journal.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Nagged { round, people, .. } => Some((*round, vec![PersonProgress::default(); people.len()])),
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
            Fact::Digested { issue, digest } if self.issue.is_none() => {
                self.issue = Some((issue.clone(), at));
                self.digest = Some(digest.clone());
            }
            Fact::Opened { .. } | Fact::Stood { .. } | Fact::Digested { .. } | Fact::Nagged { .. } => {}
            Fact::FellBack { round } => _ = self.noted.insert(*round),
            Fact::Remarked { remark, place } => {
                self.told.insert(remark.clone());
                self.remarked.push((remark.clone(), place.clone()));
            }
            Fact::Closed | Fact::Ended => self.over = true,
            Fact::Repeated { count } => self.repeats = self.repeats.saturating_add(*count),
            Fact::Evidence { id, text } if !self.evidence.iter().any(|(known, _)| known == id) => {
                self.evidence.push((id.clone(), text.clone()));
            }
            Fact::Evidence { .. } => {}
            Fact::Listed { item } => digest::add(&mut self.lines, item),
            Fact::Alerted { receipt, reason } => self.alerts.push((receipt.clone(), reason.clone())),
            Fact::GaveUp { step, .. } => {
                self.given_up.insert(step.clone());
            }
            Fact::Reached { who, round, .. } | Fact::Unreached { who, round, .. } if *round > 0 => {
                let people = self.nags.get_mut(round);
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
        match round {
            0 => &self.people,
            round => self.nags.get(&round).map_or(&[], Vec::as_slice),
        }
    }

    /// Whether the issue has this comment. A counting comment stands for every smaller count.
    pub fn has(&self, wanted: &Remark) -> bool {
        if !wanted.is_edited() {
            return self.told.contains(wanted);
        }
        self.remarked.iter().any(|(remark, _)| match (remark, wanted) {
            (Remark::Tally(have), Remark::Tally(want)) | (Remark::Repeats(have), Remark::Repeats(want)) => have >= want,
            (Remark::Listing { turn: have, .. }, Remark::Listing { turn: want, .. }) => {
                remark.same_comment(wanted) && have >= want
            }
            _ => false,
        })
    }

    /// The comment that an edit for `wanted` would replace.
    pub fn comment_of(&self, wanted: &Remark) -> Option<u64> {
        self.remarked.iter().find_map(|(remark, place)| match place {
            Place::Comment(comment) if remark.same_comment(wanted) => Some(*comment),
            _ => None,
        })
    }

    /// The digests that tell of this life.
    pub fn digests(&self) -> BTreeSet<&Key> {
        let told = self.remarked.iter().filter_map(|(_, place)| match place {
            Place::Digest(digest) => Some(digest),
            Place::Comment(_) => None,
        });
        self.digest.iter().chain(told).collect()
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
