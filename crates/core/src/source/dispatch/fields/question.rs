//! The question that a message asks.

use jiff::{SignedDuration, fmt::temporal::SpanParser};
use serde_json::Value;

use super::{
    super::{
        super::{Defaults, Invalid, describe},
        escalation,
    },
    Actions, Fields, Words, text, word,
};
use crate::{
    alarm::{Alarm, Choice, Question, Variant},
    hours::Hours,
    journal::Answer,
};

impl Fields {
    /// Has the alarm ask its people: the question with defaults for what is absent, and what follows when nobody
    /// answers.
    ///
    /// # Errors
    /// [`Invalid`] for a field that says what cannot be.
    pub(in crate::source::dispatch) fn ask(&self, alarm: &mut Alarm, defaults: &Defaults) -> Result<(), Invalid> {
        alarm.link = true;
        alarm.question = Some(self.question(defaults)?);
        alarm.chain = escalation::chain(self.escalation.as_deref(), &alarm.page, defaults)?;
        Ok(())
    }

    fn question(&self, defaults: &Defaults) -> Result<Question, Invalid> {
        let none = Actions::default();
        let actions = self.slack().and_then(|slack| slack.actions.as_deref()).unwrap_or(&none);
        let or = |given: &Option<Words>, default: &str| text(given).unwrap_or(default).to_owned();
        let prompt = self.slack().and_then(|slack| text(&slack.prompt)).unwrap_or("Was this you?");
        let yes = Choice {
            label: or(&actions.yes, "Yes"),
            response: or(&actions.yes_response, "Thank you. The issue is being closed."),
        };
        let no = Choice {
            label: or(&actions.no, "No"),
            response: or(&actions.no_response, "Thank you for telling. Somebody will look at it now."),
        };
        let patience_s = match text(&self.answer_timeout) {
            Some(given) => patience_s(given)?,
            None => defaults.patience_s,
        };
        Ok(Question {
            prompt: prompt.to_owned(),
            more: more(actions, &yes, &no)?,
            yes,
            no,
            patience_s,
            remind_s: self.remind_s(patience_s)?,
            hours: self.hours(defaults)?,
            asks_reason: self.ask_reason.is_some_and(|flag| flag.0),
            wrong_person: self.wrong_person.is_some_and(|flag| flag.0),
            snooze: self.snooze.is_some_and(|flag| flag.0),
        })
    }

    fn remind_s(&self, patience_s: Option<u32>) -> Result<Option<u32>, Invalid> {
        let Some(given) = text(&self.remind_after) else { return Ok(patience_s.map(|patience_s| patience_s / 2)) };
        match (duration_s("remindAfter", given)?, patience_s) {
            (Some(remind_s), Some(patience_s)) if remind_s >= patience_s => {
                let expected = format!("off, or less than the {patience_s} seconds of answerTimeout");
                Err(Invalid::new("remindAfter", describe(&Value::from(given)), expected))
            }
            (remind_s, _) => Ok(remind_s),
        }
    }

    /// The hours that the question keeps to.
    fn hours(&self, defaults: &Defaults) -> Result<Option<Hours>, Invalid> {
        let keeps = one_of("during", &self.during, [("working-hours", true), ("always", false)])?;
        let is_urgent = one_of("urgency", &self.urgency, [("high", true), ("low", false)])?;
        let hours = match word(&self.working_hours) {
            Some(given) => Hours::read(given).map_err(|error| {
                let expected = error.rsplit_once("expected ").map_or(error.as_str(), |(_, expected)| expected);
                Invalid::new("workingHours", describe(&Value::from(given)), expected)
            })?,
            None => defaults.hours.clone(),
        };
        let keeps = keeps.unwrap_or(defaults.keeps_hours) && is_urgent != Some(true);
        Ok(keeps.then_some(hours))
    }
}

/// Shortest and longest silence that a question may set, in seconds.
const PATIENCE_S: std::ops::RangeInclusive<i64> = 60..=604_800;

/// Reads `answerTimeout`: seconds, or `None` for `off`.
///
/// # Errors
/// [`Invalid`] when it is neither `off` nor an ISO 8601 duration from `PT1M` to `P7D`.
pub fn patience_s(given: &str) -> Result<Option<u32>, Invalid> {
    duration_s("answerTimeout", given)
}

/// The same, of any field.
pub(in crate::source::dispatch) fn duration_s(path: &str, given: &str) -> Result<Option<u32>, Invalid> {
    if given.trim().eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let seconds = SpanParser::new().parse_span(given.trim()).ok().and_then(|span| {
        // A day of a timeout is 24 hours, whatever clocks do that night.
        let day = SignedDuration::from_hours(24).checked_mul(span.get_days())?;
        let week = SignedDuration::from_hours(7 * 24).checked_mul(span.get_weeks())?;
        let rest = SignedDuration::try_from(span.days(0).weeks(0)).ok()?;
        Some(rest.checked_add(day)?.checked_add(week)?.as_secs())
    });
    match seconds.filter(|seconds| PATIENCE_S.contains(seconds)).and_then(|seconds| u32::try_from(seconds).ok()) {
        Some(seconds) => Ok(Some(seconds)),
        None => {
            let expected = "off, or an ISO 8601 duration from PT1M to P7D";
            Err(Invalid::new(path, describe(&Value::from(given)), expected))
        }
    }
}

/// What a field with two words says; `None` when it is absent.
fn one_of(path: &str, field: &Option<Words>, words: [(&str, bool); 2]) -> Result<Option<bool>, Invalid> {
    let Some(given) = word(field) else { return Ok(None) };
    let found = words.iter().find(|(name, _)| name.eq_ignore_ascii_case(given));
    let expected = || words.map(|(name, _)| name).join(" or ");
    found.map(|(_, value)| Some(*value)).ok_or_else(|| Invalid::new(path, describe(&Value::from(given)), expected()))
}

/// The most further answers: with the others, as many buttons as still look like a question.
const MORE_MAX: usize = 3;

fn more(actions: &Actions, yes: &Choice, no: &Choice) -> Result<Vec<Variant>, Invalid> {
    let given = actions.more.as_deref().unwrap_or_default();
    if given.len() > MORE_MAX {
        let found = format!("a list of {}", given.len());
        return Err(Invalid::new("body.slack.actions.more", found, format!("at most {MORE_MAX} further answers")));
    }
    let variants = given.iter().enumerate().map(|(n, more)| {
        let path = |name: &str| format!("body.slack.actions.more[{n}].{name}");
        let label = text(&more.label).ok_or_else(|| Invalid::new(path("label"), "nothing", "a text"))?;
        let is_yes = one_of(&path("counts"), &more.counts, [("yes", true), ("no", false)])?;
        let (counts, default) = match is_yes {
            Some(true) => (Answer::Yes, yes),
            Some(false) => (Answer::No, no),
            None => return Err(Invalid::new(path("counts"), "nothing", "yes or no")),
        };
        let response = text(&more.response).unwrap_or(&default.response).to_owned();
        Ok(Variant { choice: Choice { label: label.to_owned(), response }, counts })
    });
    variants.collect()
}
