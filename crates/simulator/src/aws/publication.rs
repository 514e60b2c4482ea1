//! What somebody publishes, and SNS's rules for it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Refusal;

/// The most bytes of a message, its text and its attributes together.
/// Source: SNS API reference, `Publish`.
pub(super) const SIZE_MAX: usize = 262_144;

/// The most characters of a subject: "less than 100 characters long".
/// Source: SNS API reference, `Publish`, `Subject`.
const SUBJECT_CHARS_MAX: usize = 99;

/// The most characters of a message group's name.
/// Source: SNS API reference, `Publish`, `MessageGroupId`.
const GROUP_CHARS_MAX: usize = 128;

/// One message as its publisher hands it to a topic.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Publication {
    /// The text for every subscriber without one of its own; never empty.
    pub message: String,
    /// Texts for one kind of subscriber, by protocol: `sqs`, `lambda`. Source: `MessageStructure=json`.
    pub by_protocol: BTreeMap<String, String>,
    /// A headline of at most 99 characters in one line.
    pub subject: Option<String>,
    /// Facts beside the text, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// The group that a queue shares its attention by (a fair queue's `MessageGroupId`).
    pub group: Option<String>,
}

/// A fact beside a message's text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// `String`, `String.Array`, `Number` or `Binary`, optionally with a `.label` behind it.
    pub data_type: String,
    /// The value; base64 for a binary one.
    pub value: String,
}

impl Publication {
    /// A message that is its text alone.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Reads a message that holds one text for each protocol, as `MessageStructure=json` asks for.
    ///
    /// # Errors
    /// [`Refusal`] when `message` is no JSON object or lacks a text under `default`.
    pub fn structured(message: &str) -> Result<Self, Refusal> {
        let unreadable = || Refusal::invalid("Message Structure - JSON message body failed to parse");
        let Ok(Value::Object(texts)) = serde_json::from_str(message) else {
            return Err(unreadable());
        };
        let mut by_protocol: BTreeMap<String, String> = texts
            .into_iter()
            .filter_map(|(protocol, text)| match text {
                Value::String(text) => Some((protocol, text)),
                _ => None,
            })
            .collect();
        let Some(message) = by_protocol.remove("default") else {
            return Err(Refusal::invalid("Message Structure - No default entry in JSON message body"));
        };
        Ok(Self { message, by_protocol, ..Self::default() })
    }

    /// The text for a kind of subscriber, such as `sqs`.
    pub fn text_for(&self, protocol: &str) -> &str {
        self.by_protocol.get(protocol).unwrap_or(&self.message)
    }

    /// The bytes that count against 262,144: texts, and names, types and values of attributes.
    pub fn size(&self) -> usize {
        let texts = self.message.len() + self.by_protocol.values().map(String::len).sum::<usize>();
        let attributes = self.attributes.iter().map(|(name, a)| name.len() + a.data_type.len() + a.value.len());
        texts + attributes.sum::<usize>()
    }

    /// Holds the publication against SNS's rules.
    ///
    /// # Errors
    /// [`Refusal`] that names the first rule broken.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.message.is_empty() {
            return Err(Refusal::invalid("Empty message"));
        }
        if self.size() > SIZE_MAX {
            return Err(Refusal::invalid("Message too long"));
        }
        if self.subject.as_deref().is_some_and(|subject| !is_subject(subject)) {
            return Err(Refusal::invalid("Subject"));
        }
        if self.group.as_deref().is_some_and(|group| !is_group(group)) {
            return Err(Refusal::invalid("MessageGroupId"));
        }
        self.attributes.iter().try_for_each(|(name, attribute)| check_attribute(name, attribute))
    }
}

fn is_subject(subject: &str) -> bool {
    let length = subject.chars().count();
    (1..=SUBJECT_CHARS_MAX).contains(&length) && !subject.chars().any(char::is_control)
}

fn is_group(group: &str) -> bool {
    (1..=GROUP_CHARS_MAX).contains(&group.len()) && group.chars().all(|c| c.is_ascii_graphic())
}

/// Source: SNS developer guide, "Message attributes": names of letters, digits, `_`, `-` and `.`, not led,
/// ended or doubled by a dot, and not in the vendor's own space.
fn is_attribute_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let lower = name.to_ascii_lowercase();
    (1..=256).contains(&name.len())
        && name.chars().all(allowed)
        && !(name.starts_with('.') || name.ends_with('.') || name.contains(".."))
        && !(lower.starts_with("aws.") || lower.starts_with("amazon."))
}

fn check_attribute(name: &str, attribute: &Attribute) -> Result<(), Refusal> {
    let invalid = |message| Err(Refusal::bad_request("ParameterValueInvalid", message));
    if !is_attribute_name(name) {
        return invalid(format!("Invalid message attribute name: {name}"));
    }
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    if !matches!(kind, "String" | "Number" | "Binary") {
        return invalid(format!("The message attribute '{name}' has an invalid message attribute type."));
    }
    if attribute.value.is_empty() {
        return invalid(format!("The message attribute '{name}' must contain a non-empty value."));
    }
    if kind == "Number" && attribute.value.parse::<f64>().is_err() {
        return invalid(format!("Could not cast message attribute '{name}' value to number."));
    }
    if kind == "Binary" && STANDARD.decode(&attribute.value).is_err() {
        return invalid(format!("The message attribute '{name}' value is not base64."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(publication: &Publication) -> Option<&'static str> {
        publication.check().err().map(|refusal| refusal.code)
    }

    #[test]
    fn texts_and_subjects_have_limits() {
        let full = "x".repeat(SIZE_MAX);
        let with_subject = |subject: &str| Publication { subject: Some(subject.to_owned()), ..Publication::new("x") };
        let table = [
            (Publication::new("x"), None),
            (Publication::new(""), Some("InvalidParameter")),
            (Publication::new(full.clone()), None),
            (Publication::new(full + "x"), Some("InvalidParameter")),
            (with_subject("Disk full"), None),
            (with_subject(&"é".repeat(99)), None),
            (with_subject(&"é".repeat(100)), Some("InvalidParameter")),
            (with_subject(""), Some("InvalidParameter")),
            (with_subject("two\nlines"), Some("InvalidParameter")),
            (Publication { group: Some("team a".to_owned()), ..Publication::new("x") }, Some("InvalidParameter")),
        ];
        for (publication, expected) in table {
            assert_eq!(refused(&publication), expected, "{:?} {}", publication.subject, publication.size());
        }
    }

    #[test]
    fn attributes_have_names_types_and_values() {
        let table = [
            ("kind", "String", "x", true),
            ("kind", "String.Array", "[\"x\"]", true),
            ("kind", "Number", "1.5e3", true),
            ("kind", "Binary.png", "iVBO", true),
            ("kind", "Number", "many", false),
            ("kind", "Binary", "not base64!", false),
            ("kind", "Boolean", "true", false),
            ("kind", "String", "", false),
            ("a..b", "String", "x", false),
            ("AWS.kind", "String", "x", false),
            ("", "String", "x", false),
        ];
        for (name, data_type, value, fine) in table {
            let attribute = Attribute { data_type: data_type.to_owned(), value: value.to_owned() };
            let publication =
                Publication { attributes: BTreeMap::from([(name.to_owned(), attribute)]), ..Publication::new("x") };
            let expected = (!fine).then_some("ParameterValueInvalid");
            assert_eq!(refused(&publication), expected, "{name} {data_type} {value}");
        }
    }

    #[test]
    fn attributes_count_against_the_size() {
        let attribute = Attribute { data_type: "String".to_owned(), value: "x".to_owned() };
        let publication = Publication {
            attributes: BTreeMap::from([("kind".to_owned(), attribute)]),
            ..Publication::new("x".repeat(SIZE_MAX - 10))
        };
        assert_eq!(publication.size(), SIZE_MAX + 1);
        assert_eq!(refused(&publication), Some("InvalidParameter"));
    }

    #[test]
    fn a_structured_message_has_one_text_for_each_protocol() {
        let publication = Publication::structured(r#"{"default": "d", "sqs": "q", "email": 7}"#).unwrap();
        assert_eq!((publication.text_for("sqs"), publication.text_for("lambda")), ("q", "d"));
        assert_eq!(publication.text_for("email"), "d");
        for wrong in ["text", "[]", r#"{"sqs": "q"}"#, r#"{"default": {"a": 1}}"#] {
            assert_eq!(Publication::structured(wrong).unwrap_err().code, "InvalidParameter", "{wrong}");
        }
    }
}
