//! Why SNS or SQS does not take a request.

use std::fmt;

use http::StatusCode;

/// A request refused, in the words of the service that was asked.
///
/// Source: the error codes of the SNS API reference, `Publish`, `PublishBatch` and `CreateTopic`, and of the SQS API
/// reference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The HTTP status of the answer, 400 to 499: every refusal is the sender's to mend.
    pub status: StatusCode,
    /// The service's code, such as `InvalidParameter`.
    pub code: &'static str,
    /// A sentence for the sender.
    pub message: String,
}

impl Refusal {
    /// A parameter that breaks a rule: 400 `InvalidParameter`.
    pub fn invalid(reason: impl fmt::Display) -> Self {
        Self::bad_request("InvalidParameter", format!("Invalid parameter: {reason}"))
    }

    /// A refusal with status 400 and a code of its own.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// The topic is not here: 404 `NotFound`.
    pub fn unknown_topic() -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "NotFound", message: "Topic does not exist".to_owned() }
    }

    /// The queue is not here: 400 `QueueDoesNotExist`.
    pub fn unknown_queue() -> Self {
        Self::bad_request("QueueDoesNotExist", "The specified queue does not exist.")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}
