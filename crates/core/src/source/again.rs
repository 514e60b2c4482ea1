//! Dispatch's own message: another one, published or sent once more under the name that it had. Whoever
//! has seen it under that name knows it again.

use serde::{Deserialize, Serialize};

use super::Letter;

const TYPE: &str = "dispatch:again";

#[derive(Deserialize, Serialize)]
struct Wrapper {
    r#type: String,
    id: String,
    subject: Option<String>,
    text: String,
}

/// A letter that was in a wrapper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwrapped {
    /// As [`Letter::id`].
    pub id: String,
    /// As [`Letter::subject`].
    pub subject: Option<String>,
    /// As [`Letter::text`].
    pub text: String,
}

/// The message that carries `letter` once more.
pub fn again(letter: &Letter<'_>) -> String {
    let wrapper = Wrapper {
        r#type: TYPE.to_owned(),
        id: letter.id.to_owned(),
        subject: letter.subject.map(ToOwned::to_owned),
        text: letter.text.to_owned(),
    };
    serde_json::to_string(&wrapper).unwrap_or_default()
}

/// What [`again`] has wrapped; `None` for any other message.
pub fn unwrap(text: &str) -> Option<Unwrapped> {
    // Most messages are told apart without being read. A list is none: serde would take it for the fields'
    // values in their order.
    let may_be = text.contains(TYPE) && text.trim_start().starts_with('{');
    let wrapper: Wrapper = may_be.then(|| serde_json::from_str(text).ok())??;
    let Wrapper { r#type, id, subject, text } = wrapper;
    (r#type == TYPE && !id.is_empty()).then_some(Unwrapped { id, subject, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrapped_comes_out_as_it_was() {
        let letter = Letter { id: "m-1", subject: Some("s"), text: "\u{0} {\"type\":\"nag\"} ü" };
        let Unwrapped { id, subject, text } = unwrap(&again(&letter)).unwrap();
        assert_eq!((id.as_str(), subject.as_deref(), text.as_str()), (letter.id, letter.subject, letter.text));
    }

    #[test]
    fn anything_else_is_no_wrapper() {
        for text in [
            "",
            "dispatch:again",
            r#"{"type":"nag","text":"dispatch:again"}"#,
            r#"{"type":"dispatch:again","id":"","text":"x"}"#,
            r#"{"type":"dispatch:again","id":1,"text":"x"}"#,
            r#"["dispatch:again","m-1",null,"x"]"#,
        ] {
            assert_eq!(unwrap(text), None, "{text}");
        }
    }
}
