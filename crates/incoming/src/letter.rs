//! What came in: SQS batches and direct SNS events, down to the letters in them.

use aws_lambda_events::event::{sns::SnsEvent, sqs::SqsEvent};
use dispatch_core::source::{Unwrapped, unwrap};
use serde::Deserialize;
use serde_json::Value;

/// One message, out of its envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What SQS calls it; `None` for a direct SNS event.
    pub item: Option<String>,
    /// The same for every delivery of one publication.
    pub id: String,
    /// The subject that the publisher gave.
    pub subject: Option<String>,
    /// The text that was published.
    pub text: String,
    /// How often the queue has delivered it, this time included; 1 for a direct SNS event, which tells
    /// nothing of it.
    pub receives: u32,
}

/// An event that Dispatch does not know. Nothing of it was acted on.
#[derive(Debug, thiserror::Error)]
pub enum UnknownEvent {
    /// It has no records.
    #[error("Records: found {found}, expected a list of SQS or SNS records")]
    NoRecords {
        /// What stands there instead.
        found: &'static str,
    },
    /// A record is not what its source sends.
    #[error("the event cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// An SNS notification as SQS and HTTP bodies carry it; whatever else it holds is not needed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: String,
    message_id: String,
    message: String,
    subject: Option<String>,
}

/// Reads an event.
///
/// # Errors
/// [`UnknownEvent`] when it is neither an SQS batch nor an SNS event.
pub fn letters(event: Value) -> Result<Vec<Letter>, UnknownEvent> {
    let records = match event.get("Records") {
        Some(Value::Array(records)) => records,
        Some(_) => return Err(UnknownEvent::NoRecords { found: "something else" }),
        None => return Err(UnknownEvent::NoRecords { found: "nothing" }),
    };
    if records.iter().any(|record| record.get("Sns").is_some()) {
        let event: SnsEvent = serde_json::from_value(event)?;
        return Ok(event.records.into_iter().map(|record| direct(record.sns)).collect());
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    Ok(event.records.into_iter().map(queued).collect())
}

fn direct(sns: aws_lambda_events::event::sns::SnsMessage) -> Letter {
    opened(Letter { item: None, id: sns.message_id, subject: sns.subject, text: sns.message, receives: 1 })
}

/// A message that Dispatch itself sent once more has its old name.
fn opened(letter: Letter) -> Letter {
    match unwrap(&letter.text) {
        Some(Unwrapped { id, subject, text }) => Letter { id, subject, text, ..letter },
        None => letter,
    }
}

/// A queued record: an SNS envelope, or with raw delivery the bare message.
fn queued(record: aws_lambda_events::event::sqs::SqsMessage) -> Letter {
    let item = record.message_id.unwrap_or_default();
    let receives = record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
    let body = record.body.unwrap_or_default();
    match serde_json::from_str::<Envelope>(&body) {
        Ok(envelope) if envelope.r#type == "Notification" => {
            let Envelope { message_id, message, subject, .. } = envelope;
            opened(Letter { item: Some(item), id: message_id, subject, text: message, receives })
        }
        _ => opened(Letter { item: Some(item.clone()), id: item, subject: None, text: body, receives }),
    }
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
        for event in [json!({}), json!({ "Records": "x" }), json!(null), json!({ "Records": [1] })] {
            assert!(letters(event.clone()).is_err(), "{event}");
        }
    }
}
