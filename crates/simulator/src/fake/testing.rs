//! What the tests of the fakes share: a client, and short ways to ask.

use std::sync::Once;

use reqwest::{Client, ClientBuilder, Method, RequestBuilder};
use serde_json::Value;

/// A client without any retry of its own.
pub(crate) fn client() -> Client {
    builder().user_agent("dispatch-tests").build().unwrap()
}

/// A client that does not say who it is.
pub(crate) fn nameless_client() -> Client {
    builder().build().unwrap()
}

fn builder() -> ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().unwrap();
    });
    // No certificates: nothing here speaks TLS, and reading those of the system takes a while.
    Client::builder().tls_certs_only([])
}

/// Sends, and reads the status and the JSON of the answer; `Null` when it is not JSON.
pub(crate) async fn ask(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// A request to GitHub with the usual headers.
pub(crate) fn github(fake: &super::Github, method: Method, path: &str) -> RequestBuilder {
    let token = super::github::Settings::default().token;
    client()
        .request(method, format!("{}{path}", fake.url()))
        .header("accept", "application/vnd.github+json")
        .bearer_auth(token)
}

/// A JSON call to Slack.
pub(crate) fn slack(fake: &super::Slack, method: &str, arguments: &Value) -> RequestBuilder {
    client()
        .post(format!("{}/{method}", fake.api_url()))
        .bearer_auth(super::slack::Settings::default().bot_token)
        .header("content-type", "application/json; charset=utf-8")
        .body(arguments.to_string())
}

/// A request to PagerDuty's REST API with the usual headers.
pub(crate) fn pagerduty(fake: &super::PagerDuty, method: Method, path: &str) -> RequestBuilder {
    let key = super::pagerduty::Settings::default().api_key;
    client()
        .request(method, format!("{}{path}", fake.url()))
        .header("accept", "application/vnd.pagerduty+json;version=2")
        .header("authorization", format!("Token token={key}"))
        .header("from", "dispatch@example.com")
}
