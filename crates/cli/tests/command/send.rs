//! `dispatch send`, beside the whole way in `local`.

use std::{fs, net::TcpListener};

use tempfile::TempDir;

use crate::{
    http::await_state,
    local::{Local, issues},
    run::{dispatch, dispatch_in},
};

const NAG: &str = r#"{"type": "nag", "body": {"github": {"title": "t"}}}"#;

#[test]
fn what_is_not_as_it_should_be_is_not_sent() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.json"), format!("{NAG}\n{{\"type\": 5}}\n[]x")).unwrap();
    let done = dispatch_in(folder.path(), &["send", "a.json"], b"");
    let expected = "error: a.json:2:10: type: found number 5, expected one of self-service, broadcast, high-priority, \
                    low-priority, nag, resolve\na.json:3:3: not JSON: expected value\nNothing was sent. `--unchecked` sends it \
                    all the same.\n";
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (2, "", expected));
}

#[test]
fn whoever_cannot_be_reached_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let done = dispatch(&["send", "--endpoint-url", &format!("http://{free}"), "-m", NAG], "");
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with(&format!("error: http://{free}: ")), "{}", done.err);
    assert!(done.err.contains("\nIs `dispatch local` running there?"), "{}", done.err);
}

#[test]
fn an_address_or_a_topic_that_is_none_is_told_by_its_option() {
    for (args, start) in [
        (
            ["--endpoint-url", "127.0.0.1:4100"],
            "error: --endpoint-url or AWS_ENDPOINT_URL_SNS: found \"127.0.0.1:4100\", ",
        ),
        (["--topic-arn", "dispatch"], "error: --topic-arn or DISPATCH_TOPIC_ARN: found \"dispatch\", "),
        (["--subject", ""], "error: invalid value '' for '--subject <SUBJECT>'"),
    ] {
        let done = dispatch(&["send", args[0], args[1], "-m", NAG], "");
        assert_eq!(done.code, 2);
        assert!(done.err.starts_with(start), "{}", done.err);
    }
}

#[test]
fn credentials_that_are_missing_are_told() {
    let topic = "arn:aws:sns:eu-central-1:123456789012:alarms";
    let done = dispatch(&["send", "--topic-arn", topic, "-m", NAG], "");
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with("error: AWS: "), "{}", done.err);
    assert!(done.err.contains(&format!("signed in to AWS, with the right to publish to {topic}?")), "{}", done.err);
}

#[test]
fn files_and_standard_input_are_published_message_by_message() {
    let folder = TempDir::new().unwrap();
    let local = Local::start(folder.path(), &[]);
    let address = local.address();
    let send = |args: &[&str], input: &str| {
        dispatch_in(folder.path(), &[&["send", "--endpoint-url", address.as_str()], args].concat(), input.as_bytes())
    };
    let titled = |title: &str| NAG.replace("\"t\"", &format!("\"{title}\""));
    fs::write(folder.path().join("a.json"), format!("[{}, {}]", titled("one"), titled("two"))).unwrap();
    let from_file = send(&["a.json"], "");
    assert_eq!((from_file.code, from_file.out.matches("published ").count()), (0, 2), "{from_file:?}");
    let from_input = send(&["-", "--subject", "Disk: full"], &titled("three"));
    assert_eq!((from_input.code, from_input.out.matches("published ").count()), (0, 1), "{from_input:?}");
    let unchecked = send(&["--unchecked", "-m", "disk full"], "");
    assert_eq!((unchecked.code, unchecked.out.matches("published ").count()), (0, 1), "{unchecked:?}");
    await_state(local.at, |state| {
        let issues = issues(state)?;
        let has =
            |title: &str| issues.iter().any(|issue| issue["title"].as_str().is_some_and(|it| it.starts_with(title)));
        (["one", "two", "three", "Unreadable message"].iter().all(|title| has(title))).then_some(())
    });

    let topic = "arn:aws:sns:us-east-1:000000000000:other";
    let wrong = send(&["--topic-arn", topic, "a.json"], "");
    let expected = format!("error: {address} has no topic {topic}\nOf 2 messages 0 were published before.\n");
    assert_eq!((wrong.code, wrong.err), (2, expected));
}
