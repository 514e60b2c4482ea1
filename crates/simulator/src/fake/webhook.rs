//! Webhooks of GitHub and PagerDuty: the requests that they would send, signed as they would sign them.
//!
//! What a webhook says is made by the method `webhook` of either fake. When somebody does something by hand, whoever
//! asked for it ([`Fake::on_webhook`](super::Fake::on_webhook)) gets it. Nothing is sent there: that is for the
//! receiver, to a function directly or with [`Webhook::send`].
//!
//! Deliberately absent: subscriptions, deliveries that are tried again, TLS.

use std::io;

use axum::body::Body;
use http::Request;
use http::header::HOST;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ring::hmac;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A request as a service would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// JSON, or a form with a field `payload`.
    pub body: String,
    /// By lower-case name: `content-type`, the signature, and what else the service sends.
    pub headers: Vec<(String, String)>,
    signature: Signature,
}

/// How a service signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) header: &'static str,
    pub(super) prefix: &'static str,
}

impl Webhook {
    pub(super) fn new(payload: &Value, headers: &[(&str, &str)], signature: Signature, secret: &str) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let hook = Self { body: payload.to_string(), headers, signature };
        hook.with("content-type", JSON.to_owned()).signed(&[secret])
    }

    /// The same, signed with these secrets instead, as while one takes the place of another.
    #[must_use]
    pub fn signed(self, secrets: &[&str]) -> Self {
        let Signature { header, prefix } = self.signature;
        let sign = |secret: &&str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            format!("{prefix}{}", hex::encode(hmac::sign(&key, self.body.as_bytes())))
        };
        let signatures: Vec<_> = secrets.iter().map(sign).collect();
        self.with(header, signatures.join(","))
    }

    /// The same as a form, which is the other content type that GitHub offers. Sign it again.
    #[must_use]
    pub fn as_form(mut self) -> Self {
        self.body = serde_urlencoded::to_string([("payload", &self.body)]).unwrap_or_default();
        self.with("content-type", FORM.to_owned())
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn with(mut self, name: &str, value: String) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value));
        self
    }

    /// Posts it to an `http://` address, and returns the status of the answer.
    ///
    /// # Errors
    /// When the address is none, or nobody answers there.
    pub async fn send(&self, address: &str) -> io::Result<u16> {
        let url = Url::parse(address).map_err(io::Error::other)?;
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let stream = TokioIo::new(TcpStream::connect((host, port)).await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
        let mut request = Request::post(url.path()).header(HOST, format!("{host}:{port}"));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body.clone())).map_err(io::Error::other)?;
        let answer = async {
            let answer = sender.send_request(request).await.map(|answer| answer.status().as_u16());
            drop(sender);
            answer
        };
        // The connection moves what is sent and received, so both are waited for.
        let (answer, _) = tokio::join!(answer, connection);
        answer.map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GITHUB: Signature = Signature { header: "x-hub-signature-256", prefix: "sha256=" };

    /// The example of GitHub's page "Validating webhook deliveries".
    #[test]
    fn the_signature_is_githubs() {
        let mut hook = Webhook::new(&json!({}), &[("x-github-event", "ping")], GITHUB, "");
        hook.body = "Hello, World!".to_owned();
        let hook = hook.signed(&["It's a Secret to Everybody"]);
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(hook.header("x-hub-signature-256"), Some(signature));
        assert_eq!(hook.headers.len(), 3, "{hook:?}");
    }

    #[test]
    fn there_is_one_signature_for_each_secret() {
        let hook = Webhook::new(&json!({}), &[], GITHUB, "one");
        let one = hook.header(GITHUB.header).unwrap().to_owned();
        let both = hook.signed(&["other", "one"]);
        assert!(both.header(GITHUB.header).unwrap().ends_with(&format!(",{one}")));
    }
}
