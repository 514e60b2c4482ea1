//! `dispatch check`: whether messages are as they should be.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, FromArgMatches, ValueHint};
use dispatch_core::{
    alarm::{Address, Repo, Signal},
    source::{self, Defaults, Invalid, Letter, Read},
};

use crate::{
    Failure,
    command::Command,
    messages::{File, Message, Places},
    style, unknown,
};

/// `dispatch check`.
pub(crate) const COMMAND: Command =
    Command { name: "check", define: Check::augment_args, run: |matches| run(&Check::from_arg_matches(matches)?) };

/// Say whether messages are as they should be, and where they are not
///
/// One line a message: where it begins or what is wrong, found and expected. Fields that nobody reads are warned of.
///
/// Exit code 0: all are as they should be; 1: at least one is not; 2: a file could not be read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Check {
    /// Files with one or more JSON messages, one after the other or in lists; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
}

/// The most bytes of a message. Source: SNS API reference, `Publish`.
const MESSAGE_BYTES_MAX: usize = 262_144;

/// What a message falls back to where no deployment says otherwise.
pub(crate) fn defaults() -> Defaults {
    Defaults {
        repo: Repo::new("example-org", "alarms"),
        github_user: None,
        channel: Address::new("slack", "#security"),
        patience_s: None,
        hours: dispatch_core::hours::Hours::default(),
        keeps_hours: false,
        chain: Vec::new(),
    }
}

/// Reads one message strictly, and holds it against the one limit of SNS that its text can break.
pub(crate) fn read(text: &str, subject: Option<&str>) -> Result<Read, Invalid> {
    match too_long(text) {
        Some(invalid) => Err(invalid),
        None => source::read(&Letter { id: "check", subject, text }, &defaults()),
    }
}

/// What is wrong with a message that SNS would refuse for its length.
pub(crate) fn too_long(text: &str) -> Option<Invalid> {
    let expected = || format!("at most {MESSAGE_BYTES_MAX}, or SNS refuses it");
    (text.len() > MESSAGE_BYTES_MAX).then(|| Invalid::new(".", format!("{} bytes", text.len()), expected()))
}

/// Checks all files and says what was found, one line a message. A file that cannot be read keeps
/// none of the others from being checked.
pub(crate) fn run(check: &Check) -> Result<ExitCode, Failure> {
    let mut worst = 0;
    for path in &check.files {
        let code = match File::read(path) {
            Ok(file) => {
                let (lines, fine) = report(&file);
                style::stdout(&lines)?;
                u8::from(!fine)
            }
            Err(failure) => {
                failure.tell()?;
                2
            }
        };
        worst = worst.max(code);
    }
    Ok(ExitCode::from(worst))
}

/// The lines for one file, and whether all its messages are fine.
fn report(file: &File) -> (String, bool) {
    let mut places = Places::of(&file.text);
    let mut lines = String::new();
    let mut fine = true;
    for message in file.messages() {
        let told = message.map_err(|error| (error.at, error.reason)).and_then(|message| {
            let read = read(message.text, None).map_err(|invalid| complaint(file, &message, &invalid))?;
            Ok((message, read))
        });
        match told {
            Ok((message, read)) => {
                let place = file.at(places.find(message.at));
                lines.push_str(&format!("{place} {} {}\n", style::good("ok:"), summary(&read.signal)));
                for (at, odd) in oddities(file, &message, &read) {
                    lines.push_str(&format!("{} {} {odd}\n", file.at(places.find(at)), style::odd("warning:")));
                }
            }
            Err((at, what)) => {
                lines.push_str(&format!("{} {} {what}\n", file.at(places.find(at)), style::bad("error:")));
                fine = false;
            }
        }
    }
    (lines, fine)
}

/// Where a message is not as it should be, in bytes of the file, and what is wrong.
pub(crate) fn complaint(file: &File, message: &Message<'_>, invalid: &Invalid) -> (usize, String) {
    (file.find(message, &invalid.path), invalid.to_string())
}

/// What is odd about a message that is fine: where, in bytes of the file and in order, and what.
fn oddities(file: &File, message: &Message<'_>, read: &Read) -> Vec<(usize, String)> {
    // Dispatch's own messages are no part of the contract.
    if matches!(read.signal, Signal::Resume { .. }) {
        return Vec::new();
    }
    let unknown = unknown::fields(message.text).into_iter();
    let mut odd: Vec<_> = unknown.map(|(path, what)| (file.find(message, &path), what)).collect();
    odd.sort();
    odd
}

/// What a message is, in a few words.
fn summary(signal: &Signal) -> String {
    match signal {
        Signal::Page(page) => format!("high-priority {:?}", page.title),
        Signal::Resume { key, .. } => format!("go on with alarm {key}"),
        Signal::Resolve(resolve) => {
            format!("resolve {}", resolve.page.as_ref().map_or_else(String::new, |(_, key)| format!("{key:?}")))
        }
        Signal::Alarm(alarm) => format!("{} {:?}", alarm.kind.trim().to_lowercase(), alarm.title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> (String, bool) {
        report(&File::of("a.json", text.as_bytes()))
    }

    #[test]
    fn each_message_has_its_line() {
        let text = "{\"type\": \"NAG\", \"body\": {\"github\": {\"title\": \"Full\"}}}\n\
                    {\"type\": \"high\", \"body\": {\"pagerduty\": {\"title\": \"Root\"}}}\n\
                    {\"type\": \"nag\",\n  \"body\": {\"github\": {\"title\": []}}}\n{";
        let expected = "a.json:1:1: ok: nag \"Full\"\n\
                        a.json:2:1: ok: high-priority \"Root\"\n\
                        a.json:4:32: error: body.github.title: found a list of 0, expected a text\n\
                        a.json:5:1: error: not JSON: EOF while parsing an object\n";
        assert_eq!(lines(text), (expected.to_owned(), false));
    }

    #[test]
    fn a_misspelt_field_is_told_and_is_no_error() {
        let text = "{\"type\": \"nag\", \"body\": {\n \"github\": {\"title\": \"Full\", \"lables\": 1}}}";
        let expected = "a.json:1:1: ok: nag \"Full\"\n\
                        a.json:2:40: warning: body.github.lables: found a field that is not read, \
                        expected one of body, label, labels, title\n";
        assert_eq!(lines(text), (expected.to_owned(), true));
    }

    #[test]
    fn a_message_that_sns_would_refuse_is_an_error() {
        let message = |bytes: usize| {
            let rest = "{\"type\": \"nag\", \"body\": {\"github\": {\"title\": \"\"}}}".len();
            format!("{{\"type\": \"nag\", \"body\": {{\"github\": {{\"title\": \"{}\"}}}}}}", "x".repeat(bytes - rest))
        };
        assert!(lines(&message(262_144)).1);
        let expected = "a.json:1:1: error: found 262145 bytes, expected at most 262144, or SNS refuses it\n";
        assert_eq!(lines(&message(262_145)), (expected.to_owned(), false));
    }
}
