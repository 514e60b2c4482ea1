//! Connections: TLS, proxies, and where a request may go.

use std::{
    error::Error as _,
    sync::{Arc, OnceLock},
};

use http::{Method, StatusCode, header};
use reqwest::{Client, ClientBuilder, Request, redirect};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::{Host, Url};

use super::{Policy, Reply, outcome::NoReply};

pub(super) const USER_AGENT: &str = concat!("dispatch/", env!("CARGO_PKG_VERSION"));
/// A renamed repository answers with one redirect; more than a few are a loop.
const HOPS_MAX: u32 = 3;
/// Below what servers and load balancers allow, so that a connection is rarely found dead.
const IDLE: std::time::Duration = std::time::Duration::from_secs(20);

/// The client cannot be built; says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HTTP cannot be used: {0}")]
pub struct Unusable(String);

/// Connections, pooled. Cheap to clone; all clones share them.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    client: Client,
    /// Asks no proxy: stand-ins on this machine are behind none. Made when it is first needed.
    direct: Arc<OnceLock<Client>>,
    policy: Policy,
}

impl Connections {
    pub(super) fn new(policy: &Policy) -> Result<Self, Unusable> {
        let client = builder(policy)?.build().map_err(|error| Unusable(cause(&error)))?;
        Ok(Connections { client, direct: Arc::default(), policy: policy.clone() })
    }

    /// The client that leads to `url`.
    fn towards(&self, url: &Url) -> &Client {
        if !is_here(url) {
            return &self.client;
        }
        let direct = || builder(&self.policy).ok()?.no_proxy().build().ok();
        self.direct.get_or_init(|| direct().unwrap_or_else(|| self.client.clone()))
    }

    /// Sends once, and follows redirects by hand: a client that turns a redirected POST into a GET
    /// would report an issue that was never opened.
    pub(super) async fn exchange(&self, request: &Request) -> Result<Reply, NoReply> {
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

    /// Asks for nothing, which leaves the connection open for whoever asks for something.
    pub(super) async fn greet(&self, url: Url) -> Result<Reply, NoReply> {
        self.once(Request::new(Method::HEAD, url)).await
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
}

/// Whether an address is on this machine.
pub(crate) fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether what is sent there is read by nobody on the way: through TLS, or not leaving the machine. The
/// credentials of a machine on AWS come from a link-local address, which has no TLS.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>
pub(super) fn is_private(url: &Url) -> bool {
    let is_metadata = matches!(url.host(), Some(Host::Ipv4(address)) if address.is_link_local());
    url.scheme() == "https" || is_here(url) || is_metadata
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

fn builder(policy: &Policy) -> Result<ClientBuilder, Unusable> {
    Ok(Client::builder()
        .tls_backend_preconfigured(tls()?)
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .connect_timeout(policy.connect)
        .pool_idle_timeout(IDLE))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_where_others_could_read_it() {
        let private = ["https://h", "http://localhost:1", "http://127.9.9.9", "http://[::1]", "http://169.254.169.254"];
        for url in private {
            assert!(is_private(&url.parse().unwrap()), "{url}");
        }
        for url in ["http://h", "http://a.localhost", "http://10.0.0.1", "http://[fe80::1]", "http://localhost.h"] {
            assert!(!is_private(&url.parse().unwrap()), "{url}");
        }
    }

    /// From where, how, and where a redirect leads; whether the token goes with it.
    #[test]
    fn a_redirect_stays_at_its_origin() {
        let rows = [
            ("GET", 301, "/there", true),
            ("GET", 302, "https://h/there", true),
            ("GET", 302, "https://h:443/there", true),
            ("POST", 307, "https://h/there", true),
            ("POST", 308, "/there", true),
            ("PATCH", 301, "/there", true),
            ("POST", 301, "/there", false),
            ("POST", 302, "/there", false),
            ("GET", 303, "/there", false),
            ("GET", 200, "/there", false),
            ("GET", 302, "https://h:444/there", false),
            ("GET", 302, "http://h/there", false),
            ("GET", 302, "https://other/there", false),
            ("GET", 302, "//other/there", false),
            ("GET", 302, "https://h.other/there", false),
            ("GET", 302, "https://h@other/there", false),
            ("POST", 307, "https://other/there", false),
            ("GET", 302, "file:///there", false),
        ];
        for (method, status, to, follows) in rows {
            let request = Request::new(method.parse().unwrap(), "https://h/here".parse().unwrap());
            let headers = [(header::LOCATION, to.parse().unwrap())].into_iter().collect();
            let status = StatusCode::from_u16(status).unwrap();
            let reply = Reply { status, headers, body: bytes::Bytes::new() };
            assert_eq!(redirected(&request, &reply).is_some(), follows, "{method} {status} {to}");
        }
    }
}
