//! What a deployment says about its questions: how long they wait, when the clock stops, and what follows silence.

use dispatch_core::{
    alarm::{Address, Rung},
    hours::Hours,
    source::dispatch::{chain_of, patience_s},
};

use crate::settings::{Format, Problem, Required, Setting, Settings};

const PATIENCE: &str = "DISPATCH_ANSWER_TIMEOUT";
const DURING: &str = "DISPATCH_DURING";
const HOURS: &str = "DISPATCH_WORKING_HOURS";
const HOLIDAYS: &str = "DISPATCH_HOLIDAYS";
const ESCALATION: &str = "DISPATCH_ESCALATION";

/// The settings.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: PATIENCE,
        meaning: "how long a question may stay unanswered before it goes on to others, where a message is silent",
        format: Format::new("off, or an ISO 8601 duration from PT1M to P7D", |text| patience_s(text).is_ok()),
        default: Some("off"),
        secret: false,
        required: Required::No,
    },
    Setting {
        name: DURING,
        meaning: "whether the clock of a question stops outside of working hours, where a message is silent",
        format: Format::new("always or working-hours", |text| matches!(text, "always" | "working-hours")),
        default: Some("always"),
        secret: false,
        required: Required::No,
    },
    Setting {
        name: HOURS,
        meaning: "when people work; a person's own time zone in Slack goes before the zone",
        format: Format::new("working hours such as Mon-Fri 09:00-17:00 Europe/Berlin", |text| {
            Hours::read(text).is_ok()
        }),
        default: Some("Mon-Fri 09:00-17:00 UTC"),
        secret: false,
        required: Required::No,
    },
    Setting {
        name: HOLIDAYS,
        meaning: "days off, such as 2026-12-25, or 12-25 for every year, separated by commas",
        format: Format::new("dates such as 2026-12-25 or 12-25, separated by commas", |text| {
            Hours::read("Mon-Sun 00:00-24:00 UTC").is_ok_and(|hours| hours.with_holidays(text).is_ok())
        }),
        default: None,
        secret: false,
        required: Required::No,
    },
    Setting {
        name: ESCALATION,
        meaning: "what happens when nobody answers, step by step, as escalation in a message",
        format: Format::new("a JSON list of steps as MESSAGE-SPEC.md describes them", |text| {
            chain_of(text, &Address::new("slack", "#channel")).is_ok()
        }),
        default: None,
        secret: false,
        required: Required::No,
    },
];

pub(crate) fn patience(settings: &Settings) -> Result<Option<u32>, Problem> {
    patience_s(settings.need(PATIENCE)?).map_err(|invalid| settings.problem(PATIENCE, invalid.expected))
}

pub(crate) fn keeps_hours(settings: &Settings) -> Result<bool, Problem> {
    Ok(settings.need(DURING)? == "working-hours")
}

pub(crate) fn hours(settings: &Settings) -> Result<Hours, Problem> {
    let hours = Hours::read(settings.need(HOURS)?).map_err(|error| settings.problem(HOURS, error))?;
    match settings.text(HOLIDAYS) {
        Some(dates) => hours.with_holidays(dates).map_err(|error| settings.problem(HOLIDAYS, error)),
        None => Ok(hours),
    }
}

pub(crate) fn chain(settings: &Settings, channel: &Address) -> Result<Vec<Rung>, Problem> {
    match settings.text(ESCALATION) {
        Some(text) => chain_of(text, channel).map_err(|error| settings.problem(ESCALATION, error)),
        None => Ok(Vec::new()),
    }
}
