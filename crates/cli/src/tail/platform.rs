//! Lambda's own lines, in both of its formats.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use serde_json::{Map, Value};

use super::record::{Level, Record, shown};

/// A line such as `START RequestId: 8f3c…`, or `REPORT` and more such parts between tabs; `None` when it is none.
pub(super) fn text(line: &str) -> Option<Record> {
    if let Some(rest) = line.strip_prefix("INIT_START ") {
        return Some(record("init start", parts(rest), None));
    }
    let (word, message) = [("START", "start"), ("END", "end"), ("REPORT", "report")]
        .into_iter()
        .find(|(word, _)| line.strip_prefix(word).is_some_and(|rest| rest.starts_with(" RequestId: ")))?;
    let mut fields = match word {
        // Between the parts of these stands a space, as within them.
        "START" | "END" => {
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            words.chunks_exact(2).filter_map(pair).collect()
        }
        _ => parts(line.strip_prefix("REPORT ")?),
    };
    let request = fields.iter().position(|(name, _)| name == "RequestId").map(|at| fields.remove(at).1);
    Some(record(message, fields, request))
}

fn pair(words: &[&str]) -> Option<(String, String)> {
    match words {
        [name, value] => Some((name.trim_end_matches(':').to_owned(), (*value).to_owned())),
        _ => None,
    }
}

/// `Name: value` between tabs.
fn parts(text: &str) -> Vec<(String, String)> {
    let parts = text.split('\t').filter_map(|part| part.trim().split_once(": "));
    parts.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// An object such as `{"time": …, "type": "platform.report", "record": {…}}`; `None` when it is none.
pub(super) fn object(object: &Map<String, Value>) -> Option<Record> {
    let kind = object.get("type")?.as_str()?.strip_prefix("platform.")?;
    let about = object.get("record")?.as_object()?;
    let mut fields = Vec::new();
    for (name, value) in about {
        match value {
            _ if name == "requestId" => {}
            Value::Object(metrics) if name == "metrics" => {
                fields.extend(metrics.iter().map(|(name, value)| (name.clone(), shown(value.clone()))));
            }
            // Where a trace leads and what it is made of: for machines.
            Value::Object(_) | Value::Array(_) => {}
            value => fields.push((name.clone(), shown(value.clone()))),
        }
    }
    let request = about.get("requestId").and_then(|id| Some(id.as_str()?.to_owned()));
    let at = object.get("time").and_then(|time| time.as_str()?.parse().ok());
    Some(Record { at, ..record(&words(kind), fields, request) })
}

/// `initRuntimeDone` as `init runtime done`.
fn words(kind: &str) -> String {
    let mut words = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// An invocation that did not end well is an error. What says nothing to people is left out.
fn record(message: &str, mut fields: Vec<(String, String)>, request: Option<String>) -> Record {
    let is_status = |name: &str| name.eq_ignore_ascii_case("status");
    let failed = fields.iter().any(|(name, value)| is_status(name) && value != "success");
    let tells = |name: &str, value: &str| !is_status(name) || value != "success";
    fields.retain(|(name, value)| tells(name, value) && !QUIET.contains(&name.as_str()));
    for (name, value) in &mut fields {
        if let Some((_, short)) = SHORT.iter().find(|(long, _)| long == name) {
            *name = (*short).to_owned();
        }
        // `12.30 ms` is one thing.
        *value = value.replace(' ', "");
        if let Some((_, unit)) = UNITS.iter().find(|(known, _)| known == name)
            && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        {
            value.push_str(unit);
        }
    }
    fields.sort_by_key(|(name, _)| SHORT.iter().position(|(_, short)| short == name).unwrap_or(SHORT.len()));
    let level = if failed { Level::Error } else { Level::Platform };
    Record { at: None, level, message: message.to_owned(), fields, request }
}

/// What either format calls it, and what both are shown as, in this order.
const SHORT: &[(&str, &str)] = &[
    ("Duration", "took"),
    ("durationMs", "took"),
    ("Billed Duration", "billed"),
    ("billedDurationMs", "billed"),
    ("Memory Size", "memory"),
    ("memorySizeMB", "memory"),
    ("Max Memory Used", "used"),
    ("maxMemoryUsedMB", "used"),
    ("Init Duration", "init"),
    ("initDurationMs", "init"),
    ("Status", "status"),
    ("Error Type", "error"),
    ("errorType", "error"),
    ("Version", "version"),
];

const UNITS: &[(&str, &str)] = &[("took", "ms"), ("billed", "ms"), ("memory", "MB"), ("used", "MB"), ("init", "ms")];

const QUIET: &[&str] = &[
    "XRAY TraceId",
    "SegmentId",
    "Sampled",
    "Runtime Version",
    "Runtime Version ARN",
    "runtimeVersion",
    "runtimeVersionArn",
    "functionName",
    "functionVersion",
    "functionArn",
    "instanceId",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(line: &str) -> (Level, String, String, Option<String>) {
        let record = Record::of(line);
        let fields: Vec<String> = record.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (record.level, record.message, fields.join(" "), record.request)
    }

    const REQUEST: &str = "8f3c2a1b-0000-4000-8000-000000000000";

    /// What Lambda writes of an invocation as text, with more parts between tabs.
    fn report(more: &str) -> String {
        let memory = "Memory Size: 256 MB\tMax Memory Used: 31 MB";
        format!("REPORT RequestId: {REQUEST}\tDuration: 12.30 ms\tBilled Duration: 58 ms\t{memory}\t{more}")
    }

    /// What Lambda writes as JSON.
    fn event(kind: &str, mut record: Value) -> String {
        record["requestId"] = REQUEST.into();
        json!({ "time": "2026-11-21T14:03:22.118Z", "type": format!("platform.{kind}"), "record": record }).to_string()
    }

    #[test]
    fn both_formats_say_the_same() {
        use Level::{Error, Platform};
        let metrics =
            json!({ "durationMs": 12.30, "billedDurationMs": 58, "memorySizeMB": 256, "maxMemoryUsedMB": 31 });
        let trace = "Init Duration: 44.91 ms\t\nXRAY TraceId: 1-5e1b\tSegmentId: 0a\tSampled: true\t";
        let took = "took=12.30ms billed=58ms memory=256MB used=31MB";
        for (line, level, message, fields) in [
            (format!("START RequestId: {REQUEST} Version: $LATEST"), Platform, "start", "version=$LATEST"),
            (format!("END RequestId: {REQUEST}"), Platform, "end", ""),
            (report(trace), Platform, "report", &format!("{took} init=44.91ms")),
            (report("Status: timeout"), Error, "report", &format!("{took} status=timeout")),
            (event("start", json!({ "version": "$LATEST", "tracing": {} })), Platform, "start", "version=$LATEST"),
            (
                event("report", json!({ "metrics": metrics, "status": "success" })),
                Platform,
                "report",
                &took.replace("12.30", "12.3"),
            ),
            (
                event("runtimeDone", json!({ "status": "error", "errorType": "Runtime.ExitError", "spans": [] })),
                Error,
                "runtime done",
                "status=error error=Runtime.ExitError",
            ),
        ] {
            let wanted = (level, message.to_owned(), fields.to_owned(), Some(REQUEST.to_owned()));
            assert_eq!(seen(&line), wanted, "{line}");
        }
    }

    #[test]
    fn a_start_of_the_environment_has_no_invocation() {
        let line = "INIT_START Runtime Version: provided:al2023.v100\tRuntime Version ARN: arn:aws:lambda:x";
        assert_eq!(seen(line), (Level::Platform, "init start".to_owned(), String::new(), None));
    }

    #[test]
    fn what_only_looks_like_a_line_of_lambdas_is_none() {
        for line in ["START", "START the engine", "REPORT: all is well", r#"{"type":"platform.start"}"#] {
            assert_eq!(text(line), None);
            assert_eq!(Record::of(line).level, Level::Unknown, "{line}");
        }
    }
}
