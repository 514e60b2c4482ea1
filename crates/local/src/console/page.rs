//! The page's own files, compiled in: it works without internet.

use axum::{
    Router,
    http::{HeaderName, header},
    routing::get,
};

use super::Console;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Everything comes from this server or not at all, and nothing is written into the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Path, kind and text of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("page/index.html")),
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/panes.css", CSS, include_str!("page/panes.css")),
    ("/app.js", SCRIPT, include_str!("page/app.js")),
    ("/alarms.js", SCRIPT, include_str!("page/alarms.js")),
    ("/blocks.js", SCRIPT, include_str!("page/blocks.js")),
    ("/clock.js", SCRIPT, include_str!("page/clock.js")),
    ("/form.js", SCRIPT, include_str!("page/form.js")),
    ("/github.js", SCRIPT, include_str!("page/github.js")),
    ("/live.js", SCRIPT, include_str!("page/live.js")),
    ("/mrkdwn.js", SCRIPT, include_str!("page/mrkdwn.js")),
    ("/pagerduty.js", SCRIPT, include_str!("page/pagerduty.js")),
    ("/parts.js", SCRIPT, include_str!("page/parts.js")),
    ("/publish.js", SCRIPT, include_str!("page/publish.js")),
    ("/slack.js", SCRIPT, include_str!("page/slack.js")),
    ("/view.js", SCRIPT, include_str!("page/view.js")),
];

pub(super) fn routes() -> Router<Console> {
    FILES.iter().fold(Router::new(), |router, (path, kind, text)| {
        let headers: [(HeaderName, &str); 4] = [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        router.route(path, get(move || async move { (headers, *text) }))
    })
}
