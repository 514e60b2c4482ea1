//! `dispatch local`: one alarm all the way, and how it starts and ends.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    http::{PATIENCE, await_state, send},
    run::{command, dispatch_in},
};

/// A running `dispatch local`; it is ended when this is dropped.
pub(crate) struct Local {
    child: Child,
    /// Its lines on standard output, line breaks and all.
    lines: Receiver<String>,
    /// What it said at the start.
    pub(crate) welcome: String,
    /// Where its page is.
    pub(crate) at: SocketAddr,
}

impl Local {
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = command(folder, &[&["local", "--port", "0"], args].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut local = Local {
            lines: lines(child.stdout.take().unwrap()),
            child,
            welcome: String::new(),
            at: SocketAddr::from(([0; 4], 0)),
        };
        while !local.welcome.contains("Ctrl-C stops it") {
            match local.lines.recv_timeout(PATIENCE) {
                Ok(line) => local.welcome.push_str(&line),
                Err(error) => panic!("{error}, and it said: {}", local.welcome),
            }
        }
        local.at = local.welcome.split("http://").nth(1).unwrap().split('/').next().unwrap().parse().unwrap();
        local
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Sends a signal; the exit code, and what it said last.
    #[cfg(unix)]
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let mut rest = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest.push_str(&line),
                Err(RecvTimeoutError::Disconnected) => return (self.child.wait().unwrap().code(), rest),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end, and said: {rest}"),
            }
        }
    }
}

/// Reads a pipe line by line until it is closed.
fn lines(pipe: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = String::new();
        while pipe.read_line(&mut line).unwrap() > 0 && sender.send(std::mem::take(&mut line)).is_ok() {}
    });
    receiver
}

impl Drop for Local {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first message that has buttons: its channel and its time stamp.
fn question(state: &Value) -> Option<(String, String)> {
    state["slack"]["conversations"].as_array()?.iter().find_map(|conversation| {
        let message = conversation["messages"].as_array()?.iter().find(|message| {
            message["blocks"].as_array().is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "actions"))
        })?;
        Some((conversation["id"].as_str()?.to_owned(), message["ts"].as_str()?.to_owned()))
    })
}

/// The issues of the only repository.
pub(crate) fn issues(state: &Value) -> Option<&Vec<Value>> {
    state["github"]["repositories"][0]["issues"].as_array()
}

fn closed(state: &Value) -> Option<()> {
    let issue = issues(state)?.first()?["state"] == "closed";
    (issue && state["alarms"][0]["state"] == "closed").then_some(())
}

#[cfg(unix)]
#[test]
fn an_alarm_is_sent_asked_answered_and_closed() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &[]);
    let sent =
        dispatch_in(folder.path(), &["send", "--endpoint-url", &local.address(), "--example", "self-service"], b"");
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(sent.out.starts_with("published "), "{sent:?}");

    let (channel, ts) = await_state(local.at, question);
    let click = json!({ "channel": channel, "ts": ts, "user": "jane", "action_id": "yes" }).to_string();
    let (status, answer) = send(local.at, "POST", "/api/slack/click", &click);
    assert_eq!(status, 200, "{answer}");
    await_state(local.at, closed);

    assert_eq!(local.end("TERM"), (Some(0), "\nStopped.\n".to_owned()));
}

#[cfg(unix)]
#[test]
fn the_demonstration_shows_every_type_and_a_folder_keeps_journals() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &["--demo", "--folder", "kept here #1"]);
    assert!(local.welcome.contains("One alarm of each type is published"), "{}", local.welcome);
    // A page has no journal; the other four types do.
    await_state(local.at, |state| {
        let alarms = state["alarms"].as_array()?.len() == 4;
        let paged = state["pagerduty"]["incidents"].as_array()?.len() == 1;
        (alarms && paged).then_some(())
    });
    assert_eq!(fs::read_dir(folder.path().join("kept here #1/alarms")).unwrap().count(), 4);
    assert_eq!(local.end("INT").0, Some(0));
}

#[test]
fn a_newcomer_sees_a_deadline_of_four_hours() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &["--speed", "60"]);
    assert!(local.welcome.contains("The clock runs 60 times as fast"), "{}", local.welcome);
    let sent =
        dispatch_in(folder.path(), &["send", "--endpoint-url", &local.address(), "--example", "self-service"], b"");
    assert_eq!(sent.code, 0, "{sent:?}");
    let timers = await_state(local.at, |state| {
        let timers = state["alarms"][0]["timers"].as_array()?.clone();
        (timers.len() == 2).then_some(timers)
    });
    assert_eq!(timers[1]["what"], "deadline", "{timers:?}");
    for _ in 0..2 {
        let (status, answer) = send(local.at, "POST", "/api/clock/jump", "{}");
        assert_eq!(status, 200, "{answer}");
        await_state(local.at, |state| (state["alarms"][0]["timers"].as_array()?.len() < 2).then_some(()));
    }
    await_state(local.at, |state| state["pagerduty"]["incidents"].as_array()?.first().map(drop));
    let done = dispatch_in(folder.path(), &["local", "--port", "0", "--speed", "0"], b"");
    assert_eq!(done.code, 2);
}

#[test]
fn the_lines_it_prints_are_for_whoever_started_it() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &[]);
    let line = format!("\ndispatch send --endpoint-url {} --example self-service\n", local.address());
    assert!(local.welcome.contains(&line), "{}", local.welcome);
    let line = format!("\ndispatch redrive --endpoint-url {}\n", local.address());
    assert!(local.welcome.contains(&line), "{}", local.welcome);
    let line = format!("\naws sns publish --endpoint-url {} --region us-east-1 --no-sign-request", local.address());
    assert!(local.welcome.contains(&line), "{}", local.welcome);
}

#[test]
fn missing_settings_are_named_all_at_once() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join(".env"),
        "SLACK_BOT_TOKEN=xoxb-secret\nGITHUB_TOKEN=ghp-secret\nGITHUB_OWNER=example-org\n",
    )
    .unwrap();
    let done = dispatch_in(folder.path(), &["local", "--port", "0"], b"");
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    for name in ["GITHUB_REPO", "SLACK_SIGNING_SECRET", "SLACK_DEFAULT_CHANNEL"] {
        assert!(done.err.contains(&format!("\n  {name}: found nothing, expected ")), "{}", done.err);
    }
    assert!(!done.err.contains("secret\n") && !done.err.contains("xoxb"), "{}", done.err);

    fs::write(folder.path().join(".env"), "GITHUB_OWNER=a\nghp-secret\n").unwrap();
    let done = dispatch_in(folder.path(), &["local", "--port", "0"], b"");
    let expected = "error: .env:2: found a line that cannot be read, expected NAME=value\n";
    assert_eq!((done.code, done.err.as_str()), (2, expected));
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let done = dispatch_in(TempDir::new().unwrap().path(), &["local", "--port", &port.to_string()], b"");
    let expected =
        format!("error: port {port} of 127.0.0.1 is taken by another program; --port 0 is any that is free\n");
    assert_eq!((done.code, done.err), (2, expected));
}

/// Answers one request as Slack answers for somebody it does not know. The head of the request, in lower case.
fn refuse(slack: &TcpListener) -> String {
    let (mut stream, _) = slack.accept().unwrap();
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let body = r#"{"ok": false, "error": "user_not_found"}"#;
    let kind = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    stream.write_all(format!("{kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    head.join("\n").to_lowercase()
}

#[test]
fn the_settings_of_one_service_replace_its_stand_in_alone() {
    let slack = TcpListener::bind("127.0.0.1:0").unwrap();
    let env = format!(
        "SLACK_BOT_TOKEN=xoxb-own\nSLACK_SIGNING_SECRET=own\nSLACK_DEFAULT_CHANNEL=#own\nSLACK_API_URL=http://{}/api\n",
        slack.local_addr().unwrap()
    );
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(".env"), env).unwrap();
    let local = Local::start(folder.path(), &[]);
    assert!(local.welcome.contains("\nSlack is the real service, as your settings say.\n"), "{}", local.welcome);
    assert!(!local.welcome.contains("GitHub is"), "{}", local.welcome);

    let (sender, asked) = mpsc::channel();
    thread::spawn(move || sender.send(refuse(&slack)));
    let sent =
        dispatch_in(folder.path(), &["send", "--endpoint-url", &local.address(), "--example", "self-service"], b"");
    assert_eq!(sent.code, 0, "{sent:?}");
    await_state(local.at, |state| (state["slack"]["real"] == true && issues(state)?.len() == 1).then_some(()));
    let asked = asked.recv_timeout(PATIENCE).unwrap();
    assert!(asked.contains(" /api/") && asked.contains("authorization: bearer xoxb-own"), "{asked}");
}
