//! The server that all fakes share: accepting, reading, routing, dropping.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, State};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use http::{Method, Request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::call::{Answer, Call};
use super::world::{Act, Route, Service, World};

/// Larger bodies are cut off: no vendor takes more from us than 512 KB.
const BODY_MAX_BYTES: usize = 8 * 1024 * 1024;

/// Accepts connections until it is aborted, which also ends the connections.
pub(super) async fn serve<S: Service>(listener: TcpListener, world: Arc<World<S>>) {
    let router = router(&world);
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, or a peer that left at once: others may still come.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let router = router.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| hand_over(router.clone(), request));
            // An error here is a peer that left, or a connection that a fault drops.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Marks a response that must not be sent: the connection is to be dropped instead.
#[derive(Clone)]
struct Dropped;

/// Serves a request in a task of its own, because what a vendor has begun does not end when the caller hangs up.
async fn hand_over(router: Router, request: Request<hyper::body::Incoming>) -> io::Result<Response> {
    let served = tokio::spawn(router.oneshot(request.map(Body::new)));
    match served.await {
        Ok(Ok(response)) if response.extensions().get::<Dropped>().is_none() => Ok(response),
        _ => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

fn router<S: Service>(world: &Arc<World<S>>) -> Router {
    let mut router = Router::new();
    for Route { method, path, operation, act } in S::routes() {
        let filter = MethodFilter::try_from(method).unwrap_or(MethodFilter::GET);
        let handler = move |State(world): State<Arc<World<S>>>, params: RawPathParams, request: Request<Body>| {
            receive(world, operation, act, pairs(&params), request)
        };
        router = router.route(path, on(filter, handler));
    }
    let nowhere = |State(world): State<Arc<World<S>>>, request: Request<Body>| elsewhere(world, request);
    router.fallback(nowhere).method_not_allowed_fallback(nowhere).with_state(Arc::clone(world))
}

/// Serves a path that is no operation: a page for people, or the vendor's refusal.
async fn elsewhere<S: Service>(world: Arc<World<S>>, request: Request<Body>) -> Response {
    let page = (request.method() == Method::GET).then(|| world.state().page(request.uri().path())).flatten();
    match page {
        Some(html) => Answer::new(200, html)
            .with_header("content-type", "text/html; charset=utf-8")
            .with_header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
            .into_response(),
        None => receive(world, "", |_, call| Err(S::unknown(call)), Vec::new(), request).await,
    }
}

/// Reads the request and turns the answer into a response.
async fn receive<S: Service>(
    world: Arc<World<S>>,
    operation: &'static str,
    act: Act<S>,
    params: Vec<(String, String)>,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX_BYTES).await else {
        return Answer::new(413, "").into_response();
    };
    let call = Call {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
        params,
        now: world.clock.now(),
    };
    match world.serve(operation, act, call).await {
        Some(answer) => answer.into_response(),
        None => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Dropped);
            response
        }
    }
}

fn pairs(params: &RawPathParams) -> Vec<(String, String)> {
    params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
