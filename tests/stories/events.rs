//! The shapes in which events reach the two functions.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use dispatch_simulator::fake::{Fault, Kind, slack::Click};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::story::{Story, jane, self_service};

const TIME: Duration = Duration::from_secs(30);

fn titled(title: &str) -> Value {
    json!({ "type": "low-priority", "body": { "github": { "title": title, "body": "b" } } })
}

fn sqs(records: &[(&str, String)]) -> Value {
    let record = |(id, body): &(&str, String)| {
        json!({ "messageId": id, "receiptHandle": "r", "body": body, "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn", "awsRegion": "us-east-1" })
    };
    json!({ "Records": records.iter().map(record).collect::<Vec<_>>() })
}

fn envelope(id: &str, message: &Value) -> String {
    json!({ "Type": "Notification", "MessageId": id, "TopicArn": "arn", "Message": message.to_string(),
        "Timestamp": "2026-08-18T18:02:32.111Z" })
    .to_string()
}

#[tokio::test]
async fn a_batch_reports_only_what_must_come_again() {
    let story = Story::begin().await;
    let refuse = Kind::Answer { status: 503, body: String::new() };
    story.town.fakes.github.add_repository("example-org/locked");
    story.town.fakes.github.fault(Fault::new("POST /repos/example-org/locked/issues", refuse).always());
    let mut locked = titled("second");
    locked["githubRepo"] = json!("locked");
    let batch = sqs(&[
        ("sqs-1", envelope("sns-1", &titled("first"))),
        ("sqs-2", envelope("sns-2", &locked)),
        ("sqs-3", titled("third, raw").to_string()),
    ]);
    let answer = dispatch_incoming::handle(&story.town.world, batch, TIME).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "sqs-2" }] }));
    assert_eq!(story.issues().len(), 2);
}

#[tokio::test]
async fn a_redelivered_batch_repeats_nothing() {
    let story = Story::begin().await;
    let batch = sqs(&[("sqs-1", envelope("sns-1", &self_service(jane())))]);
    for _ in 0..3 {
        let answer = dispatch_incoming::handle(&story.town.world, batch.clone(), TIME).await.unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }
    story.ends_with(&[("chat.postMessage", 1), ("issues/create", 1)]);
}

#[tokio::test]
async fn a_direct_event_may_hold_any_number_of_records() {
    let story = Story::begin().await;
    let record = |id: &str, message: &Value| {
        json!({ "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn", "Sns": {
            "Type": "Notification", "MessageId": id, "TopicArn": "arn", "Subject": null, "Message": message.to_string(),
            "Timestamp": "2026-08-18T18:02:32.111Z", "SignatureVersion": "1", "Signature": "x", "SigningCertUrl": "x",
            "UnsubscribeUrl": "x", "MessageAttributes": {} } })
    };
    let event = json!({ "Records": [record("1", &titled("a")), record("2", &titled("b")), record("3", &titled("c"))] });
    dispatch_incoming::handle(&story.town.world, event, TIME).await.unwrap();
    assert_eq!(story.issues().len(), 3);
}

#[tokio::test]
async fn an_event_of_another_kind_is_an_error_and_has_no_effect() {
    let story = Story::begin().await;
    for event in [json!({}), json!({ "Records": null }), json!([]), json!("x")] {
        dispatch_incoming::handle(&story.town.world, event, TIME).await.unwrap_err();
    }
    story.ends_with(&[]);
}

fn click(story: &Story) -> Click {
    let message = story.message_to("jane");
    story.town.fakes.slack.click(&message.channel, &message.ts, "jane", "yes").unwrap()
}

#[tokio::test]
async fn triage_reads_every_kind_of_http_event() {
    let kinds: [fn(&Click) -> Value; 4] = [
        |click| http(click, json!({ "version": "2.0" }), true, str::to_owned),
        |click| http(click, json!({ "version": "2.0" }), false, str::to_owned),
        // A REST API proxy event: names as they were sent, and lists beside them.
        |click| http(click, json!({ "httpMethod": "POST", "path": "/x", "multiValueHeaders": {} }), false, title_case),
        |click| http(click, json!({ "httpMethod": "POST", "multiValueHeaders": null }), true, str::to_uppercase),
    ];
    for kind in kinds {
        let story = Story::begin().await;
        story.publish(&self_service(jane())).await;
        let answer = story.town.triage.handle(kind(&click(&story))).await;
        assert_eq!(answer["statusCode"], 200, "{answer}");
        assert_eq!(story.issue().state, "closed");
    }
}

fn title_case(name: &str) -> String {
    let words = name.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]));
    words.collect::<Vec<_>>().join("-")
}

fn http(click: &Click, mut event: Value, base64: bool, name: fn(&str) -> String) -> Value {
    let headers: serde_json::Map<_, _> = click.headers.iter().map(|(key, value)| (name(key), json!(value))).collect();
    event["requestContext"] = json!({});
    event["headers"] = headers.into();
    event["isBase64Encoded"] = json!(base64);
    event["body"] = if base64 { json!(STANDARD.encode(&click.body)) } else { json!(click.body) };
    event
}

#[tokio::test]
async fn what_slack_did_not_sign_has_no_effect() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let good = click(&story);
    let secret = "signed-by-the-fake-only";
    let now = Timestamp::now().as_second();
    let without = |name: &str| Click {
        headers: good.headers.iter().filter(|(known, _)| known != name).cloned().collect(),
        body: good.body.clone(),
    };
    let forged = Click { body: good.body.replace("yes", "no"), headers: good.headers.clone() };
    let cases = [
        Click::signed(good.body.clone(), "another secret", now),
        Click::signed(good.body.clone(), secret, now - 301),
        Click::signed(good.body.clone(), secret, now + 301),
        without("x-slack-signature"),
        without("x-slack-request-timestamp"),
        forged,
    ];
    for bad in &cases {
        assert_eq!(story.send(bad).await, 401, "{bad:?}");
    }
    assert_eq!(story.issue().state, "open");
    story.ends_with(&[("chat.postMessage", 1), ("issues/create", 1)]);
    assert_eq!(story.send(&good).await, 200);
}

#[tokio::test]
async fn signed_rubbish_is_refused_and_a_certificate_probe_is_not() {
    let story = Story::begin().await;
    let signed = |body: &str| Click::signed(body.to_owned(), "signed-by-the-fake-only", Timestamp::now().as_second());
    assert_eq!(story.send(&signed("ssl_check=1&token=x")).await, 200);
    let button = |value: &str| {
        let payload = json!({ "type": "block_actions", "user": { "id": "U0JANE" }, "channel": { "id": "D0JANE1" },
            "actions": [{ "action_id": "yes", "value": value }] });
        format!("payload={}", payload.to_string().replace('+', "%2B"))
    };
    for body in ["", "payload=", "payload=null", "payload={}", "x=1", &button("rubbish"), &button("v1.a.b.c")] {
        assert_eq!(story.send(&signed(body)).await, 400, "{body}");
    }
    // A button of Dispatch's own whose alarm is not known any more.
    assert_eq!(story.send(&signed(&button(&format!("v1.{}.life.0", "a".repeat(40))))).await, 200);
    assert!(story.incidents().is_empty() && story.issues().is_empty());
}

#[tokio::test]
async fn a_ping_is_answered_with_the_version_and_nothing_else() {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let story = Story::begin().await;
    let ping = |secret: &str| Click::signed("dispatch=ping".to_owned(), secret, Timestamp::now().as_second());
    let ask = async |ping: Click| story.town.ask(ping.body.as_bytes(), &ping.headers).await;
    // The same one again is no replay: it does nothing.
    for _ in 0..2 {
        let answer = ask(ping("signed-by-the-fake-only")).await;
        assert_eq!((answer.status, answer.version.as_deref(), answer.body.as_str()), (200, Some(VERSION), ""));
    }
    let unsigned = ask(ping("signed-by-somebody-else")).await;
    assert_eq!((unsigned.status, unsigned.version), (401, None));

    let event = json!({ "dispatch": "ping" });
    let version = json!({ "version": VERSION });
    assert_eq!(dispatch_incoming::handle(&story.town.world, event.clone(), TIME).await.unwrap(), version);
    assert_eq!(story.town.triage.handle(event).await, version);
    let by_http = json!({ "dispatch": "ping", "requestContext": {}, "headers": {} });
    assert_eq!(story.town.triage.handle(by_http).await["statusCode"], 401);
    story.ends_with(&[]);
}
