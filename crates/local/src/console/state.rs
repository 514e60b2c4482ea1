//! What the page shows: one JSON object, fetched again after every change.

use std::env;

use axum::{Json, extract::State};
use dispatch_core::{
    journal::Journal,
    life::{Progress, State as LifeState, state},
    words::tell,
};
use dispatch_simulator::{aws::Queue, fake::Kind};
use serde_json::{Value, json};

use super::{Console, timers};
use crate::{
    examples::{EXAMPLES, Example},
    town::{TOPIC_ARN, Town},
};

/// `GET /api/state`.
pub(super) async fn show(State(console): State<Console>) -> Json<Value> {
    let version = *console.version.borrow();
    let town = &*console.town;
    let queues: Vec<_> = [&town.urgent, &town.alarms].into_iter().map(queue).collect();
    let journals = journals(town).await;
    let examples = EXAMPLES.iter().map(|example| json!({ "name": example.name, "message": example.message }));
    Json(json!({
        "version": version,
        "clock": timers::clock(town, &journals),
        "publish": publish(&console.address),
        "examples": examples.collect::<Vec<_>>(),
        "slack": if town.real.slack { json!({ "real": true }) } else { town.fakes.slack.console_slack() },
        "github": if town.real.github { json!({ "real": true }) } else { town.fakes.github.console_github() },
        "pagerduty": if town.real.pagerduty { json!({ "real": true }) } else { town.fakes.pagerduty.console_pagerduty() },
        "alarms": journals.iter().map(alarm).collect::<Vec<_>>(),
        "queues": queues,
        "faults": faults(town),
    }))
}

/// The lines that publish an alarm from a shell.
fn publish(address: &str) -> Value {
    json!({
        "endpoint": address,
        "topic": TOPIC_ARN,
        "aws": EXAMPLES.first().map(|example| aws_line(address, example)),
        "send": send_line(address, "self-service"),
        "redrive": redrive_line(address, None),
    })
}

/// A line for the AWS command line, ready to paste into a POSIX shell.
pub fn aws_line(address: &str, example: &Example) -> String {
    let message = quoted(&example.one_line());
    format!(
        "aws sns publish --endpoint-url {address} --region us-east-1 --no-sign-request --topic-arn {TOPIC_ARN} --message {message}"
    )
}

/// A line for people without the AWS command line, ready to paste.
pub fn send_line(address: &str, example: &str) -> String {
    format!("{} send --endpoint-url {address} --example {example}", command())
}

/// A line that shows dead letters and sends them again, ready to paste; with the address of the store, where
/// another process can read it.
pub fn redrive_line(address: &str, store_url: Option<&str>) -> String {
    let store = store_url.map(|url| format!("DISPATCH_STORE_URL={} ", quoted(url))).unwrap_or_default();
    format!("{store}{} redrive --endpoint-url {address}", command())
}

/// How this process was started: by cargo, or by the command's own name.
fn command() -> &'static str {
    if env::var_os("CARGO").is_some() { "cargo run --" } else { "dispatch" }
}

/// One word for a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn queue(queue: &Queue) -> Value {
    let counts = queue.counts();
    json!({ "name": queue.name(), "waiting": counts.waiting, "in_flight": counts.in_flight, "dead": counts.dead })
}

fn faults(town: &Town) -> Vec<Value> {
    let fakes = &town.fakes;
    let all =
        [("github", fakes.github.faults()), ("slack", fakes.slack.faults()), ("pagerduty", fakes.pagerduty.faults())];
    let named = all.into_iter().filter_map(|(service, faults)| {
        let kind = match &faults.first()?.kind {
            Kind::RateLimited { .. } | Kind::SecondaryLimit { .. } => "rate-limited",
            Kind::Delay(_) | Kind::DelayReply(_) => "slow",
            _ => "down",
        };
        Some(json!({ "service": service, "kind": kind }))
    });
    named.collect()
}

/// The journals of all alarms, the newest first.
pub(super) async fn journals(town: &Town) -> Vec<Journal> {
    let paths = town.world.store.list("alarms/").await.unwrap_or_default();
    let mut journals = Vec::with_capacity(paths.len());
    for path in paths {
        let Ok(Some((bytes, _))) = town.world.store.read(&path).await else { continue };
        journals.extend(Journal::from_bytes(&bytes).ok());
    }
    journals.sort_by_key(|journal| std::cmp::Reverse(journal.began));
    journals
}

fn alarm(journal: &Journal) -> Value {
    let progress = Progress::of(journal);
    let state = state(journal);
    let issue = progress.issue.as_ref().map(|(issue, _)| json!({ "number": issue.number, "url": issue.url }));
    let entries = journal.entries.iter().map(|entry| {
        let (what, text) = tell(&journal.alarm, &entry.fact);
        json!({ "at": entry.at, "what": what, "text": text })
    });
    let received =
        json!({ "at": journal.began, "what": "received", "text": format!("{} message read", journal.alarm.kind) });
    json!({
        "key": journal.key,
        "title": journal.alarm.title,
        "state": state.word(),
        "done": !matches!(state, LifeState::Received | LifeState::Open | LifeState::Asked | LifeState::Answered),
        "issue": issue,
        "repeats": progress.repeats,
        "timers": timers::of(journal),
        "entries": std::iter::once(received).chain(entries).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_takes_a_message_as_it_is() {
        for text in [EXAMPLES[0].message, "it's 85 % of $HOME, `now`! \\ \"quoted\" ''", "", "#?*~"] {
            let line = format!("printf %s {}", quoted(text));
            let shell = Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(shell.stdout).unwrap(), text);
        }
    }

    #[test]
    fn the_line_for_aws_is_one_line_that_keeps_the_order_of_the_example() {
        let line = aws_line("http://127.0.0.1:4100", &EXAMPLES[0]);
        assert_eq!(line.lines().count(), 1);
        assert!(line.contains(r#" --message '{"type": "self-service", "users": [{ "slack": "jane""#), "{line}");
    }
}
