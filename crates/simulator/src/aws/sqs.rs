//! The SQS API over HTTP: what `aws sqs` and the SDKs speak.
//!
//! The protocol is AWS's JSON 1.0: the action in a header, JSON in, JSON out. The queues are those that are
//! subscribed to the topic, and the ones for their dead letters. A field that is not served is refused rather
//! than passed over.
//! Source: SQS API reference, version 2012-11-05.

mod messages;
mod queues;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{ACCOUNT, Queue, Refusal, Topic, random_id};

/// What a request's action stands in.
pub(super) const TARGET: &str = "x-amz-target";
const VERSION: &str = "application/x-amz-json-1.0";

/// The queues of one request, and how it calls their server.
struct Queues {
    all: Vec<Queue>,
    host: String,
}

/// Answers one request.
pub(super) async fn answer(topic: &Topic, headers: &HeaderMap, body: &[u8]) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let queues = Queues { all: topic.queues(), host: text(HOST.as_str()).to_owned() };
    let json = text(CONTENT_TYPE.as_str()) == VERSION;
    let result = match text(TARGET).strip_prefix("AmazonSQS.") {
        Some(action) if json => act(&queues, action, body).await,
        Some(_) => Err(Refusal::bad_request("UnknownOperationException", format!("Content-Type must be {VERSION}."))),
        None => Err(Refusal::bad_request("UnknownOperationException", "SQS is the only service with a target here.")),
    };
    match result {
        Ok(answer) => respond(StatusCode::OK, &answer, None),
        Err(refusal) => {
            tracing::debug!(%refusal, "request refused");
            let answer = json!({"__type": format!("com.amazonaws.sqs#{}", refusal.code), "message": refusal.message});
            respond(refusal.status, &answer, Some(refusal.code))
        }
    }
}

async fn act(queues: &Queues, action: &str, body: &[u8]) -> Result<Value, Refusal> {
    match action {
        "GetQueueUrl" => written(&queues::url(queues, read(body)?)?),
        "GetQueueAttributes" => written(&queues::attributes(queues, &read(body)?)?),
        "ListQueues" => written(&queues::list(queues, read(body)?)?),
        "ListDeadLetterSourceQueues" => written(&queues::sources(queues, &read(body)?)?),
        "SendMessage" => written(&messages::send(queues, read(body)?)?),
        "ReceiveMessage" => written(&messages::receive(queues, read(body)?).await?),
        "DeleteMessage" => messages::delete(queues, &read(body)?),
        "ChangeMessageVisibility" => messages::hide(queues, &read(body)?),
        other => {
            let message = format!("The action {other} is not served here.");
            Err(Refusal::bad_request("UnknownOperationException", message))
        }
    }
}

/// Reads a request. A field that is missing, of another kind or not known here is named.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request("InvalidParameterValue", error.to_string()))
}

fn written(answer: &impl Serialize) -> Result<Value, Refusal> {
    // Structures with text keys and plain values: writing them as JSON cannot fail.
    Ok(serde_json::to_value(answer).unwrap_or_default())
}

impl Queues {
    /// The queue that a `QueueUrl` names, whatever host it says.
    fn find(&self, url: &str) -> Result<&Queue, Refusal> {
        let mut parts = url.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some(name), Some(ACCOUNT)) => self.named(name),
            _ => Err(Refusal::unknown_queue()),
        }
    }

    fn named(&self, name: &str) -> Result<&Queue, Refusal> {
        self.all.iter().find(|queue| queue.name() == name).ok_or_else(Refusal::unknown_queue)
    }

    fn url(&self, queue: &Queue) -> String {
        format!("http://{}/{ACCOUNT}/{}", self.host, queue.name())
    }
}

/// Codes are also told as they were in the older protocol, by which SDKs know them.
/// Source: SQS developer guide, "AWS JSON protocol", `x-amzn-query-error`.
fn respond(status: StatusCode, answer: &Value, code: Option<&str>) -> Response {
    let headers = [(CONTENT_TYPE.as_str(), VERSION.to_owned()), ("x-amzn-requestid", random_id())];
    let error = code.map(|code| {
        let code = match code {
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
            "MessageNotInflight" => "AWS.SimpleQueueService.MessageNotInflight",
            "UnsupportedOperation" => "AWS.SimpleQueueService.UnsupportedOperation",
            code => code,
        };
        [("x-amzn-query-error", format!("{code};Sender"))]
    });
    // An action without a result answers with nothing at all.
    let body = if answer.is_null() { String::new() } else { answer.to_string() };
    match error {
        Some(error) => (status, headers, error, body).into_response(),
        None => (status, headers, body).into_response(),
    }
}

#[cfg(test)]
mod tests;
