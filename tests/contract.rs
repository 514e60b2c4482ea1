//! Holds what Dispatch sent against what the vendors say they accept.
//!
//! [`check`] takes recorded requests and returns what is wrong with them, one line each. It knows the vendors' OpenAPI
//! files in `tests/fixtures/contracts` (where they come from and what was changed in them is said in each file beside
//! `x-handwritten`), and the rules that those files do not hold: who says who they are and how, Slack's limits of
//! Block Kit, and the lengths that GitHub and PagerDuty refuse to go beyond.
//!
//! Stricter than the vendors: a field, parameter or block that the contract does not name is a finding, although the
//! vendors ignore it, because it is a slip of ours that nobody would ever notice. A text that Slack would cut or split
//! is a finding, too.
//!
//! Deliberately absent: answers. The fakes are free in what they answer; what Dispatch makes of it is told by stories.

mod block_kit;
mod github;
mod openapi;
mod pagerduty;
mod schema;
mod slack;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::fmt;

use dispatch_simulator::fake::Recorded;
use serde_json::Value;

use openapi::{Contract, Operation};

/// One request as it went over the wire.
#[derive(Debug, Clone)]
pub struct Sent {
    /// `github`, `slack` or `pagerduty`.
    pub service: String,
    /// The method, upper case.
    pub method: String,
    /// The path without the query, as the service sees it: `/api/chat.postMessage`, `/v2/enqueue`.
    pub path: String,
    /// The query as sent, without the question mark; empty when there is none.
    pub query: String,
    /// The headers with lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The body as sent.
    pub body: Vec<u8>,
}

impl From<&Recorded> for Sent {
    fn from(recorded: &Recorded) -> Self {
        Sent {
            service: recorded.service.to_owned(),
            method: recorded.method.clone(),
            path: recorded.path.clone(),
            query: recorded.query.clone(),
            headers: recorded.headers.clone(),
            body: recorded.body.to_vec(),
        }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.service, self.method, self.path)
    }
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What is wrong with these requests: one line each, with the request, the place in it, what was found and what is
/// expected. Empty when all of them keep the contracts.
pub fn check(requests: impl IntoIterator<Item = impl Into<Sent>>) -> Vec<String> {
    let judge = |sent: Sent| {
        let mut findings = Findings::default();
        judge(&sent, &mut findings);
        findings.0.into_iter().map(move |finding| format!("{sent}: {finding}"))
    };
    requests.into_iter().map(Into::into).flat_map(judge).collect()
}

/// The findings about one request.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, place: impl fmt::Display, what: impl fmt::Display) {
        self.0.push(format!("{place}: {what}"));
    }

    /// Adds a finding when the text is too long. Lengths are counted in characters.
    fn within(&mut self, place: &str, text: &str, chars_max: usize) {
        let chars = text.chars().count();
        if chars > chars_max {
            self.add(place, format!("{chars} characters, at most {chars_max} are taken"));
        }
    }
}

fn judge(sent: &Sent, findings: &mut Findings) {
    match sent.service.as_str() {
        "github" => match openapi::github().operation(sent) {
            Some(operation) => github::check(sent, &conforms(openapi::github(), operation, sent, findings), findings),
            None => findings.add("path", "no such operation in the contract"),
        },
        "slack" => slack::check(sent, findings),
        "pagerduty" => {
            let contracts = [openapi::pagerduty_rest(), openapi::pagerduty_events()];
            match contracts.into_iter().find_map(|contract| Some((contract, contract.operation(sent)?))) {
                Some((contract, operation)) => {
                    let request = conforms(contract, operation, sent, findings);
                    pagerduty::check(sent, &request, findings);
                }
                None => findings.add("path", "no such operation in the contract"),
            }
        }
        _ => findings.add("service", "there is no contract for it"),
    }
}

/// A request that was read as its contract says.
struct Request<'a> {
    operation: &'a Operation,
    /// The parameters of the query, in order.
    query: Vec<(String, String)>,
    /// The body; `Null` when there is none or it cannot be read.
    body: Value,
}

/// Checks parameters, content type and body against the operation.
fn conforms<'a>(contract: &Contract, operation: &'a Operation, sent: &Sent, findings: &mut Findings) -> Request<'a> {
    let query = wire::pairs(&sent.query);
    operation.check_parameters(contract, sent, &query, findings);
    let body = operation.check_body(contract, sent, findings).unwrap_or_default();
    Request { operation, query, body }
}
