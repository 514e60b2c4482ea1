//! SQS: the queues behind the topic, looked into by hand.
//!
//! Deliberately absent: what the functions do with queues. Lambda receives for them, and deletes.

use std::{collections::HashMap, fmt, str::FromStr};

use aws_sdk_sqs::{
    Client,
    config::{self, Region},
    types::{Message, MessageAttributeValue, MessageSystemAttributeName as Fact, QueueAttributeName},
};
use dispatch_engine::ports::Failed;
use jiff::Timestamp;

use crate::aws::{Aws, failed};

const URL: &str = "sqs GetQueueUrl";
const ATTRIBUTES: &str = "sqs GetQueueAttributes";
const RECEIVE: &str = "sqs ReceiveMessage";
const SEND: &str = "sqs SendMessage";
const DELETE: &str = "sqs DeleteMessage";
const SHOW: &str = "sqs ChangeMessageVisibility";

/// The most messages of one call. Source: SQS API reference, `ReceiveMessage`.
pub const RECEIVED_MAX: usize = 10;
/// How long a call waits for messages, in seconds: any wait at all has every server of the queue asked.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>
const WAIT_S: i32 = 1;
/// How long a received message is hidden from others, in seconds.
const HIDDEN_S: i32 = 60;

/// The full name of a queue, such as `arn:aws:sqs:eu-central-1:123456789012:alarms`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueueArn {
    text: String,
    region: String,
    account: String,
    name: String,
}

impl FromStr for QueueArn {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", partition, "sqs", region, account, name]
                if [partition, region, account, name].iter().all(|part| !part.is_empty()) =>
            {
                let [region, account, name] = [region, account, name].map(|part| (*part).to_owned());
                Ok(QueueArn { text: text.to_owned(), region, account, name })
            }
            _ => Err(()),
        }
    }
}

impl fmt::Display for QueueArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl QueueArn {
    /// The name within region and account.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it keeps the order of its messages, and so is none of Dispatch's.
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }
}

/// A queue within reach.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// What a queue says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many messages it holds, hidden ones included; approximate.
    pub messages: usize,
    /// How many of these somebody has received and not finished yet; approximate.
    pub hidden: usize,
    /// Where what it gives up goes.
    pub dead_letters: Option<QueueArn>,
    /// In how many deliveries a message may fail before it is given up; `None` where nothing is.
    pub receives_max: Option<u32>,
}

/// A message that was received, and is hidden from others for a minute.
#[derive(Clone, Debug)]
pub struct Received {
    /// What SQS calls it, in whichever queue it is.
    pub id: String,
    /// Proves that it was received; for [`Queue::delete`] and [`Queue::show`].
    pub receipt: String,
    /// The text.
    pub body: String,
    /// When it was sent to the queue where it died.
    pub sent: Option<Timestamp>,
    /// How often it was received, this time included.
    pub receives: Option<u32>,
    /// Where it died; `None` where SQS does not say.
    pub died_in: Option<QueueArn>,
    group: Option<String>,
    attributes: Option<HashMap<String, MessageAttributeValue>>,
}

impl Queue {
    /// Finds a queue, in its own region and account.
    ///
    /// # Errors
    /// When it is not there, or SQS does not say.
    ///
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html>
    pub async fn find(aws: &Aws, arn: &QueueArn) -> Result<Self, Failed> {
        let mut config = config::Builder::from(aws.sdk()).region(Region::new(arn.region.clone()));
        if let Some(endpoint) = aws.endpoint("AWS_ENDPOINT_URL_SQS") {
            config.set_endpoint_url(Some(endpoint.to_owned()));
        }
        let client = Client::from_conf(config.build());
        let call = client.get_queue_url().queue_name(&arn.name).queue_owner_aws_account_id(&arn.account);
        let url = call.send().await.map_err(|error| failed(URL, &error))?.queue_url;
        let refused = || Failed::Refused { call: URL, reason: "the reply holds no address".to_owned() };
        Ok(Queue { url: url.ok_or_else(refused)?, client })
    }

    /// How it stands.
    ///
    /// # Errors
    /// When SQS does not say.
    ///
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>
    pub async fn standing(&self) -> Result<Standing, Failed> {
        use QueueAttributeName as Name;
        let counts = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ];
        let call = self.client.get_queue_attributes().queue_url(&self.url);
        let call = call.set_attribute_names(Some(counts.iter().cloned().chain([Name::RedrivePolicy]).collect()));
        let reply = call.send().await.map_err(|error| failed(ATTRIBUTES, &error))?;
        let attributes = reply.attributes.unwrap_or_default();
        let count = |name| attributes.get(name).and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
        let policy = attributes.get(&Name::RedrivePolicy).map(String::as_str);
        let policy = policy.filter(|policy| !policy.is_empty());
        Ok(Standing {
            messages: counts.iter().map(count).sum(),
            hidden: count(&Name::ApproximateNumberOfMessagesNotVisible),
            dead_letters: policy.map(dead_letters).transpose()?,
            receives_max: policy.and_then(receives_max),
        })
    }

    /// Takes up to `count` messages, at most [`RECEIVED_MAX`], which are hidden from others for a minute; none when
    /// there are none.
    ///
    /// # Errors
    /// When SQS does not give them.
    ///
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>
    pub async fn receive(&self, count: usize) -> Result<Vec<Received>, Failed> {
        let call = self.client.receive_message().queue_url(&self.url);
        let count = i32::try_from(count.clamp(1, RECEIVED_MAX)).unwrap_or(1);
        let call = call.max_number_of_messages(count).wait_time_seconds(WAIT_S).visibility_timeout(HIDDEN_S);
        let call = call.message_system_attribute_names(Fact::All).message_attribute_names("All");
        let reply = call.send().await.map_err(|error| failed(RECEIVE, &error))?;
        Ok(reply.messages.unwrap_or_default().into_iter().filter_map(Received::of).collect())
    }

    /// Sends a message with this body, and otherwise as `like`; its id.
    ///
    /// A reply that is lost is followed by another try, so that a message may come twice.
    ///
    /// # Errors
    /// When it was not accepted, or perhaps not.
    ///
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
    pub async fn send(&self, body: &str, like: &Received) -> Result<String, Failed> {
        let call = self.client.send_message().queue_url(&self.url).message_body(body);
        let call = call.set_message_attributes(like.attributes.clone()).set_message_group_id(like.group.clone());
        let sent = call.send().await.map_err(|error| failed(SEND, &error))?;
        Ok(sent.message_id.unwrap_or_default())
    }

    /// Takes a received message out for good.
    ///
    /// # Errors
    /// When it may still be there.
    ///
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>
    pub async fn delete(&self, message: &Received) -> Result<(), Failed> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(&message.receipt);
        call.send().await.map(drop).map_err(|error| failed(DELETE, &error))
    }

    /// Shows a received message to others again, at once.
    ///
    /// # Errors
    /// When it stays hidden for the rest of its minute.
    ///
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>
    pub async fn show(&self, message: &Received) -> Result<(), Failed> {
        let call = self.client.change_message_visibility().queue_url(&self.url);
        let call = call.receipt_handle(&message.receipt).visibility_timeout(0);
        call.send().await.map(drop).map_err(|error| failed(SHOW, &error))
    }
}

/// Source: SQS API reference, `SetQueueAttributes`, `RedrivePolicy`.
fn dead_letters(policy: &str) -> Result<QueueArn, Failed> {
    let policy: Option<serde_json::Value> = serde_json::from_str(policy).ok();
    let arn = policy.as_ref().and_then(|policy| policy.get("deadLetterTargetArn")?.as_str()?.parse().ok());
    arn.ok_or_else(|| Failed::Refused { call: ATTRIBUTES, reason: "the RedrivePolicy names no queue".to_owned() })
}

/// Source: as above. CloudFormation and the console write the number in two ways.
fn receives_max(policy: &str) -> Option<u32> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let count = policy.get("maxReceiveCount")?;
    count.as_str().map_or_else(|| count.as_u64()?.try_into().ok(), |text| text.parse().ok())
}

impl Received {
    /// A message of which nothing else is known.
    pub fn new(id: &str, receipt: &str, body: &str) -> Self {
        let [id, receipt, body] = [id, receipt, body].map(str::to_owned);
        Received { id, receipt, body, sent: None, receives: None, died_in: None, group: None, attributes: None }
    }

    /// `None` for what has no id, receipt or text, which SQS never sends.
    fn of(message: Message) -> Option<Self> {
        let facts = message.attributes.unwrap_or_default();
        let fact = |name: Fact| facts.get(&name).map(String::as_str);
        let sent = fact(Fact::SentTimestamp).and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok());
        Some(Received {
            sent,
            receives: fact(Fact::ApproximateReceiveCount).and_then(|count| count.parse().ok()),
            died_in: fact(Fact::DeadLetterQueueSourceArn).and_then(|arn| arn.parse().ok()),
            group: fact(Fact::MessageGroupId).map(str::to_owned),
            attributes: message.message_attributes,
            ..Received::new(&message.message_id?, &message.receipt_handle?, &message.body?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::receives_max;

    #[test]
    fn the_count_of_deliveries_is_a_number_however_it_is_written() {
        for (policy, count) in [
            (r#"{"deadLetterTargetArn":"a","maxReceiveCount":5}"#, Some(5)),
            (r#"{"deadLetterTargetArn":"a","maxReceiveCount":"5"}"#, Some(5)),
            (r#"{"deadLetterTargetArn":"a"}"#, None),
            (r#"{"maxReceiveCount":-1}"#, None),
            ("", None),
        ] {
            assert_eq!(receives_max(policy), count, "{policy}");
        }
    }
}
