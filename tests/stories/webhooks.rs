//! What people do on GitHub and in PagerDuty, as it reaches triage: over HTTP, and in every event that a gateway makes.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use dispatch_local::{console, town::Town};
use dispatch_simulator::fake::Webhook;
use dispatch_triage::{Replays, Triage};
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, time::timeout};

use crate::{
    log::Log,
    story::{PATIENCE, REPO, Story, jane, self_service, unheard},
};

const CLOSED: &str = "an issue was closed on GitHub";
const REOPENED: &str = "an issue was reopened on GitHub";
const CHANGED: &str = "an incident changed in PagerDuty";
const AGAIN: &str = "a request that was handled came again";

/// Who makes an event of a request, and how it carries the body.
const EVENTS: [fn(&Webhook) -> Value; 4] = [
    |hook| json!({ "version": "2.0", "requestContext": {}, "headers": headers(hook), "body": hook.body }),
    |hook| {
        json!({ "version": "2.0", "requestContext": {}, "headers": headers(hook), "isBase64Encoded": true,
            "body": STANDARD.encode(&hook.body) })
    },
    |hook| json!({ "httpMethod": "POST", "requestContext": {}, "headers": shouted(hook), "body": hook.body }),
    |hook| {
        let lists: Map<_, _> = shouted(hook).into_iter().map(|(name, value)| (name, json!([value]))).collect();
        json!({ "httpMethod": "POST", "requestContext": {}, "headers": null, "multiValueHeaders": lists,
            "isBase64Encoded": true, "body": STANDARD.encode(&hook.body) })
    },
];

fn headers(hook: &Webhook) -> Map<String, Value> {
    hook.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

fn shouted(hook: &Webhook) -> Map<String, Value> {
    hook.headers.iter().map(|(name, value)| (name.to_uppercase(), json!(value))).collect()
}

/// The status that another instance of the function answers with: it remembers nothing.
async fn answered(story: &Story, event: Value) -> u64 {
    ask(&Triage { replays: Replays::default(), ..story.town.triage.clone() }, event).await
}

async fn ask(triage: &Triage, event: Value) -> u64 {
    let answer = timeout(PATIENCE, triage.handle(event)).await.expect("triage answers");
    answer["statusCode"].as_u64().unwrap()
}

/// An alarm that jane said no to: it has an issue and an incident.
async fn paged() -> Story {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    assert_eq!(story.click("jane", "no").await, 200);
    story
}

fn issue_hook(story: &Story, action: &str) -> Webhook {
    story.town.fakes.github.webhook(REPO, story.issues()[0].number, action, "joe").unwrap()
}

fn incident_hook(story: &Story, event: &str) -> Webhook {
    story.town.fakes.pagerduty.webhook(&story.incident().id, event, Some("Joe")).unwrap()
}

/// The same request with another body.
fn saying(mut hook: Webhook, body: &str) -> Webhook {
    body.clone_into(&mut hook.body);
    hook
}

/// How many webhooks were taken up.
fn heard(log: &Log) -> usize {
    let text = log.text();
    [CLOSED, REOPENED, CHANGED].iter().map(|line| text.matches(line).count()).sum()
}

/// The value of a secret that both sides know.
fn secret(story: &Story, name: &str) -> String {
    let environment = story.town.fakes.environment();
    environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap()
}

fn key(story: &Story) -> String {
    let body = story.issue().body.unwrap();
    dispatch_core::words::read_marker(&body).expect("a marker").0.as_str().to_owned()
}

#[tokio::test]
async fn webhooks_are_heard_over_http() {
    let log = Log::listen();
    let town = Arc::new(Town::start(unheard()).await.unwrap());
    town.publish(&self_service(jane()).to_string());
    timeout(PATIENCE, town.idle()).await.expect("the queues come to rest");
    let issue = town.fakes.github.issues(REPO).remove(0);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/webhook", listener.local_addr().unwrap());
    let server = tokio::spawn(console::serve(town.clone(), listener));

    town.fakes.github.close_by_hand(REPO, issue.number).unwrap();
    let hook = town.fakes.github.webhook(REPO, issue.number, "closed", "jane").unwrap();
    let sent = timeout(PATIENCE, hook.send(&address)).await.expect("an answer");
    assert_eq!(sent.unwrap(), 200);
    assert!(log.text().contains(CLOSED), "{}", log.text());
    let forged = timeout(PATIENCE, hook.signed(&["another secret"]).send(&address)).await.expect("an answer");
    assert_eq!(forged.unwrap(), 401);
    server.abort();
}

#[tokio::test]
async fn every_event_of_a_gateway_is_understood() {
    let story = paged().await;
    let form = |hook: Webhook| hook.as_form().signed(&[&secret(&story, "GITHUB_WEBHOOK_SECRET")]);
    for (hook, line) in [
        (issue_hook(&story, "closed"), CLOSED),
        (issue_hook(&story, "deleted"), CLOSED),
        (form(issue_hook(&story, "reopened")), REOPENED),
        (incident_hook(&story, "incident.acknowledged"), CHANGED),
        (incident_hook(&story, "incident.resolved"), CHANGED),
    ] {
        for event in EVENTS {
            let log = Log::listen();
            let event = event(&hook);
            assert_eq!(answered(&story, event.clone()).await, 200, "{event}");
            assert!(log.text().contains(line), "{line}: {}", log.text());
        }
    }
}

#[tokio::test]
async fn the_log_names_the_alarm_and_nothing_that_it_says() {
    let story = paged().await;
    let log = Log::listen();
    for hook in [issue_hook(&story, "closed"), incident_hook(&story, "incident.reopened")] {
        assert_eq!(answered(&story, EVENTS[0](&hook)).await, 200);
        assert_eq!(answered(&story, EVENTS[0](&hook.signed(&["another"]))).await, 401);
    }
    let text = log.text();
    assert!(text.contains(&key(&story)) && text.contains(&story.incident().id), "{text}");
    for unsaid in ["2FA", "joe", "Joe", &secret(&story, "GITHUB_WEBHOOK_SECRET"), "another"] {
        assert!(!text.contains(unsaid), "{unsaid}: {text}");
    }
}

#[tokio::test]
async fn what_was_heard_once_is_not_heard_again() {
    let story = paged().await;
    let [github, pagerduty] = ["GITHUB_WEBHOOK_SECRET", "PAGERDUTY_WEBHOOK_SECRET"].map(|name| secret(&story, name));
    for (hook, right) in
        [(issue_hook(&story, "closed"), github), (incident_hook(&story, "incident.acknowledged"), pagerduty)]
    {
        let triage = Triage { replays: Replays::default(), ..story.town.triage.clone() };
        // A secret that is rotated adds a signature.
        let rotated = hook.clone().signed(&["the next one", &right]);
        for (hook, times) in [(&hook, 1), (&hook, 0), (&rotated, 0)] {
            let log = Log::listen();
            assert_eq!(ask(&triage, EVENTS[1](hook)).await, 200);
            assert_eq!(heard(&log), times, "{}", log.text());
            assert_eq!(log.text().contains(AGAIN), times == 0, "{}", log.text());
        }
    }
}

#[tokio::test]
async fn whoever_signs_something_else_is_refused() {
    let story = paged().await;
    let [github, pagerduty, slack] =
        ["GITHUB_WEBHOOK_SECRET", "PAGERDUTY_WEBHOOK_SECRET", "SLACK_SIGNING_SECRET"].map(|name| secret(&story, name));
    let (issue, incident) = (issue_hook(&story, "closed"), incident_hook(&story, "incident.resolved"));
    let other = |hook: &Webhook, body: &Webhook| saying(hook.clone(), &body.body);
    let without = |hook: &Webhook, name: &str| {
        let mut hook = hook.clone();
        hook.headers.retain(|(known, _)| known != name);
        hook
    };
    for (what, hook) in [
        ("Slack's secret", issue.clone().signed(&[&slack])),
        ("PagerDuty's secret", issue.clone().signed(&[&pagerduty])),
        ("GitHub's secret", incident.clone().signed(&[&github])),
        ("no secret", issue.clone().signed(&[])),
        ("an empty secret", incident.clone().signed(&[""])),
        ("another body", other(&issue, &incident)),
        ("another body", other(&incident, &issue)),
        ("no signature", without(&issue, "x-hub-signature-256")),
        ("no signature", without(&incident, "x-pagerduty-signature")),
        ("no name of an event", without(&issue, "x-github-event")),
    ] {
        let log = Log::listen();
        assert_eq!(answered(&story, EVENTS[1](&hook)).await, 401, "{what}");
        assert!(log.text().contains("refused") && heard(&log) == 0, "{what}: {}", log.text());
    }
    let rotating = incident.signed(&["the next one", &pagerduty]);
    assert_eq!(answered(&story, EVENTS[1](&rotating)).await, 200);
}

#[tokio::test]
async fn without_a_secret_webhooks_are_refused_and_the_log_says_why() {
    let story = paged().await;
    let triage = Triage { github_secret: None, pagerduty_secret: None, ..story.town.triage.clone() };
    for (hook, line) in [
        (issue_hook(&story, "closed"), "GITHUB_WEBHOOK_SECRET is not set"),
        (incident_hook(&story, "incident.resolved").signed(&[""]), "PAGERDUTY_WEBHOOK_SECRET is not set"),
    ] {
        let log = Log::listen();
        assert_eq!(ask(&triage, EVENTS[0](&hook)).await, 401);
        assert!(log.text().contains(line), "{}", log.text());
    }
}

#[tokio::test]
async fn what_is_nothing_to_act_on_is_acknowledged() {
    let story = paged().await;
    let number = story.town.fakes.github.open_by_hand(REPO, "Lunch", "Pizza?", false).unwrap();
    let by_hand = story.town.fakes.github.webhook(REPO, number, "closed", "joe").unwrap();
    let [github, pagerduty] = ["GITHUB_WEBHOOK_SECRET", "PAGERDUTY_WEBHOOK_SECRET"].map(|name| secret(&story, name));
    let mut ping =
        saying(issue_hook(&story, "closed"), r#"{"zen":"Keep it logically awesome.","hook_id":1}"#).signed(&[&github]);
    for (name, value) in &mut ping.headers {
        if name == "x-github-event" {
            "ping".clone_into(value);
        }
    }
    let test = r#"{"event":{"id":"e","event_type":"pagey.ping","resource_type":"pagey","data":{"message":"Hello from your friend Pagey!","type":"ping"}}}"#;
    for (status, hook) in [
        (200, ping),
        (200, by_hand),
        (200, issue_hook(&story, "edited")),
        (200, incident_hook(&story, "incident.triggered")),
        (200, incident_hook(&story, "incident.annotated")),
        (200, saying(incident_hook(&story, "incident.resolved"), test).signed(&[&pagerduty])),
        (400, saying(issue_hook(&story, "closed"), "{}").signed(&[&github])),
        (400, saying(incident_hook(&story, "incident.resolved"), "{}").signed(&[&pagerduty])),
    ] {
        let log = Log::listen();
        for _ in 0..2 {
            assert_eq!(ask(&story.town.triage, EVENTS[0](&hook)).await, status, "{}", hook.body);
        }
        assert!(heard(&log) == 0 && !log.text().contains(AGAIN), "{}", log.text());
    }
}
