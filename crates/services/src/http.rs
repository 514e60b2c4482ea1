//! The one HTTP client: connections, time-outs, repeats and waits for every outside service.
//!
//! A service's own file says what a reply means (a [`Verdict`]) and whether a second sending harms
//! (a [`Repeat`]); everything else is decided here. Redirects are followed by hand, because a client
//! that turns a redirected POST into a GET would report an issue that was never opened.

use std::{
    error::Error as _,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use dispatch_engine::ports::Failed;
use http::{HeaderMap, Method, StatusCode, header};
use jiff::Timestamp;
use reqwest::{Client, ClientBuilder, Request, redirect};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time::{Instant, sleep, timeout};
use url::{Host, Url};

use self::outcome::{Next, NoReply, Outcome};

mod outcome;
#[cfg(test)]
mod tests;

const USER_AGENT: &str = concat!("dispatch/", env!("CARGO_PKG_VERSION"));
/// A renamed repository answers with one redirect; more than a few are a loop.
const HOPS_MAX: u32 = 3;
/// Below what servers and load balancers allow, so that a connection is rarely found dead.
const IDLE: Duration = Duration::from_secs(20);

/// Sends requests to outside services. Cheap to clone; all clones share one connection pool.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    /// Asks no proxy: stand-ins on this machine are behind none. Made when it is first needed.
    direct: Arc<OnceLock<Client>>,
    policy: Policy,
}

/// How long and how often a call is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// One whole try: from connecting to the last byte of the reply.
    pub call: Duration,
    /// Tries in all; at least one is made.
    pub tries: u32,
    /// All tries and the waits between them.
    pub total: Duration,
    /// The longest wait inside a call. A service that asks for more is [`Failed::Busy`].
    pub wait_max: Duration,
    /// What the first wait is chosen below; it doubles with each try.
    pub backoff: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            connect: Duration::from_secs(2),
            call: Duration::from_secs(8),
            tries: 3,
            total: Duration::from_secs(20),
            wait_max: Duration::from_secs(5),
            backoff: Duration::from_millis(250),
        }
    }
}

/// When a call may be sent a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Whenever no clear answer came: reads, edits, and whatever the service deduplicates.
    Freely,
    /// Only when the service certainly did not act on the first: creations.
    OnlyIfNotActedOn,
}

/// A complete reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Bytes,
}

/// What a reply means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The caller reads it.
    Fine,
    /// Never to be repeated; the service's own code or sentence.
    Refused(String),
    /// The service did not act, and may do so later.
    Busy {
        /// The service's own code or sentence.
        reason: String,
        /// How long it asked for. `None` takes a `Retry-After` header. Without one, a status of 429
        /// is tried again after a short wait, and anything else is given back at once: it waits for
        /// an operator.
        wait: Option<Duration>,
    },
    /// The service may have acted or not.
    Unsure(String),
}

/// The client cannot be built; says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HTTP cannot be used: {0}")]
pub struct Unusable(String);

impl Http {
    /// A client with the usual [`Policy`].
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, Unusable> {
        Self::with_policy(Policy::default())
    }

    /// A client with its own policy and its own connections.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn with_policy(policy: Policy) -> Result<Self, Unusable> {
        let client = builder(&policy)?.build().map_err(|error| Unusable(cause(&error)))?;
        Ok(Http { client, direct: Arc::default(), policy })
    }

    /// The client that leads to `url`.
    fn towards(&self, url: &Url) -> &Client {
        let is_here = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if !is_here {
            return &self.client;
        }
        let direct = || builder(&self.policy).ok()?.no_proxy().build().ok();
        self.direct.get_or_init(|| direct().unwrap_or_else(|| self.client.clone()))
    }

    /// Sends, repeats within the policy, and classifies. `call` names service and call in errors
    /// and logs, such as `slack chat.postMessage`.
    ///
    /// # Errors
    /// [`Failed::Refused`] and [`Failed::Busy`] as `judge` says, and [`Failed::Busy`] too when no
    /// connection came about. [`Failed::Unreachable`] when the service may have acted all the same.
    pub async fn send(
        &self,
        call: &'static str,
        request: Request,
        repeat: Repeat,
        judge: impl Fn(&Reply) -> Verdict,
    ) -> Result<Reply, Failed> {
        let start = Instant::now();
        let deadline = start + self.policy.total;
        let mut tries = 1;
        loop {
            let outcome = self.attempt(&request, deadline, &judge).await;
            let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::debug!(call, status = outcome.status(), tries, ms);
            let wait = match outcome.next(repeat) {
                Next::Return(reply) => return Ok(reply),
                Next::Fail(failure) => return Err(failure.of(call)),
                Next::Again { failure, wait } => {
                    let wait = wait.unwrap_or_else(|| self.backoff(tries));
                    // A try that is cut short could turn a clear answer into none.
                    let late = Instant::now() + wait + self.policy.connect.min(self.policy.call) > deadline;
                    if tries >= self.policy.tries || wait > self.policy.wait_max || late {
                        return Err(failure.of(call));
                    }
                    wait
                }
            };
            sleep(wait).await;
            tries += 1;
        }
    }

    /// One try, redirects included.
    async fn attempt(&self, request: &Request, deadline: Instant, judge: &impl Fn(&Reply) -> Verdict) -> Outcome {
        let limit = self.policy.call.min(deadline.saturating_duration_since(Instant::now()));
        let reply = timeout(limit, self.exchange(request)).await.unwrap_or_else(|_| {
            let reason = format!("no reply within {} ms", limit.as_millis());
            Err(NoReply { reason, sent: true })
        });
        match reply {
            Ok(reply) => {
                let verdict = judge(&reply);
                Outcome::Judged(reply, verdict)
            }
            Err(lost) => Outcome::Lost(lost),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, NoReply> {
        let mut next = copy(request)?;
        for _ in 0..HOPS_MAX {
            let this = copy(&next)?;
            let reply = self.once(this).await?;
            match redirected(&next, &reply) {
                Some(url) => *next.url_mut() = url,
                None => return Ok(reply),
            }
        }
        self.once(next).await
    }

    async fn once(&self, request: Request) -> Result<Reply, NoReply> {
        let url = request.url().clone();
        let mut response = self.towards(&url).execute(request).await.map_err(|error| {
            let sent = !error.is_connect() && !error.is_builder();
            NoReply { reason: cause(&error), sent }
        })?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = response.bytes().await.map_err(|error| NoReply { reason: cause(&error), sent: true })?;
        Ok(Reply { status, headers, body })
    }

    /// Full jitter: anything up to a bound that doubles, so that many callers do not return at once.
    fn backoff(&self, tries: u32) -> Duration {
        let bound = self.policy.backoff.saturating_mul(1 << (tries - 1).min(16)).min(self.policy.wait_max);
        bound.mul_f64(rand::random::<f64>())
    }
}

impl Reply {
    /// The wait that `Retry-After` asks for, in either of its two forms.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        Some(self.until(http_date(text)?))
    }

    /// The wait until `then` by the service's own clock; zero when that is past.
    pub fn until(&self, then: Timestamp) -> Duration {
        let date = self.header(header::DATE.as_str()).and_then(http_date);
        let now = date.unwrap_or_else(Timestamp::now);
        then.duration_since(now).try_into().unwrap_or(Duration::ZERO)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Verdict {
    /// What a status means when nothing more is known of the service.
    pub fn of_status(reply: &Reply) -> Self {
        let reason = format!("status {}", reply.status.as_u16());
        match reply.status {
            status if status.is_success() => Verdict::Fine,
            StatusCode::TOO_MANY_REQUESTS => Verdict::Busy { reason, wait: reply.retry_after() },
            StatusCode::REQUEST_TIMEOUT => Verdict::Unsure(reason),
            status if status.is_server_error() => Verdict::Unsure(reason),
            _ => Verdict::Refused(reason),
        }
    }
}

fn builder(policy: &Policy) -> Result<ClientBuilder, Unusable> {
    Ok(Client::builder()
        .tls_backend_preconfigured(tls()?)
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .connect_timeout(policy.connect)
        .pool_idle_timeout(IDLE))
}

/// TLS for every client of this process: *ring*, and Mozilla's roots compiled in, because reading a
/// system's certificates would cost each cold start.
///
/// # Errors
/// When the provider and the protocol versions do not fit together.
pub fn tls() -> Result<ClientConfig, Unusable> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Where the same request goes next; `None` when this reply is the answer.
///
/// A POST is sent again only where the status promises that nothing was done and the method stays.
/// Another origin is never followed: it would be handed the credentials.
fn redirected(request: &Request, reply: &Reply) -> Option<Url> {
    let keeps_method = match reply.status {
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => request.method() != Method::POST,
        _ => false,
    };
    let url = request.url().join(reply.header(header::LOCATION.as_str())?).ok()?;
    (keeps_method && url.origin() == request.url().origin()).then_some(url)
}

fn copy(request: &Request) -> Result<Request, NoReply> {
    request.try_clone().ok_or_else(|| NoReply { reason: "the body can be read only once".to_owned(), sent: false })
}

/// The innermost cause, which says most and holds no address.
fn cause(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else {
        return if error.is_timeout() { "timed out".to_owned() } else { "the request failed".to_owned() };
    };
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
