//! The way to S3, which creates (`If-None-Match`) and swaps (`If-Match`) by itself.
//!
//! `object_store` speaks S3's language and signs; sending, repeating and waiting is [`Http`]'s.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
//!
//! It needs a general purpose bucket, and the rights `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on
//! the objects and `s3:ListBucket` on the bucket; without the last, S3 says of an object that is not there
//! that looking at it is forbidden.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use dispatch_engine::ports::Failed;
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;
use object_store::{
    ClientOptions, CredentialProvider, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AwsCredential, S3ConditionalPut},
    client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService},
};
use reqwest::Request;
use tokio::sync::Mutex;

use crate::{
    aws::Aws,
    http::{Http, Policy, Repeat, Reply, Verdict},
};

const CALL: &str = "s3";
const POLICY: Policy = Policy {
    connect: Duration::from_secs(2),
    call: Duration::from_secs(5),
    tries: 3,
    total: Duration::from_secs(8),
    wait_max: Duration::from_secs(1),
    backoff: Duration::from_millis(100),
};
/// Until another write to the same object is through.
const CONFLICT: Duration = Duration::from_millis(50);
/// Until S3 has made room, when it does not say.
const SLOW_DOWN: Duration = Duration::from_millis(400);
/// Credentials are replaced this long before they expire.
const SPARE: Duration = Duration::from_secs(60);

/// Opens a bucket; calls nobody yet.
///
/// # Errors
/// What is expected instead.
pub(super) fn open(bucket: &str, aws: &Aws) -> Result<AmazonS3, String> {
    let region = aws.region().ok_or("AWS_REGION beside it, because it is a bucket")?;
    let provider = aws.sdk().credentials_provider().ok_or("credentials of AWS beside it, because it is a bucket")?;
    let http = aws.http().under(POLICY);
    let endpoint = aws.endpoint("AWS_ENDPOINT_URL_S3");
    // Certificates of S3 cover one label before their domain, and stand-ins are reached by address.
    let virtual_host = endpoint.is_none() && !bucket.contains('.');
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_credentials(Arc::new(Keys { provider, held: Mutex::new(None) }))
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        // One object a request, whose status says what came of it; in bulk, the body says so.
        .with_disable_bulk_delete(true)
        .with_virtual_hosted_style_request(virtual_host)
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
        .with_http_connector(Wire(http));
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(true);
    }
    builder.build().map_err(|error| format!("a bucket ({error})"))
}

/// Sends `object_store`'s requests.
#[derive(Clone, Debug)]
struct Wire(Http);

impl HttpConnector for Wire {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let repeat = if request.method() == Method::GET { Repeat::Freely } else { Repeat::OnlyIfNotActedOn };
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let request = Request::try_from(http::Request::from_parts(parts, body))
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error.without_url()))?;
        let reply = self.0.send(CALL, request, repeat, judge).await;
        let reply = reply.map_err(|failed| HttpError::new(HttpErrorKind::Unknown, failed))?;
        let mut response = Response::new(reply.body.into());
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    }
}

/// Lets through what says something about the object, and names the rest.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn judge(reply: &Reply) -> Verdict {
    let code = code(&reply.body);
    let reason = || code.map_or_else(|| format!("status {}", reply.status.as_u16()), str::to_owned);
    let slow_down = || reply.retry_after().or(Some(SLOW_DOWN));
    match reply.status {
        StatusCode::NOT_FOUND if code == Some("NoSuchBucket") => Verdict::Busy { reason: reason(), wait: None },
        StatusCode::NOT_MODIFIED | StatusCode::NOT_FOUND | StatusCode::PRECONDITION_FAILED => Verdict::Fine,
        status if status.is_success() => Verdict::Fine,
        // Another write to the same object came in at the same time, and this one was not done.
        StatusCode::CONFLICT => Verdict::Busy { reason: reason(), wait: Some(CONFLICT) },
        StatusCode::TOO_MANY_REQUESTS => Verdict::Busy { reason: reason(), wait: slow_down() },
        StatusCode::SERVICE_UNAVAILABLE if code == Some("SlowDown") => {
            Verdict::Busy { reason: reason(), wait: slow_down() }
        }
        status if status.is_server_error() => Verdict::Unsure(reason()),
        _ if code == Some("RequestTimeout") => Verdict::Unsure(reason()),
        // Rights, credentials, the region, the clock: an operator can mend them all.
        _ => Verdict::Busy { reason: reason(), wait: None },
    }
}

fn code(body: &[u8]) -> Option<&str> {
    let text = str::from_utf8(body).ok()?;
    let (code, _) = text.split_once("<Code>")?.1.split_once("</Code>")?;
    Some(code).filter(|code| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The SDK's credentials, kept for as long as they are good.
#[derive(Debug)]
struct Keys {
    provider: SharedCredentialsProvider,
    held: Mutex<Option<(Arc<AwsCredential>, Option<SystemTime>)>>,
}

#[async_trait]
impl CredentialProvider for Keys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut held = self.held.lock().await;
        match held.as_ref() {
            Some((key, None)) => return Ok(Arc::clone(key)),
            Some((key, Some(until))) if *until > SystemTime::now() + SPARE => return Ok(Arc::clone(key)),
            _ => {}
        }
        let found = self.provider.provide_credentials().await.map_err(|error| {
            let failed = Failed::Busy { call: CALL, reason: error.to_string(), wait: None };
            object_store::Error::Generic { store: "S3", source: failed.into() }
        })?;
        let key = Arc::new(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
        });
        *held = Some((Arc::clone(&key), found.expiry()));
        Ok(key)
    }
}
