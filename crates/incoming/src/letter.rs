//! What came in: SQS batches and direct SNS events, down to the letters in them.
//!
//! Every record becomes a letter, so that none is lost and none holds up its neighbours: one that is neither
//! source's, or whose text is no text, is a letter all the same, and its JSON is the text. Nobody can read that
//! as a message, so it ends as an issue that shows it, as every unreadable message does. To fail the event
//! instead would bring the whole batch back, again and again, and in the end lose that record.
//!
//! A record without a name can be acted on, but not asked for again. When that fails, only the event as a whole
//! can; whatever else it holds is done by then, and known by its id when it comes again.

use dispatch_core::{
    alarm::digest,
    source::{Unwrapped, unwrap},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// One message, out of its envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What SQS calls it; `None` for a direct SNS event, and where the record does not say.
    pub item: Option<String>,
    /// The same for every delivery of one publication. Where no envelope says it, it is made of the text.
    pub id: String,
    /// The subject that the publisher gave.
    pub subject: Option<String>,
    /// The text that was published.
    pub text: String,
    /// How often the queue has delivered it, this time included; 1 for a direct SNS event, which tells
    /// nothing of it.
    pub receives: u32,
    /// When it was published, or came into the queue; where the record says so.
    pub published: Option<Timestamp>,
}

/// An event that Dispatch does not know. Nothing of it was acted on. Its text goes to the log, so it holds
/// nothing that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: found {found}, expected {expected}")]
pub struct UnknownEvent {
    /// Where: `.` for the event as a whole.
    pub place: &'static str,
    /// The kind of thing that stands there.
    pub found: &'static str,
    /// What should.
    pub expected: &'static str,
}

/// Reads an event: one letter for each record, in order.
///
/// # Errors
/// [`UnknownEvent`] when it has no list of records.
pub fn letters(event: Value) -> Result<Vec<Letter>, UnknownEvent> {
    let Value::Object(mut event) = event else {
        return Err(UnknownEvent { place: ".", found: kind(&event), expected: "an object with Records" });
    };
    match event.remove("Records") {
        Some(Value::Array(records)) => Ok(records.iter().map(letter).collect()),
        other => {
            let found = other.as_ref().map_or("nothing", kind);
            Err(UnknownEvent { place: "Records", found, expected: "a list of SQS or SNS records" })
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn letter(record: &Value) -> Letter {
    let item = name(record, "messageId");
    let receives = receives(record);
    let letter = match (record.get("Sns"), record.get("body")) {
        (Some(sns), None) if is_message(sns) => envelope(&item, sns),
        (None, Some(Value::String(body))) => queued(&item, body),
        _ => raw(&item, &record.to_string()),
    };
    opened(Letter { item, receives, published: published(record), ..letter })
}

/// A text that names something; an empty one names nothing.
fn name(value: &Value, field: &str) -> Option<String> {
    value.get(field).and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn receives(record: &Value) -> u32 {
    let count = record.pointer("/attributes/ApproximateReceiveCount");
    let count = count.and_then(|count| count.as_str().map_or_else(|| count.as_u64(), |count| count.parse().ok()));
    count.map_or(1, |count| u32::try_from(count).unwrap_or(u32::MAX))
}

/// An envelope's own time is in its text; the queue's is as good.
fn published(record: &Value) -> Option<Timestamp> {
    let queued = record.pointer("/attributes/SentTimestamp").and_then(Value::as_str);
    let sent = record.pointer("/Sns/Timestamp").and_then(Value::as_str);
    let queued = queued.and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok());
    queued.or_else(|| sent?.parse().ok())
}

/// A queued record: an SNS notification, or with raw delivery the bare message.
fn queued(item: &Option<String>, body: &str) -> Letter {
    if let Some(notification) = Notification::read(body) {
        return notification.letter(item);
    }
    // What SNS would not send, such as a field that stands there twice, is read as leniently as any other JSON.
    match serde_json::from_str::<Value>(body) {
        Ok(value) if value.get("Type").is_some_and(|kind| kind == NOTIFICATION) && is_message(&value) => {
            envelope(item, &value)
        }
        _ => raw(item, body),
    }
}

/// What SNS calls an envelope that holds a message.
const NOTIFICATION: &str = "Notification";

/// What Dispatch takes of SNS's envelope; the rest of it is passed over and becomes no tree.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    r#type: String,
    message_id: String,
    subject: Option<String>,
    message: String,
}

impl Notification {
    /// `None` for what SNS would not send.
    fn read(body: &str) -> Option<Self> {
        // serde would take a list for the fields' values in their order.
        let is_object = body.starts_with('{');
        let read: Self = is_object.then(|| serde_json::from_str(body).ok())??;
        (read.r#type == NOTIFICATION && !read.message_id.is_empty()).then_some(read)
    }

    fn letter(self, item: &Option<String>) -> Letter {
        Letter {
            item: item.clone(),
            id: self.message_id,
            subject: self.subject,
            text: self.message,
            receives: 1,
            published: None,
        }
    }
}

/// Whether this has the text that an SNS notification brings.
fn is_message(sns: &Value) -> bool {
    sns.get("Message").is_some_and(Value::is_string)
}

fn envelope(item: &Option<String>, sns: &Value) -> Letter {
    let text = |field| sns.get(field).and_then(Value::as_str);
    let id = name(sns, "MessageId").or_else(|| item.clone());
    Letter { subject: text("Subject").map(str::to_owned), ..raw(&id, text("Message").unwrap_or_default()) }
}

fn raw(id: &Option<String>, text: &str) -> Letter {
    let id = id.clone().unwrap_or_else(|| digest(&[b"record", text.as_bytes()], 40));
    Letter { item: None, id, subject: None, text: text.to_owned(), receives: 1, published: None }
}

/// A message that Dispatch itself sent once more has its old name. One that was sent once more twice has two
/// wrappers.
fn opened(mut letter: Letter) -> Letter {
    while let Some(Unwrapped { id, subject, text }) = unwrap(&letter.text) {
        letter = Letter { id, subject, text, ..letter };
    }
    letter
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batch(body: &str) -> Value {
        json!({ "Records": [{ "messageId": "sqs-1", "body": body, "eventSource": "aws:sqs", "attributes": {},
            "messageAttributes": {}, "md5OfBody": "", "receiptHandle": "", "awsRegion": "", "eventSourceARN": "" }] })
    }

    #[test]
    fn an_envelope_is_opened_and_a_raw_message_is_taken_as_it_is() {
        let envelope = json!({ "Type": "Notification", "MessageId": "sns-1", "Message": "hello", "Subject": null });
        let letter = |id: &str, text: &str| Letter {
            item: Some("sqs-1".into()),
            id: id.into(),
            subject: None,
            text: text.into(),
            receives: 1,
            published: None,
        };
        assert_eq!(letters(batch(&envelope.to_string())).unwrap(), [letter("sns-1", "hello")]);
        assert_eq!(letters(batch(r#"{"type":"nag"}"#)).unwrap(), [letter("sqs-1", r#"{"type":"nag"}"#)]);
        assert_eq!(letters(batch("\u{0}not json")).unwrap(), [letter("sqs-1", "\u{0}not json")]);
    }

    #[test]
    fn a_direct_event_may_hold_any_number_of_records() {
        let record = |id: &str| {
            json!({ "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:s", "Sns": {
                "Type": "Notification", "MessageId": id, "TopicArn": "arn:t", "Subject": "s", "Message": "m",
                "Timestamp": "2026-08-18T18:02:32.111Z", "SignatureVersion": "1", "Signature": "x",
                "SigningCertUrl": "https://x", "UnsubscribeUrl": "https://x", "MessageAttributes": {} } })
        };
        let read = letters(json!({ "Records": [record("1"), record("2")] })).unwrap();
        assert_eq!(read.iter().map(|letter| letter.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(read[0].subject.as_deref(), Some("s"));
    }

    #[test]
    fn an_event_without_records_is_an_error_that_says_so() {
        for (event, says) in [
            (json!(null), ".: found null, expected an object with Records"),
            (json!(["secret"]), ".: found a list, expected an object with Records"),
            (json!({}), "Records: found nothing, expected a list of SQS or SNS records"),
            (json!({ "Records": "secret" }), "Records: found a text, expected a list of SQS or SNS records"),
            (json!({ "Records": { "a": 1 } }), "Records: found an object, expected a list of SQS or SNS records"),
        ] {
            assert_eq!(letters(event).unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn whatever_a_record_is_it_becomes_a_letter_of_its_own() {
        let bare = json!({ "Type": "Notification", "MessageId": "sns-1", "Message": 5 }).to_string();
        let nameless = json!({ "Type": "Notification", "MessageId": "", "Message": "text" }).to_string();
        let twice = r#"{"Type":"Notification","Message":"other","MessageId":"sns-1","Message":"text"}"#;
        let listed = r#"["Notification","sns-1",null,"text"]"#;
        // With `None` the text is the record itself.
        let rows = [
            (json!({ "messageId": "m", "body": "text" }), Some("m"), Some("text")),
            (json!({ "messageId": "m", "body": "text", "attributes": null, "awsRegion": 5 }), Some("m"), Some("text")),
            (json!({ "messageId": "m", "body": "" }), Some("m"), Some("")),
            (json!({ "messageId": "m", "body": bare }), Some("m"), Some(bare.as_str())),
            (json!({ "messageId": "m", "body": listed }), Some("m"), Some(listed)),
            (json!({ "messageId": "m", "body": nameless }), Some("m"), Some("text")),
            (json!({ "messageId": "m", "body": twice }), Some("m"), Some("text")),
            (json!({ "messageId": null, "body": "text" }), None, Some("text")),
            (json!({ "messageId": 5, "body": "text" }), None, Some("text")),
            (json!({ "messageId": "", "body": "text" }), None, Some("text")),
            (json!({ "Sns": { "MessageId": "m", "Message": "text", "Timestamp": "never" } }), None, Some("text")),
            (json!({ "Sns": { "MessageId": 5, "Message": "text" } }), None, Some("text")),
            (json!({ "messageId": "m", "body": { "type": "nag" } }), Some("m"), None),
            (json!({ "messageId": "m", "body": null }), Some("m"), None),
            (json!({ "messageId": "m" }), Some("m"), None),
            (json!({ "messageId": "m", "body": "text", "Sns": { "Message": "another" } }), Some("m"), None),
            (json!({ "Sns": { "MessageId": "m", "Message": 5 } }), None, None),
            (json!({ "Sns": "text" }), None, None),
            (json!({ "eventSource": "aws:s3" }), None, None),
            (json!({}), None, None),
            (json!(null), None, None),
            (json!([1]), None, None),
        ];
        let read = letters(json!({ "Records": rows.clone().map(|(record, ..)| record) })).unwrap();
        assert_eq!(read.len(), rows.len());
        for (letter, (record, item, text)) in read.iter().zip(&rows) {
            let text = text.map_or_else(|| record.to_string(), str::to_owned);
            assert_eq!((letter.item.as_deref(), &letter.text), (*item, &text), "{record}");
            assert!(!letter.id.is_empty(), "{record}");
        }
    }

    #[test]
    fn the_count_of_deliveries_is_read_in_any_form() {
        for (count, receives) in
            [(json!("3"), 3), (json!(3), 3), (json!("x"), 1), (json!(-1), 1), (json!(u64::MAX), u32::MAX)]
        {
            let record = json!({ "messageId": "m", "body": "", "attributes": { "ApproximateReceiveCount": count } });
            assert_eq!(letters(json!({ "Records": [record] })).unwrap()[0].receives, receives, "{count}");
        }
    }

    #[test]
    fn a_message_that_was_sent_once_more_is_opened_however_often_that_was() {
        fn letter<'a>(id: &'a str, text: &'a str) -> dispatch_core::source::Letter<'a> {
            dispatch_core::source::Letter { id, subject: Some("s"), text }
        }
        let mut text = dispatch_core::source::again(&letter("first", "hello"));
        for id in ["second", "third"] {
            text = dispatch_core::source::again(&letter(id, &text));
        }
        let read = letters(batch(&text)).unwrap();
        assert_eq!(
            (read[0].id.as_str(), read[0].text.as_str(), read[0].subject.as_deref()),
            ("first", "hello", Some("s"))
        );
    }
}
