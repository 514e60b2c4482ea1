//! The console: one page that shows a town live, and lets people play along.
//!
//! It shares its port with the topic and its queues: `POST /` is SNS and SQS, `GET /` is the page. What the page shows
//! and posts is described in `state.rs` and `actions.rs`.

mod actions;
mod page;
mod state;
#[cfg(test)]
mod tests;
mod timers;

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{
        AppendHeaders, IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use dispatch_simulator::aws::{self, guard};
use futures::{Stream, stream};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

pub use self::state::{aws_line, redrive_line, send_line};
use crate::town::{Answer, Town};

/// What the page's server works on.
#[derive(Clone, Debug)]
struct Console {
    town: Arc<Town>,
    /// The address of the page and the topic, without a slash at the end.
    address: Arc<str>,
    version: watch::Sender<u64>,
}

/// Serves the page, the topic and its queues until it fails.
///
/// # Errors
/// When the listener fails.
pub async fn serve(town: Arc<Town>, listener: TcpListener) -> std::io::Result<()> {
    let address = format!("http://{}", listener.local_addr()?);
    let version = watch::Sender::new(0);
    // Ends with this function: dropping the set stops its tasks.
    let _watching = watch_all(&town, &version);
    let console = Console { town: town.clone(), address: address.into(), version };
    axum::serve(listener, router(console)).await
}

fn router(console: Console) -> Router {
    let own = page::routes()
        .merge(actions::routes())
        .route("/api/state", get(state::show))
        .route("/api/changes", get(changes))
        .layer(middleware::from_fn(guard::own_pages_only));
    // These come from outside, through a tunnel; their signature is their guard.
    let from_outside = Router::new().route("/slack/interactivity", post(signed)).route("/webhook", post(signed));
    let aws = aws::router(console.town.topic.clone());
    own.merge(from_outside).with_state(console).merge(aws)
}

/// Counts `version` up whenever anything in the town changes.
fn watch_all(town: &Town, version: &watch::Sender<u64>) -> JoinSet<()> {
    let fakes = &town.fakes;
    let sources = [
        fakes.github.changes(),
        fakes.slack.changes(),
        fakes.pagerduty.changes(),
        town.urgent.changes(),
        town.alarms.changes(),
        town.changes(),
    ];
    let mut watching = JoinSet::new();
    for mut source in sources {
        let version = version.clone();
        watching.spawn(async move {
            while source.changed().await.is_ok() {
                version.send_modify(|version| *version += 1);
            }
        });
    }
    watching
}

/// Says whenever the state is to be fetched again; at once for a start.
async fn changes(State(console): State<Console>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut receiver = console.version.subscribe();
    receiver.mark_changed();
    let events = stream::unfold(receiver, |mut receiver| async move {
        receiver.changed().await.ok()?;
        let version = *receiver.borrow_and_update();
        Some((Ok(Event::default().data(version.to_string())), receiver))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// A click, a form or a webhook: from a fake, or through a tunnel from the real service.
async fn signed(State(console): State<Console>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    let headers: Vec<_> = headers.iter().filter_map(text).collect();
    let Answer { status, kind, body, version } = console.town.ask(&body, &headers).await;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let version = version.map(|version| [("x-dispatch-version", version)]);
    (status, [(header::CONTENT_TYPE, kind)], AppendHeaders(version.into_iter().flatten()), body)
}
