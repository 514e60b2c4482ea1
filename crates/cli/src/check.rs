//! `dispatch check`: whether messages are as they should be.

use std::process::ExitCode;

use dispatch_core::{
    alarm::{Address, Repo, Signal},
    source::{self, Defaults, Letter},
};

use crate::{
    Failure,
    args::Check,
    messages::{File, Message, Place},
    style,
};

/// What a message falls back to where no deployment says otherwise.
pub(crate) fn defaults() -> Defaults {
    Defaults {
        repo: Repo::new("example-org", "alarms"),
        github_user: None,
        channel: Address::new("slack", "#security"),
        patience_s: None,
    }
}

/// Checks all files and says what was found, one line a message.
pub(crate) fn run(check: &Check) -> Result<ExitCode, Failure> {
    let mut good = true;
    for path in &check.files {
        let file = File::read(path)?;
        let (lines, fine) = report(&file);
        style::stdout(&lines)?;
        good &= fine;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The lines for one file, and whether all its messages are fine.
fn report(file: &File) -> (String, bool) {
    let messages = match file.messages() {
        Ok(messages) => messages,
        Err(error) => return (bad_line(file, error.place, &format!("not JSON: {}", error.reason)), false),
    };
    if messages.is_empty() {
        return (bad_line(file, Place { line: 1, column: 1 }, "no message found, expected a JSON object"), false);
    }
    let mut lines = String::new();
    let mut good = true;
    for message in &messages {
        let (line, fine) = verdict(file, message);
        lines.push_str(&line);
        good &= fine;
    }
    (lines, good)
}

fn verdict(file: &File, message: &Message<'_>) -> (String, bool) {
    match source::read(&Letter { id: "check", subject: None, text: message.text }, &defaults()) {
        Ok(read) => {
            let place = file.place(message.at);
            let place = format!("{}:{}:{}:", file.name, place.line, place.column);
            (format!("{place} {} {}\n", style::good("ok:"), summary(&read.signal)), true)
        }
        Err(invalid) => (bad_line(file, file.place_of(message, &invalid.path), &invalid.to_string()), false),
    }
}

fn bad_line(file: &File, place: Place, what: &str) -> String {
    format!("{}:{}:{}: {} {what}\n", file.name, place.line, place.column, style::bad("error:"))
}

/// What a message is, in a few words.
fn summary(signal: &Signal) -> String {
    match signal {
        Signal::Page(page) => format!("page {:?}", page.title),
        Signal::Resume(key) => format!("go on with alarm {key}"),
        Signal::Alarm(alarm) => format!("{} {:?}", alarm.kind, alarm.title),
    }
}
