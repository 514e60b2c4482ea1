//! What becomes of a message that nobody can read.

use super::{Defaults, Invalid, Letter};
use crate::{
    alarm::{Address, Again, Alarm, Signal},
    text::{code_block, one_line, shorten},
};

/// Longest part of an unreadable message that is shown, in characters.
const SHOWN_MAX: usize = 50_000;

/// Longest subject and id that are shown beside it, in characters.
const ENVELOPE_MAX: usize = 500;

/// A low-priority alarm that shows the message and says what is wrong with it. Messages with the
/// same problem share one issue; a text that differs is added to it.
pub(super) fn alarm(letter: &Letter<'_>, invalid: &Invalid, defaults: &Defaults) -> Signal {
    let problem = one_line(&shorten(&invalid.to_string(), 180));
    let shown = shorten(letter.text, SHOWN_MAX);
    let subject = letter.subject.map(|subject| one_line(&shorten(subject, ENVELOPE_MAX)));
    let subject = subject.map(|subject| format!("\n\nSubject: {subject}")).unwrap_or_default();
    let body = format!(
        "A message was published that Dispatch cannot read. Nobody was asked or paged because of it.\n\n\
         - where: `{}`\n- found: {}\n- expected: {}\n- message id: `{}`{subject}\n\n{}",
        code(&invalid.path),
        plain(&invalid.found),
        plain(&invalid.expected),
        code(&shorten(letter.id, ENVELOPE_MAX)),
        code_block(&shown),
    );
    Signal::Alarm(Box::new(Alarm {
        kind: "unreadable".to_owned(),
        request_id: super::dispatch::request_id(None, letter),
        repo: defaults.repo.clone(),
        dedup: format!("unreadable message: {}", dedup(invalid)),
        title: format!("Unreadable message: {problem}"),
        body,
        labels: Vec::new(),
        mentions: defaults.github_user.iter().cloned().collect(),
        named: defaults.github_user.iter().cloned().collect(),
        people: Vec::new(),
        list_people: false,
        message: None,
        link: false,
        question: None,
        again: Again::Count,
        retrigger: true,
        deputies: Vec::new(),
        chain: Vec::new(),
        page: Address::new("pagerduty", ""),
        evidence: Some(shown.into_owned()),
    }))
}

/// What makes two problems the same: place, expectation, and the kind of thing that was found, but
/// not its value or its position in the text.
fn dedup(invalid: &Invalid) -> String {
    let kind = invalid.found.split(['(', '"']).next().unwrap_or_default().trim_end();
    let kind: String = kind.chars().filter(|c| !c.is_ascii_digit()).collect();
    format!("{} {kind} {}", invalid.path, invalid.expected)
}

fn code(text: &str) -> String {
    one_line(text).replace('`', "'")
}

fn plain(text: &str) -> String {
    format!("`{}`", code(text))
}
