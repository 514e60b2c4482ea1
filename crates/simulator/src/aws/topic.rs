//! A topic: one way in, a copy for every queue that wants it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::notification::Notification;
use super::{ACCOUNT, MessageId, Publication, Queue, REGION, random_id};

/// A standard SNS topic with the queues that are subscribed to it. Clones are the same topic.
#[derive(Clone, Debug)]
pub struct Topic(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    arn: String,
    subscriptions: Vec<(String, Subscription)>,
}

/// A queue's wish to hear from a topic.
#[derive(Clone, Debug)]
pub struct Subscription {
    queue: Queue,
    filter: Option<Filter>,
    raw: bool,
}

/// Which messages a queue wants, by the text at `type` on the top level of the message.
///
/// As on AWS, a filter that looks into the message passes only messages that are JSON objects: plain text
/// reaches only subscriptions without a filter. Source: SNS developer guide, "Message filtering".
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Filter {
    /// Only these types: `{"type": ["high"]}` on AWS.
    Only(Vec<String>),
    /// Every other type, and none: `{"type": [{"anything-but": ["high"]}, {"exists": false}]}` on AWS.
    AllBut(Vec<String>),
}

impl Subscription {
    /// Everything that is published, in SNS's envelope.
    pub fn new(queue: &Queue) -> Self {
        Self { queue: queue.clone(), filter: None, raw: false }
    }

    /// Lets pass what the filter passes. Source: `FilterPolicy` with `FilterPolicyScope: MessageBody`.
    #[must_use]
    pub fn filtered(self, filter: Filter) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Delivers the bare message, its attributes beside it. Source: `RawMessageDelivery`.
    #[must_use]
    pub fn raw(self) -> Self {
        Self { raw: true, ..self }
    }

    fn wants(&self, message: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.passes(message))
    }
}

impl Filter {
    fn passes(&self, message: &str) -> bool {
        let Ok(Value::Object(message)) = serde_json::from_str(message) else {
            return false;
        };
        let found = message.get("type");
        let is_one_of = |types: &[String]| found.and_then(Value::as_str).is_some_and(|t| types.iter().any(|x| x == t));
        match self {
            Filter::Only(types) => is_one_of(types),
            Filter::AllBut(types) => !is_one_of(types),
        }
    }
}

impl Topic {
    /// A topic of this name, with its subscriptions.
    pub fn new(name: impl Into<String>, subscriptions: impl IntoIterator<Item = Subscription>) -> Self {
        let name = name.into();
        let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}");
        let named = |subscription| (format!("{arn}:{}", random_id()), subscription);
        let subscriptions = subscriptions.into_iter().map(named).collect();
        Self(Arc::new(Inner { name, arn, subscriptions }))
    }

    /// The name without its region and account, such as `dispatch`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The full name, such as `arn:aws:sns:us-east-1:000000000000:dispatch`.
    pub fn arn(&self) -> &str {
        &self.0.arn
    }

    /// How many queues are subscribed.
    pub fn subscriptions(&self) -> usize {
        self.0.subscriptions.len()
    }

    /// The subscriptions' ARNs, each with its queue.
    pub(super) fn subscribed(&self) -> impl Iterator<Item = (&str, &Queue)> {
        self.0.subscriptions.iter().map(|(arn, subscription)| (arn.as_str(), &subscription.queue))
    }

    /// The queues that are subscribed, each followed by the one for its dead letters.
    pub(super) fn queues(&self) -> Vec<Queue> {
        let mut queues: Vec<Queue> = Vec::new();
        for queue in self.subscribed().flat_map(|(_, queue)| [Some(queue), queue.dead()]).flatten() {
            if queues.iter().all(|known| known.arn() != queue.arn()) {
                queues.push(queue.clone());
            }
        }
        queues
    }

    /// Hands the message to every queue that wants it, before it returns.
    ///
    /// Takes what it is given: hold a stranger's publication against [`Publication::check`] first.
    pub fn publish(&self, publication: &Publication) -> MessageId {
        let id = MessageId::random();
        let at = Timestamp::now();
        let text = publication.text_for("sqs");
        for (arn, subscription) in self.0.subscriptions.iter().filter(|(_, s)| s.wants(text)) {
            let group = publication.group.clone();
            if subscription.raw {
                subscription.queue.send_with(text.to_owned(), publication.attributes.clone(), group);
            } else {
                let body = self.notification(&id, arn, publication, at).queue_body();
                subscription.queue.send_with(body, Default::default(), group);
            }
        }
        id
    }

    /// The event that a function subscribed to this topic without a queue would get for a publication:
    /// `{"Records": [{"EventSource": "aws:sns", …}]}`, for [`super::lambda::invoke`]. No queue gets a copy.
    pub fn function_event(&self, publication: &Publication) -> Value {
        let subscription = format!("{}:{}", self.arn(), random_id());
        let id = MessageId::random();
        self.notification(&id, &subscription, publication, Timestamp::now()).function_event()
    }

    fn notification<'a>(
        &'a self,
        id: &'a MessageId,
        subscription_arn: &'a str,
        publication: &'a Publication,
        at: Timestamp,
    ) -> Notification<'a> {
        Notification { id, topic_arn: self.arn(), subscription_arn, publication, at }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::aws::{Attribute, QueueSettings};

    fn queue() -> Queue {
        Queue::new(QueueSettings::named("alarms"))
    }

    fn bodies(queue: &Queue) -> Vec<String> {
        queue.receive(10).into_iter().map(|message| message.body).collect()
    }

    #[tokio::test]
    async fn a_queue_gets_the_envelope() {
        let queue = queue();
        let topic = Topic::new("dispatch", [Subscription::new(&queue)]);
        let attribute = Attribute { data_type: "String".to_owned(), value: "guardduty".to_owned() };
        let id = topic.publish(&Publication {
            subject: Some("x".to_owned()),
            attributes: BTreeMap::from([("source".to_owned(), attribute)]),
            ..Publication::new("{\"é\": \"&\"}")
        });

        let body = bodies(&queue).remove(0);
        let envelope: aws_lambda_events::sns::SnsMessage = serde_json::from_str(&body).unwrap();
        assert_eq!(envelope.sns_message_type, "Notification");
        assert_eq!(envelope.message_id, id.as_str());
        assert_eq!(envelope.topic_arn, "arn:aws:sns:us-east-1:000000000000:dispatch");
        assert_eq!(envelope.subject.as_deref(), Some("x"));
        assert_eq!(envelope.message, "{\"é\": \"&\"}");
        assert_eq!(envelope.message_attributes["source"].value, "guardduty");
        for key in ["Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"] {
            assert!(body.contains(&format!("\"{key}\":\"")), "{key} is missing from {body}");
        }
    }

    #[tokio::test]
    async fn a_bare_message_has_an_envelope_without_subject_and_attributes() {
        let queue = queue();
        Topic::new("dispatch", [Subscription::new(&queue)]).publish(&Publication::new("x"));
        let envelope: Value = serde_json::from_str(&bodies(&queue)[0]).unwrap();
        assert_eq!((envelope.get("Subject"), envelope.get("MessageAttributes")), (None, None));
        let timestamp = envelope["Timestamp"].as_str().unwrap();
        assert_eq!((timestamp.len(), timestamp.parse::<Timestamp>().is_ok()), (24, true), "{timestamp}");
    }

    #[tokio::test]
    async fn raw_delivery_leaves_the_envelope_away() {
        let queue = queue();
        let topic = Topic::new("dispatch", [Subscription::new(&queue).raw()]);
        let attribute = Attribute { data_type: "Number".to_owned(), value: "1".to_owned() };
        topic.publish(&Publication {
            attributes: BTreeMap::from([("n".to_owned(), attribute.clone())]),
            group: Some("jane".to_owned()),
            ..Publication::structured(r#"{"default": "d", "sqs": "q"}"#).unwrap()
        });
        let message = queue.receive(1).remove(0);
        assert_eq!((message.body.as_str(), message.group.as_deref()), ("q", Some("jane")));
        assert_eq!(message.attributes["n"], attribute);
    }

    #[tokio::test]
    async fn filters_look_at_the_type() {
        let high = vec!["high".to_owned(), "high-priority".to_owned()];
        let table = [
            (r#"{"type": "high"}"#, true, false),
            (r#"{"type": "nag"}"#, false, true),
            (r#"{"body": {"type": "high"}}"#, false, true),
            (r#"{"type": 5}"#, false, true),
            ("plain text", false, false),
            (r#"["high"]"#, false, false),
        ];
        for (message, only, all_but) in table {
            let queues = [queue(), queue(), queue()];
            let topic = Topic::new(
                "dispatch",
                [
                    Subscription::new(&queues[0]).filtered(Filter::Only(high.clone())),
                    Subscription::new(&queues[1]).filtered(Filter::AllBut(high.clone())),
                    Subscription::new(&queues[2]),
                ],
            );
            topic.publish(&Publication::new(message));
            let got = queues.map(|queue| queue.counts().waiting == 1);
            assert_eq!(got, [only, all_but, true], "{message}");
        }
    }

    #[test]
    fn a_function_gets_one_record() {
        let topic = Topic::new("dispatch", []);
        let event = topic.function_event(&Publication::new("x"));
        let read: aws_lambda_events::sns::SnsEvent = serde_json::from_value(event.clone()).unwrap();
        assert_eq!(read.records.len(), 1);
        assert_eq!(read.records[0].event_source, "aws:sns");
        assert!(read.records[0].event_subscription_arn.starts_with(topic.arn()));
        assert_eq!(event["Records"][0]["Sns"]["Subject"], Value::Null);
        assert_eq!(event["Records"][0]["Sns"]["MessageAttributes"], json!({}));
    }
}
