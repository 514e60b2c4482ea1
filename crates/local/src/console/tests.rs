//! The page's server, asked over HTTP.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use axum::{
    body::Body,
    http::{Method, Request, Response, header},
};
use dispatch_core::{
    alarm::Address,
    notice::{Ask, Form},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt;

use super::*;
use crate::{
    examples::EXAMPLES,
    town::{Options, TOPIC_ARN},
};

const OWN: &str = "127.0.0.1:4100";
/// Longer than anything takes; reached only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the page may post, and an order that would be carried out.
const ACTIONS: &[(&str, &str)] = &[
    ("/api/publish", r#"{"message": "{}"}"#),
    ("/api/slack/click", r#"{"channel": "D1", "ts": "1.1", "user": "jane", "action_id": "yes"}"#),
    ("/api/slack/submit", r#"{"user": "jane", "values": {}}"#),
    ("/api/slack/cancel", r#"{"user": "jane"}"#),
    ("/api/github/close", r#"{"repository": "example-org/alarms", "number": 1}"#),
    ("/api/github/reopen", r#"{"repository": "example-org/alarms", "number": 1}"#),
    ("/api/pagerduty/acknowledge", r#"{"id": "Q1"}"#),
    ("/api/pagerduty/resolve", r#"{"id": "Q1"}"#),
    ("/api/clock/jump", r#"{"seconds": 60}"#),
    ("/api/fault", r#"{"service": "github", "kind": "down"}"#),
];

struct Server {
    town: Arc<Town>,
    router: Router,
    _watching: JoinSet<()>,
}

impl Server {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let town = Arc::new(Town::start(options).await.unwrap());
        let version = watch::Sender::new(0);
        let watching = watch_all(&town, &version);
        let console = Console { town: town.clone(), address: format!("http://{OWN}").into(), version };
        Server { town, router: router(console), _watching: watching }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        timeout(PATIENCE, self.router.clone().oneshot(request)).await.unwrap().unwrap()
    }

    async fn get(&self, path: &str) -> Response<Body> {
        self.send(request(Method::GET, path, &[], "")).await
    }

    /// Posts JSON as the page does; the status and the answer.
    async fn post(&self, path: &str, body: &str) -> (StatusCode, Value) {
        let headers = [("origin", "http://127.0.0.1:4100"), ("content-type", "application/json")];
        let response = self.send(request(Method::POST, path, &headers, body)).await;
        let status = response.status();
        (status, serde_json::from_str(&text(response).await).unwrap_or_default())
    }

    async fn state(&self) -> Value {
        serde_json::from_str(&text(self.get("/api/state").await).await).unwrap()
    }

    /// How much has been published, done and broken so far.
    async fn effects(&self) -> (usize, Value) {
        (self.town.fakes.requests().len(), self.state().await["faults"].clone())
    }
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header(header::HOST, OWN);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = timeout(PATIENCE, response.into_body().collect()).await.unwrap().unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The page's own files on the disk, by name.
fn files() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/page");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.map(|path| (named(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// What stands between `start` and the next quote, everywhere in `text`.
fn quoted<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    text.split(start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn other_sites_pages_and_names_are_refused_wherever_something_is_done() {
    let server = Server::start().await;
    let publish = format!("Action=Publish&TopicArn={TOPIC_ARN}&Message=%7B%7D");
    let acts = ACTIONS.iter().copied().chain([("/", publish.as_str())]);
    let before = server.effects().await;
    for (path, body) in acts {
        for foreign in [
            ("origin", "http://example.com"),
            ("origin", "http://127.0.0.1:4101"),
            ("origin", "null"),
            ("host", "example.com"),
            ("host", "127.0.0.1.example.com:4100"),
        ] {
            let headers = [foreign, ("content-type", "application/json")];
            let response = server.send(request(Method::POST, path, &headers, body)).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path} {foreign:?}");
        }
    }
    server.town.idle().await;
    assert_eq!(server.effects().await, before);
}

#[tokio::test]
async fn nothing_is_shown_under_another_name() {
    let server = Server::start().await;
    let paths = files().into_keys().map(|name| format!("/{name}").replace("index.html", ""));
    for path in paths.chain(["/api/state".to_owned(), "/api/changes".to_owned()]) {
        let response = server.send(request(Method::GET, &path, &[("host", "example.com")], "")).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[test]
fn the_page_posts_to_the_known_actions_and_to_no_others() {
    let scripts: String = files().into_values().collect();
    // The last word may be a variable, as in `/api/github/${verb}`.
    let ends = |c: char| matches!(c, '"' | '`' | '$');
    let used: Vec<_> = scripts.split("/api/").skip(1).filter_map(|rest| rest.split(ends).next()).collect();
    let known: Vec<_> =
        ACTIONS.iter().filter_map(|(path, _)| path.strip_prefix("/api/")).chain(["state", "changes"]).collect();
    for path in &used {
        assert!(known.iter().any(|known| known == path || path.ends_with('/') && known.starts_with(path)), "{path}");
    }
    for path in known {
        assert!(used.iter().any(|used| *used == path || used.ends_with('/') && path.starts_with(used)), "{path}");
    }
}

#[tokio::test]
async fn every_file_is_reached_from_the_page_with_its_type_and_its_policy() {
    let server = Server::start().await;
    let mut seen = BTreeSet::new();
    let mut due = vec!["/".to_owned()];
    while let Some(path) = due.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let response = server.get(&path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let kind = match path.rsplit_once('.') {
            None => "text/html; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some(_) => "text/javascript; charset=utf-8",
        };
        assert_eq!(header("content-type"), kind, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(header("content-security-policy").contains(rule), "{path} lacks {rule}");
        }
        let text = text(response).await;
        due.extend(
            ["href=\"/", "src=\"/", "from \"./"]
                .iter()
                .flat_map(|start| quoted(&text, start))
                .map(|name| format!("/{name}")),
        );
    }
    let files: BTreeSet<_> = files().into_keys().map(|name| format!("/{name}").replace("index.html", "")).collect();
    assert_eq!(seen, files);
}

#[tokio::test]
async fn a_click_that_slack_did_not_sign_is_refused() {
    let server = Server::start().await;
    server.town.publish(EXAMPLES[0].message);
    server.town.idle().await;
    let before = server.effects().await;
    let payload = "payload=%7B%22type%22%3A%22block_actions%22%7D";
    let unsigned = [("content-type", "application/x-www-form-urlencoded")];
    let forged = [unsigned[0], ("x-slack-request-timestamp", "1700000000"), ("x-slack-signature", "v0=00")];
    for headers in [&unsigned[..], &forged] {
        let response = server.send(request(Method::POST, "/slack/interactivity", headers, payload)).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    server.town.idle().await;
    assert_eq!(server.effects().await, before);
}

#[tokio::test]
async fn what_cannot_be_done_is_answered_with_a_reason() {
    let server = Server::start().await;
    for (path, body) in [
        ("/api/fault", r#"{"service": "github", "kind": "on-fire"}"#),
        ("/api/fault", r#"{"service": "elsewhere", "kind": "down"}"#),
        ("/api/slack/click", r#"{"channel": "D1", "ts": "1.1", "user": "nobody", "action_id": "yes"}"#),
        ("/api/slack/click", r#"{"channel": "D1"}"#),
        ("/api/github/close", r#"{"repository": "example-org/alarms", "number": 4711}"#),
        ("/api/pagerduty/resolve", r#"{"id": "Q4711"}"#),
        ("/api/publish", r#"{"message": ""}"#),
        ("/api/publish", "no JSON"),
    ] {
        let (status, answer) = server.post(path, body).await;
        assert!(status.is_client_error(), "{path} {body}: {status}");
        assert!(answer["error"].as_str().is_some_and(|reason| reason.len() > 5), "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn a_fault_is_shown_until_it_is_lifted() {
    let server = Server::start().await;
    for kind in ["down", "slow", "rate-limited"] {
        let order = json!({ "service": "pagerduty", "kind": kind }).to_string();
        assert_eq!(server.post("/api/fault", &order).await.0, StatusCode::OK);
        assert_eq!(server.state().await["faults"], json!([{ "service": "pagerduty", "kind": kind }]));
    }
    let order = r#"{"service": "pagerduty", "kind": "none"}"#;
    assert_eq!(server.post("/api/fault", order).await.0, StatusCode::OK);
    assert_eq!(server.state().await["faults"], json!([]));
}

#[tokio::test]
async fn a_change_is_told_to_whoever_listens() {
    let server = Server::start().await;
    let mut events = server.get("/api/changes").await.into_body();
    let mut next = async || {
        let frame = timeout(PATIENCE, events.frame()).await.unwrap().unwrap().unwrap();
        String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
    };
    assert_eq!(next().await, "data: 0\n\n");
    assert_eq!(
        server.post("/api/publish", &json!({ "message": EXAMPLES[0].message }).to_string()).await.0,
        StatusCode::OK
    );
    let told = next().await;
    assert!(told.starts_with("data: ") && told != "data: 0\n\n", "{told:?}");
    server.town.idle().await;
    assert_eq!(server.state().await["alarms"][0]["state"], "asked");
}

#[tokio::test]
async fn a_button_on_the_page_goes_all_the_way() {
    let server = Server::start().await;
    server.town.publish(EXAMPLES[0].message);
    server.town.idle().await;
    let state = server.state().await;
    let conversations = state["slack"]["conversations"].as_array().unwrap();
    let conversation = conversations.iter().find(|it| it["messages"][0]["ts"].is_string()).unwrap();
    let (channel, ts) = (&conversation["id"], &conversation["messages"][0]["ts"]);
    let click = json!({ "channel": channel, "ts": ts, "user": "jane", "action_id": "yes" }).to_string();
    let (status, answer) = server.post("/api/slack/click", &click).await;
    assert_eq!((status, &answer["status"]), (StatusCode::OK, &json!(200)), "{answer}");
    server.town.idle().await;
    assert_eq!(server.state().await["alarms"][0]["state"], "closed");
}

#[tokio::test]
async fn a_form_on_the_page_goes_all_the_way() {
    let server = Server::start().await;
    server.town.publish(EXAMPLES[0].message);
    server.town.idle().await;
    let question = server.town.fakes.slack.dm("jane").pop().unwrap();
    let slack = &server.town.fakes.slack;
    let to = Address::new("slack", "U0JANE");
    let value = question.blocks.iter().find_map(|block| block["elements"][0]["value"].as_str()).unwrap().to_owned();
    let open = async |value: String| {
        let click = slack.click(&question.channel, &question.ts, "jane", "no").unwrap();
        let trigger = click.payload()["trigger_id"].as_str().unwrap().to_owned();
        let text = Some(Ask { label: "Why?".to_owned(), optional: true, hint: String::new() });
        let form = Form { kind: Form::REASON, value, text, ..Form::default() };
        server.town.world.destination(&to).unwrap().open(&trigger, &form).await.unwrap();
    };
    let form = json!({ "user": "jane", "values": { "text": "I was asleep." } }).to_string();
    open("no ticket".to_owned()).await;
    let state = server.state().await;
    assert_eq!(state["slack"]["views"][0]["user"], "U0JANE");
    let (status, answer) = server.post("/api/slack/submit", &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "triage refuses it: {answer}");
    assert!(answer["error"].as_str().unwrap().contains("trouble"), "{answer}");
    let (status, _) = server.post("/api/slack/cancel", r#"{"user": "jane"}"#).await;
    assert_eq!((status, server.state().await["slack"]["views"].clone()), (StatusCode::OK, json!([])));
    open(value).await;
    let (status, answer) = server.post("/api/slack/submit", &form).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(server.state().await["slack"]["views"], json!([]));
}

#[tokio::test]
async fn timers_count_down_and_the_clock_goes_forward_to_them() {
    let real = BTreeMap::from([("DISPATCH_ANSWER_TIMEOUT".to_owned(), "PT4H".to_owned())]);
    let server = Server::with(Options { real, ticks: true, ..Options::default() }).await;
    let jump = async |order: &str| {
        let answer = server.post("/api/clock/jump", order).await;
        server.town.idle().await;
        answer.0
    };
    assert_eq!(jump("{}").await, StatusCode::UNPROCESSABLE_ENTITY, "no timer is running");
    server.town.publish(EXAMPLES[0].message);
    server.town.idle().await;
    let timers = async || {
        let state = server.state().await;
        let timers = state["alarms"][0]["timers"].as_array().unwrap().clone();
        assert_eq!(state["clock"]["next"], timers.first().map_or(Value::Null, |timer| timer["at"].clone()));
        timers
            .iter()
            .map(|timer| format!("{}: {}", timer["what"].as_str().unwrap(), timer["text"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let deadline = "deadline: on to PagerDuty, without an answer from jane";
    assert_eq!(timers().await, ["reminder: a reminder to jane", deadline]);
    assert_eq!(jump(r#"{"seconds": 60}"#).await, StatusCode::OK);
    assert_eq!(timers().await.len(), 2);
    assert_eq!(jump("{}").await, StatusCode::OK);
    assert_eq!(timers().await, [deadline]);
    assert_eq!(jump("{}").await, StatusCode::OK);
    assert_eq!(timers().await, Vec::<String>::new());
    assert_eq!(server.state().await["pagerduty"]["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(jump(r#"{"seconds": 4294967295}"#).await, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_done_by_hand_on_the_page_is_heard() {
    let server = Server::start().await;
    server.town.publish(EXAMPLES[0].message);
    server.town.idle().await;
    let order = r#"{"repository": "example-org/alarms", "number": 1}"#;
    assert_eq!(server.post("/api/github/close", order).await.0, StatusCode::OK);
    server.town.idle().await;
    assert_eq!(server.state().await["alarms"][0]["state"], "closed");
}
