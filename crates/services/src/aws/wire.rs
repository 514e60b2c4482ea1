//! The AWS SDK's requests, sent through [`Http`].

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
        http_client_fn,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use http::{Response, StatusCode};
use reqwest::Request;
use serde::Deserialize;
use tokio::time::timeout;

use crate::http::{Http, Repeat, Reply, Verdict};

/// What a service is given when it is called too often and names no time.
const SLOW_DOWN: Duration = Duration::from_millis(400);

/// Sends requests under the name of `call`, each within `limit`.
#[derive(Clone, Debug)]
struct Wire {
    http: Http,
    call: &'static str,
    repeat: Repeat,
    judge: fn(&Reply) -> Verdict,
    limit: Option<Duration>,
}

/// A way for the SDK to send through `http`, whose policy takes the place of the SDK's own.
pub(super) fn freely(http: Http, call: &'static str) -> SharedHttpClient {
    client(Wire { http, call, repeat: Repeat::Freely, judge, limit: None })
}

/// A way for the search for credentials, which judges and repeats for itself: `http` should try once.
#[cfg(feature = "profiles")]
pub(super) fn once(http: Http) -> SharedHttpClient {
    let judge = |_: &Reply| Verdict::Fine;
    client(Wire { http, call: "aws credentials", repeat: Repeat::OnlyIfNotActedOn, judge, limit: None })
}

fn client(wire: Wire) -> SharedHttpClient {
    http_client_fn(move |settings, _| SharedHttpConnector::new(Wire { limit: limit(settings), ..wire.clone() }))
}

/// What the SDK allows; the search for credentials allows little, because most places have none.
fn limit(settings: &HttpConnectorSettings) -> Option<Duration> {
    Some(settings.connect_timeout()? + settings.read_timeout()?)
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            let exchange = wire.exchange(request);
            match wire.limit {
                Some(limit) => timeout(limit, exchange).await.map_err(|late| ConnectorError::timeout(late.into()))?,
                None => exchange.await,
            }
        })
    }
}

impl Wire {
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().ok_or_else(|| ConnectorError::user("a body that is not at hand".into()))?.to_vec();
        let request = http::Request::from_parts(parts, body);
        let request = Request::try_from(request).map_err(|error| ConnectorError::user(error.without_url().into()))?;
        let reply = self.http.send(self.call, request, self.repeat, self.judge).await;
        let reply = reply.map_err(|failed| ConnectorError::io(failed.into()))?;
        let mut response = Response::new(SdkBody::from(reply.body));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// Picks out what another try can help; whatever else is said, the SDK reads.
///
/// The codes are those that its own standard mode repeats:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn judge(reply: &Reply) -> Verdict {
    const LIMITS: [&str; 4] = ["Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown"];
    if reply.status.is_success() {
        return Verdict::Fine;
    }
    let code = code(reply);
    let reason = || code.clone().unwrap_or_else(|| format!("status {}", reply.status.as_u16()));
    let is_code = |known: &str| code.as_deref().is_some_and(|code| code.contains(known));
    match reply.status {
        status if status == StatusCode::TOO_MANY_REQUESTS || LIMITS.iter().any(|known| is_code(known)) => {
            Verdict::Busy { reason: reason(), wait: reply.retry_after().or(Some(SLOW_DOWN)) }
        }
        status if status.is_server_error() || is_code("RequestTimeout") => Verdict::Unsure(reason()),
        _ => Verdict::Fine,
    }
}

/// The code of an error, in XML or JSON.
fn code(reply: &Reply) -> Option<String> {
    #[derive(Deserialize)]
    struct Told {
        #[serde(alias = "code")]
        __type: String,
    }
    let in_xml = || {
        let text = str::from_utf8(&reply.body).ok()?;
        Some(text.split_once("<Code>")?.1.split_once("</Code>")?.0.to_owned())
    };
    let in_json = || Some(serde_json::from_slice::<Told>(&reply.body).ok()?.__type);
    let code = in_json().or_else(in_xml)?;
    // Some services put their name before it.
    let code = code.rsplit('#').next()?;
    Some(code.to_owned()).filter(|code| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_and_trouble_are_told_from_what_the_sdk_reads() {
        let busy = |reason: &str| Verdict::Busy { reason: reason.to_owned(), wait: Some(SLOW_DOWN) };
        let unsure = |reason: &str| Verdict::Unsure(reason.to_owned());
        let rows = [
            (200, "{}", Verdict::Fine),
            (400, r#"{"__type":"ThrottlingException","message":"x"}"#, busy("ThrottlingException")),
            (400, r#"{"__type":"com.amazonaws.kms#ThrottlingException"}"#, busy("ThrottlingException")),
            (400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", busy("Throttling")),
            (429, "", busy("status 429")),
            (503, "<Code>SlowDown</Code>", busy("SlowDown")),
            (500, r#"{"__type":"KMSInternalException"}"#, unsure("KMSInternalException")),
            (503, "<html>", unsure("status 503")),
            (400, r#"{"__type":"RequestTimeout"}"#, unsure("RequestTimeout")),
            (400, r#"{"__type":"InvalidCiphertextException"}"#, Verdict::Fine),
            (403, "<Code>AuthorizationError</Code>", Verdict::Fine),
            (400, r#"{"message":"Throttling"}"#, Verdict::Fine),
        ];
        for (status, body, verdict) in rows {
            let status = StatusCode::from_u16(status).unwrap();
            let reply = Reply { status, headers: http::HeaderMap::new(), body: body.into() };
            assert_eq!(judge(&reply), verdict, "{status} {body}");
        }
    }
}
