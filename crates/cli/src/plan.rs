//! `dispatch plan`: what would happen, without touching anything.

mod silence;
mod steps;
#[cfg(test)]
mod tests;

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use clap::{Args, FromArgMatches, ValueHint};
use dispatch_core::{
    alarm::{Again, Alarm, Page, Question, Repo, Resolve, Signal},
    hours::Hours,
    journal::{Answer, Journal, LifeId, Step},
    life::{rehearse, rehearse_answer},
    source::{
        self, Defaults, Letter,
        dispatch::{chain_of, patience_s},
    },
    text::one_line,
};
use jiff::Timestamp;

use self::steps::{list, pager};
use crate::{
    Failure,
    check::{self, defaults},
    command::Command,
    messages::{File, NotJson},
    style,
};

/// `dispatch plan`.
pub(crate) const COMMAND: Command =
    Command { name: "plan", define: Plan::augment_args, run: |matches| run(&Plan::from_arg_matches(matches)?) };

/// Print what would happen to messages, and touch nothing
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Plan {
    /// File with one or more JSON messages, one after the other or in lists; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Where issues go by default
    #[arg(long, value_name = "OWNER/NAME", default_value = "example-org/alarms")]
    pub(crate) repo: String,

    /// User or org/team that is tagged when a message names nobody
    #[arg(long, value_name = "NAME")]
    pub(crate) default_user: Option<String>,

    /// How long a question may stay unanswered where a message is silent: off, or from PT1M to P7D [default: off]
    #[arg(long, value_name = "DURATION")]
    pub(crate) answer_timeout: Option<String>,

    /// What happens when nobody answers where a message is silent: a list of steps as in MESSAGE-SPEC.md
    #[arg(long, value_name = "JSON")]
    pub(crate) escalation: Option<String>,

    /// When people work, such as "Mon-Fri 09:00-17:00 Europe/Berlin", or with days off "... without 12-25,2026-05-14"
    #[arg(long, value_name = "TEXT")]
    pub(crate) working_hours: Option<String>,

    /// Whether the clock of a question stops outside of working hours where a message is silent
    #[arg(long, value_name = "WHEN", value_parser = ["always", "working-hours"], default_value = "always")]
    pub(crate) during: String,

    /// When the messages are published, such as 2026-11-21T16:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<Timestamp>,
}

/// Prints the plan of every message in a file. Messages that cannot be read have a plan as well.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode, Failure> {
    let file = File::read(&plan.file)?;
    let defaults = deployment(plan)?;
    let plans: Vec<_> = texts(&file)?.into_iter().map(|text| of_message(text, &defaults, plan.at)).collect();
    style::stdout(&plans.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// What the options say of the deployment.
fn deployment(plan: &Plan) -> Result<Defaults, Failure> {
    let wrong = |option: &str, error: String| Failure::Other(format!("--{option}: {error}"));
    let usual = defaults();
    let repo = Repo::try_from(plan.repo.clone()).map_err(|error| wrong("repo", error.to_string()))?;
    let patience_s = match plan.answer_timeout.as_deref().map(patience_s).transpose() {
        Ok(patience_s) => patience_s.flatten(),
        Err(invalid) => {
            return Err(wrong("answer-timeout", format!("found {}, expected {}", invalid.found, invalid.expected)));
        }
    };
    let hours = plan.working_hours.as_deref().map(Hours::read).transpose();
    let chain = plan.escalation.as_deref().map(|text| chain_of(text, &usual.channel)).transpose();
    Ok(Defaults {
        repo,
        github_user: plan.default_user.as_deref().map(|user| user.trim_start_matches('@').to_owned()),
        patience_s,
        hours: hours.map_err(|error| wrong("working-hours", error))?.unwrap_or_default(),
        keeps_hours: plan.during == "working-hours",
        chain: chain.map_err(|error| wrong("escalation", error))?.unwrap_or_default(),
        ..usual
    })
}

/// The texts that would be published: each message, and what is not JSON as it stands.
fn texts(file: &File) -> Result<Vec<&str>, Failure> {
    if !file.whole {
        return Err(Failure::Other(format!("{}: found bytes that are not UTF-8, which SNS never takes", file.name)));
    }
    if file.text.trim().is_empty() {
        return Err(Failure::Other(format!("{}: found no message, expected a JSON object", file.name)));
    }
    let rest = |error: NotJson| file.text.get(error.from..).unwrap_or_default().trim();
    let messages = file.messages().into_iter();
    Ok(messages.map(|message| message.map_or_else(rest, |message| message.text)).collect())
}

/// The plan of one message that is published at `at`; now, unless that is said.
fn of_message(text: &str, defaults: &Defaults, at: Option<Timestamp>) -> String {
    if let Some(too_long) = check::too_long(text) {
        return format!("{} {too_long}\n", style::bad("cannot be published:"));
    }
    let read = source::accept(&Letter { id: "plan", subject: None, text }, defaults);
    let warning = read.warning.map(|invalid| format!("{} {invalid}\n", style::bad("not as it should be:")));
    let plan = match &read.signal {
        Signal::Page(page) => of_page(page),
        Signal::Alarm(alarm) => of_alarm(alarm, at),
        Signal::Resume { key, .. } => format!("Go on with alarm {key} from wherever it stands.\n"),
        Signal::Resolve(resolve) => of_resolve(resolve),
    };
    warning.unwrap_or_default() + &plan
}

fn of_page(page: &Page) -> String {
    format!(
        "{} (high-priority)\n  1. page {} at once: no issue, and nobody is asked\n{}",
        style::strong(&one_line(&page.title)),
        pager(&page.to),
        last_line(&format!("repeats join the incident that is open under the key {:?}", page.key)),
    )
}

fn of_resolve(resolve: &Resolve) -> String {
    let mut text = format!("{}\n", style::strong("It is over (resolve)"));
    if let Some(key) = &resolve.key {
        text.push_str(&format!(
            "  close the issue of alarm {key}, end its questions and resolve its pages, if it is open\n"
        ));
    }
    if let Some((to, key)) = &resolve.page {
        text.push_str(&format!("  resolve the incident that is open under the key {key:?} at {}\n", pager(to)));
    }
    text
}

fn of_alarm(alarm: &Alarm, at: Option<Timestamp>) -> String {
    let now = at.unwrap_or_else(Timestamp::now);
    let mut journal = Journal::begin(alarm.clone(), LifeId("plan".to_owned()), &[], now);
    let kind = alarm.kind.trim().to_lowercase();
    let mut text = format!("{} ({kind})\n  1. {}\n", style::strong(&one_line(&alarm.title)), search(alarm));
    let played = rehearse(&mut journal, now);
    list(&mut text, &journal, &played, 2, "  ");
    if let Some(question) = &alarm.question {
        answers(&mut text, alarm, question, &journal);
        text.push_str(&silence::table(question, &journal, now, at.is_some()));
    }
    let key = format!("repeats share the key {} ({:?})", alarm.key(), one_line(&alarm.dedup));
    text + &last_line(&key)
}

fn last_line(text: &str) -> String {
    format!("  {}\n", style::faint(text))
}

/// The look for an issue that is there already, and what it changes.
fn search(alarm: &Alarm) -> String {
    let which = if alarm.retrigger { "an open issue of this alarm" } else { "an issue of this alarm, open or closed" };
    let then = match alarm.again {
        Again::Count => "stop",
        Again::Tell => "open none",
    };
    format!("look in {} for {which}; if there is one, count this as a repeat and {then}", alarm.repo)
}

/// What follows each answer.
fn answers(text: &mut String, alarm: &Alarm, question: &Question, journal: &Journal) {
    let asked = alarm.people.iter().filter(|person| person.address.is_some()).count();
    if asked == 0 {
        let stays = if question.patience_s.is_none() { ": the issue stays open" } else { "" };
        let _ = writeln!(text, "  nobody can be asked{stays}");
        return;
    }
    let (what, everyone) = if asked > 1 { ("answers", " from everyone") } else { ("an answer", "") };
    let _ = writeln!(text, "  then wait for {what}");
    for (answer, choice) in [(Answer::Yes, &question.yes), (Answer::No, &question.no)] {
        let mut journal = journal.clone();
        let now = journal.began;
        let played = rehearse_answer(&mut journal, answer, now);
        let _ = writeln!(text, "  on {answer}{everyone}, {:?}:", one_line(&choice.label));
        list(text, &journal, &played, 1, "    ");
        let closes = played.contains(&Step::Close);
        text.push_str(if closes { "" } else { "    the issue stays open\n" });
    }
}
