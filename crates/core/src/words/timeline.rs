//! The journal, told to people.

use super::name;
use crate::{
    alarm::Alarm,
    journal::{Fact, Remark, Stage, Step},
};

/// One line for one fact: a word for what happened, and a sentence.
pub fn tell(alarm: &Alarm, fact: &Fact) -> (&'static str, String) {
    let called = |who: &usize| name(alarm, *who);
    let asked = if alarm.question.is_some() { "asked" } else { "told" };
    match fact {
        Fact::Opened { issue } => ("opened", format!("Issue {issue} opened")),
        Fact::Stood { issue } => ("stood", format!("Issue {issue} stood already; this counts as a repeat")),
        Fact::Digested { issue, .. } => {
            ("digested", format!("Listed in the digest {issue}; GitHub takes no more issues"))
        }
        Fact::Reached { round: 1.., receipt, .. } => ("reached", format!("Told again at {}", receipt.at)),
        Fact::Unreached { round: 1.., reason, .. } => ("unreached", format!("Could not be told again: {reason}")),
        Fact::Nagged { people, .. } => ("nagged", format!("{} people are to be told again", people.len())),
        Fact::Reached { who, receipt, .. } => ("reached", format!("{} {asked} at {}", called(who), receipt.at)),
        Fact::Unreached { who, reason, .. } => ("unreached", format!("{} could not be {asked}: {reason}", called(who))),
        Fact::FellBack { .. } => ("fell-back", "The fallback channel has a note".to_owned()),
        Fact::Answered { who, answer, by } => {
            ("answered", format!("{} answered {answer} for {}", by.name, called(who)))
        }
        Fact::Paged { who, receipt } => ("paged", format!("{} paged for the no of {}", receipt.at, called(who))),
        Fact::Remarked { remark, .. } => ("remarked", remarked(alarm, remark)),
        Fact::Shown { who, stage } => ("shown", shown(called(who), *stage)),
        Fact::Closed => ("closed", "Issue closed as completed".to_owned()),
        Fact::Ended => ("ended", "Issue was found closed by somebody else".to_owned()),
        Fact::Repeated { count } => ("repeated", format!("Raised again ({count})")),
        Fact::Evidence { .. } => ("evidence", "The text differs from the ones before".to_owned()),
        Fact::Listed { item } => ("listed", format!("Lists {}: {}", item.name, item.title)),
        Fact::Alerted { receipt, reason } => ("alerted", format!("{} paged, because Dispatch {reason}", receipt.at)),
        Fact::GaveUp { step, reason } => ("gave-up", format!("Refused for good, {}: {reason}", step_name(alarm, step))),
    }
}

fn remarked(alarm: &Alarm, remark: &Remark) -> String {
    match remark {
        Remark::Answer(who) => format!("The issue tells the answer of {}", name(alarm, *who)),
        Remark::Tally(answers) => format!("The issue shows the tally of {answers} answers"),
        Remark::Paged(who) => format!("The issue links the page for {}", name(alarm, *who)),
        Remark::Unreached => "The issue says who could not be reached".to_owned(),
        Remark::Repeats(count) => format!("The issue shows {count} repeats"),
        Remark::Evidence(_) => "The issue shows another unreadable message".to_owned(),
        Remark::Alerted(_) => "The issue says that Dispatch could not go on".to_owned(),
        Remark::Listing { page, .. } => format!("Page {} of the digest is up to date", page + 1),
    }
}

fn shown(name: &str, stage: Stage) -> String {
    match stage {
        Stage::Answered => format!("The question to {name} shows the answer"),
        Stage::Paged => format!("The question to {name} shows the page"),
    }
}

/// What a step is called in plans, logs and errors.
pub fn step_name(alarm: &Alarm, step: &Step) -> String {
    match step {
        Step::Open => format!("open an issue in {}", alarm.repo),
        Step::Reach { who, round: 1.. } => format!("tell person {} again", who + 1),
        Step::Reach { who, .. } if alarm.question.is_some() => format!("ask {}", name(alarm, *who)),
        Step::Reach { who, .. } => format!("tell {}", name(alarm, *who)),
        Step::FallBack { .. } => "leave a note in the fallback channel".to_owned(),
        Step::Page(who) if alarm.page.rest().is_empty() => format!("page for the no of {}", name(alarm, *who)),
        Step::Page(who) => format!("page {} for the no of {}", alarm.page.rest(), name(alarm, *who)),
        Step::Remark(_) => "comment on the issue".to_owned(),
        Step::Show { who, .. } => format!("show the outcome to {}", name(alarm, *who)),
        Step::Close => "close the issue".to_owned(),
    }
}
