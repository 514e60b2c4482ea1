//! Secrets that stand elsewhere, and are replaced while a process lives; with Systems Manager and Secrets Manager on
//! this machine.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::advance};

use super::*;

const PATIENT: Duration = Duration::from_secs(30);

/// Both services: what they hold, and what they were asked.
#[derive(Default)]
struct Kept {
    values: BTreeMap<String, String>,
    calls: Vec<String>,
}

type Shared = Arc<Mutex<Kept>>;

async fn answer(State(kept): State<Shared>, headers: HeaderMap, body: String) -> Json<Value> {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let mut kept = kept.lock().unwrap();
    let call = headers["x-amz-target"].to_str().unwrap().to_owned();
    kept.calls.push(call.clone());
    match call.as_str() {
        "AmazonSSM.GetParameters" => {
            assert_eq!(asked["WithDecryption"], true);
            let names: Vec<&str> = asked["Names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert!(names.len() <= 10, "{names:?}");
            let known = names.iter().filter_map(|name| Some((name, kept.values.get(*name)?)));
            let known: Vec<Value> =
                known.map(|(name, value)| json!({ "Name": name, "Type": "SecureString", "Value": value })).collect();
            Json(json!({ "Parameters": known, "InvalidParameters": [] }))
        }
        "secretsmanager.GetSecretValue" => {
            Json(json!({ "Name": asked["SecretId"], "SecretString": kept.values[asked["SecretId"].as_str().unwrap()] }))
        }
        other => panic!("{other} is not asked for"),
    }
}

/// An environment whose secrets stand elsewhere.
async fn begin(more: &[(&str, &str)]) -> (Shared, impl Fn(&str) -> Option<String> + Send + Sync + 'static) {
    let kept = Shared::default();
    put(&kept, "/dispatch/slack", "xoxb-one");
    put(&kept, "dispatch/all", r#"{"signing": "sign-one", "github": "gh-one"}"#);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&kept));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let values = [
        ("GITHUB_OWNER", "example-org"),
        ("GITHUB_REPO", "alarms"),
        ("GITHUB_TOKEN", "secretsmanager:dispatch/all#github"),
        ("SLACK_BOT_TOKEN", "ssm:/dispatch/slack"),
        ("SLACK_SIGNING_SECRET", "secretsmanager:dispatch/all#signing"),
        ("SLACK_DEFAULT_CHANNEL", "security"),
        ("PAGERDUTY_ROUTING_KEY", "0123456789abcdef0123456789abcdef"),
        ("DISPATCH_STORE_URL", "memory:///"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "an-aws-secret"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", url.as_str()),
    ];
    let values: BTreeMap<String, String> =
        values.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    (kept, move |name: &str| values.get(name).cloned())
}

async fn opened(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Shell {
    match timeout(PATIENT, Shell::open(lookup)).await.unwrap() {
        Ok(shell) => shell,
        Err(error) => panic!("{error}"),
    }
}

fn put(kept: &Shared, name: &str, value: &str) {
    kept.lock().unwrap().values.insert(name.to_owned(), value.to_owned());
}

/// How often each call was made since the last time.
fn calls(kept: &Shared) -> (usize, usize) {
    let calls = std::mem::take(&mut kept.lock().unwrap().calls);
    let parameters = calls.iter().filter(|call| call.contains("SSM")).count();
    (parameters, calls.len() - parameters)
}

fn signing_secret(shell: &Shell) -> String {
    shell.services().signing_secret.expose_secret().to_owned()
}

#[tokio::test]
async fn secrets_stand_elsewhere_and_are_fetched_with_the_fewest_calls() {
    let names: Vec<String> = (0..11).map(|number| format!("/dispatch/{number}")).collect();
    let (kept, lookup) = begin(&[]).await;
    let shell = opened(lookup).await;
    assert_eq!(signing_secret(&shell), "sign-one");
    assert_eq!(calls(&kept), (1, 1), "two settings name one secret");
    assert!(shell.is_renewable());

    // More parameters than one call may name.
    let settings: Vec<(&str, String)> = [
        "GITHUB_OWNER",
        "GITHUB_REPO",
        "GITHUB_DEFAULT_USER",
        "GITHUB_WEBHOOK_SECRET",
        "SLACK_DEFAULT_CHANNEL",
        "PAGERDUTY_ROUTING_KEY",
        "PAGERDUTY_API_KEY",
        "PAGERDUTY_SERVICE_ID",
        "PAGERDUTY_WEBHOOK_SECRET",
        "DISPATCH_DURING",
        "DISPATCH_TOPIC_ARN",
    ]
    .iter()
    .zip(&names)
    .map(|(setting, name)| (*setting, format!("ssm:{name}")))
    .collect();
    let more: Vec<(&str, &str)> = settings.iter().map(|(setting, value)| (*setting, value.as_str())).collect();
    let (kept, lookup) = begin(&more).await;
    let failed = timeout(PATIENT, Shell::open(lookup)).await.unwrap().err().unwrap().to_string();
    assert_eq!(calls(&kept), (2, 1));
    for (setting, _) in &more {
        let line = format!("{setting}: found an ssm: value that could not be read (ssm GetParameters was refused");
        assert!(failed.contains(&line), "{setting}: {failed}");
    }
    assert!(!failed.contains("-one"), "{failed}");
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_taken_up_once_a_minute_at_most() {
    let (kept, lookup) = begin(&[]).await;
    let shell = opened(lookup).await;
    let budget = Arc::clone(&shell.world().budget);
    calls(&kept);
    put(&kept, "dispatch/all", r#"{"signing": "sign-two", "github": "gh-two"}"#);
    assert!(!shell.renew(PATIENT).await && calls(&kept) == (0, 0), "it was read a moment ago");

    tokio::time::pause();
    advance(RENEW_EVERY).await;
    tokio::time::resume();
    assert!(shell.renew(PATIENT).await);
    assert_eq!((signing_secret(&shell).as_str(), calls(&kept)), ("sign-two", (1, 1)));
    assert!(Arc::ptr_eq(&budget, &shell.world().budget), "the budget is still the process's");

    tokio::time::pause();
    advance(RENEW_EVERY).await;
    tokio::time::resume();
    assert!(!shell.renew(PATIENT).await, "nothing has changed");
    assert_eq!(calls(&kept), (1, 1));
}

#[tokio::test]
async fn what_cannot_be_read_again_leaves_all_as_it_was() {
    let (kept, lookup) = begin(&[]).await;
    let shell = opened(lookup).await;
    put(&kept, "dispatch/all", r#"{"github": "gh-two"}"#);
    tokio::time::pause();
    advance(RENEW_EVERY).await;
    tokio::time::resume();
    assert!(!shell.renew(PATIENT).await);
    assert_eq!(signing_secret(&shell), "sign-one");
}
