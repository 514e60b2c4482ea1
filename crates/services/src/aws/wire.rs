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
use http::Response;
use reqwest::Request;
use tokio::time::timeout;

use crate::http::{Http, Repeat, Verdict};

const CALL: &str = "aws";

/// Sends one request, once, within `limit`.
#[derive(Clone, Debug)]
struct Wire {
    http: Http,
    limit: Option<Duration>,
}

/// A way for the SDK to send through `http`, which should try once.
pub(super) fn client(http: Http) -> SharedHttpClient {
    http_client_fn(move |settings, _| SharedHttpConnector::new(Wire { http: http.clone(), limit: limit(settings) }))
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
        // The SDK judges replies, and decides on repeats.
        let reply = self.http.send(CALL, request, Repeat::OnlyIfNotActedOn, |_| Verdict::Fine).await;
        let reply = reply.map_err(|failed| ConnectorError::io(failed.into()))?;
        let mut response = Response::new(SdkBody::from(reply.body));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
    }
}
