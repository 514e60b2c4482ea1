//! What is said of dead letters: text for people, or an object a line for programs.

use std::{collections::BTreeSet, io, process::ExitCode};

use dispatch_core::{notice::Receipt, text::one_line};
use dispatch_engine::{lost::Loss, ports::Failed};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{letter::Letter, losses::Why, queues::Graveyard};
use crate::{Failure, style};

/// What was done with a letter.
#[derive(Debug)]
pub(super) enum Outcome {
    Listed,
    Sent,
    /// It came from a queue that is none of the topic's.
    Foreign,
    NotSent(Failed),
    /// It was sent, and may be among the dead letters still.
    NotDeleted(Failed),
}

/// Says what happens while it happens, and counts.
#[derive(Debug)]
pub(super) struct Report {
    json: bool,
    /// Whether the letters were shown before.
    brief: bool,
    found: usize,
    sent: usize,
    problems: usize,
    /// Both names of every letter.
    names: BTreeSet<String>,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Report { json, brief: false, found: 0, sent: 0, problems: 0, names: BTreeSet::new() }
    }

    /// From here on the letters come a second time.
    pub(super) fn begin_again(&mut self) {
        *self = Report { brief: true, problems: self.problems, ..Report::new(self.json) };
    }

    /// Something that keeps the command from doing all of its work.
    pub(super) fn problem(&mut self, text: &str) -> io::Result<()> {
        self.problems += 1;
        style::stderr(&format!("{} {text}\n", style::bad("error:")))
    }

    /// Something to know that is no problem.
    pub(super) fn odd(&self, text: &str) -> io::Result<()> {
        style::stderr(&format!("{} {text}\n", style::odd("warning:")))
    }

    /// The way through a dead-letter queue is over.
    pub(super) fn walked(&mut self, graveyard: &Graveyard, end: Result<(), Failed>) -> io::Result<()> {
        match end {
            Ok(()) => Ok(()),
            Err(failed) => self.problem(&format!("{}: {failed}", graveyard.arn.name())),
        }
    }

    /// One letter, and what became of it.
    pub(super) fn letter(
        &mut self,
        graveyard: &Graveyard,
        letter: &Letter,
        why: &Why,
        outcome: &Outcome,
    ) -> io::Result<()> {
        self.found += 1;
        self.names.extend([letter.name.clone(), letter.received.id.clone()]);
        match outcome {
            Outcome::Sent => self.sent += 1,
            Outcome::NotSent(_) | Outcome::NotDeleted(_) => self.problems += 1,
            Outcome::Listed | Outcome::Foreign => {}
        }
        if self.json {
            return style::stdout(&format!("{}\n", object(graveyard, letter, why, outcome)));
        }
        let result = result(letter, outcome);
        let text = if self.brief { result } else { format!("{}{result}\n", block(graveyard, letter, why)) };
        style::stdout(&text)
    }

    /// How many there are.
    pub(super) fn counted(&self) -> io::Result<()> {
        let text = match self.found {
            _ if self.json => return Ok(()),
            0 => "No dead letters.\n".to_owned(),
            1 => "1 dead letter.\n".to_owned(),
            count => format!("{count} dead letters.\n"),
        };
        style::stdout(&text)
    }

    /// How many were sent.
    pub(super) fn sent(&self) -> io::Result<()> {
        match self.found {
            0 => self.counted(),
            _ if self.json => Ok(()),
            found => style::stdout(&format!("{} of {found} sent again.\n", self.sent)),
        }
    }

    /// Says which of the messages that were asked for were not met, and how it ended.
    pub(super) fn finish(mut self, wanted: &[String]) -> Result<ExitCode, Failure> {
        for id in wanted {
            if !self.names.contains(id) {
                self.problem(&format!("{id}: no dead letter has this id"))?;
            }
        }
        Ok(ExitCode::from(u8::from(self.problems > 0)))
    }
}

/// What is known of a letter, never its whole text.
fn block(graveyard: &Graveyard, letter: &Letter, why: &Why) -> String {
    let received = &letter.received;
    let title = style::strong(&one_line(&letter.title));
    let mut text = format!("{title} ({})\n", one_line(&letter.kind));
    let mut line = |name: &str, value: &str| {
        text.push_str(&format!("  {} {}\n", style::faint(&format!("{name:<8}")), one_line(value)));
    };
    line("message", &letter.name);
    let from = from(graveyard, letter);
    line("queue", &format!("{}, dead letters in {}", from.as_deref().unwrap_or("unknown"), graveyard.arn.name()));
    let sent = received.sent.map_or_else(|| "unknown".to_owned(), second);
    let receives = received.receives.map_or_else(|| "an unknown number of".to_owned(), |count| count.to_string());
    line("sent", &format!("{sent}, received {receives} times, this time included"));
    match why {
        Why::Kept(Loss { at, reason, paged, .. }) => {
            line("why", &format!("{reason} ({})", second(*at)));
            if let Some(paged) = paged {
                line("paged", &page(paged));
            }
        }
        Why::NotKept(reason) => {
            line("why", &format!("not kept ({reason}); the log of incoming tells of it by its message id"));
        }
    }
    text
}

fn result(letter: &Letter, outcome: &Outcome) -> String {
    let name = one_line(&letter.name);
    match outcome {
        Outcome::Listed => String::new(),
        Outcome::Sent => format!("{} {name}\n", style::good("sent again")),
        Outcome::Foreign => {
            format!("{} {name}: its queue is not subscribed to the topic\n", style::odd("left alone"))
        }
        Outcome::NotSent(failed) => format!("{} {name}: {failed}\n", style::bad("not sent")),
        Outcome::NotDeleted(failed) => format!(
            "{} {name}: {failed}\n  It is among the dead letters, too. To send it once more does no harm.\n",
            style::bad("sent again, not deleted")
        ),
    }
}

fn object(graveyard: &Graveyard, letter: &Letter, why: &Why, outcome: &Outcome) -> Value {
    let received = &letter.received;
    let (word, problem) = match outcome {
        Outcome::Listed => ("listed", None),
        Outcome::Sent => ("sent", None),
        Outcome::Foreign => ("left alone", Some("its queue is not subscribed to the topic".to_owned())),
        Outcome::NotSent(failed) => ("not sent", Some(failed.to_string())),
        Outcome::NotDeleted(failed) => ("not deleted", Some(failed.to_string())),
    };
    let why = match why {
        Why::Kept(Loss { at, reason, paged, .. }) => {
            json!({ "at": at, "reason": reason, "paged": paged.as_ref().map(page) })
        }
        Why::NotKept(reason) => json!({ "not_kept": reason }),
    };
    json!({
        "message": letter.name,
        "sqs_message": received.id,
        "type": letter.kind,
        "title": letter.title,
        "queue": from(graveyard, letter),
        "dead_letter_queue": graveyard.arn.name(),
        "sent_at": received.sent,
        "receives": received.receives,
        "why": why,
        "outcome": word,
        "problem": problem,
    })
}

/// The queue that a letter came from, as far as that is known.
fn from(graveyard: &Graveyard, letter: &Letter) -> Option<String> {
    let died_in = letter.received.died_in.as_ref();
    died_in.or(graveyard.source(&letter.received).map(|source| &source.arn)).map(|arn| arn.name().to_owned())
}

/// Where the page can be looked at.
fn page(paged: &Receipt) -> String {
    paged.url.clone().unwrap_or_else(|| format!("{} {}", paged.at, paged.id))
}

fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}
