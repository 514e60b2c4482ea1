//! What is published in a seed: a handful of alarms of all kinds, some of them more than once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    chance::Chance,
    github::{ARCHIVED, POISONED},
    people::{PEOPLE, id},
};

/// Stands in every text that a sender wrote: none of it may show in logs, errors or the fallback channel.
pub(crate) const SECRET: &str = "sender-s-words";

/// A message, and when it is published.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) at: Duration,
    /// What SNS calls it.
    pub(crate) id: String,
    pub(crate) text: String,
}

/// What a seed is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workload {
    pub(crate) sendings: Vec<Sending>,
    /// Titles of issues that somebody opened by hand before.
    pub(crate) standing: Vec<String>,
    /// When somebody closes an issue by hand.
    pub(crate) closings: Vec<Duration>,
    /// When somebody opens a closed one again.
    pub(crate) reopenings: Vec<Duration>,
    /// Messages that say, long after all others, that something is over.
    pub(crate) last_words: Vec<String>,
}

const KINDS: [&str; 8] =
    ["self-service", "self-service", "broadcast", "poll", "nag", "low-priority", "high-priority", "unreadable"];

impl Workload {
    /// Up to six alarms until `calm`, each up to four times.
    pub(crate) fn any(chance: &mut Chance, calm: Duration) -> Self {
        let mut work = Workload::default();
        for n in 0..chance.within(1..=6) {
            let kind = chance.pick(&KINDS).unwrap_or("nag");
            // Two users can have one title: then the dedup key tells their alarms apart.
            let title = if n > 0 && chance.percent(20) { 0 } else { n };
            let mut alarm = message(chance, kind, n, title);
            if title != n {
                set(&mut alarm, "dedupKey", json!(format!("{title} of {n}")));
            }
            match chance.within(0..=19) {
                0 => set(&mut alarm, "githubRepo", json!(ARCHIVED)),
                1 => set(&mut alarm, "githubRepo", json!("other")),
                2 if title == n => work.standing.push(title_of(n)),
                _ => {}
            }
            if chance.percent(20) {
                set(&mut alarm, "pagerDutyServiceId", json!("P0OTHER"));
            }
            let times = chance.pick(&[1, 1, 2, 4]).unwrap_or(1);
            let latest = calm.as_secs();
            let first = chance.seconds(0..=latest / 4);
            for repeat in 0..times {
                let at = if repeat == 0 || chance.percent(40) { first } else { chance.seconds(0..=latest) };
                work.send(chance, at, n, repeat, &alarm, kind);
            }
            work.resolve(chance, calm, n, &alarm, kind);
        }
        work.reopenings =
            (0..chance.pick(&[0, 0, 0, 1, 2]).unwrap_or(0)).map(|_| chance.seconds(1..=calm.as_secs())).collect();
        work.closings =
            (0..chance.pick(&[0, 0, 0, 1, 3]).unwrap_or(0)).map(|_| chance.seconds(1..=calm.as_secs())).collect();
        work
    }

    /// One alarm that always fails, among others that are well and come once.
    pub(crate) fn poisoned(chance: &mut Chance) -> Self {
        let mut work = Workload::default();
        for n in 0..chance.within(2..=8) {
            // Unreadable messages are repeats of each other: two at once wait for each other.
            let kind = if n == 0 { "low-priority" } else { chance.pick(KINDS.split_at(7).0).unwrap_or("nag") };
            let mut alarm = message(chance, kind, n, n);
            if n == 0 {
                set(&mut alarm, "githubRepo", json!(POISONED));
            }
            let at = chance.millis(0..=400);
            work.send(chance, at, n, 0, &alarm, kind);
        }
        work
    }

    /// Says of some alarms that they are over.
    fn resolve(&mut self, chance: &mut Chance, calm: Duration, n: u64, alarm: &Value, kind: &str) {
        let when = chance.within(0..=9);
        if kind == "unreadable" || when > 1 {
            return;
        }
        let mut over = alarm.clone();
        set(&mut over, "type", json!("resolve"));
        let id = format!("sns-over-{n}");
        let at = match when {
            0 => chance.seconds(0..=calm.as_secs()),
            _ => {
                self.last_words.push(id.clone());
                calm + chance.seconds(1_200..=1_800)
            }
        };
        self.sendings.push(Sending { at, id, text: over.to_string() });
    }

    fn send(&mut self, chance: &mut Chance, at: Duration, n: u64, repeat: u64, alarm: &Value, kind: &str) {
        let mut alarm = alarm.clone();
        if chance.percent(50) {
            set(&mut alarm, "requestId", json!(format!("request-{n}-{repeat}")));
        }
        let text = match kind {
            "unreadable" if chance.percent(50) => format!("{SECRET} that is {repeat} no JSON"),
            "unreadable" => json!({ "type": "self-service", "users": [], "why": SECRET }).to_string(),
            _ => alarm.to_string(),
        };
        self.sendings.push(Sending { at, id: format!("sns-{n}-{repeat}"), text });
    }
}

fn set(alarm: &mut Value, field: &str, value: Value) {
    if let Some(fields) = alarm.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

/// The title of an issue that was opened by hand.
fn title_of(n: u64) -> String {
    format!("Alarm {n}")
}

fn message(chance: &mut Chance, kind: &str, n: u64, title: u64) -> Value {
    let asks = matches!(kind, "self-service" | "poll");
    let most = if kind == "self-service" { 3 } else { 4 };
    let users: Vec<Value> = (0..chance.within(1..=most)).map(|_| user(chance)).collect();
    let mut slack = json!({ "message": format!("Something happened: {SECRET} {n}.") });
    if asks {
        set(&mut slack, "prompt", json!("Was this you?"));
        set(
            &mut slack,
            "actions",
            json!({ "yes": "Yes", "no": "No", "yes_response": "Fine.", "no_response": "Help comes.",
                "more": [{ "label": "Partly", "counts": "no" }] }),
        );
    }
    let title = title_of(title);
    let mut alarm = json!({
        "type": if kind == "poll" { "broadcast" } else { kind },
        "users": users,
        "body": {
            "github": { "title": title, "body": format!("Look at {SECRET} {n}.") },
            "slack": slack,
            "pagerduty": { "title": format!("Page {n}"), "body": format!("{SECRET} {n}") },
        },
    });
    if asks {
        patience(chance, &mut alarm);
    }
    alarm
}

/// How long the question waits, what people may do instead of answering, and what follows when they do not.
fn patience(chance: &mut Chance, alarm: &mut Value) {
    for flag in ["askReason", "wrongPerson"] {
        if chance.percent(30) {
            set(alarm, flag, json!(true));
        }
    }
    let snooze = chance.percent(15);
    if snooze {
        set(alarm, "snooze", json!(true));
    }
    // A reminder can be put off by an hour at least.
    let timeout = match chance.within(0..=9) {
        0..=1 => "off".to_owned(),
        2..=6 if snooze => "PT70M".to_owned(),
        2 => "PT20M".to_owned(),
        _ => format!("PT{}S", chance.within(60..=600)),
    };
    let is_off = timeout == "off";
    if !is_off || chance.percent(80) {
        set(alarm, "answerTimeout", json!(timeout));
    }
    match chance.within(0..=5) {
        0 => set(alarm, "remindAfter", json!("off")),
        1 if is_off || snooze => set(alarm, "remindAfter", json!("PT2M")),
        _ => {}
    }
    if chance.percent(40) {
        set(alarm, "escalation", chain(chance));
    }
}

/// Some steps of an escalation.
fn chain(chance: &mut Chance) -> Value {
    let steps = (0..chance.within(1..=3)).map(|_| {
        let mut step = match chance.within(0..=6) {
            0..=1 => json!({ "slack": "joe", "slackId": id("joe") }),
            2 => json!({ "onCall": "P0CALL" }),
            3 => json!({ "channel": "#oncall" }),
            4 => json!({ "slack": "left" }),
            5 => json!({ "pagerDutyServiceId": "P0CHAIN" }),
            _ => json!({ "group": "S0GROUP" }),
        };
        set(&mut step, "wait", json!(format!("PT{}S", chance.within(60..=240))));
        step
    });
    Value::Array(steps.collect())
}

/// Mostly somebody with an account, by one of the ways to name them; sometimes somebody who has left.
fn user(chance: &mut Chance) -> Value {
    let name = chance.pick(&PEOPLE).unwrap_or("jane");
    match chance.within(0..=9) {
        0 => json!({ "slack": "left" }),
        1 => json!({ "github": name }),
        2..=5 => json!({ "slack": name, "slackId": id(name) }),
        _ => json!({ "slack": name }),
    }
}
