//! A life, played through without the world: what would happen.

use jiff::Timestamp;

use super::{Plan, Progress, due, plan, wake};
use crate::{
    alarm::{Address, Issue, IssueNumber},
    journal::{Answer, Change, Clicker, Fact, Journal, Place, Step},
    notice::Receipt,
};

/// More turns than any rehearsal needs.
const TURNS_MAX: usize = 10_000;

/// Plays `journal` on until it waits or ends, each step taken to succeed, and returns the steps in
/// order. A person without an address cannot be reached here either.
pub fn rehearse(journal: &mut Journal, now: Timestamp) -> Vec<Step> {
    let mut played = Vec::new();
    for _ in 0..TURNS_MAX {
        let Plan::Do(steps) = plan(journal) else { break };
        for step in steps {
            let fact = success(journal, &step);
            journal.push(now, fact);
            played.push(step);
        }
    }
    played
}

/// As [`rehearse`], after everyone who was asked has given this answer.
pub fn rehearse_answer(journal: &mut Journal, answer: Answer, now: Timestamp) -> Vec<Step> {
    let people = Progress::of(journal).people;
    for (who, person) in people.iter().enumerate() {
        if person.reached.is_some() {
            let name = journal.alarm.people.get(who).map_or_else(String::new, |person| person.name.clone());
            journal.push(now, Fact::Answered { who, answer, variant: None, by: Clicker { id: name.clone(), name } });
        }
    }
    rehearse(journal, now)
}

/// Plays `journal`, which waits, through silence to the end of its timetable: what time brings when, and what is
/// done then. A life that waits for ever without anything due ends at once.
pub fn rehearse_silence(journal: &mut Journal) -> Vec<(Timestamp, Vec<Fact>, Vec<Step>)> {
    let mut played = Vec::new();
    for _ in 0..TURNS_MAX {
        let Some(at) = wake(journal) else { break };
        let facts = due(journal, at);
        for fact in &facts {
            journal.push(at, fact.clone());
        }
        let steps = rehearse(journal, at);
        played.push((at, facts, steps));
    }
    played
}

/// What a step leaves behind when it works.
fn success(journal: &Journal, step: &Step) -> Fact {
    // What tells pages apart.
    let receipt = |at: &Address| Receipt { at: at.clone(), id: format!("{step:?}"), reader: None, url: None };
    match step {
        Step::Open => {
            let repo = journal.alarm.repo.clone();
            let url = format!("https://github.com/{repo}/issues/1");
            Fact::Opened { issue: Issue { repo, number: IssueNumber(1), url } }
        }
        Step::Reach { who, round } => match journal.person(*who, *round).and_then(|person| person.address) {
            Some(address) => Fact::Reached { who: *who, round: *round, receipt: receipt(&address), zone: None },
            None => Fact::Unreached { who: *who, round: *round, reason: "no address".to_owned() },
        },
        Step::FallBack { round } => Fact::FellBack { round: *round },
        Step::Seek(nth) => Fact::Sought { nth: *nth },
        Step::Remind { who, nth } => Fact::Reminded { who: *who, nth: *nth },
        Step::Climb { wave, rung } => {
            let to = journal.alarm.chain.get(*rung).map_or_else(|| journal.alarm.page.clone(), |rung| rung.to.clone());
            Fact::Climbed { wave: *wave, rung: *rung, receipt: receipt(&to) }
        }
        Step::Page(who) => Fact::Paged { who: *who, receipt: receipt(&journal.alarm.page) },
        Step::Resolve { page, .. } => {
            Fact::Incident { page: page.clone(), change: Change::Resolved, by: None, occurred: None }
        }
        Step::Mark => Fact::Marked,
        Step::Remark(remark) => Fact::Remarked { remark: remark.clone(), place: Place::Comment(1) },
        Step::Show { who, stage } => Fact::Shown { who: *who, stage: *stage },
        Step::Close => Fact::Closed,
    }
}
