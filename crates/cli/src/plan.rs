//! `dispatch plan`: what would happen, without touching anything.

use std::{fmt::Write, process::ExitCode};

use dispatch_core::{
    alarm::{Alarm, Page, Repo, Signal},
    journal::{Answer, Journal, LifeId, Remark, Stage, Step},
    life::{rehearse, rehearse_answer},
    source::{self, Defaults, Letter},
    text::one_line,
    words::step_name,
};
use jiff::Timestamp;

use crate::{Failure, args::Plan, check::defaults, messages::File, style};

/// Prints the plan of every message in a file. Messages that cannot be read have a plan as well.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode, Failure> {
    let file = File::read(&plan.file)?;
    let repo = Repo::try_from(plan.repo.clone()).map_err(|error| Failure::Other(format!("--repo: {error}")))?;
    let defaults = Defaults { repo, github_user: plan.default_user.clone(), ..defaults() };
    let texts = match file.messages() {
        Ok(messages) => messages.iter().map(|message| message.text).collect(),
        Err(_) => vec![file.text.as_str()],
    };
    let mut output = String::new();
    for (number, text) in texts.iter().enumerate() {
        let read = source::accept(&Letter { id: &format!("plan {number}"), subject: None, text }, &defaults);
        if let Some(invalid) = &read.warning {
            let _ = writeln!(output, "{} {invalid}", style::bad("not as it should be:"));
        }
        output.push_str(&match &read.signal {
            Signal::Page(page) => of_page(page),
            Signal::Alarm(alarm) => of_alarm(alarm),
            Signal::Resume(key) => format!("Go on with alarm {key} from wherever it stands.\n"),
        });
        output.push('\n');
    }
    style::stdout(&output)?;
    Ok(ExitCode::SUCCESS)
}

fn of_page(page: &Page) -> String {
    let to = if page.to.rest().is_empty() { "the default service" } else { page.to.rest() };
    format!(
        "{}\n  1. page {to} at once: no issue, nobody asked\n  repeats join the incident that is open under the key {:?}\n",
        style::strong(&one_line(&page.title)),
        page.key,
    )
}

fn of_alarm(alarm: &Alarm) -> String {
    let now = Timestamp::UNIX_EPOCH;
    let mut journal = Journal::begin(alarm.clone(), LifeId("plan".to_owned()), &[], now);
    let mut text = format!("{} ({})\n", style::strong(&one_line(&alarm.title)), alarm.kind);
    let _ = writeln!(
        text,
        "  1. look for an issue that stands open for it in {}; if there is one, count and stop",
        alarm.repo
    );
    steps(&mut text, alarm, &rehearse(&mut journal, now), 2, "  ");
    if let Some(question) = &alarm.question {
        let silence = match question.patience_s {
            Some(seconds) => format!("the deadline is {seconds} seconds after the issue was opened"),
            None => "for ever".to_owned(),
        };
        let _ = writeln!(text, "  then wait for an answer ({silence})");
        for (answer, choice) in [(Answer::Yes, &question.yes), (Answer::No, &question.no)] {
            let mut branch = journal.clone();
            let played = rehearse_answer(&mut branch, answer, now);
            let _ = writeln!(text, "  on {answer}, {:?}:", one_line(&choice.label));
            if played.is_empty() {
                text.push_str("    nobody can be asked\n");
            }
            steps(&mut text, alarm, &played, 1, "    ");
        }
    }
    let _ = writeln!(
        text,
        "  {}",
        style::faint(&format!("repeats share the key {} ({:?})", alarm.key(), one_line(&alarm.dedup)))
    );
    text
}

fn steps(text: &mut String, alarm: &Alarm, steps: &[Step], from: usize, indent: &str) {
    for (number, step) in (from..).zip(steps) {
        let detail = match step {
            Step::Open if !alarm.mentions.is_empty() => format!(", tagging @{}", alarm.mentions.join(", @")),
            Step::Reach { who, .. } => match alarm.people.get(*who).and_then(|person| person.address.as_ref()) {
                Some(address) => format!(" at {address}"),
                None => ", who has no address".to_owned(),
            },
            Step::Remark(Remark::Answer(_) | Remark::Tally(_)) => ": who answered what, and when".to_owned(),
            Step::Remark(Remark::Paged(_)) => ": the link to the incident".to_owned(),
            Step::Remark(Remark::Unreached) => ": who could not be reached".to_owned(),
            Step::Show { stage: Stage::Paged, .. } => ", with the page".to_owned(),
            _ => String::new(),
        };
        let _ = writeln!(text, "{indent}{number}. {}{detail}", step_name(alarm, step));
    }
}
