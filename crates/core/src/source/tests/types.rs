//! What each type becomes.

use serde_json::json;

use crate::{
    alarm::{Address, Again, Alarm, Choice, Page, Person, Question, Repo, Rung, Signal},
    source::{self, Defaults, dispatch::TYPES},
    testing::*,
};

fn slack(rest: &str) -> Option<Address> {
    Some(Address::new("slack", rest))
}

#[test]
fn self_service_asks_one_person() {
    let expected = Alarm {
        kind: "self-service".to_owned(),
        request_id: "6cf9397c71e2".to_owned(),
        repo: Repo::new("example-org", "alarms"),
        dedup: "Two-factor off: jane".to_owned(),
        title: "Two-factor off: jane".to_owned(),
        body: "jane turned off two-factor authentication.".to_owned(),
        labels: Vec::new(),
        mentions: vec!["jane".to_owned()],
        named: vec!["jane".to_owned(), "example-org/security".to_owned()],
        people: vec![Person { name: "jane".to_owned(), address: slack("U012AB3CD") }],
        list_people: false,
        message: Some("Two-factor authentication was turned off.".to_owned()),
        link: true,
        question: Some(Question {
            prompt: "Did you do this?".to_owned(),
            yes: Choice { label: "Yes, I did".to_owned(), response: "Thanks.".to_owned() },
            no: Choice { label: "No".to_owned(), response: "On it.".to_owned() },
            more: Vec::new(),
            patience_s: None,
            remind_s: None,
            hours: None,
            asks_reason: false,
            wrong_person: false,
            snooze: false,
        }),
        again: Again::Count,
        retrigger: true,
        deputies: Vec::new(),
        chain: vec![Rung { to: Address::new("pagerduty", ""), name: "PagerDuty".to_owned(), group: None, wait_s: 900 }],
        page: Address::new("pagerduty", ""),
        evidence: None,
    };
    assert_eq!(alarm(&self_service()), expected);
}

#[test]
fn a_broadcast_without_a_prompt_tells_everyone_and_asks_nobody() {
    let alarm = alarm(&broadcast());
    assert_eq!(alarm.people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["jane", "joe"]);
    assert_eq!(alarm.message.as_deref(), Some("Please rotate your keys."));
    assert_eq!((alarm.list_people, alarm.link, alarm.question), (true, false, None));
    assert!(alarm.mentions.is_empty());
}

#[test]
fn a_broadcast_with_a_prompt_or_with_actions_asks_everyone() {
    let mut with_actions = broadcast();
    with_actions["body"]["slack"]["actions"] = json!({ "yes": "Done" });
    for (message, prompt) in [(poll(), "Did you rotate them?"), (with_actions, "Was this you?")] {
        let alarm = alarm(&message);
        assert_eq!(alarm.people.len(), 2);
        assert!(alarm.link && alarm.list_people);
        assert_eq!(alarm.question.unwrap().prompt, prompt);
    }
}

#[test]
fn high_priority_is_a_page_and_nothing_else() {
    let mut message = high_priority();
    let expected = Page {
        key: "Root login".to_owned(),
        title: "Root login".to_owned(),
        details: "From abroad.".to_owned(),
        to: Address::new("pagerduty", ""),
    };
    assert_eq!(page_of(&message), expected);
    message["dedupKey"] = json!("root-login");
    assert_eq!(page_of(&message), Page { key: "root-login".to_owned(), ..expected });
}

#[test]
fn low_priority_tags_the_first_user_or_the_default() {
    let mut message = low_priority();
    assert_eq!(alarm(&message).mentions, ["example-org/security"]);
    message["users"] = json!([{ "github": "@jane" }, { "github": "joe" }]);
    let alarm = alarm(&message);
    assert_eq!(alarm.mentions, ["jane"]);
    assert!(alarm.people.is_empty() && alarm.message.is_none() && alarm.question.is_none());
}

#[test]
fn a_nag_tells_again_and_tags_nobody() {
    let alarm = alarm(&nag());
    assert_eq!((alarm.again, alarm.people.len(), alarm.link), (Again::Tell, 2, false));
    assert!(alarm.mentions.is_empty() && alarm.question.is_none() && !alarm.list_people);
}

#[test]
fn a_type_is_known_by_all_its_names_in_any_case() {
    for kind in TYPES {
        for name in kind.names {
            for written in [(*name).to_owned(), format!(" {} ", name.to_uppercase())] {
                let mut message = self_service();
                message["body"]["pagerduty"] = json!({ "title": "t" });
                message["type"] = json!(written);
                let expected = match read(&message).unwrap() {
                    Signal::Page(_) => kind.name() == "high-priority",
                    Signal::Resolve(_) => kind.name() == "resolve",
                    _ => !["high-priority", "resolve"].contains(&kind.name()),
                };
                assert!(expected, "{written}");
            }
        }
    }
}

#[test]
fn a_silent_message_gets_the_texts_of_dispatch() {
    let message = json!({ "type": "self-service", "users": [{}], "body": { "github": { "title": "t" } } });
    let alarm = alarm(&message);
    let question = alarm.question.unwrap();
    assert_eq!(alarm.message.as_deref(), Some("t"));
    assert_eq!((question.yes.label.as_str(), question.no.label.as_str()), ("Yes", "No"));
    assert_eq!(question.prompt, "Was this you?");
    assert_eq!(question.yes.response, "Thank you. The issue is being closed.");
    assert_eq!(question.no.response, "Thank you for telling. Somebody will look at it now.");
    assert_eq!(alarm.people, [Person { name: "somebody".to_owned(), address: None }]);
}

#[test]
fn people_are_reached_by_id_else_e_mail_else_handle() {
    let rows = [
        (json!({ "slack": "@jane", "slackId": "U1", "email": "jane@example.com" }), "jane", slack("U1")),
        (json!({ "slack": "@@jane", "email": "jane@example.com" }), "jane", slack("jane@example.com")),
        (json!({ "slack": " @jane " }), "jane", slack("@jane")),
        (json!({ "slackId": " U1 " }), "U1", slack("U1")),
        (json!({ "email": "Carol@example.com" }), "Carol@example.com", slack("Carol@example.com")),
        (json!({ "email": "GINA@EXAMPLE.COM" }), "GINA@EXAMPLE.COM", slack("GINA@EXAMPLE.COM")),
        (json!({ "slack": "", "slackId": null, "email": " ", "github": "jane" }), "jane", None),
        (json!({ "slack": "@" }), "somebody", None),
        (json!({ "slack": 5 }), "5", slack("@5")),
        (json!({ "slack": "jane", "google": "jane@example.com" }), "jane", slack("@jane")),
    ];
    for (user, name, address) in rows {
        let mut message = self_service();
        message["users"] = json!([user]);
        assert_eq!(alarm(&message).people, [Person { name: name.to_owned(), address }], "{user}");
    }
}

#[test]
fn a_question_never_goes_to_a_channel_and_a_message_may() {
    for channel in ["#security", " #security ", "C012AB3CD", "G012AB3CD"] {
        for (mut message, asks) in [(self_service(), true), (poll(), true), (broadcast(), false), (nag(), false)] {
            message["users"] = json!([{ "slackId": channel }]);
            let expected = if asks { None } else { slack(channel.trim()) };
            assert_eq!(alarm(&message).people[0].address, expected, "{channel}");
        }
    }
}

#[test]
fn the_answer_timeout_is_the_messages_else_the_deployments() {
    let with = |given: Option<&str>| {
        let mut message = self_service();
        message["answerTimeout"] = json!(given);
        let defaults = Defaults { patience_s: Some(7_200), ..defaults() };
        let read = source::read(&letter(&message.to_string()), &defaults).unwrap();
        let Signal::Alarm(alarm) = read.signal else { panic!() };
        alarm.question.unwrap().patience_s
    };
    let rows = [
        (None, Some(7_200)),
        (Some("  "), Some(7_200)),
        (Some("PT1M"), Some(60)),
        (Some("PT90S"), Some(90)),
        (Some("pt1h30m"), Some(5_400)),
        (Some("P1DT12H"), Some(129_600)),
        (Some("P1W"), Some(604_800)),
        (Some("P7D"), Some(604_800)),
        (Some(" Off "), None),
    ];
    for (given, seconds) in rows {
        assert_eq!(with(given), seconds, "{given:?}");
    }
}

#[test]
fn the_key_is_the_dedup_key_else_the_title_within_a_repository() {
    let mut message = self_service();
    let by_title = alarm(&message).key();
    message["dedupKey"] = json!("2fa/jane");
    let by_key = alarm(&message).key();
    message["body"]["github"]["title"] = json!("Two-factor off: jane, again");
    assert_eq!(alarm(&message).key(), by_key);
    assert_ne!(by_title, by_key);
    message["githubRepo"] = json!("other");
    assert_ne!(alarm(&message).key(), by_key);
}

#[test]
fn a_resumed_life_is_named_by_its_key() {
    let key = alarm(&self_service()).key();
    let read = source::read(&letter(&source::resume(&key)), &defaults()).unwrap();
    assert_eq!(read.signal, Signal::Resume { key: key.clone(), timer: None });
    let woken = source::read(&letter(&source::wake(&key, 7)), &defaults()).unwrap();
    assert_eq!(woken.signal, Signal::Resume { key, timer: Some(7) });
    let error = read_text(r#"{"type":"dispatch:resume","key":"../x"}"#);
    assert_eq!(error, "key: found text \"../x\", expected an alarm key of 40 hex digits");
}

fn read_text(text: &str) -> String {
    source::read(&letter(text), &defaults()).unwrap_err().to_string()
}
