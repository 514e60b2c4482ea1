//! Events of the function that takes messages in.

use std::{collections::BTreeSet, time::Duration};

use dispatch_core::{
    alarm::Signal,
    journal::Journal,
    source::{Letter, accept},
};
use dispatch_incoming::{handle, letters};
use serde_json::{Value, json};

use super::world::{Kept, Memory, defaults, run};

/// More than any event here needs.
const TIME: Duration = Duration::from_secs(3_600);

/// Every record becomes a letter. In a world that is there every letter is acted on, and in one that is not, each
/// is named to come again, or the event is.
pub fn holds(event: &Value) {
    let count = event.get("Records").and_then(Value::as_array).map(Vec::len);
    let Ok(read) = letters(event.clone()) else {
        assert_eq!(count, None, "the event has records");
        run(handle(&Memory::up().world(), event.clone(), TIME)).expect_err("an event that is none");
        return;
    };
    assert_eq!(Some(read.len()), count, "one letter for each record");

    let memory = Memory::up();
    let answer = run(handle(&memory.world(), event.clone(), TIME)).expect("an answer");
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let kept = memory.kept();
    for letter in &read {
        let letter = Letter { id: &letter.id, subject: letter.subject.as_deref(), text: &letter.text };
        acted_on(&letter, &kept);
    }

    let answer = run(handle(&Memory::down().world(), event.clone(), TIME));
    let named: BTreeSet<&str> = read.iter().filter_map(|letter| letter.item.as_deref()).collect();
    match answer {
        Err(_) => assert!(read.iter().any(|letter| letter.item.is_none()), "every record has a name"),
        Ok(answer) => {
            let failures = answer["batchItemFailures"].as_array().expect("a list").iter();
            let failures: BTreeSet<&str> = failures.filter_map(|failure| failure["itemIdentifier"].as_str()).collect();
            assert_eq!(failures, named, "what failed comes again, and nothing else");
        }
    }
}

/// The text has reached somebody, or a journal that knows the message.
fn acted_on(letter: &Letter<'_>, kept: &Kept) {
    let read = accept(letter, &defaults());
    match read.signal {
        Signal::Page(page) => {
            let sent = kept.notices.iter().any(|(to, notice)| (to, &notice.key) == (&page.to, &page.key));
            assert!(sent, "no page {}", page.key);
        }
        Signal::Alarm(alarm) => {
            let object = kept.objects.get(&format!("alarms/{}.json", alarm.key()));
            let (bytes, _) = object.unwrap_or_else(|| panic!("no journal for {:.200}", letter.text));
            let journal = Journal::from_bytes(bytes).expect("a journal");
            let is_known = journal.messages.iter().any(|id| id == letter.id);
            assert!(is_known || journal.messages.len() >= 500, "the journal does not know message {}", letter.id);
        }
        // Nothing stands in this world that could go on.
        Signal::Resume { .. } | Signal::Resolve(_) => {}
    }
}

/// An event with records of these bodies, as SQS sends it.
pub fn batch(bodies: &[String]) -> Value {
    let record = |(position, body): (usize, &String)| {
        json!({
            "messageId": format!("sqs-{position}"), "receiptHandle": "r", "body": body, "md5OfBody": "",
            "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:0:alarms", "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// A text in the envelope of SNS.
pub fn envelope(id: &str, text: &str) -> Value {
    json!({
        "Type": "Notification", "MessageId": id, "TopicArn": "arn:aws:sns:us-east-1:0:alarms", "Subject": null,
        "Message": text, "Timestamp": "2026-11-21T03:00:00.000Z", "SignatureVersion": "1", "Signature": "x",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/x.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?x", "MessageAttributes": {},
    })
}

/// A text in a record, as SNS sends it to a function.
pub fn direct(id: &str, text: &str) -> Value {
    json!({
        "EventSource": "aws:sns", "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:us-east-1:0:alarms:x", "Sns": envelope(id, text),
    })
}
