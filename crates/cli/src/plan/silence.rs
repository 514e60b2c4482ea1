//! What happens when nobody answers, as a timetable.

use std::fmt::Write;

use dispatch_core::{
    alarm::Question,
    hours::Hours,
    journal::{Journal, Step},
    life::rehearse_silence,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::steps::line;

/// Narrowest column of times, in characters.
const WIDTH_MIN: usize = 14;

/// The timetable of a journal that waits, with an issue that was opened at `opened`.
///
/// Times are those after the opening; with working hours, which stop the clock, they are instants. `dated` asks for
/// instants in any case.
pub(super) fn table(question: &Question, journal: &Journal, opened: Timestamp, dated: bool) -> String {
    let mut journal = journal.clone();
    let played = rehearse_silence(&mut journal);
    let rows: Vec<(String, Vec<Step>)> = played
        .into_iter()
        // The looks at the issue do nothing.
        .filter(|(_, _, steps)| !steps.is_empty())
        .map(|(at, _, steps)| (label(question.hours.as_ref(), opened, at, dated), steps))
        .collect();
    if rows.is_empty() {
        return "  if nobody answers: waits for ever\n".to_owned();
    }
    let mut text = head(question.hours.as_ref(), opened);
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).max(WIDTH_MIN);
    let mut numbers = 1..;
    for (label, steps) in &rows {
        let labels = std::iter::once(label.as_str()).chain(std::iter::repeat(""));
        for ((label, step), number) in labels.zip(steps).zip(&mut numbers) {
            let _ = writeln!(text, "    {label:<width$}  {number}. {}", line(&journal, step));
        }
    }
    text.push_str(if question.patience_s.is_some() {
        "    the issue stays open\n"
    } else {
        "    then waits for ever\n"
    });
    text
}

/// What the times below it mean.
fn head(hours: Option<&Hours>, opened: Timestamp) -> String {
    match hours {
        Some(hours) => format!(
            "  if nobody answers, with an issue opened {}:\n    (the clock runs {hours}; somebody whose zone Slack knows has \
             these hours there)\n",
            instant(hours.zone(), opened)
        ),
        None => "  if nobody answers:\n".to_owned(),
    }
}

fn label(hours: Option<&Hours>, opened: Timestamp, at: Timestamp, dated: bool) -> String {
    match hours {
        Some(hours) => instant(hours.zone(), at),
        None if dated => format!("after {}, {}", span(at.duration_since(opened)), instant(&TimeZone::UTC, at)),
        None => format!("after {}", span(at.duration_since(opened))),
    }
}

/// `Mon 2026-11-23 10:00 Europe/Berlin (09:00 UTC)`.
fn instant(zone: &TimeZone, at: Timestamp) -> String {
    let (here, utc) = (at.to_zoned(zone.clone()), at.to_zoned(TimeZone::UTC));
    let name = zone.iana_name().unwrap_or("UTC");
    let local = here.strftime("%a %F %H:%M");
    match (name, here.date() == utc.date()) {
        ("UTC", _) => format!("{local} UTC"),
        (name, true) => format!("{local} {name} ({} UTC)", utc.strftime("%H:%M")),
        (name, false) => format!("{local} {name} ({} UTC)", utc.strftime("%F %H:%M")),
    }
}

/// `1 d 2 h`, `90 s` as `1 min 30 s`.
fn span(time: SignedDuration) -> String {
    let mut rest = time.as_secs();
    let mut parts = Vec::new();
    for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] {
        let count = rest / seconds;
        rest %= seconds;
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}
