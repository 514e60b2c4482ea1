//! `Publish` and `PublishBatch`.

use std::collections::{BTreeMap, HashSet};

use super::form::Form;
use super::{check_arn, xml};
use crate::aws::publication::SIZE_MAX;
use crate::aws::{Attribute, Publication, Refusal, Topic};

/// The most messages in a batch. Source: SNS API reference, `PublishBatch`.
const ENTRIES_MAX: usize = 10;

/// Publishes one message.
pub(super) fn one(topic: &Topic, form: &Form) -> Result<String, Refusal> {
    if form.text("PhoneNumber").is_some() {
        return Err(Refusal::invalid("PhoneNumber Reason: there are no telephones here"));
    }
    let target = form.text("TopicArn").or_else(|| form.text("TargetArn"));
    check_arn(topic, target, "TopicArn or TargetArn")?;
    let publication = read(form)?;
    Ok(xml::element("MessageId", topic.publish(&publication).as_str()))
}

/// Publishes up to ten messages. What is wrong with the batch refuses it whole; what is wrong with one entry
/// fails that entry alone.
pub(super) fn batch(topic: &Topic, form: &Form) -> Result<String, Refusal> {
    check_arn(topic, form.text("TopicArn"), "TopicArn")?;
    let entries = form.list("PublishBatchRequestEntries.member");
    check_batch(&entries)?;
    let (mut failed, mut successful) = (String::new(), String::new());
    for entry in &entries {
        let id = xml::element("Id", entry.text("Id").unwrap_or_default());
        match read(entry) {
            Ok(publication) => {
                let message_id = xml::element("MessageId", topic.publish(&publication).as_str());
                successful += &format!("<member>{message_id}{id}</member>");
            }
            Err(refusal) => {
                let (code, message) = (xml::element("Code", refusal.code), xml::element("Message", &refusal.message));
                failed += &format!("<member>{id}{code}{message}<SenderFault>true</SenderFault></member>");
            }
        }
    }
    Ok(format!("<Failed>{failed}</Failed><Successful>{successful}</Successful>"))
}

fn check_batch(entries: &[Form]) -> Result<(), Refusal> {
    let refuse = |code, message: &str| Err(Refusal::bad_request(code, message));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    }
    if entries.len() > ENTRIES_MAX {
        return refuse("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
    }
    let ids: Vec<&str> = entries.iter().map(|entry| entry.text("Id").unwrap_or_default()).collect();
    if !ids.iter().all(|id| is_entry_id(id)) {
        return refuse(
            "InvalidBatchEntryId",
            "The Id of a batch entry in a batch request doesn't abide by the specification.",
        );
    }
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        return refuse("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
    }
    // A single long message fails alone, as an entry; only together are they too long for a batch.
    let lengths = entries.iter().map(|entry| entry.text("Message").unwrap_or_default().len());
    if entries.len() > 1 && lengths.sum::<usize>() > SIZE_MAX {
        return refuse("BatchRequestTooLong", "The length of all the messages put together is more than the limit.");
    }
    Ok(())
}

/// Source: SNS API reference, `PublishBatchRequestEntry`.
fn is_entry_id(id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=80).contains(&id.len()) && id.chars().all(allowed)
}

/// Reads what `Publish` and an entry of `PublishBatch` have in common.
fn read(form: &Form) -> Result<Publication, Refusal> {
    let message = form.text("Message").unwrap_or_default();
    let publication = match form.text("MessageStructure") {
        None => Publication::new(message),
        Some("json") => Publication::structured(message)?,
        Some(_) => return Err(Refusal::invalid("MessageStructure")),
    };
    if form.text("MessageDeduplicationId").is_some() {
        let reason = "MessageDeduplicationId Reason: only topics that keep the order take it, and this one does not";
        return Err(Refusal::invalid(reason));
    }
    let publication = Publication {
        subject: form.text("Subject").map(str::to_owned),
        attributes: attributes(form)?,
        group: form.text("MessageGroupId").map(str::to_owned),
        ..publication
    };
    publication.check()?;
    Ok(publication)
}

fn attributes(form: &Form) -> Result<BTreeMap<String, Attribute>, Refusal> {
    let mut attributes = BTreeMap::new();
    for entry in form.list("MessageAttributes.entry") {
        let field = |name| entry.text(name).unwrap_or_default().to_owned();
        let data_type = field("Value.DataType");
        let value = if data_type.starts_with("Binary") { "Value.BinaryValue" } else { "Value.StringValue" };
        let attribute = Attribute { data_type, value: field(value) };
        let name = field("Name");
        if attributes.insert(name.clone(), attribute).is_some() {
            let message = format!("The message attribute '{name}' is there twice.");
            return Err(Refusal::bad_request("ParameterValueInvalid", message));
        }
    }
    Ok(attributes)
}
