//! The way to triage, as API Gateway would lead it there.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use dispatch_simulator::fake::{Fakes, Webhook};
use dispatch_triage::Triage;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::errands::Errands;

/// Where clicks and forms go.
const INTERACTIVITY: &str = "/slack/interactivity";
/// Where webhooks go.
const WEBHOOK: &str = "/webhook";

/// What triage answers to an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status; 500 when the function gave none.
    pub status: u16,
    /// The media type of the body.
    pub kind: String,
    /// The body.
    pub body: String,
    /// The version of triage, when it was asked for by a ping.
    pub version: Option<String>,
}

/// Asks `triage`; `turns` moves when it has answered.
pub(super) async fn ask(
    triage: &Triage,
    turns: &watch::Sender<u64>,
    body: &[u8],
    headers: &[(String, String)],
) -> Answer {
    let headers: BTreeMap<_, _> = headers.iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    let path = if headers.contains_key("x-slack-signature") { INTERACTIVITY } else { WEBHOOK };
    let event = json!({
        "version": "2.0",
        "routeKey": format!("POST {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": { "http": { "method": "POST", "path": path } },
        "body": STANDARD.encode(body),
        "isBase64Encoded": true,
    });
    let response = triage.handle(event).await;
    turns.send_modify(|turns| *turns += 1);
    let text = |pointer| response.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = response.get("statusCode").and_then(Value::as_u64);
    Answer {
        status: code.and_then(|code| u16::try_from(code).ok()).unwrap_or(500),
        kind: text("/headers/content-type"),
        body: text("/body"),
        version: response.pointer("/headers/x-dispatch-version").and_then(Value::as_str).map(str::to_owned),
    }
}

/// Has GitHub and PagerDuty tell triage what people do there. What fails is not sent again.
pub(super) fn open_to_webhooks(fakes: &Fakes, triage: &Triage, turns: &watch::Sender<u64>, errands: &Errands) {
    let receiver = || {
        let (triage, turns, errands) = (triage.clone(), turns.clone(), errands.clone());
        move |webhook: Webhook| {
            let (triage, turns) = (triage.clone(), turns.clone());
            errands.run(async move {
                let Answer { status, .. } = ask(&triage, &turns, webhook.body.as_bytes(), &webhook.headers).await;
                if status != 200 {
                    tracing::warn!(status, "a webhook was not taken");
                }
            });
        }
    };
    fakes.github.on_webhook(receiver());
    fakes.pagerduty.on_webhook(receiver());
}
