//! Calling a function as Lambda does for SNS and SQS: JSON in, JSON or an error out.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};

use super::{Attribute, Message, Queue, REGION};

/// A function: takes an event, answers JSON, or says what went wrong.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, String>> + Send + Sync>;

/// Makes a [`Handler`] of an async function or closure.
pub fn handler<F, Answer>(function: F) -> Handler
where
    F: Fn(Value) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Value, String>> + Send + 'static,
{
    Arc::new(move |event| function(event).boxed())
}

/// How long Lambda waits before it tries an asynchronous call for the second and the third time.
pub const RETRY_WAITS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// Calls a function asynchronously, as SNS does: an error leads to a second and a third try after the
/// waits given, [`RETRY_WAITS`] on AWS.
///
/// # Errors
/// What the function said to the last try.
pub async fn invoke(function: &Handler, event: &Value, waits: [Duration; 2]) -> Result<Value, String> {
    for wait in waits {
        match call(function, event.clone()).await {
            Ok(answer) => return Ok(answer),
            Err(error) => tracing::warn!(error, wait_ms = wait.as_millis(), "function failed, trying again"),
        }
        tokio::time::sleep(wait).await;
    }
    call(function, event.clone()).await
}

/// Calls a function once. A panic is a failed call, as a crash is on Lambda.
pub(super) async fn call(function: &Handler, event: Value) -> Result<Value, String> {
    let run = async { function(event).await };
    let crashed = |_| Err("the function panicked".to_owned());
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(crashed)
}

/// The event that carries a batch of a queue's messages.
/// Source: Lambda developer guide, "Using Lambda with Amazon SQS".
pub(super) fn queue_event(queue: &Queue, batch: &[Message]) -> Value {
    let records: Vec<Value> = batch.iter().map(|message| record(queue, message)).collect();
    json!({ "Records": records })
}

fn record(queue: &Queue, message: &Message) -> Value {
    let first_received = message.first_received_at.unwrap_or(message.sent_at);
    let mut attributes = json!({
        "ApproximateReceiveCount": message.receives.to_string(),
        "SentTimestamp": message.sent_at.as_millisecond().to_string(),
        "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
        "ApproximateFirstReceiveTimestamp": first_received.as_millisecond().to_string(),
    });
    if let (Some(group), Some(attributes)) = (&message.group, attributes.as_object_mut()) {
        attributes.insert("MessageGroupId".to_owned(), json!(group));
    }
    json!({
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": message_attributes(message),
        "md5OfBody": hex::encode(Md5::digest(&message.body)),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn(),
        "awsRegion": REGION,
    })
}

fn message_attributes(message: &Message) -> Map<String, Value> {
    let value = |Attribute { data_type, value }: &Attribute| {
        let key = if data_type.starts_with("Binary") { "binaryValue" } else { "stringValue" };
        json!({key: value, "stringListValues": [], "binaryListValues": [], "dataType": data_type})
    };
    message.attributes.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect()
}

/// Reads which messages of a batch a function could not handle, by position.
///
/// # Errors
/// Why the answer says nothing usable: then, as on AWS, the whole batch counts as failed.
/// Source: Lambda developer guide, "Handling errors for an SQS event source".
pub(super) fn failed(answer: &Value, batch: &[Message]) -> Result<Vec<usize>, String> {
    let failures = match answer {
        Value::Null => return Ok(Vec::new()),
        Value::Object(fields) if fields.is_empty() => return Ok(Vec::new()),
        Value::Object(fields) => fields.get("batchItemFailures"),
        _ => return Err("the answer is no JSON object".to_owned()),
    };
    let failures = match failures {
        Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(failures)) => failures,
        Some(_) => return Err("batchItemFailures is no list".to_owned()),
        None => return Err("the answer has no batchItemFailures".to_owned()),
    };
    failures.iter().map(|failure| position(failure, batch)).collect()
}

fn position(failure: &Value, batch: &[Message]) -> Result<usize, String> {
    let id = failure.get("itemIdentifier").and_then(Value::as_str).unwrap_or_default();
    if id.is_empty() {
        return Err(format!("no itemIdentifier in {failure}"));
    }
    let found = batch.iter().position(|message| message.id.as_str() == id);
    found.ok_or_else(|| format!("itemIdentifier {id:?} is not in the batch"))
}
