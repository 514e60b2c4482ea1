//! Numbers for CloudWatch: lines of the log in the embedded metric format, which costs no call.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use dispatch_engine::{Count, Numbers, Span};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::settings::{Format, Required, Setting};

/// Where the numbers go.
pub(crate) const NAMESPACE: &str = "DISPATCH_METRICS_NAMESPACE";

/// What is written of what happened.
pub const SETTINGS: &[Setting] = &[Setting {
    name: NAMESPACE,
    meaning: "namespace of CloudWatch metrics, written to the log in the embedded metric format; none without it",
    format: Format::new("at most 255 letters, digits and characters of ._-/#:", is_namespace),
    default: None,
    secret: false,
    required: Required::No,
}];

/// Values that one line may hold of one metric.
const VALUES_MAX: usize = 100;

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
fn is_namespace(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-/#:".contains(letter);
    (1..=255).contains(&text.len()) && text.chars().all(fits) && !text.starts_with("AWS/")
}

/// The name of a count.
pub fn name(count: Count) -> &'static str {
    match count {
        Count::Alarms => "Alarms",
        Count::Folded => "Folded",
        Count::Told => "Told",
        Count::Asked => "Asked",
        Count::AnsweredYes => "AnsweredYes",
        Count::AnsweredNo => "AnsweredNo",
        Count::AnsweredNobody => "AnsweredNobody",
        Count::Pages => "Pages",
        Count::FellBack => "FellBack",
        Count::Ticks => "Ticks",
        Count::Unauthorized => "Unauthorized",
    }
}

/// The name of a duration, which is in seconds.
pub fn duration(span: Span) -> &'static str {
    match span {
        Span::ToQuestion => "SecondsToQuestion",
        Span::ToEffect => "SecondsToEffect",
    }
}

/// The lines that tell these numbers at `now`: one for everything, and one for each kind of failure.
pub fn lines(namespace: &str, numbers: &Numbers, now: Timestamp) -> Vec<String> {
    let counts = numbers.counts.iter().map(|(count, times)| (name(*count), "Count", json!(times)));
    let seconds = numbers.seconds.iter().filter(|(_, took)| !took.is_empty());
    let seconds = seconds.map(|(span, took)| (duration(*span), "Seconds", json!(sample(took))));
    let all: Vec<(&str, &str, Value)> = counts.chain(seconds).collect();
    let mut lines = Vec::new();
    if !all.is_empty() {
        lines.push(line(namespace, now, &json!([[]]), Map::new(), &all));
    }
    for ((vendor, kind), times) in &numbers.failures {
        let dimensions = Map::from_iter([("Vendor".to_owned(), json!(vendor)), ("Kind".to_owned(), json!(kind))]);
        let failures = [("Failures", "Count", json!(times))];
        lines.push(line(namespace, now, &json!([["Vendor", "Kind"], []]), dimensions, &failures));
    }
    lines
}

/// The slowest of them, if there are more than a line may hold.
fn sample(took: &[f64]) -> Vec<f64> {
    let mut took = took.to_vec();
    took.sort_by(|one, other| other.total_cmp(one));
    took.truncate(VALUES_MAX);
    took
}

fn line(
    namespace: &str,
    now: Timestamp,
    dimensions: &Value,
    mut members: Map<String, Value>,
    metrics: &[(&str, &str, Value)],
) -> String {
    let units: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit })).collect();
    let directive = json!({ "Namespace": namespace, "Dimensions": dimensions, "Metrics": units });
    let about = json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] });
    members.insert("_aws".to_owned(), about);
    members.extend(metrics.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())));
    Value::Object(members).to_string()
}

#[cfg(test)]
mod tests {
    use dispatch_engine::{Tally, ports::Failed};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_happened_is_one_line_and_each_kind_of_failure_another() {
        let tally = Tally::default();
        tally.add(Count::Alarms, 3);
        tally.add(Count::Pages, 0);
        let busy = Failed::Busy { call: "slack chat.postMessage", reason: "planted".to_owned(), wait: None };
        tally.failed(&busy, false);
        tally.failed(&busy, false);
        tally.failed(&busy, true);
        let numbers = tally.take();
        let lines = lines("Dispatch/prod", &numbers, now());
        let read: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            read[0],
            json!({
                "_aws": { "Timestamp": 1_795_262_400_000_i64, "CloudWatchMetrics": [{
                    "Namespace": "Dispatch/prod", "Dimensions": [[]],
                    "Metrics": [{ "Name": "Alarms", "Unit": "Count" }],
                }] },
                "Alarms": 3,
            })
        );
        let failures: Vec<_> =
            read[1..].iter().map(|line| (&line["Vendor"], &line["Kind"], &line["Failures"])).collect();
        assert_eq!(
            failures,
            [(&json!("slack"), &json!("busy"), &json!(2)), (&json!("slack"), &json!("unauthorized"), &json!(1))]
        );
        assert_eq!(read[1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Vendor", "Kind"], []]));
        assert!(!lines.concat().contains("planted"));
        assert_eq!(super::lines("x", &tally.take(), now()), [""; 0], "nothing happened since");
    }

    #[test]
    fn a_line_holds_the_slowest_of_many() {
        let many: Vec<f64> = (0..250_u32).map(f64::from).collect();
        let kept = sample(&many);
        assert_eq!((kept.len(), kept[0], kept[99]), (100, 249.0, 150.0));
    }

    #[test]
    fn a_namespace_is_what_cloudwatch_takes() {
        for fine in ["Dispatch", "Dispatch/my-stack", "a.b_c#d:e"] {
            assert!(is_namespace(fine), "{fine}");
        }
        for wrong in ["", "AWS/Lambda", "two words", "ümlaut", &"a".repeat(256)] {
            assert!(!is_namespace(wrong), "{wrong}");
        }
    }
}
