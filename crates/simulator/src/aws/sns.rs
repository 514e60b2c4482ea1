//! The SNS API over HTTP: what `aws sns publish` and the SDKs speak.
//!
//! The protocol is AWS's query protocol: a form in, XML out. Signatures are not verified, so any key will do,
//! and so will none (`--no-sign-request`).
//! Source: SNS API reference, version 2010-03-31.

mod form;
mod publish;
mod xml;

use axum::response::Response;
use http::StatusCode;

use self::form::Form;
use super::{ACCOUNT, Queue, Refusal, Topic};

/// Answers one request.
pub(super) fn answer(topic: &Topic, body: &[u8]) -> Response {
    let form = Form::parse(body);
    match act(topic, &form) {
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
        "ListSubscriptionsByTopic" => Ok(("ListSubscriptionsByTopic", subscriptions(topic, form)?)),
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

/// The subscriptions, so many at a time. Source: SNS API reference, `ListSubscriptionsByTopic`.
fn subscriptions(topic: &Topic, form: &Form) -> Result<String, Refusal> {
    const PAGE: usize = 100;
    check_arn(topic, form.text("TopicArn"), "TopicArn")?;
    let from = match form.text("NextToken").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(from)) if from < topic.subscriptions() => from,
        Some(_) => return Err(Refusal::invalid("NextToken")),
    };
    let member = |(arn, queue): (&str, &Queue)| {
        let fields = [
            ("TopicArn", topic.arn()),
            ("Protocol", "sqs"),
            ("SubscriptionArn", arn),
            ("Owner", ACCOUNT),
            ("Endpoint", queue.arn()),
        ];
        let fields: String = fields.iter().map(|(name, text)| xml::element(name, text)).collect();
        format!("<member>{fields}</member>")
    };
    let members: String = topic.subscribed().skip(from).take(PAGE).map(member).collect();
    let more = from + PAGE < topic.subscriptions();
    let next = if more { xml::element("NextToken", &(from + PAGE).to_string()) } else { String::new() };
    Ok(format!("<Subscriptions>{members}</Subscriptions>{next}"))
}

#[cfg(test)]
mod tests;
