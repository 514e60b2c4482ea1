//! How a line of a log looks on a terminal.

use dispatch_core::text::cut;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::record::{Level, Record};
use crate::style;

/// How much of a key or an id is enough to tell it from others.
const SHORT_CHARS: usize = 8;
/// What every alarm's key has; see `dispatch_core::alarm::Key`.
const KEY_CHARS: usize = 40;
/// Fields that come first, and those that come last because they are long.
const FIRST: &[&str] = &["alarm.key", "step"];
const LAST: &[&str] = &["reason", "error"];

/// Writes lines, one below the other.
#[derive(Debug)]
pub(super) struct Show {
    zone: TimeZone,
    /// How wide the column of the functions is; 0 where there is none.
    width: usize,
    /// Whether keys and ids are shown whole.
    long: bool,
    /// The day of the line before.
    day: Option<Date>,
}

impl Show {
    /// For lines of these functions, with times of day in `zone`.
    pub(super) fn new<'l>(labels: impl IntoIterator<Item = &'l str>, zone: TimeZone, long: bool) -> Self {
        let width = labels.into_iter().map(|label| label.chars().count()).max().unwrap_or_default();
        Show { zone, width, long, day: None }
    }

    /// The text of one line of `label`, with the day before it where that is another one. `at` is when it was
    /// logged; what it says itself goes before that.
    pub(super) fn line(&mut self, label: &str, at: Option<Timestamp>, record: &Record) -> String {
        let at = record.at.or(at).map(|at| at.to_zoned(self.zone.clone()));
        let mut text = String::new();
        if let Some(at) = &at
            && self.day != Some(at.date())
        {
            self.day = Some(at.date());
            text.push_str(&style::faint(&at.strftime("-- %a %Y-%m-%d, times are UTC%:z --").to_string()));
            text.push('\n');
        }
        let time = at.map_or_else(|| " ".repeat("00:00:00.000".len()), |at| at.strftime("%H:%M:%S%.3f").to_string());
        let function = if self.width > 0 { format!("{label:<width$} ", width = self.width) } else { String::new() };
        let indent = time.len() + " LEVEL ".len() + function.chars().count();
        let quiet = matches!(record.level, Level::Platform | Level::Metrics | Level::Debug | Level::Trace);
        // Colours do not stand within each other.
        let paint: fn(&str) -> String = if quiet { str::to_owned } else { style::faint };
        let said = self.said(record, indent, paint);
        let said = if quiet { style::faint(&said) } else { said };
        let line = format!("{} {} {function}{said}", style::faint(&time), level(record.level));
        text.push_str(line.trim_end());
        text.push('\n');
        text
    }

    /// Message and fields. What has several lines stays below its first.
    fn said(&self, record: &Record, indent: usize, paint: fn(&str) -> String) -> String {
        let below = format!("\n{}", " ".repeat(indent));
        let message: Vec<String> = record.message.lines().map(harmless).collect();
        let mut parts: Vec<String> =
            Some(message.join(&below)).filter(|message| !message.is_empty()).into_iter().collect();
        let mut fields: Vec<&(String, String)> = record.fields.iter().collect();
        fields.sort_by_key(|(name, _)| place(name));
        parts.extend(fields.into_iter().map(|(name, value)| self.field(name, value, paint)));
        if let Some(request) = &record.request {
            let request = if self.long { request } else { cut(request, SHORT_CHARS) };
            parts.push(paint(&format!("req={}", harmless(request))));
        }
        // Two spaces end the message, whose words have one between them.
        match parts.split_first() {
            Some((first, rest)) if !rest.is_empty() && !message.is_empty() => format!("{first}  {}", rest.join(" ")),
            _ => parts.join(" "),
        }
    }

    fn field(&self, name: &str, value: &str, paint: fn(&str) -> String) -> String {
        let is_key = value.len() == KEY_CHARS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = if is_key && !self.long { cut(value, SHORT_CHARS) } else { value };
        let quoted = value.is_empty() || value.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
        let value = if quoted { format!("{value:?}") } else { value.to_owned() };
        let name = if name == "alarm.key" { "alarm" } else { name };
        format!("{}{value}", paint(&format!("{}=", harmless(name))))
    }
}

/// Where a field stands; the others keep their order in the middle.
fn place(name: &str) -> usize {
    let of = |names: &[&str]| names.iter().position(|known| *known == name);
    match (of(FIRST), of(LAST)) {
        (Some(at), _) => at,
        (None, Some(at)) => FIRST.len() + 1 + at,
        (None, None) => FIRST.len(),
    }
}

fn level(level: Level) -> String {
    match level {
        Level::Error => style::bad("ERROR"),
        Level::Warn => style::odd("WARN "),
        Level::Info => style::good("INFO "),
        Level::Debug => style::faint("DEBUG"),
        Level::Trace => style::faint("TRACE"),
        Level::Platform | Level::Metrics | Level::Unknown => "     ".to_owned(),
    }
}

/// Text that does nothing to a terminal but stand there.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "4be1c0de4be1c0de4be1c0de4be1c0de4be1c0de";

    /// What `lines` of two functions look like, one below the other.
    fn shown(long: bool, lines: &[(&str, &str)]) -> String {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let mut show = Show::new(["incoming", "triage"], zone, long);
        let logged = "2026-11-21T13:03:59Z".parse().unwrap();
        lines.iter().map(|(label, line)| show.line(label, Some(logged), &Record::of(line))).collect()
    }

    #[test]
    fn lines_stand_below_each_other() {
        let failed = json!({
            "timestamp": "2026-11-21T14:03:22.118237Z", "level": "WARN", "message": "a step failed",
            "error": "slack auth.test: x", "left": 2, "alarm.key": KEY, "step": "ask",
            "span": { "requestId": "8f3c2a1b-0000" },
        });
        let failed = failed.to_string();
        let clicked = r#"{"timestamp":"2026-11-21T14:03:23.5Z","level":"ERROR","message":"clicked","who":0}"#;
        let start = "START RequestId: 8f3c2a1b-0000 Version: $LATEST";
        let lines = [("incoming", failed.as_str()), ("triage", clicked), ("triage", start), ("incoming", "some text")];
        assert_eq!(
            shown(false, &lines),
            "\
-- Sat 2026-11-21, times are UTC+01:00 --
15:03:22.118 WARN  incoming a step failed  alarm=4be1c0de step=ask left=2 error=\"slack auth.test: x\" req=8f3c2a1b
15:03:23.500 ERROR triage   clicked  who=0
14:03:59.000       triage   start  version=$LATEST req=8f3c2a1b
14:03:59.000       incoming some text
"
        );
        let long = shown(true, &lines[..1]);
        assert!(long.contains(&format!("alarm={KEY} ")) && long.ends_with(" req=8f3c2a1b-0000\n"), "{long}");
    }

    #[test]
    fn every_day_has_its_heading() {
        let at = |at: &str| format!(r#"{{"timestamp":"{at}","level":"INFO","message":"x"}}"#);
        let (before, after) = (at("2026-10-24T21:59:59Z"), at("2026-10-25T22:00:00Z"));
        let text = shown(false, &[("triage", &before), ("triage", &after), ("triage", &after)]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "-- Sat 2026-10-24, times are UTC+02:00 --");
        assert_eq!(lines[2], "-- Sun 2026-10-25, times are UTC+01:00 --");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn nothing_that_is_logged_works_on_the_terminal() {
        let text = shown(false, &[("triage", "red \u{1b}[31m\u{7}\nsecond\tline\r\n")]);
        let body = "14:03:59.000       triage   red  [31m \n                            second line\n";
        assert!(text.ends_with(body), "{text:?}");
        let fields = r#"{"level":"INFO","message":"a\u001b[2J","b\u001b":"c\u001b[2J","d":""}"#;
        let text = shown(false, &[("triage", fields)]);
        assert!(text.ends_with("INFO  triage   a [2J  b =\"c\\u{1b}[2J\" d=\"\"\n"), "{text:?}");
    }

    #[test]
    fn without_functions_and_times_there_are_none() {
        let mut show = Show::new([], TimeZone::UTC, false);
        assert_eq!(show.line("", None, &Record::of("text")), "                   text\n");
        assert_eq!(
            show.line("", None, &Record::of(r#"{"_aws":{},"Alarms":1,"Asked":0}"#)),
            "                   Alarms=1 Asked=0\n"
        );
    }
}
