//! What the tests of this crate start from.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    alarm::{Address, Alarm, Issue, IssueNumber, Key, Page, Repo, Signal},
    digest::Item,
    journal::{Answer, Change, Clicker, Fact, Journal, LifeId, Place, Remark, Stage},
    notice::Receipt,
    source::{self, Defaults, Invalid, Letter},
};

/// Seconds after three o'clock of a night.
pub(crate) fn at(second: i64) -> Timestamp {
    let start: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(second)
}

pub(crate) fn defaults() -> Defaults {
    Defaults {
        repo: Repo::new("example-org", "alarms"),
        github_user: Some("example-org/security".to_owned()),
        channel: Address::new("slack", "#security"),
        patience_s: None,
        hours: crate::hours::Hours::default(),
        keeps_hours: false,
        chain: Vec::new(),
    }
}

pub(crate) fn letter(text: &str) -> Letter<'_> {
    Letter { id: "0b6cf3ff-5c84-4d6c-a0b1-0d8b6f1c1111", subject: None, text }
}

pub(crate) fn read(message: &Value) -> Result<Signal, Invalid> {
    source::read(&letter(&message.to_string()), &defaults()).map(|read| read.signal)
}

pub(crate) fn alarm(message: &Value) -> Alarm {
    match read(message).unwrap() {
        Signal::Alarm(alarm) => *alarm,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn page_of(message: &Value) -> Page {
    match read(message).unwrap() {
        Signal::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn self_service() -> Value {
    json!({
        "type": "self-service",
        "requestId": "6cf9397c71e2",
        "users": [{ "slack": "jane", "slackId": "U012AB3CD", "github": "jane" }],
        "body": {
            "github": { "title": "Two-factor off: jane", "body": "jane turned off two-factor authentication." },
            "slack": {
                "message": "Two-factor authentication was turned off.",
                "prompt": "Did you do this?",
                "actions": { "yes": "Yes, I did", "yes_response": "Thanks.", "no": "No", "no_response": "On it." },
            },
        },
    })
}

pub(crate) fn broadcast() -> Value {
    json!({
        "type": "broadcast",
        "users": [{ "slack": "jane", "slackId": "U012AB3CD" }, { "slack": "joe", "slackId": "U045EF6GH" }],
        "body": {
            "github": { "title": "Rotate your keys", "body": "Keys are old." },
            "slack": { "message": "Please rotate your keys." },
        },
    })
}

pub(crate) fn poll() -> Value {
    let mut message = broadcast();
    message["body"]["slack"]["prompt"] = json!("Did you rotate them?");
    message
}

pub(crate) fn nag() -> Value {
    let mut message = broadcast();
    message["type"] = json!("nag");
    message
}

pub(crate) fn low_priority() -> Value {
    json!({ "type": "low-priority", "body": { "github": { "title": "Certificate ends soon", "body": "In 30 days." } } })
}

pub(crate) fn high_priority() -> Value {
    json!({ "type": "high-priority", "body": { "pagerduty": { "title": "Root login", "body": "From abroad." } } })
}

pub(crate) fn journal(message: &Value) -> Journal {
    Journal::begin(alarm(message), LifeId("5eed".to_owned()), &["m1".to_owned()], at(0))
}

/// A journal with these facts, one a second.
pub(crate) fn journal_with(message: &Value, facts: impl IntoIterator<Item = Fact>) -> Journal {
    let mut journal = journal(message);
    for (second, fact) in facts.into_iter().enumerate() {
        journal.push(at(second as i64 + 1), fact);
    }
    journal
}

pub(crate) fn issue() -> Issue {
    let url = "https://github.com/example-org/alarms/issues/12".to_owned();
    Issue { repo: defaults().repo, number: IssueNumber(12), url }
}

pub(crate) fn opened() -> Fact {
    Fact::Opened { issue: issue() }
}

pub(crate) fn stood() -> Fact {
    Fact::Stood { issue: issue() }
}

pub(crate) fn reached(who: usize, round: usize) -> Fact {
    let receipt = Receipt {
        at: Address::new("slack", &format!("D{who}")),
        id: format!("17.{who}{round}"),
        reader: None,
        url: None,
    };
    Fact::Reached { who, round, receipt, zone: None }
}

pub(crate) fn unreached(who: usize, round: usize) -> Fact {
    Fact::Unreached { who, round, reason: "user_not_found".to_owned() }
}

pub(crate) fn answered(who: usize, answer: Answer) -> Fact {
    let name = ["jane", "joe"].get(who).unwrap_or(&"sam");
    Fact::Answered { who, answer, variant: None, by: Clicker { id: format!("U{who}"), name: (*name).to_owned() } }
}

pub(crate) fn paged(who: usize) -> Fact {
    let url = Some(format!("https://example.pagerduty.com/incidents/Q{who}"));
    let receipt = Receipt { at: Address::new("pagerduty", "P1"), id: format!("Q{who}"), reader: None, url };
    Fact::Paged { who, receipt }
}

pub(crate) fn inherited(page: &str) -> Fact {
    let url = Some(format!("https://example.pagerduty.com/incidents/{page}"));
    let receipt = Receipt { at: Address::new("pagerduty", "P1"), id: page.to_owned(), reader: None, url };
    Fact::Inherited { receipt }
}

pub(crate) fn remarked(remark: Remark) -> Fact {
    Fact::Remarked { remark, place: Place::Comment(100) }
}

pub(crate) fn shown(who: usize, stage: Stage) -> Fact {
    Fact::Shown { who, stage }
}

pub(crate) fn repeated(count: usize) -> Fact {
    Fact::Repeated { count }
}

pub(crate) fn evidence(id: &str, text: &str) -> Fact {
    Fact::Evidence { id: id.to_owned(), text: Some(text.to_owned()) }
}

pub(crate) fn listed(line: &str, name: &str, turn: usize) -> Fact {
    let (line, name) = (line.to_owned(), name.to_owned());
    let text = format!("text {turn}");
    Fact::Listed { item: Item { line, name, title: "Disk full".to_owned(), url: None, text, turn } }
}

pub(crate) fn alerted() -> Fact {
    let url = Some("https://example.pagerduty.com/incidents/Q9".to_owned());
    let receipt = Receipt { at: Address::new("pagerduty", "P1"), id: "Q9".to_owned(), reader: None, url };
    Fact::Alerted { receipt, reason: "could not go on".to_owned() }
}

pub(crate) fn digested() -> Fact {
    Fact::Digested { issue: issue(), digest: Key::new(&defaults().repo, "digest") }
}

/// Two people who are told again.
pub(crate) fn nagged(round: usize) -> Fact {
    let person =
        |name: &str| crate::alarm::Person { name: name.to_owned(), address: Some(Address::new("slack", name)) };
    Fact::Nagged { round, people: vec![person("joe"), person("jane")], message: "Again.".to_owned() }
}

/// A question with everything that people can do beside answering: joe and sam stand behind jane, and the
/// escalation has a step of each kind.
pub(crate) fn waiting() -> Value {
    let mut message = self_service();
    message["users"] = json!([
        { "slack": "jane", "slackId": "U012AB3CD" },
        { "slack": "joe", "slackId": "U045EF6GH" },
        { "slack": "sam", "slackId": "U078IJ9KL" },
    ]);
    message["answerTimeout"] = json!("PT1H");
    for flag in ["askReason", "wrongPerson", "snooze"] {
        message[flag] = json!(true);
    }
    message["escalation"] = json!([
        { "slack": "sam", "slackId": "U078IJ9KL", "wait": "PT10M" },
        { "channel": "#security", "wait": "PT20M" },
        { "group": "S012AB3CD", "wait": "PT5M" },
        { "onCall": "PABC123", "wait": "PT15M" },
        { "pagerDutyServiceId": "P1" },
    ]);
    message
}

pub(crate) fn clicker(name: &str) -> Clicker {
    Clicker { id: "U0".to_owned(), name: name.to_owned() }
}

pub(crate) fn ended() -> Fact {
    Fact::Ended { by: Some("joe".to_owned()) }
}

pub(crate) fn reopened() -> Fact {
    Fact::Reopened { by: Some("joe".to_owned()) }
}

pub(crate) fn withdrawn() -> Fact {
    Fact::Withdrawn { message: "m2".to_owned(), note: Some("The disk is fine.".to_owned()) }
}

pub(crate) fn silent(wave: usize, who: &[usize]) -> Fact {
    Fact::Silent { wave, who: who.to_vec() }
}

pub(crate) fn remind_due(who: usize) -> Fact {
    Fact::RemindDue { who: vec![who] }
}

/// Put off until this second; see [`at`].
pub(crate) fn snoozed(who: usize, until: i64) -> Fact {
    Fact::Snoozed { who, until: at(until), why: Some("In a meeting.".to_owned()), by: clicker("jane") }
}

pub(crate) fn passed(who: usize, to: Option<usize>) -> Fact {
    Fact::Passed { who, to, by: clicker("jane") }
}

pub(crate) fn reason(who: usize, text: &str) -> Fact {
    Fact::Reason { who, text: text.to_owned(), by: clicker("jane") }
}

/// A note in a channel, or the page `Q0`.
pub(crate) fn climbed(wave: usize, rung: usize, scheme: &str) -> Fact {
    let at = Address::new(scheme, "P1");
    let url = Some("https://example.pagerduty.com/incidents/Q0".to_owned());
    Fact::Climbed { wave, rung, receipt: Receipt { at, id: "Q0".to_owned(), reader: None, url } }
}

pub(crate) fn incident(page: &str, change: Change) -> Fact {
    Fact::Incident { page: page.to_owned(), change, by: Some("sam".to_owned()), occurred: None }
}
