//! What a line of a log is: Dispatch's own, Lambda's, metrics, or anything else.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::platform;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
    /// Lambda's own lines, which say when an invocation began and ended.
    Platform,
    /// Figures for CloudWatch.
    Metrics,
    /// It does not say.
    Unknown,
}

/// One line, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// When it was written; `None` where the line does not say.
    pub(super) at: Option<Timestamp>,
    pub(super) level: Level,
    pub(super) message: String,
    /// Name and value.
    pub(super) fields: Vec<(String, String)>,
    /// Lambda's id of the invocation.
    pub(super) request: Option<String>,
}

impl Record {
    /// Takes a line apart. What is nothing known stays whole.
    pub(super) fn of(line: &str) -> Self {
        let line = line.trim_end();
        platform::text(line).or_else(|| object(line).and_then(Record::of_object)).unwrap_or_else(|| Record::plain(line))
    }

    /// A line that says no more than its words.
    fn plain(line: &str) -> Self {
        // The sentences of Lambda's that tell of a function's death have no form of their own.
        let died =
            ["Task timed out after", "Runtime exited", "Runtime.ExitError"].iter().any(|sign| line.contains(sign));
        let level = if died { Level::Error } else { Level::Unknown };
        Record { at: None, level, message: line.to_owned(), fields: Vec::new(), request: None }
    }

    fn of_object(object: Map<String, Value>) -> Option<Self> {
        if object.contains_key("_aws") {
            return Some(metrics(&object));
        }
        if let Some(record) = platform::object(&object) {
            return Some(record);
        }
        own(object)
    }
}

/// The object that the line is; or that it ends with, behind what a tool has put before it. Such a prefix is left
/// out only where the object says itself when it was written.
fn object(line: &str) -> Option<Map<String, Value>> {
    let begins = line.find('{')?;
    let object: Map<String, Value> = serde_json::from_str(line.get(begins..)?).ok()?;
    let has_time = begins == 0 || ["timestamp", "time", "_aws"].iter().any(|name| object.contains_key(*name));
    has_time.then_some(object)
}

/// What Dispatch writes, and whatever else writes `level` and `message` the same way.
fn own(mut object: Map<String, Value>) -> Option<Record> {
    let level = level(object.get("level")?.as_str()?)?;
    let message = match object.remove("message") {
        Some(Value::String(message)) => message,
        None if level != Level::Unknown => String::new(),
        _ => return None,
    };
    object.remove("level");
    let time = object.remove("timestamp").or_else(|| object.remove("time"));
    let at = time.and_then(|time| time.as_str()?.parse().ok());
    // Dispatch has no spans; the runtime's says which invocation it is.
    let request = object.remove("span").and_then(|span| Some(span.get("requestId")?.as_str()?.to_owned()));
    object.remove("spans");
    let request = request.or_else(|| Some(object.remove("requestId")?.as_str()?.to_owned()));
    let fields = object.into_iter().map(|(name, value)| (name, shown(value))).collect();
    Some(Record { at, level, message, fields, request })
}

/// The embedded metric format.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html>
fn metrics(object: &Map<String, Value>) -> Record {
    let at = object.get("_aws").and_then(|about| about.get("Timestamp")?.as_i64());
    let fields = object.iter().filter(|(name, _)| *name != "_aws");
    Record {
        at: at.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        level: Level::Metrics,
        message: String::new(),
        fields: fields.map(|(name, value)| (name.clone(), shown(value.clone()))).collect(),
        request: None,
    }
}

fn level(word: &str) -> Option<Level> {
    Some(match word.to_ascii_uppercase().as_str() {
        "ERROR" | "FATAL" => Level::Error,
        "WARN" | "WARNING" => Level::Warn,
        "INFO" => Level::Info,
        "DEBUG" => Level::Debug,
        "TRACE" => Level::Trace,
        _ => return None,
    })
}

/// A value as people write it: text without its quotes.
pub(super) fn shown(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(record: &Record) -> Vec<(&str, &str)> {
        record.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn dispatchs_own_lines_are_taken_apart() {
        let span = json!({ "requestId": "8f3c-1", "name": "Lambda runtime invoke" });
        let line = json!({
            "timestamp": "2026-11-21T14:03:22.118237Z", "level": "WARN", "message": "a step failed", "alarm.key": "4be1",
            "step": "open the issue", "left": 2, "error": "github issues/create must wait: status 503",
            "span": span, "spans": [span],
        });
        let record = Record::of(&line.to_string());
        assert_eq!(record.at, Some("2026-11-21T14:03:22.118237Z".parse().unwrap()));
        assert_eq!((record.level, record.message.as_str()), (Level::Warn, "a step failed"));
        assert_eq!(record.request.as_deref(), Some("8f3c-1"));
        let wanted = [
            ("alarm.key", "4be1"),
            ("step", "open the issue"),
            ("left", "2"),
            ("error", "github issues/create must wait: status 503"),
        ];
        assert_eq!(fields(&record).len(), wanted.len());
        assert!(wanted.iter().all(|field| fields(&record).contains(field)), "{record:?}");
    }

    #[test]
    fn a_line_without_a_message_has_its_fields() {
        let record =
            Record::of(r#"{"timestamp":"2026-11-21T14:03:22Z","level":"DEBUG","call":"slack auth.test","ms":12}"#);
        assert_eq!((record.level, record.message.as_str()), (Level::Debug, ""));
        assert_eq!(fields(&record), [("call", "slack auth.test"), ("ms", "12")]);
    }

    #[test]
    fn what_a_tool_puts_before_a_line_is_left_out_where_the_line_has_its_own_time() {
        let line = r#"{"timestamp":"2026-11-21T14:03:22Z","level":"INFO","message":"woken"}"#;
        assert_eq!(Record::of(&format!("2026-11-21T15:03:22.2 {line}")), Record::of(line));
        let timeless = r#"abc {"level":"INFO","message":"woken"}"#;
        assert_eq!(Record::of(timeless).message, timeless);
    }

    #[test]
    fn metrics_are_told_from_the_rest() {
        let about = json!([{ "Namespace": "Dispatch/d", "Dimensions": [[]], "Metrics": [{ "Name": "Alarms" }] }]);
        let line = json!({ "_aws": { "Timestamp": 1_795_269_802_118_i64, "CloudWatchMetrics": about }, "Alarms": 2 });
        let record = Record::of(&line.to_string());
        assert_eq!((record.level, fields(&record)), (Level::Metrics, vec![("Alarms", "2")]));
        assert_eq!(record.at.unwrap().as_millisecond(), 1_795_269_802_118);
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for line in [
            "",
            "thread 'main' panicked at src/main.rs:1:1:",
            "{",
            "{}",
            "[1, 2]",
            "42",
            r#"{"level":"LOUD","message":"x"}"#,
            r#"{"level":"INFO","message":{"no":"text"}}"#,
            r#"{"message":"no level"}"#,
            "Dispatch cannot start:",
        ] {
            let record = Record::of(line);
            let whole = (record.level, record.message.as_str(), record.fields.len(), record.at);
            assert_eq!(whole, (Level::Unknown, line, 0, None));
        }
        assert_eq!(Record::of("2026-11-21T14:03:52.118Z 8f3c Task timed out after 30.03 seconds").level, Level::Error);
    }
}
