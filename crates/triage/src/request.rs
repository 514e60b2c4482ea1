//! An HTTP request, out of whichever event API Gateway or a function URL made of it.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use dispatch_core::text::without_values;

/// The parts that triage reads.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// By lower-case name.
    headers: HashMap<String, String>,
    /// The bytes that were sent: signatures are made over these.
    pub body: Vec<u8>,
}

/// An event that is no HTTP request. Its text goes to the log, so it holds nothing that was sent.
#[derive(Debug, thiserror::Error)]
#[error("the event is no HTTP request: {0}")]
pub struct NoRequest(String);

/// What payload 2.0, function URLs and REST proxy events have in common.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    headers: Option<HashMap<String, Option<String>>>,
    #[serde(default)]
    multi_value_headers: Option<HashMap<String, Vec<String>>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

impl Request {
    /// Reads an event: payload 2.0 or 1.0, plain or base64.
    ///
    /// # Errors
    /// [`NoRequest`] when it is neither, or its body is not the base64 that it says.
    pub fn read(event: Value) -> Result<Self, NoRequest> {
        if !event.is_object() || event.get("requestContext").is_none() {
            return Err(NoRequest("requestContext is missing".to_owned()));
        }
        let event: Event = serde_json::from_value(event).map_err(|error| NoRequest(without_values(&error)))?;
        let body = event.body.unwrap_or_default();
        let body = match event.is_base64_encoded {
            Some(true) => STANDARD.decode(body.trim()).map_err(|error| NoRequest(format!("body: {error}")))?,
            _ => body.into_bytes(),
        };
        let single = event.headers.into_iter().flatten().filter_map(|(name, value)| Some((name, value?)));
        let several = event.multi_value_headers.into_iter().flatten();
        let last = several.filter_map(|(name, mut values)| Some((name, values.pop()?)));
        let headers = last.chain(single).map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Ok(Request { headers, body })
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A field of the form in the body; `None` when the body is no form or lacks it.
    pub fn field(&self, name: &str) -> Option<String> {
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&self.body).ok()?;
        fields.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_event_gives_the_same_request() {
        let body = "payload=%7B%7D";
        let context = json!({});
        let events = [
            json!({ "version": "2.0", "requestContext": context, "headers": { "x-a": "1" }, "body": body }),
            json!({ "requestContext": context, "headers": { "X-A": "1" }, "body": STANDARD.encode(body), "isBase64Encoded": true }),
            json!({ "requestContext": context, "headers": null, "multiValueHeaders": { "X-a": ["0", "1"] }, "body": body, "httpMethod": "POST" }),
        ];
        for event in events {
            let request = Request::read(event).unwrap();
            assert_eq!((request.header("x-a"), request.body.as_slice()), (Some("1"), body.as_bytes()));
            assert_eq!(request.field("payload").as_deref(), Some("{}"));
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let context = json!({});
        for event in [
            json!(null),
            json!({}),
            json!({ "Records": [] }),
            json!({ "requestContext": context, "body": 5 }),
            json!({ "requestContext": context, "body": "%", "isBase64Encoded": true }),
        ] {
            assert!(Request::read(event.clone()).is_err(), "{event}");
        }
    }

    #[test]
    fn the_reason_holds_nothing_that_was_sent() {
        for event in [
            json!({ "requestContext": {}, "headers": "planted-secret" }),
            json!({ "requestContext": {}, "headers": { "x-a": ["planted-secret"] }, "isBase64Encoded": "planted-secret" }),
            json!({ "requestContext": {}, "body": "planted-secret", "isBase64Encoded": true }),
        ] {
            let error = Request::read(event.clone()).unwrap_err().to_string();
            assert!(!error.contains("planted"), "{error}");
        }
    }
}
