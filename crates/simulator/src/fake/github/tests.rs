//! The fake GitHub over HTTP.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use reqwest::Method;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use super::{APP_PRIVATE_KEY, App, Github, Lag, Settings};
use crate::fake::testing::{ask, client, github, nameless_client};

mod people;
mod seen;

const REPO: &str = "example-org/alarms";
const ISSUES: &str = "/repos/example-org/alarms/issues";

async fn fresh() -> Github {
    Github::start(Settings::default()).await.unwrap()
}

async fn post(fake: &Github, path: &str, body: Value) -> (u16, Value) {
    ask(github(fake, Method::POST, path).json(&body)).await
}

async fn patch(fake: &Github, path: &str, body: Value) -> (u16, Value) {
    ask(github(fake, Method::PATCH, path).json(&body)).await
}

async fn get(fake: &Github, path: &str) -> (u16, Value) {
    ask(github(fake, Method::GET, path)).await
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|issue| issue["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn an_issue_is_opened_commented_and_closed() {
    let fake = fresh().await;
    let sent =
        json!({"title": "2FA is off", "body": "By @jane <!-- dispatch:k -->", "labels": ["dispatch", {"name": "2fa"}]});
    let (status, issue) = post(&fake, ISSUES, sent).await;
    assert_eq!(status, 201);
    assert_eq!(
        (&issue["number"], &issue["state"], &issue["user"]["login"]),
        (&json!(1), &json!("open"), &json!("dispatch"))
    );
    assert_eq!(issue["html_url"], format!("{}/{REPO}/issues/1", fake.url()));

    let (status, comment) = post(&fake, &format!("{ISSUES}/1/comments"), json!({"body": "Jane says yes"})).await;
    assert_eq!(status, 201);
    let id = &comment["id"];
    assert_eq!(patch(&fake, &format!("{ISSUES}/comments/{id}"), json!({"body": "Jane said yes"})).await.0, 200);
    assert_eq!(get(&fake, &format!("{ISSUES}/comments/{id}")).await.1["body"], "Jane said yes");

    let change = json!({"state": "closed", "state_reason": "completed"});
    let (status, issue) = patch(&fake, &format!("{ISSUES}/1"), change).await;
    assert_eq!((status, &issue["state_reason"]), (200, &json!("completed")));

    let stored = fake.issue(REPO, 1).unwrap();
    assert_eq!((stored.state.as_str(), stored.comments[0].body.as_str()), ("closed", "Jane said yes"));
    assert_eq!(stored.labels, ["dispatch", "2fa"]);
    assert_eq!(fake.labels(REPO), ["dispatch", "2fa"]);
    assert_eq!(get(&fake, &format!("{ISSUES}/1/comments")).await.1.as_array().unwrap().len(), 1);
    assert_eq!(fake.violations(), [""; 0]);
}

#[tokio::test]
async fn a_reason_counts_only_when_the_state_changes() {
    let fake = fresh().await;
    fake.open_by_hand(REPO, "t", "b", false).unwrap();
    fake.close_by_hand(REPO, 1).unwrap();
    let (_, issue) =
        patch(&fake, &format!("{ISSUES}/1"), json!({"state": "closed", "state_reason": "not_planned"})).await;
    assert_eq!(issue["state_reason"], "completed");
    fake.reopen(REPO, 1).unwrap();
    assert_eq!(get(&fake, &format!("{ISSUES}/1")).await.1["state_reason"], "reopened");
    assert!(fake.close_by_hand(REPO, 2).is_err());
}

#[tokio::test]
async fn rubbish_is_refused_in_githubs_words_and_noted() {
    let fake = fresh().await;
    let long = "x".repeat(65_537);
    let cases = [
        (json!({"title": ""}), 422, json!("missing_field")),
        (json!({}), 422, json!("missing_field")),
        (json!({"title": "x".repeat(257)}), 422, json!("custom")),
        (json!({"title": "t", "body": long}), 422, json!("custom")),
        (json!({"title": "t", "labels": ["x".repeat(51)]}), 422, json!("custom")),
        (json!({"title": "t", "labels": vec!["l"; 101]}), 422, json!("custom")),
        (json!({"title": "t", "label": "x"}), 422, Value::Null),
        (json!({"title": "t", "labels": "x"}), 422, Value::Null),
        (json!({"title": "t", "body": 7}), 422, Value::Null),
        (json!(["title"]), 422, Value::Null),
    ];
    let count = cases.len();
    for (body, status, code) in cases {
        let (found, answer) = post(&fake, ISSUES, body.clone()).await;
        assert_eq!((found, &answer["errors"][0]["code"]), (status, &code), "{body}");
    }
    assert!(fake.issues(REPO).is_empty());
    assert_eq!(fake.violations().len(), count);
    let (_, answer) = post(&fake, ISSUES, json!({"title": "t", "body": long})).await;
    assert_eq!(answer["errors"][0]["message"], "body is too long (maximum is 65536 characters)");
}

#[tokio::test]
async fn limits_count_characters_not_bytes() {
    let fake = fresh().await;
    let (status, _) = post(&fake, ISSUES, json!({"title": "é".repeat(256), "body": "é".repeat(65_536)})).await;
    assert_eq!(status, 201);
}

#[tokio::test]
async fn callers_need_an_agent_a_token_and_the_right_type() {
    let fake = fresh().await;
    let url = format!("{}{ISSUES}", fake.url());
    let token = Settings::default().token;
    assert_eq!(ask(nameless_client().get(&url).bearer_auth(&token)).await.0, 403);
    assert_eq!(ask(client().get(&url)).await.0, 401);
    assert_eq!(ask(client().get(&url).bearer_auth("wrong")).await.1["message"], "Bad credentials");
    assert_eq!(ask(client().get(&url).header("authorization", format!("token {token}"))).await.0, 200);
    let typeless = github(&fake, Method::POST, ISSUES).body("{}");
    assert_eq!(ask(typeless).await.0, 415);
    // A token may be wrong for reasons that are not the sender's fault; the others are.
    assert_eq!(fake.violations().len(), 3);
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let fake = fresh().await;
    assert_eq!(get(&fake, "/repos/example-org/other").await.0, 404);
    assert_eq!(get(&fake, &format!("{ISSUES}/1")).await.0, 404);
    fake.enable_issues(REPO, false).unwrap();
    assert_eq!(post(&fake, ISSUES, json!({"title": "t"})).await.0, 410);
    let any = Settings { any_repository: true, ..Settings::default() };
    let fake = Github::start(any).await.unwrap();
    assert_eq!(get(&fake, "/repos/example-org/other").await.1["full_name"], "example-org/other");
}

#[tokio::test]
async fn lists_filter_sort_and_page_and_hold_pull_requests() {
    let fake = fresh().await;
    for number in 1..=5 {
        fake.open_by_hand(REPO, &format!("t{number}"), "", number == 3).unwrap();
    }
    fake.close_by_hand(REPO, 5).unwrap();
    post(&fake, &format!("{ISSUES}/2/labels"), json!({"labels": ["Dispatch"]})).await;

    let (_, open) = get(&fake, ISSUES).await;
    assert_eq!(numbers(&open), [4, 3, 2, 1]);
    assert!(open[1]["pull_request"].is_object() && open[0].get("pull_request").is_none());
    assert_eq!(numbers(&get(&fake, &format!("{ISSUES}?state=closed")).await.1), [5]);
    assert_eq!(numbers(&get(&fake, &format!("{ISSUES}?labels=dispatch")).await.1), [2]);
    assert_eq!(numbers(&get(&fake, &format!("{ISSUES}?creator=dispatch")).await.1), [0; 0]);

    let path = format!("{ISSUES}?state=all&per_page=2&page=2&direction=asc");
    let response = github(&fake, Method::GET, &path).send().await.unwrap();
    let link = response.headers()["link"].to_str().unwrap().to_owned();
    assert!(link.contains("page=3>; rel=\"next\"") && link.contains("page=1>; rel=\"prev\""), "{link}");
    assert_eq!(numbers(&response.json().await.unwrap()), [3, 4]);

    assert!(fake.violations().is_empty());
    assert_eq!(get(&fake, &format!("{ISSUES}?per_page=101")).await.0, 422);
    assert_eq!(get(&fake, &format!("{ISSUES}?colour=red")).await.0, 422);
}

#[tokio::test]
async fn search_finds_by_phrase_place_and_state() {
    let fake = fresh().await;
    fake.open_by_hand(REPO, "User jane disabled 2FA", "see runbook", false).unwrap();
    fake.open_by_hand(REPO, "User joe disabled 2FA", "like User jane disabled 2FA", false).unwrap();
    fake.open_by_hand(REPO, "User jane disabled 2FA", "", true).unwrap();
    let found = async |query: &str| {
        let request = github(&fake, Method::GET, "/search/issues").query(&[("q", query)]);
        let (status, body) = ask(request).await;
        assert_eq!(status, 200, "{query}: {body}");
        numbers(&body["items"])
    };
    let scope = "repo:example-org/alarms is:issue";
    assert_eq!(found(&format!("{scope} in:title \"user jane disabled 2fa\"")).await, [1]);
    assert_eq!(found(&format!("{scope} \"jane disabled\"")).await, [2, 1]);
    assert_eq!(found(&format!("{scope} runbook is:open")).await, [1]);
    assert_eq!(found(&format!("{scope} 2FA state:closed")).await, [0; 0]);
    assert_eq!(found("repo:example-org/alarms is:pr 2FA").await, [3]);
    let unseen = github(&fake, Method::GET, "/search/issues").query(&[("q", "is:issue repo:example-org/none x")]);
    assert_eq!(ask(unseen).await.0, 422);
    assert!(fake.violations().is_empty());
    let long = github(&fake, Method::GET, "/search/issues").query(&[("q", "x".repeat(257))]);
    assert_eq!(ask(long).await.0, 422);
}

#[tokio::test]
async fn lists_and_search_can_be_behind() {
    let fake = fresh().await;
    fake.open_by_hand(REPO, "old", "", false).unwrap();
    fake.lag(Lag::UntilSettled);
    post(&fake, ISSUES, json!({"title": "new"})).await;
    let search = "/search/issues?q=is:issue+new";
    assert_eq!(numbers(&get(&fake, ISSUES).await.1), [1]);
    assert_eq!(get(&fake, search).await.1["total_count"], 0);
    assert_eq!(get(&fake, &format!("{ISSUES}/2")).await.0, 200);
    fake.settle();
    assert_eq!(numbers(&get(&fake, ISSUES).await.1), [2, 1]);
    assert_eq!(get(&fake, search).await.1["total_count"], 1);
    fake.lag(Lag::For(Duration::from_secs(3_600)));
    post(&fake, ISSUES, json!({"title": "newer"})).await;
    assert_eq!(numbers(&get(&fake, ISSUES).await.1), [2, 1]);
}

#[tokio::test]
async fn labels_are_added_set_and_removed() {
    let fake = fresh().await;
    fake.open_by_hand(REPO, "t", "", false).unwrap();
    let labels = format!("{ISSUES}/1/labels");
    let names = |body: &Value| body.as_array().unwrap().iter().map(|label| label["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&post(&fake, &labels, json!({"labels": ["a", "b"]})).await.1), ["a", "b"]);
    assert_eq!(names(&post(&fake, &labels, json!({"labels": ["A", "c"]})).await.1), ["a", "b", "c"]);
    assert_eq!(names(&ask(github(&fake, Method::PUT, &labels).json(&json!({"labels": ["c"]}))).await.1), ["c"]);
    assert_eq!(ask(github(&fake, Method::DELETE, &format!("{labels}/c"))).await, (200, json!([])));
    assert_eq!(ask(github(&fake, Method::DELETE, &format!("{labels}/c"))).await.0, 404);
    let all = "/repos/example-org/alarms/labels";
    assert_eq!(post(&fake, all, json!({"name": "d", "color": "ff0000"})).await.0, 201);
    assert_eq!(post(&fake, all, json!({"name": "D"})).await.1["errors"][0]["code"], "already_exists");
    assert_eq!(get(&fake, &format!("{all}/d")).await.1["color"], "ff0000");
    assert_eq!(get(&fake, all).await.1.as_array().unwrap().len(), 4);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn only_people_of_the_repository_can_be_assigned() {
    let fake = fresh().await;
    assert_eq!(post(&fake, ISSUES, json!({"title": "t", "assignees": ["jane"]})).await.0, 201);
    assert_eq!(post(&fake, ISSUES, json!({"title": "t", "assignees": ["nobody"]})).await.0, 422);
    let (status, issue) = post(&fake, &format!("{ISSUES}/1/assignees"), json!({"assignees": ["joe", "nobody"]})).await;
    assert_eq!((status, issue["assignees"].as_array().unwrap().len()), (201, 2));
}

/// A JWT as a client of the app makes it, signed with the app's key.
fn jwt(issued_s: i64, expires_s: i64, issuer: &str) -> String {
    let pem = APP_PRIVATE_KEY.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let pair = KeyPair::from_der(&STANDARD.decode(pem).unwrap()).unwrap();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = part(json!({"iat": issued_s, "exp": expires_s, "iss": issuer}));
    let signed = format!("{head}.{claims}");
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn an_app_gets_tokens_that_open_its_repositories_and_expire() {
    let clock = std::sync::Arc::new(std::sync::Mutex::new(Timestamp::now()));
    let hand = std::sync::Arc::clone(&clock);
    let settings = Settings { clock: crate::fake::Clock::new(move || *hand.lock().unwrap()), ..Settings::default() };
    let fake = Github::start(settings).await.unwrap();
    let now = clock.lock().unwrap().as_second();
    let App { id, installation_id, .. } = App::default();
    let as_app =
        |method, path: &str, jwt: String| client().request(method, format!("{}{path}", fake.url())).bearer_auth(jwt);
    let good = || jwt(now - 60, now + 540, &id.to_string());
    assert_eq!(ask(as_app(Method::GET, "/app", good())).await.1["id"], id);
    let (_, found) = ask(as_app(Method::GET, "/repos/example-org/alarms/installation", good())).await;
    assert_eq!(found["id"], installation_id);

    let tokens = format!("/app/installations/{installation_id}/access_tokens");
    let request = as_app(Method::POST, &tokens, good()).json(&json!({"repositories": ["alarms"]}));
    let (status, answer) = ask(request).await;
    assert_eq!(status, 201);
    let token = answer["token"].as_str().unwrap().to_owned();
    let create = || client().post(format!("{}{ISSUES}", fake.url())).bearer_auth(&token).json(&json!({"title": "t"}));
    assert_eq!(ask(create()).await.1["user"]["login"], "dispatch-app[bot]");
    {
        let mut time = clock.lock().unwrap();
        *time += jiff::SignedDuration::from_mins(61);
    }
    assert_eq!(ask(create()).await.0, 401);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn a_wrong_jwt_is_refused() {
    let fake = fresh().await;
    let now = Timestamp::now().as_second();
    let id = App::default().id.to_string();
    let forged = {
        let good = jwt(now - 60, now + 500, &id);
        let (signed, _) = good.rsplit_once('.').unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 256]))
    };
    let cases = [
        (jwt(now - 60, now + 700, &id), "too far in the future"),
        (jwt(now - 700, now - 60, &id), "representing the future time"),
        (jwt(now + 60, now + 500, &id), "'iat'"),
        (jwt(now - 60, now + 500, "1"), "'iss'"),
        (forged, "could not be decoded"),
        ("nonsense".to_owned(), "could not be decoded"),
    ];
    for (jwt, why) in cases {
        let (status, body) = ask(client().get(format!("{}/app", fake.url())).bearer_auth(jwt)).await;
        assert_eq!(status, 401);
        assert!(body["message"].as_str().unwrap().contains(why), "{body} {why}");
    }
}

#[tokio::test]
async fn the_console_sees_issues_rendered() {
    let fake = fresh().await;
    post(&fake, ISSUES, json!({"title": "t", "body": "**bold** <!-- hidden --> <b>raw</b>"})).await;
    let shown = fake.console_github();
    let issue = &shown["repositories"][0]["issues"][0];
    assert_eq!((&shown["repositories"][0]["name"], &issue["number"]), (&json!(REPO), &json!(1)));
    let html = issue["body_html"].as_str().unwrap();
    assert!(html.contains("<strong>bold</strong>") && !html.contains("hidden") && html.contains("&lt;b&gt;"), "{html}");
}
