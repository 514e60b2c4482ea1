//! A journal, folded into what is known.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use crate::{
    alarm::{Alarm, Issue, Key},
    digest::{self, Line},
    journal::{Answer, Change, Clicker, Fact, Journal, Place, Remark, Role, Stage, Step, Who},
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

/// What became of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// As in [`Receipt::id`].
    pub page: String,
    /// What.
    pub change: Change,
    /// By whom, where that is known.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
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
                if let Some(wave) = self.waves.get_mut(*wave) {
                    wave.climbed.entry(*rung).or_insert((receipt.clone(), at));
                }
            }
            Fact::Incident { page, change, by } => {
                let before = self.incidents.iter().rfind(|known| known.page == *page).map(|known| known.change);
                if before != Some(*change) {
                    self.incidents.push(Incident { page: page.clone(), change: *change, by: by.clone(), at });
                }
            }
            Fact::Passed { who, to, by } => self.pass(at, *who, to.map(|to| journal.position(Role::Deputy(to))), by),
            Fact::Snoozed { who, until, why, by } => {
                let snooze = Snooze { who: *who, until: *until, why: why.clone(), by: by.clone(), at };
                self.snoozes.push(snooze);
                self.person(*who, 0, journal, at, fact);
            }
            Fact::Reason { who, text, by } => self.reasons.push((*who, by.clone(), text.clone())),
            Fact::RemindDue { who } => who.iter().for_each(|who| self.person(*who, 0, journal, at, fact)),
            Fact::Reached { who, round, .. } | Fact::Unreached { who, round, .. } => {
                self.person(*who, *round, journal, at, fact);
            }
            Fact::Answered { who, .. }
            | Fact::Paged { who, .. }
            | Fact::Reminded { who, .. }
            | Fact::Shown { who, .. } => self.person(*who, 0, journal, at, fact),
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
        let mut silent = Vec::new();
        for who in who {
            let person = self.people.get_mut(*who);
            if let Some(person) = person.filter(|person| person.answer.is_none() && person.silent.is_none()) {
                person.silent = Some(wave);
                silent.push(*who);
            }
        }
        match self.waves.get_mut(wave) {
            Some(known) => known.who.extend(silent),
            None => self.waves.push(Wave { at, who: silent, due: BTreeMap::new(), climbed: BTreeMap::new() }),
        }
    }

    fn pass(&mut self, at: Timestamp, who: Who, to: Option<Who>, by: &Clicker) {
        let Some(person) = self.people.get_mut(who) else { return };
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

    /// All pages, the noes' before those of silence, each with the people whose they are.
    pub fn pages(&self) -> Vec<(&Receipt, Vec<Who>)> {
        let noes = self.people.iter().enumerate().filter_map(|(who, person)| Some((person.paged.as_ref()?, vec![who])));
        let waves =
            self.waves.iter().flat_map(|wave| wave.climbed.values().map(|(receipt, _)| (receipt, wave.who.clone())));
        noes.chain(waves.filter(|(receipt, _)| receipt.at.scheme() == "pagerduty")).collect()
    }

    /// What became of a page last.
    pub fn incident(&self, page: &str) -> Option<&Incident> {
        self.incidents.iter().rfind(|known| known.page == page)
    }

    /// Whether an answer is still to come.
    pub fn waits(&self, alarm: &Alarm) -> bool {
        alarm.question.is_some() && self.people.iter().any(|person| person.answer.is_none())
    }
}

impl PersonProgress {
    /// Two runs may notice at once that the time has come: that is one reminder.
    fn is_remind_due(&self, at: Timestamp) -> bool {
        match self.snoozed {
            Some((_, until)) => at >= until && self.reminds.iter().all(|known| *known < until),
            None => self.reminds.is_empty(),
        }
    }

    fn add(&mut self, at: Timestamp, fact: &Fact) {
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
            Fact::RemindDue { .. } if self.is_remind_due(at) => self.reminds.push(at),
            Fact::Reminded { nth, .. } => self.reminded = self.reminded.max(nth.saturating_add(1)),
            Fact::Snoozed { until, .. } => {
                self.snoozed = Some((at, *until));
                self.snoozes = self.snoozes.saturating_add(1);
            }
            _ => {}
        }
    }
}
