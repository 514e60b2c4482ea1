//! What all fakes have in common: recording, misbehaving, stopping, keeping apart.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::testing::{ask, client, github, slack};
use super::{Fakes, Fault, Github, Kind, Slack};
use crate::fake::github::Settings;

const ISSUES: &str = "/repos/example-org/alarms/issues";

async fn fresh() -> Github {
    Github::start(Settings::default()).await.unwrap()
}

fn create(fake: &Github) -> reqwest::RequestBuilder {
    github(fake, Method::POST, ISSUES).json(&json!({"title": "2FA is off"}))
}

fn count(fake: &Github) -> usize {
    fake.issues("example-org/alarms").len()
}

#[tokio::test]
async fn every_request_is_recorded_with_its_answer() {
    let fake = fresh().await;
    let (status, body) = ask(create(&fake)).await;
    assert_eq!(status, 201);
    let requests = fake.requests();
    assert_eq!(requests.len(), 1);
    let recorded = &requests[0];
    assert_eq!((recorded.service, recorded.operation), ("github", "issues/create"));
    assert_eq!((recorded.method.as_str(), recorded.path.as_str()), ("POST", ISSUES));
    assert_eq!(recorded.headers["content-type"], "application/json");
    assert_eq!(recorded.json(), json!({"title": "2FA is off"}));
    assert_eq!(recorded.status, Some(201));
    assert_eq!(recorded.response_json(), body);
    assert!(!recorded.faulted);
}

#[tokio::test]
async fn two_worlds_share_nothing() {
    let (one, other) = (fresh().await, fresh().await);
    ask(create(&one)).await;
    assert_eq!((count(&one), count(&other)), (1, 0));
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn dropping_the_handle_stops_the_server() {
    let fake = fresh().await;
    let request = create(&fake);
    let address = fake.url().trim_start_matches("http://").to_owned();
    drop(fake);
    // The task ends at its next turn; a connection that still slips in is closed without an answer.
    assert!(request.send().await.is_err());
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_told_and_only_what_it_fits() {
    let fake = fresh().await;
    let body = r#"{"message": "Server Error"}"#.to_owned();
    fake.fault(Fault::new("issues/create", Kind::Answer { status: 502, body }).times(2));
    assert_eq!(ask(github(&fake, Method::GET, ISSUES)).await.0, 200);
    assert_eq!(ask(create(&fake)).await, (502, json!({"message": "Server Error"})));
    assert_eq!(ask(create(&fake)).await.0, 502);
    assert_eq!(count(&fake), 0);
    assert_eq!(ask(create(&fake)).await.0, 201);
    assert!(fake.faults().is_empty());
    let faulted: Vec<_> = fake.requests().iter().map(|recorded| recorded.faulted).collect();
    assert_eq!(faulted, [false, true, true, false]);
}

#[tokio::test]
async fn a_connection_is_dropped_before_or_after_acting() {
    let fake = fresh().await;
    fake.fault(Fault::new("POST /repos/*/issues", Kind::Drop));
    assert!(create(&fake).send().await.is_err());
    assert_eq!(count(&fake), 0);
    fake.fault(Fault::new("*", Kind::LoseReply));
    assert!(create(&fake).send().await.is_err());
    assert_eq!(count(&fake), 1);
    assert!(fake.requests().iter().all(|recorded| recorded.status.is_none()));
}

#[tokio::test]
async fn acting_can_be_hidden_behind_an_error_or_a_garbled_answer() {
    let fake = fresh().await;
    let body = "upstream".to_owned();
    fake.fault(Fault::new("issues/*", Kind::AnswerAfterActing { status: 504, body }));
    assert_eq!(ask(create(&fake)).await.0, 504);
    fake.fault(Fault::new("issues/*", Kind::Malformed));
    let response = create(&fake).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert!(response.json::<serde_json::Value>().await.is_err());
    assert_eq!(count(&fake), 2);
}

#[tokio::test]
async fn limits_are_told_in_the_vendors_words() {
    let fakes = Fakes::start().await.unwrap();
    let kind = Kind::SecondaryLimit { retry_after_s: Some(7) };
    fakes.github.fault(Fault::new("*", kind));
    let response = create(&fakes.github).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (403, &"7".parse().unwrap()));

    let say = || slack(&fakes.slack, "chat.postMessage", &json!({"channel": "C0SECURITY", "text": "x"}));
    fakes.slack.fault(Fault::new("chat.postMessage", Kind::RateLimited { retry_after_s: None }));
    let response = say().send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert!(response.headers().get("retry-after").is_none());
    fakes.slack.fault(Fault::new("chat.*", Kind::SlackError("is_archived".to_owned())));
    assert_eq!(ask(say()).await, (200, json!({"ok": false, "error": "is_archived"})));
    assert!(fakes.violations().is_empty());
}

#[tokio::test]
async fn a_hanging_request_goes_on_when_the_fault_is_cleared() {
    let fake = fresh().await;
    fake.fault(Fault::new("*", Kind::Delay(Duration::from_secs(3_600))).always());
    let asking = tokio::spawn(ask(create(&fake)));
    fake.until(|fake| (!fake.requests().is_empty()).then_some(())).await.unwrap();
    assert_eq!(count(&fake), 0);
    fake.clear_faults();
    assert_eq!(asking.await.unwrap().0, 201);
}

#[tokio::test]
async fn what_has_begun_goes_on_without_the_caller() {
    let fake = fresh().await;
    fake.fault(Fault::new("*", Kind::Delay(Duration::from_secs(3_600))));
    let impatient = create(&fake).timeout(Duration::from_millis(50)).send().await;
    assert!(impatient.unwrap_err().is_timeout());
    fake.clear_faults();
    fake.until(|fake| (count(fake) == 1).then_some(())).await.unwrap();
}

#[tokio::test]
async fn an_operation_that_is_not_there_is_a_violation() {
    let fake = fresh().await;
    assert_eq!(ask(github(&fake, Method::DELETE, ISSUES)).await.0, 404);
    assert_eq!(ask(github(&fake, Method::GET, "/user")).await.0, 404);
    assert_eq!(fake.violations().len(), 2);
    let slack = Slack::start(super::slack::Settings::default()).await.unwrap();
    let token = super::slack::Settings::default().bot_token;
    let request = client().post(format!("{}/files.upload", slack.api_url())).bearer_auth(token);
    assert_eq!(ask(request).await.1["error"], "unknown_method");
}

#[tokio::test]
async fn the_environment_leads_to_the_fakes() {
    let fakes = Fakes::start().await.unwrap();
    let value = |name| fakes.environment().iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    assert_eq!(value("SLACK_API_URL"), Some(format!("{}/api", fakes.slack.url())));
    assert_eq!(value("GITHUB_REPO").as_deref(), Some("alarms"));
    assert_eq!(value("PAGERDUTY_ROUTING_KEY").map(|key| key.len()), Some(32));
}

#[tokio::test]
async fn links_lead_people_to_a_page() {
    let fakes = Fakes::start().await.unwrap();
    fakes.github.open_by_hand("example-org/alarms", "<2FA>", "**off** <script>", false).unwrap();
    let url = fakes.github.issue("example-org/alarms", 1).unwrap().url;
    let page = client().get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("&lt;2FA&gt; #1") && page.contains("<strong>off</strong>"), "{page}");
    assert!(!page.contains("<script"), "{page}");
    assert!(fakes.requests().is_empty() && fakes.violations().is_empty(), "people are not recorded");
}
