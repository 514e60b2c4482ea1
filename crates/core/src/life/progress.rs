//! A journal, folded into what is known.

use std::collections::{BTreeMap, BTreeSet, HashSet, btree_map::Entry};

use jiff::Timestamp;

use super::{Incident, Pass, PersonProgress, Snooze, Wave};
use crate::{
    alarm::{Alarm, Issue, Key},
    digest::{self, Line},
    journal::{Clicker, Fact, Journal, Place, Remark, Role, Step, Who},
    notice::Receipt,
};

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
    /// Whoever is asked beside them or in their place, by their position: see [`Journal::role`].
    pub others: BTreeMap<Who, PersonProgress>,
    /// Who put off the reminder.
    pub snoozes: Vec<Snooze>,
    /// Who passed the question on.
    pub passes: Vec<Pass>,
    /// Passes of which the fallback channel knows.
    pub sought: BTreeSet<usize>,
    /// Why people answered as they did, and who says so.
    pub reasons: Vec<(Who, Clicker, String)>,
    /// Those who did not answer in time.
    pub waves: Vec<Wave>,
    /// Pages that an earlier life left open.
    pub inherited: Vec<Receipt>,
    /// What became of pages.
    pub incidents: Vec<Incident>,
    /// The issue is labelled as unanswered.
    pub marked: bool,
    /// When the issue was last known to be open.
    pub looked: Option<Timestamp>,
    /// The publisher says that it is over, with a note.
    pub withdrawn: Option<(Timestamp, Option<String>)>,
    /// Somebody else closed the issue, and who.
    pub ended: Option<(Timestamp, Option<String>)>,
    /// Somebody opened the issue again: Dispatch does no more with it.
    pub handed_back: bool,
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
            progress.add(entry.at, &entry.fact, journal);
        }
        progress
    }

    fn add(&mut self, at: Timestamp, fact: &Fact, journal: &Journal) {
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
            Fact::Sought { nth } => _ = self.sought.insert(*nth),
            Fact::Remarked { remark, place } => {
                self.told.insert(remark.clone());
                self.remarked.push((remark.clone(), place.clone()));
            }
            Fact::Closed => self.over = true,
            Fact::Ended { by } => {
                self.ended.get_or_insert_with(|| (at, by.clone()));
                self.over = true;
            }
            Fact::Reopened { .. } => {
                self.over = false;
                self.handed_back = true;
            }
            Fact::Looked => self.looked = self.looked.max(Some(at)),
            Fact::Marked => self.marked = true,
            Fact::Withdrawn { note, .. } => _ = self.withdrawn.get_or_insert_with(|| (at, note.clone())),
            Fact::Repeated { count } => self.repeats = self.repeats.saturating_add(*count),
            Fact::Evidence { id, text } if !self.evidence.iter().any(|(known, _)| known == id) => {
                self.evidence.push((id.clone(), text.clone()));
            }
            Fact::Evidence { .. } => {}
            Fact::Listed { item } => digest::add(&mut self.lines, item),
            Fact::Alerted { receipt, reason } => self.alerts.push((receipt.clone(), reason.clone())),
            Fact::GaveUp { step, .. } => _ = self.given_up.insert(step.clone()),
            Fact::Silent { wave, who } => self.fall_silent(at, *wave, who),
            Fact::ClimbDue { wave, rung } => {
                if let Some(wave) = self.waves.get_mut(*wave) {
                    wave.due.entry(*rung).or_insert(at);
                }
            }
            Fact::Climbed { wave, rung, receipt } => {
                if let Some(wave) = self.waves.get_mut(*wave)
                    && let Entry::Vacant(climbed) = wave.climbed.entry(*rung)
                {
                    climbed.insert((receipt.clone(), at));
                    self.page_again(at, receipt);
                }
            }
            Fact::Inherited { receipt } if self.inherited.iter().all(|known| known.id != receipt.id) => {
                self.inherited.push(receipt.clone());
            }
            Fact::Inherited { .. } => {}
            Fact::Incident { page, change, by, occurred } => {
                let incident =
                    Incident { page: page.clone(), change: *change, by: by.clone(), at, occurred: *occurred };
                self.change(incident);
            }
            Fact::Passed { who, to, by } => {
                let to = to.filter(|to| *to < journal.alarm.deputies.len());
                self.pass(at, *who, to.map(|to| journal.position(Role::Deputy(to))), by);
            }
            Fact::Snoozed { who, until, why, by } => {
                if !self.snoozes.iter().any(|known| known.who == *who && known.until == *until) {
                    let snooze = Snooze { who: *who, until: *until, why: why.clone(), by: by.clone(), at };
                    self.snoozes.push(snooze);
                    self.person(*who, 0, journal, at, fact);
                }
            }
            Fact::Reason { who, text, by } => {
                let reason = (*who, by.clone(), text.clone());
                if !self.reasons.contains(&reason) {
                    self.reasons.push(reason);
                }
            }
            Fact::RemindDue { who } => who.iter().for_each(|who| self.person(*who, 0, journal, at, fact)),
            Fact::Reached { who, round, .. } | Fact::Unreached { who, round, .. } => {
                self.person(*who, *round, journal, at, fact);
            }
            Fact::Paged { who, receipt } => {
                if self.people.get(*who).is_some_and(|person| person.paged.is_none()) {
                    self.page_again(at, receipt);
                }
                self.person(*who, 0, journal, at, fact);
            }
            Fact::Answered { who, .. } | Fact::Reminded { who, .. } | Fact::Shown { who, .. } => {
                self.person(*who, 0, journal, at, fact);
            }
        }
    }

    fn person(&mut self, who: Who, round: usize, journal: &Journal, at: Timestamp, fact: &Fact) {
        let person = match (round, self.people.get_mut(who)) {
            (0, Some(person)) => person,
            (0, None) if journal.role(who).is_some() => self.others.entry(who).or_default(),
            (0, None) => return,
            (round, _) => match self.nags.get_mut(&round).and_then(|people| people.get_mut(who)) {
                Some(person) => person,
                None => return,
            },
        };
        person.add(at, fact);
    }

    /// The first outcome stands: whoever has answered before is not silent.
    fn fall_silent(&mut self, at: Timestamp, wave: usize, who: &[Who]) {
        let wave = wave.min(self.waves.len());
        let mut silent = Vec::new();
        for who in who {
            let person = self.people.get_mut(*who);
            if let Some(person) = person.filter(|person| person.answer.is_none() && person.silent.is_none()) {
                person.silent = Some(wave);
                silent.push(*who);
            }
        }
        match self.waves.get_mut(wave) {
            _ if silent.is_empty() => {}
            Some(known) => known.who.extend(silent),
            None => self.waves.push(Wave { at, who: silent, due: BTreeMap::new(), climbed: BTreeMap::new() }),
        }
    }

    fn pass(&mut self, at: Timestamp, who: Who, to: Option<Who>, by: &Clicker) {
        let is_known = self.passes.iter().any(|pass| pass.who == who && pass.to == to);
        let Some(person) = self.people.get_mut(who).filter(|_| !is_known) else { return };
        match person.deputy {
            Some(deputy) => self.others.entry(deputy).or_default().passed = true,
            None => person.passed = true,
        }
        person.deputy = to.or(person.deputy);
        self.passes.push(Pass { who, to, by: by.clone(), at });
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

    /// Whoever is asked for one of the people: they themselves, or somebody in their place.
    pub fn asked(&self, who: Who) -> Option<&PersonProgress> {
        let person = self.people.get(who)?;
        person.deputy.map_or(Some(person), |deputy| self.others.get(&deputy))
    }

    /// One of the people, or somebody who is asked beside them: see [`Journal::role`].
    pub fn anybody(&self, who: Who) -> Option<&PersonProgress> {
        self.people.get(who).or_else(|| self.others.get(&who))
    }

    /// The people for whom an answer to this one's question counts.
    pub fn stands_for(&self, journal: &Journal, who: Who) -> Vec<Who> {
        match journal.role(who) {
            Some(Role::Person) => vec![who],
            Some(Role::Deputy(_)) => {
                self.passes.iter().filter(|pass| pass.to == Some(who)).map(|pass| pass.who).take(1).collect()
            }
            Some(Role::Rung { wave, .. }) => self.waves.get(wave).map(|wave| wave.who.clone()).unwrap_or_default(),
            None => Vec::new(),
        }
    }

    /// Whether an answer is still to come.
    pub fn waits(&self, alarm: &Alarm) -> bool {
        alarm.question.is_some() && self.people.iter().any(|person| person.answer.is_none())
    }
}
