//! What a fake has seen: every request with its answer, and every complaint.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::call::{Answer, Call};

/// One request that a fake received, and what became of it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// `github`, `slack` or `pagerduty`.
    pub service: &'static str,
    /// The vendor's name of the operation (`issues/create`, `chat.postMessage`, `createIncident`); empty when no
    /// operation has this method and path.
    pub operation: &'static str,
    /// The method, upper case.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query as sent, without the question mark; empty when there is none.
    pub query: String,
    /// The headers with lower-case names; a repeated one is joined with commas.
    pub headers: BTreeMap<String, String>,
    /// The body as sent.
    pub body: Bytes,
    /// The status of the answer; `None` while there is none, or for ever when the connection was dropped.
    pub status: Option<u16>,
    /// The headers of the answer, as they were given; empty while there is none.
    pub response_headers: BTreeMap<String, String>,
    /// The body of the answer; empty while there is none.
    pub response_body: Bytes,
    /// Whether a [`Fault`](super::Fault) struck it, so that the answer may be no answer the vendor would give.
    pub faulted: bool,
    /// When it arrived.
    pub at: Timestamp,
}

impl Recorded {
    /// The body as JSON; `Null` when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body of the answer as JSON; `Null` when it is not JSON.
    pub fn response_json(&self) -> Value {
        serde_json::from_slice(&self.response_body).unwrap_or_default()
    }
}

/// The requests and complaints of one fake.
#[derive(Default)]
pub(crate) struct Log {
    requests: Mutex<Vec<Recorded>>,
    violations: Mutex<Vec<String>>,
}

impl Log {
    /// Writes down a request and returns its place.
    pub(crate) fn arrived(&self, service: &'static str, operation: &'static str, call: &Call) -> usize {
        let mut requests = lock(&self.requests);
        requests.push(Recorded {
            service,
            operation,
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.query.clone(),
            headers: call.header_map(),
            body: call.body.clone(),
            status: None,
            response_headers: BTreeMap::new(),
            response_body: Bytes::new(),
            faulted: false,
            at: call.now,
        });
        requests.len() - 1
    }

    /// Marks the request at this place as struck by a fault.
    pub(crate) fn struck(&self, place: usize) {
        if let Some(recorded) = lock(&self.requests).get_mut(place) {
            recorded.faulted = true;
        }
    }

    /// Writes the answer beside the request at this place.
    pub(crate) fn answered(&self, place: usize, answer: &Answer) {
        if let Some(recorded) = lock(&self.requests).get_mut(place) {
            recorded.status = Some(answer.status);
            recorded.response_headers = answer.headers.iter().cloned().collect();
            recorded.response_body = answer.body.clone();
        }
    }

    pub(crate) fn complain(&self, what: String) {
        lock(&self.violations).push(what);
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        lock(&self.requests).clone()
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        lock(&self.violations).clone()
    }
}

/// Locks, also after a panic elsewhere: the fakes' state is plain data that is never left half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
