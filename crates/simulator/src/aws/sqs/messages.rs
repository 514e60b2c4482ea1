//! What is done with messages: `SendMessage`, `ReceiveMessage`, `DeleteMessage`, `ChangeMessageVisibility`.

use std::collections::BTreeMap;
use std::time::Duration;

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use super::Queues;
use crate::aws::{Attribute, Message, MessageId, Refusal};

/// The most bytes of a message, its attributes included. Source: SQS developer guide, "Quotas".
pub(super) const SIZE_MAX: usize = 1_048_576;
/// The longest that a message is hidden. Source: SQS API reference, `ChangeMessageVisibility`.
const HIDDEN_S_MAX: u64 = 43_200;

/// A fact beside a message's text.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Fact {
    data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Send {
    queue_url: String,
    message_body: String,
    #[serde(default)]
    message_attributes: BTreeMap<String, Fact>,
    message_group_id: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Sent {
    #[serde(rename = "MessageId")]
    id: MessageId,
    #[serde(rename = "MD5OfMessageBody")]
    md5: String,
}

pub(super) fn send(queues: &Queues, send: Send) -> Result<Sent, Refusal> {
    let queue = queues.find(&send.queue_url)?;
    let attributes: BTreeMap<_, _> = send.message_attributes.into_iter().map(|(name, v)| (name, v.into())).collect();
    let size = |(name, a): (&String, &Attribute)| name.len() + a.data_type.len() + a.value.len();
    let size = send.message_body.len() + attributes.iter().map(size).sum::<usize>();
    if send.message_body.is_empty() {
        return Err(Refusal::bad_request("MissingParameter", "The request must contain the parameter MessageBody."));
    }
    if size > SIZE_MAX {
        let reason =
            format!("One or more parameters are invalid. Reason: Message must be shorter than {SIZE_MAX} bytes.");
        return Err(Refusal::bad_request("InvalidParameterValue", reason));
    }
    let md5 = md5(&send.message_body);
    let id = queue.send_with(send.message_body, attributes, send.message_group_id);
    Ok(Sent { id, md5 })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Receive {
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u64>,
    wait_time_seconds: Option<u64>,
    /// The older name of the next.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Received {
    /// Left away where there is none, as SQS does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Shown>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    message_id: MessageId,
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    md5: String,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, Fact>,
}

pub(super) async fn receive(queues: &Queues, receive: Receive) -> Result<Received, Refusal> {
    let queue = queues.find(&receive.queue_url)?;
    let count = receive.max_number_of_messages.unwrap_or(1);
    check("MaxNumberOfMessages", count as u64, 1, 10)?;
    let wait = receive.wait_time_seconds.unwrap_or_default();
    check("WaitTimeSeconds", wait, 0, 20)?;
    let usual = queue.settings().visibility.as_secs();
    let hidden = hidden(receive.visibility_timeout.unwrap_or(usual))?;
    let received = timeout(Duration::from_secs(wait), queue.receive_some_for(count, hidden)).await.unwrap_or_default();
    let system = [receive.attribute_names, receive.message_system_attribute_names].concat();
    let show = |message| shown(message, &system, &receive.message_attribute_names);
    Ok(Received { messages: received.into_iter().map(show).collect() })
}

fn shown(message: Message, system: &[String], own: &[String]) -> Shown {
    let mut attributes = attributes(&message);
    attributes.retain(|name, _| is_wanted(system, name));
    let own = message.attributes.into_iter().filter(|(name, _)| is_wanted(own, name));
    Shown {
        message_id: message.id,
        receipt_handle: message.receipt,
        md5: md5(&message.body),
        body: message.body,
        attributes,
        message_attributes: own.map(|(name, attribute)| (name, attribute.into())).collect(),
    }
}

/// A name may be meant by `All`, and by its beginning: `bar.*`.
fn is_wanted(wanted: &[String], name: &str) -> bool {
    let means = |wanted: &str| match wanted.strip_suffix(".*") {
        Some(beginning) => beginning.is_empty() || name.starts_with(beginning),
        None => wanted == "All" || wanted == name,
    };
    wanted.iter().any(|wanted| means(wanted))
}

/// Source: SQS API reference, `ReceiveMessage`, `MessageSystemAttributeNames`.
fn attributes(message: &Message) -> BTreeMap<&'static str, String> {
    let first = message.first_received_at.unwrap_or(message.sent_at);
    let mut attributes = BTreeMap::from([
        ("ApproximateReceiveCount", message.receives.to_string()),
        ("ApproximateFirstReceiveTimestamp", first.as_millisecond().to_string()),
        ("SentTimestamp", message.sent_at.as_millisecond().to_string()),
    ]);
    attributes.extend(message.group.clone().map(|group| ("MessageGroupId", group)));
    attributes.extend(message.died_in.clone().map(|queue| ("DeadLetterQueueSourceArn", queue)));
    attributes
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Delete {
    queue_url: String,
    receipt_handle: String,
}

/// Deleting what is gone already works, as on AWS.
pub(super) fn delete(queues: &Queues, delete: &Delete) -> Result<Value, Refusal> {
    let queue = queues.find(&delete.queue_url)?;
    check_receipt(&delete.receipt_handle)?;
    queue.delete(&delete.receipt_handle);
    Ok(Value::Null)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Hide {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: u64,
}

pub(super) fn hide(queues: &Queues, hide: &Hide) -> Result<Value, Refusal> {
    let queue = queues.find(&hide.queue_url)?;
    check_receipt(&hide.receipt_handle)?;
    match queue.hide(&hide.receipt_handle, hidden(hide.visibility_timeout)?) {
        true => Ok(Value::Null),
        false => Err(Refusal::bad_request("MessageNotInflight", "The specified message isn't in flight.")),
    }
}

fn hidden(seconds: u64) -> Result<Duration, Refusal> {
    check("VisibilityTimeout", seconds, 0, HIDDEN_S_MAX)?;
    Ok(Duration::from_secs(seconds))
}

fn check(parameter: &str, value: u64, min: u64, max: u64) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let reason =
        format!("Value {value} for parameter {parameter} is invalid. Reason: Must be between {min} and {max}.");
    Err(Refusal::bad_request("InvalidParameterValue", reason))
}

/// Whether it can be a receipt that was given out here.
fn check_receipt(receipt: &str) -> Result<(), Refusal> {
    match uuid::Uuid::try_parse(receipt) {
        Ok(_) => Ok(()),
        Err(_) => {
            let reason = format!("The input receipt handle \"{receipt}\" is not a valid receipt handle.");
            Err(Refusal::bad_request("ReceiptHandleIsInvalid", reason))
        }
    }
}

fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text))
}

impl From<Fact> for Attribute {
    fn from(value: Fact) -> Self {
        let Fact { data_type, string_value, binary_value } = value;
        Attribute { data_type, value: string_value.or(binary_value).unwrap_or_default() }
    }
}

impl From<Attribute> for Fact {
    fn from(Attribute { data_type, value }: Attribute) -> Self {
        let (string_value, binary_value) =
            if data_type.starts_with("Binary") { (None, Some(value)) } else { (Some(value), None) };
        Fact { data_type, string_value, binary_value }
    }
}
