//! `dispatch check`.

use std::fs;

use tempfile::TempDir;

use crate::run::{dispatch, dispatch_in};

#[test]
fn each_message_is_told_with_its_place() {
    let folder = TempDir::new().unwrap();
    let good = "[{\"type\": \"high\", \"body\": {\"pagerduty\": {\"title\": \"Root\"}}},\r\n {\"type\": \"nag\",\r\n  \"body\": {\"github\": {\"title\": \"Full\"}}}]";
    fs::write(folder.path().join("good.json"), good).unwrap();
    let bad = "{\n  \"type\": \"self-service\",\n  \"users\": [],\n  \"body\": { \"github\": { \"title\": \"t\" } }\n}\n{\"type\": \"nope\"}\n{";
    fs::write(folder.path().join("bad.json"), bad).unwrap();

    let done = dispatch_in(folder.path(), &["check", "good.json"], b"");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(done.out, "good.json:1:2: ok: high-priority \"Root\"\ngood.json:2:2: ok: nag \"Full\"\n");

    let done = dispatch_in(folder.path(), &["check", "bad.json", "good.json"], b"");
    assert_eq!(done.code, 1);
    let lines: Vec<_> = done.out.lines().collect();
    assert_eq!(
        lines,
        [
            "bad.json:3:12: error: users: found a list of 0, expected a list with at least one person",
            "bad.json:6:10: error: type: found text \"nope\", expected one of self-service, broadcast, high-priority, \
             low-priority, nag, resolve",
            "bad.json:7:1: error: not JSON: EOF while parsing an object",
            "good.json:1:2: ok: high-priority \"Root\"",
            "good.json:2:2: ok: nag \"Full\"",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_hides_none_of_the_others() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("good.json"), "{\"type\": \"nag\", \"body\": {\"github\": {\"title\": \"t\"}}}")
        .unwrap();
    let done = dispatch_in(folder.path(), &["check", "none.json", ".", "good.json"], b"");
    assert_eq!(done.code, 2);
    assert_eq!(done.out, "good.json:1:1: ok: nag \"t\"\n");
    assert!(done.err.contains("error: none.json: ") && done.err.contains("error: .: "), "{}", done.err);
}

#[test]
fn what_is_no_text_or_no_message_is_an_error_with_a_place() {
    for (bytes, line) in [
        (&b""[..], "standard input:1:1: error: found no message, expected a JSON object\n"),
        (b" \n\n", "standard input:1:1: error: found no message, expected a JSON object\n"),
        (b"null", "standard input:1:1: error: found null, expected a JSON object\n"),
        (b"hello", "standard input:1:1: error: not JSON: expected value\n"),
        (b"\xFF\xFEa", "standard input:1:1: error: found bytes that are not UTF-8, expected JSON in UTF-8\n"),
        (b"{\"a\":\n\"\xE4\"}", "standard input:2:2: error: found bytes that are not UTF-8, expected JSON in UTF-8\n"),
    ] {
        let done = dispatch_in(TempDir::new().unwrap().path(), &["check", "-"], bytes);
        assert_eq!((done.code, done.out.as_str()), (1, line));
    }
}

#[test]
fn many_messages_on_one_line_are_no_burden() {
    let message = format!("{{\"type\": \"nag\", \"body\": {{\"github\": {{\"title\": \"{}\"}}}}}}", "x".repeat(200));
    let list = format!("[{}]", vec![message; 20_000].join(","));
    let done = dispatch(&["check", "-"], &list);
    assert_eq!((done.code, done.out.lines().count()), (0, 20_000));
}
