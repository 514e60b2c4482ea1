//! A life, played through without the world: what would happen.

use jiff::Timestamp;

use super::{Plan, Progress, plan};
use crate::{
    alarm::{Address, Issue, IssueNumber},
    journal::{Answer, Clicker, Fact, Journal, Place, Step},
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
            journal.push(now, Fact::Answered { who, answer, by: Clicker { id: name.clone(), name } });
        }
    }
    rehearse(journal, now)
}

/// What a step leaves behind when it works.
fn success(journal: &Journal, step: &Step) -> Fact {
    let receipt = |at: &Address| Receipt { at: at.clone(), id: String::new(), reader: None, url: None };
    match step {
        Step::Open => {
            let repo = journal.alarm.repo.clone();
            let url = format!("https://github.com/{repo}/issues/1");
            Fact::Opened { issue: Issue { repo, number: IssueNumber(1), url } }
        }
        Step::Reach { who, round } => match journal.alarm.people.get(*who).and_then(|person| person.address.as_ref()) {
            Some(address) => Fact::Reached { who: *who, round: *round, receipt: receipt(address) },
            None => Fact::Unreached { who: *who, round: *round, reason: "no address".to_owned() },
        },
        Step::FallBack { round } => Fact::FellBack { round: *round },
        Step::Page(who) => Fact::Paged { who: *who, receipt: receipt(&journal.alarm.page) },
        Step::Remark(remark) => Fact::Remarked { remark: remark.clone(), place: Place::Comment(1) },
        Step::Show { who, stage } => Fact::Shown { who: *who, stage: *stage },
        Step::Close => Fact::Closed,
    }
}
