//! SNS: the topic that senders publish to, and that a run hands unfinished work to.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use aws_sdk_sns::{
    Client,
    config::{self, Region},
};
use dispatch_engine::ports::{Failed, Topic};

use crate::{
    aws::{Aws, failed},
    settings::{Format, Problem, Required, Setting, Settings},
};

const PUBLISH: &str = "sns Publish";
const LOOK: &str = "sns GetTopicAttributes";
const LIST: &str = "sns ListSubscriptionsByTopic";
/// The setting that names the topic.
pub const TOPIC: &str = "DISPATCH_TOPIC_ARN";

/// What this service is told.
pub const SETTINGS: &[Setting] = &[Setting {
    name: TOPIC,
    meaning: "the topic that alarms are published to, for handing work on",
    format: Format::new("a topic, such as arn:aws:sns:eu-central-1:123456789012:dispatch", is_topic),
    default: None,
    secret: false,
    required: Required::No,
}];

/// One topic.
#[derive(Clone, Debug)]
pub struct Sns {
    config: config::Builder,
    /// Made when it is first needed: the SDK's table of regions is almost half of what a start works out, and hardly
    /// a run hands anything on.
    client: Arc<OnceLock<Client>>,
    arn: String,
}

impl Sns {
    /// A client; calls nobody yet. The topic's own region rules, not where this runs.
    ///
    /// # Errors
    /// When the settings name no topic.
    pub fn connect(settings: &Settings, aws: &Aws) -> Result<Self, Problem> {
        let arn = settings.need(TOPIC)?.to_owned();
        let mut config = config::Builder::from(&aws.named(PUBLISH));
        if let Some(endpoint) = aws.endpoint("AWS_ENDPOINT_URL_SNS") {
            config.set_endpoint_url(Some(endpoint.to_owned()));
        }
        if let Some(region) = arn.split(':').nth(3) {
            config.set_region(Some(Region::new(region.to_owned())));
        }
        Ok(Sns { config, client: Arc::default(), arn })
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::from_conf(self.config.clone().build()))
    }

    /// Publishes one message of at most 256 KiB and returns its id. A subject is ASCII, of at most
    /// 100 characters.
    ///
    /// A reply that is lost is followed by another try, so that a message may come twice.
    ///
    /// # Errors
    /// When it was not accepted, or perhaps not.
    ///
    /// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
    pub async fn publish_with_subject(&self, subject: Option<&str>, message: &str) -> Result<String, Failed> {
        let call = self.client().publish().topic_arn(&self.arn).message(message);
        let call = call.set_subject(subject.map(str::to_owned));
        let published = call.send().await.map_err(|error| failed(PUBLISH, &error))?;
        Ok(published.message_id.unwrap_or_default())
    }

    /// Looks whether the topic is there.
    ///
    /// # Errors
    /// When it is not, with the code `NotFound`, or SNS does not say.
    ///
    /// <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>
    pub async fn look(&self) -> Result<(), Failed> {
        let call = self.client().get_topic_attributes().topic_arn(&self.arn);
        call.send().await.map(drop).map_err(|error| failed(LOOK, &error))
    }

    /// The ARNs of the queues that are subscribed to the topic, each once, in the order of SNS.
    ///
    /// # Errors
    /// When the topic is not there, or SNS does not say.
    ///
    /// <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>
    pub async fn queues(&self) -> Result<Vec<String>, Failed> {
        let (mut queues, mut next) = (Vec::new(), None);
        loop {
            let call = self.client().list_subscriptions_by_topic().topic_arn(&self.arn).set_next_token(next);
            let page = call.send().await.map_err(|error| failed(LIST, &error))?;
            let subscriptions = page.subscriptions.unwrap_or_default().into_iter();
            let of_queues = subscriptions.filter(|subscription| subscription.protocol.as_deref() == Some("sqs"));
            for queue in of_queues.filter_map(|subscription| subscription.endpoint) {
                if !queues.contains(&queue) {
                    queues.push(queue);
                }
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(queues);
            }
        }
    }
}

#[async_trait]
impl Topic for Sns {
    async fn publish(&self, message: &str) -> Result<(), Failed> {
        self.publish_with_subject(None, message).await.map(drop)
    }
}

/// Stands where no topic is set: whoever has something to hand on is told.
#[derive(Clone, Copy, Debug)]
pub struct NoTopic;

#[async_trait]
impl Topic for NoTopic {
    async fn publish(&self, _message: &str) -> Result<(), Failed> {
        Err(Failed::Refused { call: PUBLISH, reason: format!("{TOPIC} is not set") })
    }
}

fn is_topic(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    matches!(parts.as_slice(), ["arn", partition, "sns", region, account, name]
        if [partition, region, account, name].iter().all(|part| !part.is_empty()))
}
