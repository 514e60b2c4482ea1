//! Keeps web pages of other sites away from a server on loopback.
//!
//! A page in the visitor's browser can post forms to any address, loopback included, and a name of its own
//! that resolves to loopback would even let it read the answers (DNS rebinding). Command lines and SDKs send
//! no `Origin` and address the server by a loopback name, so neither rule is in their way.

use std::net::IpAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode};

/// A layer for [`axum::middleware::from_fn`]: answers 403 to a request for a host that is no loopback name,
/// and to one that would change something on behalf of another site's page.
pub async fn own_pages_only(request: Request, next: Next) -> Response {
    match check(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(reason) => (StatusCode::FORBIDDEN, reason).into_response(),
    }
}

fn check(method: &Method, headers: &HeaderMap) -> Result<(), &'static str> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !host.parse().is_ok_and(|host| is_loopback(&host)) {
        return Err("Address this server as 127.0.0.1 or localhost.\n");
    }
    let own = |origin: &str| origin.strip_prefix("http://").is_some_and(|origin| origin.eq_ignore_ascii_case(host));
    let foreign = headers.get_all(ORIGIN).iter().any(|origin| !origin.to_str().is_ok_and(own));
    if foreign && !method.is_safe() {
        return Err("Pages of other sites may not do this.\n");
    }
    Ok(())
}

fn is_loopback(host: &Authority) -> bool {
    let name = host.host().trim_end_matches('.').to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: &Method, host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        check(method, &headers).is_ok()
    }

    #[test]
    fn only_loopback_names_are_served() {
        let ours = ["127.0.0.1:4100", "127.9.9.9", "localhost:4100", "LOCALHOST", "a.localhost:1", "[::1]:4100"];
        let others =
            ["example.com", "127.0.0.1.example.com:4100", "localhost.example.com", "10.0.0.1", "[::2]", "", "a b"];
        assert_eq!(ours.map(|host| allowed(&Method::GET, host, None)), [true; 6]);
        assert_eq!(others.map(|host| allowed(&Method::GET, host, None)), [false; 7]);
    }

    #[test]
    fn other_sites_may_not_post() {
        let table = [
            (Method::POST, None, true),
            (Method::POST, Some("http://127.0.0.1:4100"), true),
            (Method::POST, Some("http://127.0.0.1:4101"), false),
            (Method::POST, Some("https://127.0.0.1:4100"), false),
            (Method::POST, Some("http://localhost:4100"), false),
            (Method::POST, Some("http://example.com"), false),
            (Method::POST, Some("null"), false),
            (Method::PUT, Some("http://example.com"), false),
            (Method::GET, Some("http://example.com"), true),
        ];
        for (method, origin, expected) in table {
            assert_eq!(allowed(&method, "127.0.0.1:4100", origin), expected, "{method} {origin:?}");
        }
    }

    #[test]
    fn a_request_without_host_is_refused() {
        assert!(check(&Method::POST, &HeaderMap::new()).is_err());
    }
}
