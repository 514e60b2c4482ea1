//! What is asked about queues: `GetQueueUrl`, `GetQueueAttributes`, `ListQueues`, `ListDeadLetterSourceQueues`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Queues;
use crate::aws::{ACCOUNT, Queue, Refusal};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Named {
    queue_name: String,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Url {
    queue_url: String,
}

pub(super) fn url(queues: &Queues, Named { queue_name, owner }: Named) -> Result<Url, Refusal> {
    if owner.is_some_and(|owner| owner != ACCOUNT) {
        return Err(Refusal::unknown_queue());
    }
    Ok(Url { queue_url: queues.url(queues.named(&queue_name)?) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Wanted {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attributes {
    attributes: BTreeMap<&'static str, String>,
}

/// Attributes that a queue may have on AWS and has not here.
/// Source: SQS API reference, `GetQueueAttributes`.
const ABSENT: &[&str] = &[
    "ContentBasedDeduplication",
    "CreatedTimestamp",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "LastModifiedTimestamp",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
];

pub(super) fn attributes(queues: &Queues, wanted: &Wanted) -> Result<Attributes, Refusal> {
    let mut known = known(queues.find(&wanted.queue_url)?);
    let is_known = |name: &str| name == "All" || known.contains_key(name) || ABSENT.contains(&name);
    if let Some(unknown) = wanted.attribute_names.iter().find(|name| !is_known(name)) {
        return Err(Refusal::bad_request("InvalidAttributeName", format!("Unknown Attribute {unknown}.")));
    }
    let all = wanted.attribute_names.iter().any(|name| name == "All");
    known.retain(|name, _| all || wanted.attribute_names.iter().any(|wanted| wanted == name));
    Ok(Attributes { attributes: known })
}

fn known(queue: &Queue) -> BTreeMap<&'static str, String> {
    let (visible, hidden) = queue.visible_and_hidden();
    let settings = queue.settings();
    let mut known = BTreeMap::from([
        ("QueueArn", queue.arn().to_owned()),
        ("ApproximateNumberOfMessages", visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", hidden.to_string()),
        ("ApproximateNumberOfMessagesDelayed", "0".to_owned()),
        ("VisibilityTimeout", settings.visibility.as_secs().to_string()),
    ]);
    if let Some(dead) = queue.dead() {
        let policy = json!({ "deadLetterTargetArn": dead.arn(), "maxReceiveCount": settings.max_receives });
        known.insert("RedrivePolicy", policy.to_string());
    }
    known
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Listed {
    queue_name_prefix: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Urls {
    queue_urls: Vec<String>,
}

pub(super) fn list(queues: &Queues, listed: Listed) -> Result<Urls, Refusal> {
    let prefix = listed.queue_name_prefix.unwrap_or_default();
    let found = queues.all.iter().filter(|queue| queue.name().starts_with(&prefix));
    Ok(Urls { queue_urls: found.map(|queue| queues.url(queue)).collect() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Of {
    queue_url: String,
}

/// In this answer alone SQS begins the name with a small letter.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sources {
    queue_urls: Vec<String>,
}

pub(super) fn sources(queues: &Queues, of: &Of) -> Result<Sources, Refusal> {
    let dead = queues.find(&of.queue_url)?;
    let leads_here = |queue: &&Queue| queue.dead().is_some_and(|other| other.arn() == dead.arn());
    Ok(Sources { queue_urls: queues.all.iter().filter(leads_here).map(|queue| queues.url(queue)).collect() })
}
