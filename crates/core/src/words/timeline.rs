//! The journal, told to people.

use super::{name, time};
use crate::{
    alarm::{Alarm, RungKind},
    journal::{Change, Clicker, Fact, Remark, Stage, Step, Who},
};

/// One line for one fact: a word for what happened, and a sentence.
pub fn tell(alarm: &Alarm, fact: &Fact) -> (&'static str, String) {
    let called = |who: &usize| called(alarm, *who);
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
        Fact::FellBack { .. } | Fact::Sought { .. } => ("fell-back", "The fallback channel has a note".to_owned()),
        Fact::RemindDue { who } => ("remind-due", format!("Time to remind {}", names(alarm, who))),
        Fact::Reminded { who, .. } => ("reminded", format!("{} reminded", called(who))),
        Fact::Snoozed { who, until, by, .. } => {
            ("snoozed", format!("{}put off the reminder until {}", for_whom(by, called(who)), time(*until)))
        }
        Fact::Passed { who, by, to } => {
            let to = to.and_then(|to| alarm.deputies.get(to)).map_or("nobody is left", |person| &person.name);
            ("passed", format!("{}says that somebody else is meant: {to}", for_whom(by, called(who))))
        }
        Fact::Reason { who, by, .. } => ("reason", format!("{} says why they answered for {}", by.name, called(who))),
        Fact::Silent { who, .. } => ("silent", format!("No answer in time from {}", names(alarm, who))),
        Fact::ClimbDue { rung, .. } => ("climb-due", format!("Time to go on to {}", rung_name(alarm, *rung))),
        Fact::Climbed { rung, receipt, .. } => {
            ("climbed", format!("{} told of the silence at {}", rung_name(alarm, *rung), receipt.at))
        }
        Fact::Incident { page, change, by, .. } => {
            let by = by.as_deref().unwrap_or("somebody");
            let what = match change {
                Change::Taken => "acknowledged",
                Change::Resolved => "resolved",
                Change::Reopened => "opened again",
                Change::Dropped => "given back",
                Change::Left => "left as it is",
            };
            ("incident", format!("Page {page} {what} by {by}"))
        }
        Fact::Marked => ("marked", "The issue is labelled as unanswered".to_owned()),
        Fact::Looked => ("looked", "The issue is still open".to_owned()),
        Fact::Withdrawn { .. } => ("withdrawn", "It is over, says the publisher".to_owned()),
        Fact::Answered { who, answer, by, .. } => {
            ("answered", format!("{} answered {answer} for {}", by.name, called(who)))
        }
        Fact::Paged { who, receipt } => ("paged", format!("{} paged for the no of {}", receipt.at, called(who))),
        Fact::Remarked { remark, .. } => ("remarked", remarked(alarm, remark)),
        Fact::Shown { who, stage } => ("shown", shown(called(who), *stage)),
        Fact::Closed => ("closed", "Issue closed as completed".to_owned()),
        Fact::Ended { by } => ("ended", format!("Issue closed by {}", by.as_deref().unwrap_or("somebody else"))),
        Fact::Reopened { by } => {
            ("reopened", format!("Issue opened again by {}: it is theirs", by.as_deref().unwrap_or("somebody")))
        }
        Fact::Repeated { count } => ("repeated", format!("Raised again ({count})")),
        Fact::Evidence { .. } => ("evidence", "The text differs from the ones before".to_owned()),
        Fact::Listed { item } => ("listed", format!("Lists {}: {}", item.name, item.title)),
        Fact::Inherited { receipt } => ("inherited", format!("Page {} of an earlier life is still open", receipt.id)),
        Fact::Alerted { receipt, reason } => ("alerted", format!("{} paged, because Dispatch {reason}", receipt.at)),
        Fact::GaveUp { step, reason } => ("gave-up", format!("Refused for good, {}: {reason}", step_name(alarm, step))),
    }
}

/// Who did something, and for whom where that is somebody else.
fn for_whom(by: &Clicker, name: &str) -> String {
    if by.name == name { format!("{name} ") } else { format!("{}, for {name}, ", by.name) }
}

fn remarked(alarm: &Alarm, remark: &Remark) -> String {
    match remark {
        Remark::Answer(who) => format!("The issue tells the answer of {}", name(alarm, *who)),
        Remark::Tally(answers) => format!("The issue shows the tally of {answers} answers"),
        Remark::Paged(who) => format!("The issue links the page for {}", name(alarm, *who)),
        Remark::Unreached => "The issue says who could not be reached".to_owned(),
        Remark::Silent { .. } => "The issue says that nobody answered".to_owned(),
        Remark::Snoozed(_) => "The issue says who put off the reminder".to_owned(),
        Remark::Passed(_) => "The issue says that somebody else is meant".to_owned(),
        Remark::Reason(_) => "The issue says why".to_owned(),
        Remark::Incident(_) => "The issue says what became of the page".to_owned(),
        Remark::Withdrawn => "The issue says that it is over".to_owned(),
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
        Stage::Snoozed(_) => format!("The question to {name} shows when they are reminded"),
        Stage::Silent(_) => format!("The question to {name} shows that it went on to others"),
        Stage::Passed => format!("The question to {name} shows that it was passed on"),
        Stage::Incident(_) | Stage::Outcome(_) => format!("The question to {name} shows what became of the page"),
        Stage::Ended => format!("The question to {name} shows that it is over"),
    }
}

/// What a step is called in plans, logs and errors.
pub fn step_name(alarm: &Alarm, step: &Step) -> String {
    match step {
        Step::Open => format!("open an issue in {}", alarm.repo),
        Step::Reach { who, round: 1.. } => format!("tell person {} again", who + 1),
        Step::Reach { who, .. } if alarm.question.is_some() => format!("ask {}", called(alarm, *who)),
        Step::Reach { who, .. } => format!("tell {}", name(alarm, *who)),
        Step::FallBack { .. } => "leave a note in the fallback channel".to_owned(),
        Step::Page(who) if alarm.page.rest().is_empty() => format!("page for the no of {}", name(alarm, *who)),
        Step::Page(who) => format!("page {} for the no of {}", alarm.page.rest(), name(alarm, *who)),
        Step::Seek(_) => "leave a note in the fallback channel that somebody else is meant".to_owned(),
        Step::Remind { who, .. } => format!("remind {}", name(alarm, *who)),
        Step::Climb { rung, .. } => match alarm.chain.get(*rung).map(|step| (step.kind(), &step.name)) {
            Some((RungKind::Page, name)) => format!("page {name}, because nobody answered"),
            Some((_, name)) => format!("tell {name} that nobody answered"),
            None => "go on".to_owned(),
        },
        Step::Resolve { .. } => "resolve the page".to_owned(),
        Step::Mark => "label the issue as unanswered".to_owned(),
        Step::Remark(_) => "comment on the issue".to_owned(),
        Step::Show { who, .. } => format!("show the outcome to {}", called(alarm, *who)),
        Step::Close => "close the issue".to_owned(),
    }
}

fn names(alarm: &Alarm, who: &[Who]) -> String {
    who.iter().map(|who| name(alarm, *who)).collect::<Vec<_>>().join(", ")
}

fn rung_name(alarm: &Alarm, rung: usize) -> &str {
    alarm.chain.get(rung).map_or("the next step", |step| step.name.as_str())
}

/// One of the alarm's people, or somebody who is asked beside them: see [`crate::journal::Journal::role`].
fn called(alarm: &Alarm, who: Who) -> &str {
    let Some(behind) = who.checked_sub(alarm.people.len()) else { return name(alarm, who) };
    match (alarm.deputies.get(behind), behind.saturating_sub(alarm.deputies.len()).checked_rem(alarm.chain.len())) {
        (Some(deputy), _) => &deputy.name,
        (None, Some(rung)) => rung_name(alarm, rung),
        (None, None) => "somebody",
    }
}
