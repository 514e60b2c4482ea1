//! Keeps a journal small, however often its alarm comes again.

use std::collections::{HashMap, HashSet};

use super::{Entry, Fact, Journal, Remark};
use crate::life::{PersonProgress, Progress};

/// How many unreadable texts one life remembers, so that one that comes again is not told again.
const EVIDENCE_MAX: usize = 500;

impl Journal {
    /// Takes out what the rest of the journal says as well. The plan and the state stay as they are.
    ///
    /// - Repeats become one entry.
    /// - Of a comment that is edited, the newest version stays.
    /// - An unreadable text goes once it is told; its id stays.
    /// - A round of a nag goes once it is over, but for the newest, which the next is counted from.
    pub fn tidy(&mut self) {
        let progress = Progress::of(self);
        self.forget_rounds(&progress);
        self.forget_texts(&progress);
        let mut newest: HashMap<String, usize> = HashMap::new();
        for (name, version) in self.entries.iter().filter_map(|entry| version_of(&entry.fact)) {
            let known = newest.entry(name).or_default();
            *known = version.max(*known);
        }
        let (mut sum, mut last) = (0_usize, None);
        let mut kept = Vec::with_capacity(self.entries.len());
        for entry in self.entries.drain(..).rev() {
            match &entry.fact {
                Fact::Repeated { count } => {
                    sum = sum.saturating_add(*count);
                    last.get_or_insert(entry.at);
                }
                fact => match version_of(fact) {
                    // Taken out of the list once it is kept: a second one says the same.
                    Some((name, version)) if newest.get(&name) == Some(&version) => {
                        newest.remove(&name);
                        kept.push(entry);
                    }
                    Some(_) => {}
                    None => kept.push(entry),
                },
            }
        }
        kept.reverse();
        kept.extend(last.map(|at| Entry { at, fact: Fact::Repeated { count: sum } }));
        self.entries = kept;
    }

    fn forget_rounds(&mut self, progress: &Progress) {
        let newest = progress.nags.keys().next_back().copied();
        let over: HashSet<usize> = progress
            .nags
            .iter()
            .filter(|(round, people)| {
                let unreached = people.iter().any(|person| person.unreached.is_some());
                Some(**round) != newest
                    && people.iter().all(PersonProgress::is_settled)
                    && (!unreached || (progress.noted.contains(round) && progress.has(&Remark::Unreached)))
            })
            .map(|(round, _)| *round)
            .collect();
        self.entries.retain(|entry| match &entry.fact {
            Fact::Nagged { round, .. }
            | Fact::Reached { round, .. }
            | Fact::Unreached { round, .. }
            | Fact::FellBack { round } => !over.contains(round),
            _ => true,
        });
    }

    fn forget_texts(&mut self, progress: &Progress) {
        let told = |id: &str| progress.has(&Remark::Evidence(id.to_owned()));
        let mut surplus = progress.evidence.len().saturating_sub(EVIDENCE_MAX);
        let mut forgotten = HashSet::new();
        for (id, _) in progress.evidence.iter().filter(|(id, _)| told(id)) {
            if surplus > 0 {
                surplus -= 1;
                forgotten.insert(id.clone());
            }
        }
        self.entries.retain_mut(|entry| match &mut entry.fact {
            Fact::Evidence { id, .. } | Fact::Remarked { remark: Remark::Evidence(id), .. }
                if forgotten.contains(id) =>
            {
                false
            }
            Fact::Evidence { id, text } => {
                if told(id) {
                    *text = None;
                }
                true
            }
            _ => true,
        });
    }
}

/// A name that all versions of one thing share, and which this is, for facts whose newest version says all.
fn version_of(fact: &Fact) -> Option<(String, usize)> {
    let Fact::Remarked { remark, .. } = fact else { return None };
    match remark {
        Remark::Tally(answers) => Some(("tally".to_owned(), *answers)),
        Remark::Repeats(count) => Some(("repeats".to_owned(), *count)),
        Remark::Listing { page, turn } => Some((format!("page {page}"), *turn)),
        _ => None,
    }
}
