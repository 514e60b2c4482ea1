//! The SNS API over HTTP: what `aws sns publish` and the SDKs speak.
//!
//! The protocol is AWS's query protocol: a form in, XML out. Signatures are not verified, so any key will do,
//! and so will none (`--no-sign-request`).
//! Source: SNS API reference, version 2010-03-31.

mod form;
mod publish;
mod xml;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::StatusCode;

use self::form::Form;
use super::{ACCOUNT, Refusal, Topic, guard};

/// Room for the largest batch with every byte percent-encoded, and for a message that is refused as too long
/// in SNS's words rather than cut off.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Serves `POST /` for one topic, to be merged with whatever else the listener serves.
///
/// Answers `Publish`, `PublishBatch`, `CreateTopic`, `GetTopicAttributes` and `ListTopics`. Requests from other
/// sites' pages are refused, see [`guard`].
pub fn router(topic: Topic) -> Router {
    Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(guard::own_pages_only))
        .with_state(topic)
}

async fn answer(State(topic): State<Topic>, body: Bytes) -> Response {
    let form = Form::parse(&body);
    match act(&topic, &form) {
        Ok((action, result)) => xml::success(action, &result),
        Err(refusal) => {
            tracing::debug!(%refusal, "request refused");
            xml::failure(&refusal)
        }
    }
}

/// Yields the action's name and the XML inside its result.
fn act(topic: &Topic, form: &Form) -> Result<(&'static str, String), Refusal> {
    match form.text("Action").unwrap_or_default() {
        "Publish" => Ok(("Publish", publish::one(topic, form)?)),
        "PublishBatch" => Ok(("PublishBatch", publish::batch(topic, form)?)),
        "CreateTopic" => Ok(("CreateTopic", create(topic, form)?)),
        "GetTopicAttributes" => Ok(("GetTopicAttributes", attributes(topic, form)?)),
        "ListTopics" => Ok(("ListTopics", list(topic))),
        "" => Err(Refusal::bad_request("MissingAction", "The request has no Action.")),
        other => Err(Refusal::bad_request("InvalidAction", format!("The action {other} is not served here."))),
    }
}

/// Refuses every topic but this one.
fn check_arn(topic: &Topic, arn: Option<&str>, parameter: &str) -> Result<(), Refusal> {
    match arn {
        None => Err(Refusal::invalid(format!("{parameter} Reason: no value for required parameter"))),
        Some(arn) if arn == topic.arn() => Ok(()),
        Some(arn) if arn.split(':').count() == 6 && arn.starts_with("arn:") => Err(Refusal::unknown_topic()),
        Some(_) => Err(Refusal::invalid(format!("{parameter} Reason: it is no topic's ARN"))),
    }
}

/// Creating the topic that is here changes nothing, as on AWS. There is room for no other: a publisher whose
/// topic nobody listens to would never learn of it.
fn create(topic: &Topic, form: &Form) -> Result<String, Refusal> {
    match form.text("Name") {
        Some(name) if name == topic.name() => Ok(xml::element("TopicArn", topic.arn())),
        Some(name) if is_topic_name(name) => Err(Refusal {
            status: StatusCode::FORBIDDEN,
            code: "TopicLimitExceeded",
            message: format!("There is one topic here: {}", topic.arn()),
        }),
        _ => Err(Refusal::invalid("Topic Name")),
    }
}

fn is_topic_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=256).contains(&name.len()) && name.chars().all(allowed)
}

fn attributes(topic: &Topic, form: &Form) -> Result<String, Refusal> {
    check_arn(topic, form.text("TopicArn"), "TopicArn")?;
    let attributes = [
        ("DisplayName", String::new()),
        ("Owner", ACCOUNT.to_owned()),
        ("SubscriptionsConfirmed", topic.subscriptions().to_string()),
        ("SubscriptionsDeleted", "0".to_owned()),
        ("SubscriptionsPending", "0".to_owned()),
        ("TopicArn", topic.arn().to_owned()),
    ];
    let entry = |(key, value): (&str, String)| xml::element("key", key) + &xml::element("value", &value);
    let entries: String = attributes.into_iter().map(|a| format!("<entry>{}</entry>", entry(a))).collect();
    Ok(format!("<Attributes>{entries}</Attributes>"))
}

fn list(topic: &Topic) -> String {
    format!("<Topics><member>{}</member></Topics>", xml::element("TopicArn", topic.arn()))
}

#[cfg(test)]
mod tests;
