//! The fields about silence: deadlines, reminders, hours, further answers, and the escalation.

use serde_json::{Value, json};

use crate::{
    alarm::{Address, Key, Question, Resolve, Rung, Signal},
    journal::Answer,
    source::{Defaults, dispatch::chain_of, read},
    testing::{defaults, letter, self_service},
};

fn with(fields: &Value) -> Value {
    let mut message = self_service();
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    message
}

fn read_by(message: &Value, defaults: &Defaults) -> Result<crate::alarm::Alarm, String> {
    match read(&letter(&message.to_string()), defaults) {
        Ok(read) => match read.signal {
            Signal::Alarm(alarm) => Ok(*alarm),
            other => panic!("{other:?}"),
        },
        Err(invalid) => Err(invalid.to_string()),
    }
}

fn question(fields: &Value) -> Question {
    read_by(&with(fields), &defaults()).unwrap().question.unwrap()
}

fn chain(fields: &Value) -> Vec<Rung> {
    read_by(&with(fields), &defaults()).unwrap().chain
}

fn error(fields: &Value) -> String {
    read_by(&with(fields), &defaults()).unwrap_err()
}

#[test]
fn the_reminder_is_at_half_of_the_timeout_unless_the_message_says_otherwise() {
    let rows = [
        (json!({}), None, None),
        (json!({ "answerTimeout": "PT4H" }), Some(14_400), Some(7_200)),
        (json!({ "answerTimeout": "PT61S" }), Some(61), Some(30)),
        (json!({ "answerTimeout": "PT4H", "remindAfter": "PT1H" }), Some(14_400), Some(3_600)),
        (json!({ "answerTimeout": "PT4H", "remindAfter": " OFF " }), Some(14_400), None),
        (json!({ "answerTimeout": "PT4H", "remindAfter": " " }), Some(14_400), Some(7_200)),
        (json!({ "answerTimeout": "off", "remindAfter": "PT1H" }), None, Some(3_600)),
    ];
    for (fields, patience_s, remind_s) in rows {
        let question = question(&fields);
        assert_eq!((question.patience_s, question.remind_s), (patience_s, remind_s), "{fields}");
    }
    let deployed = Defaults { patience_s: Some(3_600), ..defaults() };
    let alarm = read_by(&with(&json!({ "remindAfter": "PT2H" })), &deployed);
    let text = "remindAfter: found text \"PT2H\", expected off, or less than the 3600 seconds of answerTimeout";
    assert_eq!(alarm.unwrap_err(), text);
}

#[test]
fn a_question_keeps_to_hours_when_the_message_or_the_deployment_says_so() {
    let hours = |fields: Value, keeps_hours: bool| {
        let defaults = Defaults { keeps_hours, ..defaults() };
        let alarm = read_by(&with(&fields), &defaults).unwrap();
        alarm.question.unwrap().hours.map(|hours| hours.to_string())
    };
    let (deployed, own) = (Some("Mon-Fri 09:00-17:00 UTC".to_owned()), "Mon-Thu 08:00-16:30 Asia/Kolkata");
    let rows = [
        (json!({}), false, None),
        (json!({}), true, deployed.clone()),
        (json!({ "during": "always" }), true, None),
        (json!({ "during": " Working-Hours " }), false, deployed.clone()),
        (json!({ "workingHours": own }), false, None),
        (json!({ "during": "working-hours", "workingHours": own }), false, Some(own.to_owned())),
        (json!({ "workingHours": own }), true, Some(own.to_owned())),
        (json!({ "urgency": "high" }), true, None),
        (json!({ "urgency": "high", "during": "working-hours" }), false, None),
        (json!({ "urgency": "low" }), true, deployed),
    ];
    for (fields, keeps, expected) in rows {
        assert_eq!(hours(fields.clone(), keeps), expected, "{fields} {keeps}");
    }
}

#[test]
fn people_can_say_more_than_yes_and_no_where_the_message_lets_them() {
    let silent = question(&json!({}));
    assert!(!silent.asks_reason && !silent.wrong_person && !silent.snooze && silent.more.is_empty());
    let open = question(&json!({ "askReason": true, "wrongPerson": "true", "snooze": true }));
    assert!(open.asks_reason && open.wrong_person && open.snooze);

    let mut message = self_service();
    message["body"]["slack"]["actions"]["more"] = json!([
        { "label": "Not me", "counts": "no" },
        { "label": "A test", "counts": " YES ", "response": "Good." },
    ]);
    let question = read_by(&message, &defaults()).unwrap().question.unwrap();
    let more: Vec<_> =
        question.more.iter().map(|more| (&*more.choice.label, &*more.choice.response, more.counts)).collect();
    assert_eq!(more, [("Not me", "On it.", Answer::No), ("A test", "Good.", Answer::Yes)]);
    assert_eq!(question.choice(Answer::No, Some(0)).label, "Not me");
    assert_eq!(question.choice(Answer::No, Some(9)).label, "No");
}

#[test]
fn whoever_else_is_listed_stands_behind_the_first_where_questions_can_be_passed_on() {
    let users = json!([{ "slack": "jane" }, { "slack": "joe" }, { "slackId": "#security" }]);
    for (passes, names) in [(true, vec!["joe", "#security"]), (false, vec![])] {
        let alarm = read_by(&with(&json!({ "users": users, "wrongPerson": passes })), &defaults()).unwrap();
        let deputies: Vec<_> = alarm.deputies.iter().map(|person| person.name.as_str()).collect();
        assert_eq!((alarm.people.len(), deputies), (1, names));
        // A question never goes to a channel.
        assert!(alarm.deputies.iter().skip(1).all(|person| person.address.is_none()));
    }
}

#[test]
fn an_escalation_has_steps_of_five_kinds_and_ends_with_a_page() {
    let rows = [
        (json!({ "slackId": "U045EF6GH" }), "slack:U045EF6GH", "U045EF6GH", None),
        (json!({ "slack": "@joe", "slackId": "U045EF6GH" }), "slack:U045EF6GH", "joe", None),
        (json!({ "email": "joe@example.com" }), "slack:joe@example.com", "joe@example.com", None),
        (json!({ "slack": "joe" }), "slack:@joe", "joe", None),
        (json!({ "channel": "#ops" }), "slack:#ops", "#ops", None),
        (json!({ "channel": "ops" }), "slack:#ops", "#ops", None),
        (json!({ "channel": "C012AB3CD" }), "slack:C012AB3CD", "C012AB3CD", None),
        (json!({ "group": "S012AB3CD" }), "slack:#security", "the user group S012AB3CD", Some("S012AB3CD")),
        (
            json!({ "group": "S012AB3CD", "channel": "#ops" }),
            "slack:#ops",
            "the user group S012AB3CD",
            Some("S012AB3CD"),
        ),
        (json!({ "onCall": "PABC123" }), "on-call:PABC123", "whoever is on call", None),
    ];
    for (step, to, name, group) in rows {
        let chain = chain(&json!({ "escalation": [step], "pagerDutyServiceId": "P9" }));
        let found = (chain[0].to.to_string(), chain[0].name.as_str(), chain[0].group.as_deref(), chain[0].wait_s);
        assert_eq!(found, (to.to_owned(), name, group, 900), "{step}");
        let page = Rung { to: Address::new("pagerduty", "P9"), name: "PagerDuty".to_owned(), group: None, wait_s: 900 };
        assert_eq!(chain[1..], [page], "{step}");
    }
    let pages = chain(&json!({ "escalation": [
        { "pagerDutyServiceId": "P1", "wait": "PT90S" }, { "pagerDutyServiceId": "", "wait": "P1D" },
    ], "pagerDutyServiceId": "P9" }));
    let pages: Vec<_> = pages.iter().map(|rung| (rung.to.to_string(), rung.wait_s)).collect();
    assert_eq!(pages, [("pagerduty:P1".to_owned(), 90), ("pagerduty:P9".to_owned(), 86_400)]);
    assert_eq!(chain(&json!({ "escalation": [] })).len(), 1);
}

#[test]
fn what_asks_nobody_has_no_escalation() {
    let message = json!({ "type": "low-priority", "escalation": [{ "channel": "#ops" }], "body": { "github": { "title": "t" } } });
    let alarm = read_by(&message, &defaults()).unwrap();
    assert!(alarm.chain.is_empty() && alarm.deputies.is_empty());
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let kinds = "expected exactly one of slackId, email or slack; channel or group; pagerDutyServiceId; onCall";
    let rows = [
        (
            json!({ "answerTimeout": "PT1H", "remindAfter": "PT1H" }),
            "remindAfter: found text \"PT1H\", expected off, or less than the 3600 seconds of answerTimeout".to_owned(),
        ),
        (
            json!({ "remindAfter": "soon" }),
            "remindAfter: found text \"soon\", expected off, or an ISO 8601 duration from PT1M to P7D".to_owned(),
        ),
        (json!({ "during": "nights" }), "during: found text \"nights\", expected working-hours or always".to_owned()),
        (json!({ "urgency": "medium" }), "urgency: found text \"medium\", expected high or low".to_owned()),
        (
            json!({ "workingHours": "Mon-Fri 09:00-17:00 Mars" }),
            "workingHours: found text \"Mon-Fri 09:00-17:00 Mars\", expected a time zone such as Europe/Berlin or UTC".to_owned(),
        ),
        (json!({ "snooze": "maybe" }), "snooze: found text \"maybe\", expected true or false".to_owned()),
        (json!({ "escalation": "sam" }), "escalation: found text \"sam\", expected a list".to_owned()),
        (json!({ "escalation": ["sam"] }), "escalation[0]: found text \"sam\", expected a step of an escalation: an object".to_owned()),
        (json!({ "escalation": [["sam"]] }), "escalation[0]: found a list of 1, expected a step of an escalation: an object".to_owned()),
        (json!({ "escalation": [{}] }), format!("escalation[0]: found 0 of them, {kinds}")),
        (json!({ "escalation": [{ "onCall": " ", "group": "" }] }), format!("escalation[0]: found 0 of them, {kinds}")),
        (
            json!({ "escalation": [{ "slack": "joe", "channel": "#ops" }] }),
            format!("escalation[0]: found 2 of them, {kinds}"),
        ),
        (
            json!({ "escalation": [{ "slack": "joe" }, { "onCall": "P1", "pagerDutyServiceId": "", "group": "S1", "email": "joe@example.com" }] }),
            format!("escalation[1]: found 4 of them, {kinds}"),
        ),
        (
            json!({ "escalation": [{ "slackId": "C012AB3CD" }] }),
            "escalation[0]: found text \"C012AB3CD\", expected a person, because a question never goes to a channel: use channel".to_owned(),
        ),
        (
            json!({ "escalation": [{ "group": "S1> <!channel" }] }),
            "escalation[0].group: found text \"S1> <!channel\", expected the id of a user group, such as S012AB3CD".to_owned(),
        ),
        (
            json!({ "escalation": [{ "onCall": "../users" }] }),
            "escalation[0].onCall: found text \"../users\", expected the id of a schedule or an escalation policy, such as PABC123".to_owned(),
        ),
        (
            json!({ "escalation": [{ "slack": "joe", "wait": "off" }] }),
            "escalation[0].wait: found text \"off\", expected an ISO 8601 duration from PT1M to P7D".to_owned(),
        ),
        (
            json!({ "escalation": [{ "slack": "joe", "wait": "PT1S" }] }),
            "escalation[0].wait: found text \"PT1S\", expected off, or an ISO 8601 duration from PT1M to P7D".to_owned(),
        ),
        (
            json!({ "escalation": vec![json!({ "slack": "joe" }); 11] }),
            "escalation: found a list of 11, expected at most 10 steps".to_owned(),
        ),
    ];
    for (fields, expected) in rows {
        assert_eq!(error(&fields), expected, "{fields}");
    }
    let more = |more: Value| {
        let mut message = self_service();
        message["body"]["slack"]["actions"]["more"] = more;
        read_by(&message, &defaults()).unwrap_err().trim_start_matches("body.slack.actions.more").to_owned()
    };
    let rows = [
        (json!([{ "counts": "no" }]), "[0].label: found nothing, expected a text"),
        (json!([{ "label": "x" }]), "[0].counts: found nothing, expected yes or no"),
        (json!([{ "label": "x", "counts": "perhaps" }]), "[0].counts: found text \"perhaps\", expected yes or no"),
        (json!([["x", "no"]]), "[0]: found a list of 2, expected a further answer: an object with label and counts"),
        (
            json!(vec![json!({ "label": "x", "counts": "no" }); 4]),
            ": found a list of 4, expected at most 3 further answers",
        ),
    ];
    for (given, expected) in rows {
        assert_eq!(more(given.clone()), expected, "{given}");
    }
}

#[test]
fn a_deployments_escalation_is_read_as_that_of_a_message() {
    let read = |text: &str| chain_of(text, &defaults().channel);
    let chain = read(r##"[{ "channel": "#ops", "wait": "PT5M" }, { "pagerDutyServiceId": "" }]"##).unwrap();
    assert_eq!(chain.iter().map(|rung| rung.wait_s).collect::<Vec<_>>(), [300, 900]);
    let mut message = self_service();
    message["pagerDutyServiceId"] = json!("P9");
    let alarm = read_by(&message, &Defaults { chain, ..defaults() }).unwrap();
    assert_eq!(alarm.chain.iter().map(|rung| rung.to.to_string()).collect::<Vec<_>>(), ["slack:#ops", "pagerduty:P9"]);
    assert_eq!(read("[]"), Ok(Vec::new()));
    for (text, start) in [
        ("sam", "not a list of steps: expected value"),
        ("{}", "escalation: found an object, expected a list"),
        (r#"[["U1"]]"#, "escalation[0]: found a list of 1, expected a step"),
        (r#"[{ "wait": "PT5M" }]"#, "escalation[0]: found 0 of them"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn a_resolve_names_what_was_raised_as_the_message_did_that_raised_it() {
    let resolve = |message: Value| match read(&letter(&message.to_string()), &defaults()).map(|read| read.signal) {
        Ok(Signal::Resolve(resolve)) => Ok(resolve),
        Ok(other) => panic!("{other:?}"),
        Err(invalid) => Err(invalid.to_string()),
    };
    let key = |dedup: &str| Some(Key::new(&defaults().repo, dedup));
    let page = |service: &str, dedup: &str| Some((Address::new("pagerduty", service), dedup.to_owned()));
    let rows = [
        (json!({ "dedupKey": "d" }), Resolve { key: key("d"), page: page("", "d"), note: None }),
        (
            json!({ "body": { "github": { "title": "t" }, "slack": { "message": "Fine." } } }),
            Resolve { key: key("t"), page: None, note: Some("Fine.".to_owned()) },
        ),
        (
            json!({ "body": { "pagerduty": { "title": "p", "service": "P1" } } }),
            Resolve { key: None, page: page("P1", "p"), note: None },
        ),
        (
            json!({ "githubRepo": "other", "dedupKey": "d" }),
            Resolve {
                key: Some(Key::new(&crate::alarm::Repo::new("example-org", "other"), "d")),
                page: page("", "d"),
                note: None,
            },
        ),
    ];
    for (mut message, expected) in rows {
        message["type"] = json!("resolve");
        assert_eq!(resolve(message.clone()), Ok(expected), "{message}");
    }
    assert_eq!(
        resolve(json!({ "type": "resolve" })).unwrap_err(),
        "dedupKey: found nothing, expected a text, or body.github.title or body.pagerduty.title as in the message that raised it"
    );
    // What raised it has the same key.
    let raised = read_by(&self_service(), &defaults()).unwrap().key();
    let title = self_service()["body"]["github"]["title"].clone();
    let over = resolve(json!({ "type": "resolve", "body": { "github": { "title": title } } })).unwrap();
    assert_eq!(over.key, Some(raised));
}
