//! `dispatch tail`, against logs on this machine, and on lines that are piped in.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use axum::{Json, Router, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    http::PATIENCE,
    run::{Done, command, dispatch, finish},
};

const KEY: &str = "4be1c0de4be1c0de4be1c0de4be1c0de4be1c0de";
/// 2026-11-21T14:03:22Z, in milliseconds.
const NOON: i64 = 1_795_269_802_000;

#[derive(Debug, Default)]
struct Kept {
    /// Group, time and message.
    events: Vec<(String, i64, String)>,
    asked: Vec<Value>,
    /// Answers with these errors first.
    errors: Vec<&'static str>,
    /// Events on one page.
    page: usize,
}

/// CloudWatch Logs with two log groups.
struct Logs {
    at: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    _runtime: Runtime,
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
async fn answer(State(kept): State<Arc<Mutex<Kept>>>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    assert_eq!(headers["x-amz-target"], "Logs_20140328.FilterLogEvents");
    let body: Value = serde_json::from_str(&body).unwrap();
    let kept = &mut *kept.lock().unwrap();
    kept.asked.push(body.clone());
    let group = body["logGroupName"].as_str().unwrap();
    let refuse = |code: &str| (StatusCode::BAD_REQUEST, Json(json!({ "__type": code, "message": "" })));
    if !kept.errors.is_empty() {
        return refuse(kept.errors.remove(0));
    }
    if !group.ends_with("-incoming") && !group.ends_with("-triage") {
        return refuse("ResourceNotFoundException");
    }
    let from: usize = body["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let pattern = body["filterPattern"].as_str().unwrap_or_default().trim_matches('%').to_owned();
    let found: Vec<Value> = (kept.events.iter().enumerate())
        .filter(|(_, (of, at, text))| {
            of == group && *at >= body["startTime"].as_i64().unwrap() && text.contains(&pattern)
        })
        .map(|(id, (_, at, text))| json!({ "eventId": id.to_string(), "timestamp": at, "message": text }))
        .collect();
    let page: Vec<&Value> = found.iter().skip(from).take(kept.page).collect();
    let next = (from + kept.page < found.len()).then(|| (from + kept.page).to_string());
    (StatusCode::OK, Json(json!({ "events": page, "nextToken": next, "searchedLogStreams": [] })))
}

impl Logs {
    fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept { page: 2, ..Kept::default() }));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(answer)).with_state(kept.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Logs { at, kept, _runtime: runtime }
    }

    /// Logs a message so many milliseconds after [`NOON`].
    fn write(&self, function: &str, at: i64, message: &str) {
        self.write_at(function, NOON + at, message);
    }

    fn write_at(&self, function: &str, at: i64, message: &str) {
        let event = (format!("/aws/lambda/alarms-{function}"), at, message.to_owned());
        self.kept.lock().unwrap().events.push(event);
    }

    fn command(&self, args: &[&str]) -> (TempDir, std::process::Command) {
        let folder = TempDir::new().unwrap();
        let mut command = command(folder.path(), &[&["tail", "--stack", "alarms"], args].concat());
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.at)).env("AWS_REGION", "eu-central-1");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env("TZ", "UTC");
        (folder, command)
    }

    fn tail(&self, args: &[&str]) -> Done {
        let since = ["--no-follow", "--since", "2026-11-21T14:00:00Z"];
        let (_folder, mut command) = self.command(&[&since, args].concat());
        finish(&mut command, b"")
    }
}

/// A line of Dispatch's own, as its log writes it.
fn own(at: &str, level: &str, message: &str, key: &str) -> String {
    let timestamp = format!("2026-11-21T14:03:{at}Z");
    json!({ "timestamp": timestamp, "level": level, "message": message, "alarm.key": key }).to_string()
}

fn some(logs: &Logs) {
    logs.write("incoming", 0, "START RequestId: 8f3c2a1b-7a53-4bd1-9f4e-2f1f8e1c0a11 Version: $LATEST\n");
    logs.write("incoming", 118, &own("22.118", "INFO", "carried", KEY));
    logs.write("triage", 200, &own("22.200", "WARN", "refused", &"0".repeat(40)));
    logs.write("incoming", 300, r#"{"_aws":{"Timestamp":1795269802300,"CloudWatchMetrics":[]},"Alarms":1}"#);
    let took = "Duration: 301.22 ms\tBilled Duration: 302 ms\tMemory Size: 256 MB\tMax Memory Used: 31 MB";
    logs.write("incoming", 400, &format!("REPORT RequestId: 8f3c2a1b-7a53-4bd1-9f4e-2f1f8e1c0a11\t{took}\t\n"));
    logs.write("triage", 500, "thread 'main' panicked");
}

#[test]
fn both_functions_stand_in_one_list_in_order_of_time() {
    let logs = Logs::start();
    some(&logs);
    let done = logs.tail(&[]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(
        done.out,
        "\
-- Sat 2026-11-21, times are UTC+00:00 --
14:03:22.000       incoming start  version=$LATEST req=8f3c2a1b
14:03:22.118 INFO  incoming carried  alarm=4be1c0de
14:03:22.200 WARN  triage   refused  alarm=00000000
14:03:22.400       incoming report  took=301.22ms billed=302ms memory=256MB used=31MB req=8f3c2a1b
14:03:22.500       triage   thread 'main' panicked
"
    );
    // Every page was asked for, from the time on that was given.
    let asked = &logs.kept.lock().unwrap().asked;
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|call| call["startTime"] == 1_795_269_600_000_i64), "{asked:?}");
}

#[test]
fn one_alarm_can_be_seen_alone_and_metrics_are_shown_when_they_are_asked_for() {
    let logs = Logs::start();
    some(&logs);
    let alarm = logs.tail(&["--alarm", &KEY[..8], "--long"]);
    assert_eq!(
        alarm.out.lines().skip(1).collect::<Vec<_>>(),
        [format!("14:03:22.118 INFO  incoming carried  alarm={KEY}")]
    );
    assert!(logs.kept.lock().unwrap().asked.iter().all(|call| call["filterPattern"] == format!("%{}%", &KEY[..8])));
    let metrics = logs.tail(&["--metrics", "--group", "/aws/lambda/alarms-incoming"]);
    assert!(metrics.out.contains("14:03:22.300       alarms-incoming Alarms=1\n"), "{metrics:?}");
    assert!(!metrics.out.contains("refused"), "{metrics:?}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let logs = Logs::start();
    let unknown = logs.tail(&["--group", "/aws/lambda/other"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.starts_with("error: there is no log group /aws/lambda/other in this account and region\n"));
    logs.kept.lock().unwrap().errors = vec!["AccessDeniedException"; 2];
    let denied = logs.tail(&[]);
    assert!(denied.code == 2 && denied.err.contains("with the right logs:FilterLogEvents on it?"), "{denied:?}");
}

#[test]
fn what_is_logged_later_is_shown_once_and_a_failure_in_between_is_survived() {
    let (logs, now) = (Logs::start(), Timestamp::now().as_millisecond());
    let write = |function, before: i64, text: &str| logs.write_at(function, now - before, text);
    let early = ["one", "two", "three", "four", "five"];
    early.iter().zip(0_i64..).for_each(|(text, at)| write("triage", 9_000 - at, text));
    let (_folder, mut command) = logs.command(&["--since", "1m"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, lines) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || out.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
    // Without the headings of days: midnight may come in between.
    let next = || loop {
        let line = lines.recv_timeout(PATIENCE).unwrap();
        if !line.starts_with("-- ") {
            return line.split_whitespace().last().unwrap().to_owned();
        }
    };
    assert_eq!(early.map(|_| next()), early);

    logs.kept.lock().unwrap().errors = vec!["ExpiredTokenException"];
    // Later than what was shown, and one that was logged before it and comes late.
    write("triage", 0, "later");
    write("incoming", 12_000, "late");
    let mut more = [next(), next()];
    more.sort();
    assert_eq!(more, ["late", "later"]);
    write("triage", 0, "last");
    assert_eq!(next(), "last");
    child.kill().unwrap();
    child.wait().unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.starts_with("warning: /aws/lambda/alarms-") && told.ends_with("; trying again\n"), "{told}");
    assert_eq!(told.lines().count(), 1);
}

#[test]
fn lines_can_be_piped_in_from_anywhere() {
    let lines = [
        own("22.118", "ERROR", "a step failed", KEY),
        "no JSON\u{1b}[31m".to_owned(),
        r#"{"_aws":{},"Alarms":1}"#.to_owned(),
        format!("2026/11/21/[$LATEST]0a 2026-11-21T14:03:23 {}", own("23.000", "INFO", "prefixed", KEY)),
    ];
    let done = dispatch(&["tail", "-"], &lines.join("\n"));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let shown: Vec<&str> = done.out.lines().skip(1).collect();
    assert_eq!(
        shown,
        [
            "14:03:22.118 ERROR a step failed  alarm=4be1c0de",
            "                   no JSON [31m",
            "14:03:23.000 INFO  prefixed  alarm=4be1c0de",
        ]
    );
    let one = dispatch(&["tail", "-", "--alarm", "4be1c0"], &lines.join("\n"));
    assert_eq!(one.out.lines().count(), 3);
}
