//! `octocrab` on top of [`Http`]: one pool, one policy, and the right token on every request.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use dispatch_core::alarm::Repo;
use dispatch_engine::ports::Failed;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, Full};
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use tower::Service;
use url::Url;

use super::{
    NOTHING,
    auth::{Auth, bearer},
};
use crate::http::{Http, Repeat, Reply, Verdict};

/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>
pub(super) const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28"));
pub(super) const ACCEPT: HeaderValue = HeaderValue::from_static("application/vnd.github+json");

/// Sends calls and hands back replies.
pub(super) struct Wire {
    crab: Octocrab,
    base: Url,
    auth: Arc<Auth>,
}

/// What is to be known of a request on its way through `octocrab`.
#[derive(Clone)]
pub(super) struct Call {
    /// Service and call, such as `github issues.create`.
    pub(super) name: &'static str,
    /// Which repository it concerns; chooses the token.
    pub(super) repo: Repo,
    pub(super) repeat: Repeat,
    pub(super) judge: fn(&Reply) -> Verdict,
}

impl Wire {
    /// Must be called within a Tokio runtime, where `octocrab` keeps its queue.
    pub(super) fn new(http: Http, base: Url, auth: Auth) -> Self {
        let auth = Arc::new(auth);
        let bridge = Bridge { http, auth: Arc::clone(&auth) };
        let Ok(crab) = OctocrabBuilder::new_empty().with_service(bridge).with_auth(AuthState::None).build();
        Wire { crab, base, auth }
    }

    /// The address of something that belongs to a repository.
    ///
    /// # Errors
    /// [`Failed::Refused`] when the names cannot be those of a repository.
    pub(super) fn in_repo(&self, call: &'static str, repo: &Repo, rest: &[&str]) -> Result<Url, Failed> {
        in_repo(&self.base, call, repo, rest)
    }

    /// The address of something that belongs to no repository.
    pub(super) fn at(&self, path: &[&str]) -> Url {
        join(&self.base, path)
    }

    pub(super) async fn send<B: Serialize + Sync>(
        &self,
        call: Call,
        method: Method,
        url: &Url,
        body: Option<&B>,
    ) -> Result<Reply, Failed> {
        let request = http::Request::builder().method(method).uri(url.as_str());
        self.exchange(call, request, body).await
    }

    /// Reads what is at `url`; 304 where that is still the version that the caller knows.
    pub(super) async fn look(&self, call: Call, url: &Url, known: Option<&HeaderValue>) -> Result<Reply, Failed> {
        let mut request = http::Request::builder().method(Method::GET).uri(url.as_str());
        if let Some(version) = known {
            request = request.header(header::IF_NONE_MATCH, version);
        }
        self.exchange(call, request, NOTHING).await
    }

    async fn exchange<B: Serialize + Sync>(
        &self,
        call: Call,
        request: http::request::Builder,
        body: Option<&B>,
    ) -> Result<Reply, Failed> {
        let name = call.name;
        let request = self.crab.build_request(request.extension(call), body).map_err(|error| failed(name, error))?;
        let response = self.crab.execute(request).await.map_err(|error| failed(name, error))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| failed(name, error))?.to_bytes();
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("base", &self.base.as_str()).field("auth", &self.auth).finish_non_exhaustive()
    }
}

/// Where `octocrab` ends and [`Http`] begins.
#[derive(Clone)]
struct Bridge {
    http: Http,
    auth: Arc<Auth>,
}

impl Service<http::Request<OctoBody>> for Bridge {
    type Response = http::Response<Full<Bytes>>;
    type Error = Failed;
    type Future = BoxFuture<'static, Result<Self::Response, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<OctoBody>) -> Self::Future {
        let bridge = self.clone();
        Box::pin(async move {
            let reply = bridge.send(request).await?;
            let mut response = http::Response::new(Full::new(reply.body));
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            Ok(response)
        })
    }
}

impl Bridge {
    async fn send(&self, request: http::Request<OctoBody>) -> Result<Reply, Failed> {
        let (mut parts, body) = request.into_parts();
        let call = parts.extensions.remove::<Call>().ok_or_else(|| unsent("github", "a request without a call"))?;
        let body = body.collect().await.map_err(|error| failed(call.name, error))?.to_bytes();
        dress(&mut parts.headers);

        let signed = |token: &SecretString| {
            let mut parts = parts.clone();
            parts.headers.insert(header::AUTHORIZATION, bearer(call.name, token)?);
            reqwest::Request::try_from(http::Request::from_parts(parts, body.clone()))
                .map_err(|_| unsent(call.name, "the address cannot be used"))
        };
        let token = self.auth.token(&call.repo).await?;
        let is_stale = |reply: &Reply| self.auth.is_renewable() && reply.status == StatusCode::UNAUTHORIZED;
        let judge = |reply: &Reply| if is_stale(reply) { Verdict::Fine } else { (call.judge)(reply) };
        let reply = self.http.send(call.name, signed(&token)?, call.repeat, judge).await?;
        if !is_stale(&reply) {
            return Ok(reply);
        }
        // Nothing was done with a token that was not taken, so even a creation is sent again.
        self.auth.forget(&call.repo, &token).await;
        let token = self.auth.token(&call.repo).await?;
        self.http.send(call.name, signed(&token)?, call.repeat, call.judge).await
    }
}

fn dress(headers: &mut HeaderMap) {
    headers.insert(VERSION.0, VERSION.1);
    headers.insert(header::ACCEPT, ACCEPT);
    // `octocrab` announces an empty body on reads; the client below counts for itself.
    headers.remove(header::CONTENT_LENGTH);
}

/// Reads the body of a reply that was judged fine.
///
/// # Errors
/// [`Failed::Unreachable`]: whatever was asked for may have been done.
pub(super) fn read<T: DeserializeOwned>(call: &'static str, reply: &Reply) -> Result<T, Failed> {
    let unclear = |_| Failed::Unreachable { call, reason: "the reply could not be understood".to_owned() };
    serde_json::from_slice(&reply.body).map_err(unclear)
}

/// `base` may hold a path, as that of GitHub Enterprise Server does.
pub(super) fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// Names of repositories come from messages: only what GitHub allows becomes part of an address.
pub(super) fn in_repo(base: &Url, call: &'static str, repo: &Repo, rest: &[&str]) -> Result<Url, Failed> {
    if !is_name(&repo.owner) || !is_name(&repo.name) {
        return Err(Failed::Refused { call, reason: "no repository can have this name".to_owned() });
    }
    let mut path = vec!["repos", &repo.owner, &repo.name];
    path.extend(rest);
    Ok(join(base, &path))
}

/// Whether GitHub may know an owner, a repository or a team by this name.
pub(super) fn is_name(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !matches!(text, "" | "." | "..") && text.bytes().all(known)
}

fn unsent(call: &'static str, reason: &str) -> Failed {
    Failed::Refused { call, reason: reason.to_owned() }
}

/// What `octocrab` made of a failure below it, or its own, without the texts that it would add.
fn failed(call: &'static str, error: octocrab::Error) -> Failed {
    let own = Failed::Unreachable { call, reason: "the client gave up".to_owned() };
    match error {
        octocrab::Error::Service { source, .. } => source.downcast().map_or(own, |failed| *failed),
        _ => own,
    }
}
