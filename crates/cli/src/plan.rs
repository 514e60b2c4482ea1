//! `dispatch plan`: what would happen, without touching anything.

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use clap::{Args, FromArgMatches, ValueHint};
use dispatch_core::{
    alarm::{Address, Again, Alarm, Page, Question, Repo, Resolve, Signal},
    journal::{Answer, Journal, LifeId, Remark, Stage, Step},
    life::{rehearse, rehearse_answer},
    source::{self, Defaults, Letter},
    text::one_line,
    words::step_name,
};
use jiff::{SignedDuration, Timestamp};

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
}

/// Prints the plan of every message in a file. Messages that cannot be read have a plan as well.
pub(crate) fn run(plan: &Plan) -> Result<ExitCode, Failure> {
    let file = File::read(&plan.file)?;
    let repo = Repo::try_from(plan.repo.clone()).map_err(|error| Failure::Other(format!("--repo: {error}")))?;
    let github_user = plan.default_user.as_deref().map(|user| user.trim_start_matches('@').to_owned());
    let defaults = Defaults { repo, github_user, ..defaults() };
    let plans: Vec<_> = texts(&file)?.into_iter().map(|text| of_message(text, &defaults)).collect();
    style::stdout(&plans.join("\n"))?;
    Ok(ExitCode::SUCCESS)
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

fn of_message(text: &str, defaults: &Defaults) -> String {
    if let Some(too_long) = check::too_long(text) {
        return format!("{} {too_long}\n", style::bad("cannot be published:"));
    }
    let read = source::accept(&Letter { id: "plan", subject: None, text }, defaults);
    let warning = read.warning.map(|invalid| format!("{} {invalid}\n", style::bad("not as it should be:")));
    let plan = match &read.signal {
        Signal::Page(page) => of_page(page),
        Signal::Alarm(alarm) => of_alarm(alarm),
        Signal::Resume { key, .. } => format!("Go on with alarm {key} from wherever it stands.\n"),
        Signal::Resolve(resolve) => of_resolve(resolve),
    };
    warning.unwrap_or_default() + &plan
}

/// Which service of PagerDuty is paged.
fn pager(to: &Address) -> String {
    match one_line(to.rest()) {
        service if service.is_empty() => "PagerDuty's default service".to_owned(),
        service => format!("PagerDuty's service {service}"),
    }
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
    let mut text = style::strong("resolve") + "\n";
    let mut steps = Vec::new();
    if let Some(key) = &resolve.key {
        steps.push(format!("if alarm {key} is open: close its issue, end its questions, resolve its pages"));
    }
    if let Some((to, key)) = &resolve.page {
        steps.push(format!("resolve what is open at {} under the key {key:?}", pager(to)));
    }
    for (n, step) in steps.iter().enumerate() {
        let _ = writeln!(text, "  {}. {step}", n + 1);
    }
    text
}

fn of_alarm(alarm: &Alarm) -> String {
    let now = Timestamp::UNIX_EPOCH;
    let mut journal = Journal::begin(alarm.clone(), LifeId("plan".to_owned()), &[], now);
    let kind = alarm.kind.trim().to_lowercase();
    let mut text = format!("{} ({kind})\n  1. {}\n", style::strong(&one_line(&alarm.title)), search(alarm));
    steps(&mut text, alarm, &rehearse(&mut journal, now), 2, "  ");
    if let Some(question) = &alarm.question {
        answers(&mut text, alarm, question, &journal);
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
    let now = Timestamp::UNIX_EPOCH;
    if alarm.people.iter().all(|person| person.address.is_none()) {
        text.push_str("  nobody can be asked: the issue stays open\n");
        return;
    }
    let several = alarm.people.iter().filter(|person| person.address.is_some()).count() > 1;
    let _ = writeln!(text, "  then wait for {}, {}", if several { "answers" } else { "an answer" }, patience(question));
    for (answer, choice) in [(Answer::Yes, &question.yes), (Answer::No, &question.no)] {
        let played = rehearse_answer(&mut journal.clone(), answer, now);
        let everyone = if several { " from everyone" } else { "" };
        let _ = writeln!(text, "  on {answer}{everyone}, {:?}:", one_line(&choice.label));
        steps(text, alarm, &played, 1, "    ");
        let closes = played.contains(&Step::Close);
        text.push_str(if closes { "" } else { "    the issue stays open\n" });
    }
}

/// The deadline of a question; silence has no consequence yet.
fn patience(question: &Question) -> String {
    match question.patience_s {
        Some(seconds) => {
            let wait = SignedDuration::from_secs(i64::from(seconds));
            format!("as long as it takes (the deadline in the journal is {wait:#} after the issue was opened)")
        }
        None => "as long as it takes".to_owned(),
    }
}

fn steps(text: &mut String, alarm: &Alarm, steps: &[Step], from: usize, indent: &str) {
    for (number, step) in (from..).zip(steps) {
        let detail = match step {
            Step::Open if !alarm.mentions.is_empty() => format!(", tagging @{}", alarm.mentions.join(", @")),
            Step::Reach { who, .. } => match alarm.people.get(*who).and_then(|person| person.address.as_ref()) {
                Some(address) => format!(" at {}", one_line(&address.to_string())),
                None => ", who has no address".to_owned(),
            },
            Step::Page(_) => format!(", through {}", pager(&alarm.page)),
            Step::Remark(Remark::Answer(_) | Remark::Tally(_)) => ": who answered what, and when".to_owned(),
            Step::Remark(Remark::Paged(_)) => ": the link to the incident".to_owned(),
            Step::Remark(Remark::Unreached) => ": who could not be reached".to_owned(),
            Step::Show { stage: Stage::Paged, .. } => ", with the page".to_owned(),
            _ => String::new(),
        };
        let _ = writeln!(text, "{indent}{number}. {}{detail}", named(alarm, step));
    }
}

/// A step's name; that of a page without its service, which is told behind it.
fn named(alarm: &Alarm, step: &Step) -> String {
    match step {
        Step::Page(_) => step_name(&Alarm { page: Address::new("pagerduty", ""), ..alarm.clone() }, step),
        step => step_name(alarm, step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(message: &str) -> String {
        of_message(message, &defaults())
    }

    #[test]
    fn a_page_names_its_service() {
        let page = |service: &str| {
            plan(&format!(
                r#"{{"type": "high", "body": {{"pagerduty": {{"title": "Root", "service": "{service}"}}}}}}"#
            ))
        };
        let expected = "Root (high-priority)\n  1. page PagerDuty's default service at once: no issue, and nobody is asked\n  \
                        repeats join the incident that is open under the key \"Root\"\n";
        assert_eq!(page(""), expected);
        assert!(page("PABC123").contains("1. page PagerDuty's service PABC123 at once"), "{}", page("PABC123"));
    }

    #[test]
    fn a_repeat_ends_early_unless_people_are_told_again() {
        let message = |kind: &str, more: &str| {
            plan(&format!(
                r#"{{"type": "{kind}", "users": [{{"slack": "joe"}}], "body": {{"github": {{"title": "t"}}}}{more}}}"#
            ))
        };
        let open =
            "1. look in example-org/alarms for an open issue of this alarm; if there is one, count this as a repeat";
        assert!(message("low-priority", "").contains(&format!("{open} and stop\n")));
        assert!(message("nag", "").contains(&format!("{open} and open none\n")));
        assert!(
            message("low-priority", r#", "retrigger": false"#).contains("for an issue of this alarm, open or closed;")
        );
    }

    #[test]
    fn who_has_no_address_is_not_waited_for() {
        let text =
            plan(r#"{"type": "self-service", "users": [{"github": "jane"}], "body": {"github": {"title": "t"}}}"#);
        assert!(
            text.contains("3. ask jane, who has no address\n  4. leave a note in the fallback channel\n"),
            "{text}"
        );
        assert!(text.contains("  nobody can be asked: the issue stays open\n"), "{text}");
        assert!(!text.contains("on yes"), "{text}");
    }

    #[test]
    fn what_cannot_be_read_has_a_plan() {
        let text = plan("{\"type\": \"nope\"}");
        assert!(text.starts_with("not as it should be: type: found text \"nope\", expected one of "), "{text}");
        assert!(text.contains("  2. open an issue in example-org/alarms\n"), "{text}");
    }

    #[test]
    fn messages_stand_before_what_is_not_json() {
        let file = |text: &str| File::of("a.json", text.as_bytes());
        assert_eq!(texts(&file("{\"a\": 1} [{\"b\": 2}]\n{\"c\": ")).unwrap(), ["{\"a\": 1}", "{\"b\": 2}", "{\"c\":"]);
        assert!(texts(&file(" \n")).is_err());
        assert!(texts(&File::of("a.json", b"\xFF")).is_err());
    }
}
