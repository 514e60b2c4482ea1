//! What SNS makes of a publication on its way to a subscriber.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Attribute, MessageId, Publication, REGION};

/// A publication that a topic has taken, named and dated.
pub(super) struct Notification<'a> {
    pub(super) id: &'a MessageId,
    pub(super) topic_arn: &'a str,
    pub(super) subscription_arn: &'a str,
    pub(super) publication: &'a Publication,
    pub(super) at: Timestamp,
}

/// The envelope, keys in the order in which SNS writes them.
/// Source: SNS developer guide, "Parsing message formats".
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    r#type: &'static str,
    message_id: &'a MessageId,
    topic_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: String,
    signature_version: &'static str,
    signature: &'static str,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(rename = "UnsubscribeURL")]
    unsubscribe_url: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<&'a str, EnvelopeAttribute<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EnvelopeAttribute<'a> {
    r#type: &'a str,
    value: &'a str,
}

/// Nobody verifies it here; the value is base64 of the right shape, and says what it is.
const SIGNATURE: &str = "bm90IHNpZ25lZDogYSBsb2NhbCBzdGFuZC1pbg==";

impl<'p> Notification<'p> {
    /// The body of a queue's message: the envelope as JSON text.
    pub(super) fn queue_body(&self) -> String {
        let envelope = Envelope {
            r#type: "Notification",
            message_id: self.id,
            topic_arn: self.topic_arn,
            subject: self.publication.subject.as_deref(),
            message: self.publication.text_for("sqs"),
            timestamp: self.timestamp(),
            signature_version: "1",
            signature: SIGNATURE,
            signing_cert_url: signing_cert_url(),
            unsubscribe_url: self.unsubscribe_url(),
            message_attributes: self.attributes(),
        };
        // Maps with text keys and plain values: writing them as JSON cannot fail.
        serde_json::to_string(&envelope).unwrap_or_default()
    }

    /// The event of a function that is subscribed directly: one record, and the same facts under
    /// slightly other names (`SigningCertUrl`, not `SigningCertURL`).
    pub(super) fn function_event(&self) -> Value {
        json!({"Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.subscription_arn,
            "Sns": {
                "Type": "Notification",
                "MessageId": self.id,
                "TopicArn": self.topic_arn,
                "Subject": self.publication.subject,
                "Message": self.publication.text_for("lambda"),
                "Timestamp": self.timestamp(),
                "SignatureVersion": "1",
                "Signature": SIGNATURE,
                "SigningCertUrl": signing_cert_url(),
                "UnsubscribeUrl": self.unsubscribe_url(),
                "MessageAttributes": self.attributes(),
            },
        }]})
    }

    fn timestamp(&self) -> String {
        format!("{:.3}", self.at)
    }

    fn unsubscribe_url(&self) -> String {
        let arn = self.subscription_arn;
        format!("https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}")
    }

    fn attributes(&self) -> BTreeMap<&'p str, EnvelopeAttribute<'p>> {
        let envelope = |(name, attribute): (&'p String, &'p Attribute)| {
            (name.as_str(), EnvelopeAttribute { r#type: &attribute.data_type, value: &attribute.value })
        };
        self.publication.attributes.iter().map(envelope).collect()
    }
}

fn signing_cert_url() -> String {
    format!("https://sns.{REGION}.amazonaws.com/SimpleNotificationService-{}.pem", "0".repeat(32))
}
