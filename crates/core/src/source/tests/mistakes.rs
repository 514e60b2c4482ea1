//! What a sender reads about a message that is not as it should be, and what becomes of it.

use serde_json::{Value, json};

use crate::{
    alarm::{Alarm, Signal},
    source::{Letter, accept, read},
    testing::{defaults, letter},
};

fn error(text: &str) -> String {
    read(&letter(text), &defaults()).unwrap_err().to_string()
}

fn unreadable(text: &str) -> Alarm {
    match accept(&letter(text), &defaults()).signal {
        Signal::Alarm(alarm) => *alarm,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mistake_is_told_with_its_place_what_stands_there_and_what_should() {
    let types = "expected one of self-service, broadcast, high-priority, low-priority, nag, resolve";
    let title = r#""body":{"github":{"title":"t"}}"#;
    let asks = r#""type":"self-service","users":[{"slack":"jane"}],"body":{"github":{"title":"t"}}"#;
    let rows = [
        ("null".to_owned(), "found null, expected a JSON object".to_owned()),
        ("[1,2]".to_owned(), "found a list of 2, expected a JSON object".to_owned()),
        ("\"alarm\"".to_owned(), "found text \"alarm\", expected a JSON object".to_owned()),
        (
            "disk full".to_owned(),
            "found text that is not JSON (expected value at line 1 column 1), expected a JSON object".to_owned(),
        ),
        (
            "".to_owned(),
            "found text that is not JSON (EOF while parsing a value at line 1 column 0), expected a JSON object"
                .to_owned(),
        ),
        ("{}".to_owned(), format!("type: found nothing, {types}")),
        (r#"{"type":null}"#.to_owned(), format!("type: found null, {types}")),
        (r#"{"type":5}"#.to_owned(), format!("type: found number 5, {types}")),
        (r#"{"type":"medium"}"#.to_owned(), format!("type: found text \"medium\", {types}")),
        (
            r#"{"type":"self-service"}"#.to_owned(),
            "users: found nothing, expected a list with at least one person".to_owned(),
        ),
        (
            format!(r#"{{"type":"broadcast","users":[],{title}}}"#),
            "users: found a list of 0, expected a list with at least one person".to_owned(),
        ),
        (
            format!(r#"{{"type":"broadcast","users":"jane",{title}}}"#),
            "users: found text \"jane\", expected a list of people".to_owned(),
        ),
        (
            format!(r#"{{"type":"broadcast","users":["jane"],{title}}}"#),
            "users[0]: found text \"jane\", expected a person: an object with slackId, email, slack or github"
                .to_owned(),
        ),
        (
            format!(r#"{{"type":"broadcast","users":[{{}},["jane",null,null,null]],{title}}}"#),
            "users[1]: found a list of 4, expected a person: an object with slackId, email, slack or github".to_owned(),
        ),
        (
            format!(r#"{{"type":"broadcast","users":[{{}},{{"slack":["jane"]}}],{title}}}"#),
            "users[1].slack: found a list of 1, expected a text".to_owned(),
        ),
        (
            r#"{"type":"nag","body":{"github":{"title":"  "}}}"#.to_owned(),
            "body.github.title: found text \"  \", expected a text".to_owned(),
        ),
        (
            r#"{"type":"nag","body":{"github":{"title":""}}}"#.to_owned(),
            "body.github.title: found an empty text, expected a text".to_owned(),
        ),
        (
            r#"{"type":"nag","body":{"github":{"title":{}}}}"#.to_owned(),
            "body.github.title: found an object, expected a text".to_owned(),
        ),
        (
            r#"{"type":"nag","body":{"github":"t"}}"#.to_owned(),
            "body.github: found text \"t\", expected an object".to_owned(),
        ),
        (
            r#"{"type":"nag","body":[null,null,null]}"#.to_owned(),
            "body: found a list of 3, expected an object".to_owned(),
        ),
        (r#"{"type":"nag","body":null}"#.to_owned(), "body.github.title: found nothing, expected a text".to_owned()),
        (r#"{"type":"high","body":{}}"#.to_owned(), "body.pagerduty.title: found nothing, expected a text".to_owned()),
        (
            format!(r#"{{"type":"nag","retrigger":"no",{title}}}"#),
            "retrigger: found text \"no\", expected true or false".to_owned(),
        ),
        (
            format!(r#"{{"type":"nag","retrigger":0,{title}}}"#),
            "retrigger: found number 0, expected true or false".to_owned(),
        ),
        (
            format!(r#"{{"type":"nag","githubRepo":"a/b/c",{title}}}"#),
            "githubRepo: found text \"a/b/c\", expected a repository: name or owner/name".to_owned(),
        ),
        (
            format!(r#"{{"type":"nag","gitHubRepo":"..",{title}}}"#),
            "gitHubRepo: found text \"..\", expected a repository: name or owner/name".to_owned(),
        ),
        (
            r#"{"type":"nag","body":{"github":{"title":"t","labels":{"a":1}}}}"#.to_owned(),
            "body.github.labels: found an object, expected a list of texts".to_owned(),
        ),
        (
            r#"{"type":"nag","body":{"github":{"title":"t","labels":[["a"]]}}}"#.to_owned(),
            "body.github.labels[0]: found a list of 1, expected a text".to_owned(),
        ),
        (
            r#"{"type":"nag","body":{"github":{"title":"t"},"slack":{"actions":["Yes","No",null,null]}}}"#.to_owned(),
            "body.slack.actions: found a list of 4, expected an object".to_owned(),
        ),
        (
            format!(r#"{{{asks},"answerTimeout":"soon"}}"#),
            "answerTimeout: found text \"soon\", expected off, or an ISO 8601 duration from PT1M to P7D".to_owned(),
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(error(&text), expected, "{text}");
    }
}

#[test]
fn a_timeout_is_a_duration_within_limits() {
    for given in
        ["PT59S", "P8D", "P1M", "P1Y", "-PT5M", "5 minutes", "1h", "60", "PT", "P9999999999999999999D", "never"]
    {
        let message = json!({
            "type": "self-service", "users": [{}], "answerTimeout": given, "body": { "github": { "title": "t" } }
        });
        assert!(error(&message.to_string()).starts_with("answerTimeout: found text"), "{given}");
    }
}

#[test]
fn an_unreadable_message_becomes_an_issue_that_says_what_is_wrong() {
    let text = r#"{"type":"medium","a":"<!channel> @example-org/everybody ```"}"#;
    let letter = Letter { subject: Some("Disk\nfull"), ..letter(text) };
    let accepted = accept(&letter, &defaults());
    let Signal::Alarm(alarm) = accepted.signal else { panic!() };
    let expected = "\
A message was published that Dispatch cannot read. Nobody was asked or paged because of it.

- where: `type`
- found: `text \"medium\"`
- expected: `one of self-service, broadcast, high-priority, low-priority, nag, resolve`
- message id: `0b6cf3ff-5c84-4d6c-a0b1-0d8b6f1c1111`

Subject: Disk full

````text
{\"type\":\"medium\",\"a\":\"<!channel> @example-org/everybody ```\"}
````";
    assert_eq!(alarm.body, expected);
    assert_eq!(alarm.mentions, ["example-org/security"]);
    assert_eq!(alarm.evidence.as_deref(), Some(text));
    assert!(alarm.title.starts_with("Unreadable message: type: found text \"medium\", expected one of"));
    assert!(alarm.people.is_empty() && alarm.question.is_none() && alarm.retrigger);
    assert_eq!(accepted.warning.unwrap().path, "type");
}

#[test]
fn one_problem_is_one_issue() {
    let key = |text: &str| unreadable(text).key();
    assert_eq!(key("disk 1 full"), key("disk 2 is full\n\n{"));
    assert_eq!(key(r#"{"type":"medium"}"#), key(r#"{"type":"mild","x":1}"#));
    assert_ne!(key(r#"{"type":"medium"}"#), key(r#"{"type":5}"#));
    assert_ne!(key("disk full"), key("null"));
    assert_ne!(key(r#"{"type":"nag","body":{}}"#), key(r#"{"type":"nag","users":5}"#));
}

#[test]
fn what_was_meant_to_page_pages_all_the_same() {
    let page = |text: &str, subject: Option<&str>| match accept(&Letter { subject, ..letter(text) }, &defaults()).signal
    {
        Signal::Page(page) => page,
        other => panic!("{other:?}"),
    };
    let rows = [
        (json!({ "type": "high" }), None, "High-priority alarm that could not be read", ""),
        (json!({ "type": "high" }), Some("Disk full"), "Disk full", ""),
        (json!({ "type": "high-priority", "body": { "github": { "title": "g" } } }), Some("s"), "g", ""),
        (
            json!({ "type": "high", "body": { "github": { "title": "g" }, "pagerduty": { "title": " " } } }),
            None,
            "g",
            "",
        ),
        (
            json!({ "type": "HIGH", "body": { "pagerduty": { "title": {}, "service": "P1" } } }),
            None,
            "High-priority alarm that could not be read",
            "P1",
        ),
        (json!({ "type": 5, "body": { "pagerduty": { "title": "t" } } }), None, "t", ""),
        (json!({ "type": "medium", "body": { "pagerduty": {} } }), Some("s"), "s", ""),
    ];
    for (message, subject, title, service) in rows {
        let page = page(&message.to_string(), subject);
        assert_eq!((page.title.as_str(), page.to.rest()), (title, service), "{message}");
        assert!(
            page.details.contains("The message is not as it should be: ")
                && page.details.ends_with(&message.to_string())
        );
    }
    let keyed = json!({ "type": "high", "dedupKey": "k", "body": { "pagerduty": { "body": "b" } } }).to_string();
    assert_eq!(page(&keyed, None).key, "k");
}

#[test]
fn what_was_not_meant_to_page_does_not() {
    let rows: [Value; 4] = [
        json!({ "body": { "pagerduty": { "title": "t" } } }),
        json!({ "type": null, "body": { "pagerduty": { "title": "t" } } }),
        json!({ "type": "medium", "body": { "pagerduty": null } }),
        json!({ "type": "nag", "body": { "pagerduty": { "title": "t" } } }),
    ];
    for message in rows {
        assert_eq!(unreadable(&message.to_string()).kind, "unreadable", "{message}");
    }
}
