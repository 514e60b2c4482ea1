//! One address for SNS and SQS, as a stand-in for all of AWS has it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::post;

use super::{Topic, guard, sns, sqs};

/// Room for the largest batch with every byte percent-encoded, and for a message that is refused as too long
/// in AWS's words rather than cut off.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Serves `POST /` for one topic and its queues, to be merged with whatever else the listener serves.
///
/// Of SNS it answers `Publish`, `PublishBatch`, `CreateTopic`, `GetTopicAttributes`, `ListTopics` and
/// `ListSubscriptionsByTopic`; of SQS `GetQueueUrl`, `GetQueueAttributes`, `ListQueues`,
/// `ListDeadLetterSourceQueues`, `SendMessage`, `ReceiveMessage`, `DeleteMessage` and
/// `ChangeMessageVisibility`. Requests from other sites' pages are refused, see [`guard`].
pub fn router(topic: Topic) -> Router {
    Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(guard::own_pages_only))
        .with_state(topic)
}

/// SQS names its action in a header, SNS in its form.
async fn answer(State(topic): State<Topic>, headers: HeaderMap, body: Bytes) -> Response {
    match headers.contains_key(sqs::TARGET) {
        true => sqs::answer(&topic, &headers, &body).await,
        false => sns::answer(&topic, &body),
    }
}
