//! A dead letter: what it is called, what it is, and how it is sent again.

use std::borrow::Cow;

use dispatch_core::{
    alarm::Signal,
    source::{self, Unwrapped},
};
use dispatch_services::sqs::Received;
use serde::Deserialize;

use crate::check::defaults;

/// A message from a dead-letter queue.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) received: Received,
    /// What Dispatch calls it: SNS's name where there is an envelope, else that of SQS. It must stay.
    pub(super) name: String,
    /// Its type, in lower case.
    pub(super) kind: String,
    pub(super) title: String,
    /// Whether its name is in its body.
    named: bool,
}

/// An SNS notification, judged as the function judges it: what it takes for something else has another name.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    r#type: String,
    message_id: String,
    message: String,
    subject: Option<String>,
}

impl Letter {
    pub(super) fn open(received: Received) -> Self {
        let envelope: Option<Envelope> = serde_json::from_str(&received.body).ok();
        let envelope = envelope.filter(|envelope| envelope.r#type == "Notification");
        let enveloped = envelope.is_some();
        let (id, subject, text) = match envelope {
            Some(Envelope { message_id, message, subject, .. }) => (message_id, subject, message),
            None => (received.id.clone(), None, received.body.clone()),
        };
        let unwrapped = source::unwrap(&text);
        let named = enveloped || unwrapped.is_some();
        let Unwrapped { id, subject, text } = unwrapped.unwrap_or(Unwrapped { id, subject, text });
        let letter = source::Letter { id: &id, subject: subject.as_deref(), text: &text };
        let (kind, title) = match source::accept(&letter, &defaults()).signal {
            Signal::Page(page) => ("high-priority".to_owned(), page.title),
            Signal::Alarm(alarm) => (alarm.kind.trim().to_lowercase(), alarm.title),
            Signal::Resolve(_) => ("resolve".to_owned(), "an alarm is over".to_owned()),
            Signal::Resume { key, .. } => ("resume".to_owned(), format!("go on with alarm {key}")),
        };
        Letter { received, name: id, kind, title, named }
    }

    /// The body that it is sent again with. A bare message would be called otherwise the next time.
    pub(super) fn body(&self) -> Cow<'_, str> {
        let Received { body, .. } = &self.received;
        if self.named {
            return Cow::Borrowed(body);
        }
        Cow::Owned(source::again(&source::Letter { id: &self.name, subject: None, text: body }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NAG: &str = r#"{"type": "NAG", "body": {"github": {"title": "Disk full"}}}"#;

    fn open(body: &str) -> Letter {
        Letter::open(Received::new("sqs-1", "receipt", body))
    }

    fn seen(letter: &Letter) -> (&str, &str, &str) {
        (&letter.name, &letter.kind, &letter.title)
    }

    #[test]
    fn an_envelope_goes_as_it_is() {
        let body = json!({ "Type": "Notification", "MessageId": "sns-1", "Message": NAG, "TopicArn": "t" }).to_string();
        let letter = open(&body);
        assert_eq!(seen(&letter), ("sns-1", "nag", "Disk full"));
        assert_eq!(letter.body(), body);
    }

    #[test]
    fn a_bare_message_is_wrapped_once_and_keeps_its_name() {
        let letter = open(NAG);
        assert_eq!(seen(&letter), ("sqs-1", "nag", "Disk full"));
        let wrapped = letter.body().into_owned();
        let again = Letter::open(Received::new("sqs-2", "receipt", &wrapped));
        assert_eq!(seen(&again), seen(&letter));
        assert_eq!(again.body(), wrapped);
    }

    #[test]
    fn an_envelope_may_hold_a_wrapped_message() {
        let again = source::again(&source::Letter { id: "old", subject: None, text: NAG });
        let body = json!({ "Type": "Notification", "MessageId": "sns-2", "Message": again }).to_string();
        assert_eq!((seen(&open(&body)), open(&body).body()), (("old", "nag", "Disk full"), body.as_str().into()));
    }

    #[test]
    fn whatever_else_it_is_has_a_title() {
        let page = r#"{"type": "high", "body": {"pagerduty": {"title": "Root"}}}"#;
        assert_eq!(seen(&open(page)), ("sqs-1", "high-priority", "Root"));
        let confirmation = json!({ "Type": "SubscriptionConfirmation", "MessageId": "m", "Message": "x" }).to_string();
        let unreadable = open(&confirmation);
        assert_eq!((unreadable.name.as_str(), unreadable.kind.as_str()), ("sqs-1", "unreadable"));
        assert!(unreadable.title.starts_with("Unreadable message: "), "{}", unreadable.title);
        let key = "0123456789012345678901234567890123456789";
        let resume = open(&json!({ "type": "dispatch:resume", "key": key }).to_string());
        assert_eq!((resume.kind.as_str(), resume.title), ("resume", format!("go on with alarm {key}")));
    }
}
