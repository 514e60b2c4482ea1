//! From the environment to clients, with KMS and SNS on this machine.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dispatch_engine::ports::Failed;
use dispatch_simulator::aws::{Queue, QueueSettings, Subscription, Topic as LocalTopic, router};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Barrier, time::timeout};

use super::*;

const PATIENT: Duration = Duration::from_secs(30);

/// What every start needs, with nothing outside this machine.
const ENOUGH: [(&str, &str); 10] = [
    ("GITHUB_OWNER", "example-org"),
    ("GITHUB_REPO", "alarms"),
    ("GITHUB_TOKEN", "a-github-token"),
    ("SLACK_BOT_TOKEN", "a-slack-token"),
    ("SLACK_SIGNING_SECRET", "a-signing-secret"),
    ("SLACK_DEFAULT_CHANNEL", "security"),
    ("PAGERDUTY_ROUTING_KEY", "0123456789abcdef0123456789abcdef"),
    ("DISPATCH_STORE_URL", "memory:///"),
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "an-aws-secret"),
];

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn read_with(values: &[(&str, &str)]) -> Result<Settings, Problems> {
    let mut all: HashMap<&str, &str> = ENOUGH.into();
    all.extend(values.iter().copied());
    timeout(PATIENT, read(|name| all.get(name).map(|&value| value.to_owned()))).await.unwrap()
}

/// KMS with a key that writes everything backwards. It answers when `together` requests have come.
struct FakeKms {
    together: Barrier,
    seen: Mutex<usize>,
}

async fn start_kms(together: usize) -> (Arc<FakeKms>, String) {
    let kms = Arc::new(FakeKms { together: Barrier::new(together), seen: Mutex::new(0) });
    let router = Router::new().route("/", post(decrypt)).with_state(Arc::clone(&kms));
    (kms, serve(router).await)
}

async fn decrypt(State(kms): State<Arc<FakeKms>>, headers: HeaderMap, body: String) -> (HeaderMap, Json<Value>) {
    *kms.seen.lock().unwrap() += 1;
    assert_eq!(headers["x-amz-target"], "TrentService.Decrypt");
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert!(headers["authorization"].to_str().unwrap().contains("/eu-central-1/kms/aws4_request"));
    kms.together.wait().await;
    let body: Value = serde_json::from_str(&body).unwrap();
    let mut text = BASE64_STANDARD.decode(body["CiphertextBlob"].as_str().unwrap()).unwrap();
    text.reverse();
    let key = "arn:aws:kms:eu-central-1:000000000000:key/1";
    let answer =
        json!({ "KeyId": key, "Plaintext": BASE64_STANDARD.encode(text), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" });
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-amz-json-1.1".parse().unwrap());
    (headers, Json(answer))
}

fn encrypt(text: &str) -> String {
    let backwards: String = text.chars().rev().collect();
    format!("secure:{}", BASE64_STANDARD.encode(backwards))
}

#[tokio::test]
async fn encrypted_settings_are_decrypted_all_at_the_same_time() {
    let (kms, url) = start_kms(4).await;
    let (token, secret, owner) = (encrypt("a-token"), encrypt("a-secret"), encrypt("sam"));
    let hooks = encrypt("It's a secret");
    let settings = read_with(&[
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL_KMS", &url),
        ("GITHUB_TOKEN", &token),
        ("SLACK_SIGNING_SECRET", &secret),
        ("GITHUB_OWNER", &owner),
        ("GITHUB_WEBHOOK_SECRET", &hooks),
        ("PAGERDUTY_WEBHOOK_SECRET", ""),
    ])
    .await
    .unwrap();
    assert_eq!(settings.text("GITHUB_TOKEN"), Some("a-token"));
    let services = connect(&settings).await.unwrap();
    assert_eq!(services.signing_secret.expose_secret(), "a-secret");
    assert_eq!(services.defaults.repo.to_string(), "sam/alarms");
    assert_eq!(services.github_secret.unwrap().expose_secret(), "It's a secret");
    assert!(services.pagerduty_secret.is_none(), "an empty secret is none: anybody could sign with it");
    assert_eq!(*kms.seen.lock().unwrap(), 4);
}

#[tokio::test]
async fn a_refusal_of_kms_is_told_beside_every_other_problem() {
    async fn refuse() -> (axum::http::StatusCode, HeaderMap, String) {
        let error = json!({ "__type": "InvalidCiphertextException", "message": "about what-was-sent" });
        (axum::http::StatusCode::BAD_REQUEST, HeaderMap::new(), error.to_string())
    }
    let url = serve(Router::new().route("/", post(refuse))).await;
    let sealed = encrypt("a-token");
    let values = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("GITHUB_TOKEN", sealed.as_str()),
        ("SLACK_BOT_TOKEN", "secure:no base64!"),
        ("DISPATCH_STORE_URL", "s4://bucket"),
    ];
    let told = read_with(&values).await.unwrap_err().to_string();
    assert_eq!(
        told,
        "DISPATCH_STORE_URL: found \"s4://bucket\", expected s3://bucket, s3://bucket/prefix, file:///folder or memory:///\n\
         GITHUB_TOKEN: found a secure: value that could not be decrypted \
         (kms Decrypt was refused: InvalidCiphertextException), expected one word without spaces\n\
         SLACK_BOT_TOKEN: found a secure: value that could not be decrypted \
         (kms Decrypt was refused: it is no base64), expected one word without spaces"
    );
}

#[tokio::test]
async fn kms_without_a_region_is_told_so() {
    let told = read_with(&[("GITHUB_TOKEN", &encrypt("x"))]).await.unwrap_err().to_string();
    assert!(told.starts_with("GITHUB_TOKEN: ") && told.contains("AWS_REGION is not set"), "{told}");
}

#[tokio::test]
async fn nothing_set_names_everything_that_is_needed() {
    let problems = read(|_| None).await.unwrap_err();
    let names: Vec<_> = problems.into_iter().map(|problem| problem.name).collect();
    for name in ["DISPATCH_STORE_URL", "GITHUB_OWNER", "GITHUB_TOKEN", "SLACK_BOT_TOKEN", "PAGERDUTY_ROUTING_KEY"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
}

#[test]
fn every_setting_is_declared_once_and_well() {
    let all = [all_settings(), vec![aws::SETTINGS]].concat().concat();
    let names: Vec<_> = all.iter().map(|setting| setting.name).collect();
    for (at, setting) in all.iter().enumerate() {
        assert!(!names[at + 1..].contains(&setting.name), "{} twice", setting.name);
        assert!(!setting.meaning.is_empty());
        assert!(setting.default.is_none_or(|default| setting.format.fits(default)), "{}", setting.name);
        assert!(setting.default.is_none() || setting.required == Required::No, "{}", setting.name);
        if let Required::Unless(other) | Required::With(other) = setting.required {
            assert!(names.contains(&other), "{} speaks of {other}", setting.name);
        }
    }
}

#[tokio::test]
async fn the_defaults_are_read() {
    let settings = read_with(&[("DISPATCH_ANSWER_TIMEOUT", "PT4H"), ("GITHUB_DEFAULT_USER", "@jane")]).await.unwrap();
    let services = connect(&settings).await.unwrap();
    assert_eq!(services.defaults.patience_s, Some(4 * 3600));
    assert_eq!(services.defaults.github_user.as_deref(), Some("jane"));
    assert_eq!(services.defaults.channel.to_string(), "slack:#security");
    let schemes: Vec<_> = services.destinations.iter().map(|destination| destination.scheme()).collect();
    assert_eq!(schemes, DESTINATIONS.iter().map(|maker| maker.scheme).collect::<Vec<_>>());

    let services = connect(&read_with(&[]).await.unwrap()).await.unwrap();
    assert_eq!(services.defaults.patience_s, None);
    let told = read_with(&[("DISPATCH_ANSWER_TIMEOUT", "P8D")]).await.unwrap_err().to_string();
    assert!(told.starts_with("DISPATCH_ANSWER_TIMEOUT: found \"P8D\", expected off, or "), "{told}");
}

#[tokio::test]
async fn no_client_shows_a_secret() {
    let arn = "arn:aws:sns:eu-central-1:000000000000:dispatch";
    let values = [("DISPATCH_TOPIC_ARN", arn), ("AWS_REGION", "eu-central-1"), ("DISPATCH_STORE_URL", "s3://bucket/a")];
    let settings = read_with(&values).await.unwrap();
    let services = connect(&settings).await.unwrap();
    let shown = format!("{settings:?} {services:?} {:?} {:?}", services.world(), Aws::connect(&settings).await);
    for name in
        ["GITHUB_TOKEN", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PAGERDUTY_ROUTING_KEY", "AWS_SECRET_ACCESS_KEY"]
    {
        assert!(!shown.contains(settings.text(name).unwrap()), "{name} in {shown}");
    }
}

#[tokio::test]
async fn a_bucket_needs_a_region() {
    let settings = read_with(&[("DISPATCH_STORE_URL", "s3://bucket")]).await.unwrap();
    let told = connect(&settings).await.unwrap_err().to_string();
    assert!(told.contains("DISPATCH_STORE_URL: found \"s3://bucket\", expected AWS_REGION beside it"), "{told}");
}

#[tokio::test]
async fn without_a_topic_handing_on_is_refused() {
    let services = connect(&read_with(&[]).await.unwrap()).await.unwrap();
    let failed = services.topic.publish("x").await.unwrap_err();
    assert_eq!(failed.to_string(), "sns Publish was refused: DISPATCH_TOPIC_ARN is not set");
}

/// A topic on this machine, and the settings that lead to it.
async fn topic_at(queue: &Queue) -> (String, String) {
    let topic = LocalTopic::new("dispatch", vec![Subscription::new(queue)]);
    let arn = topic.arn().to_owned();
    (serve(router(topic)).await, arn)
}

#[tokio::test]
async fn a_message_goes_through_the_topic_as_it_is() {
    let queue = Queue::new(QueueSettings::named("alarms"));
    let (url, arn) = topic_at(&queue).await;
    let settings = read_with(&[("AWS_ENDPOINT_URL_SNS", &url), ("DISPATCH_TOPIC_ARN", &arn)]).await.unwrap();
    let sns = Sns::connect(&settings, &Aws::connect(&settings).await.unwrap()).unwrap();
    let id = sns.publish_with_subject(Some("Disk full"), "é & + b\n").await.unwrap();
    let message = timeout(PATIENT, queue.receive_some(1)).await.unwrap().remove(0);
    let envelope: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(envelope["Message"], "é & + b\n");
    assert_eq!(envelope["Subject"], "Disk full");
    assert_eq!(envelope["MessageId"], id.as_str());

    let services = connect(&settings).await.unwrap();
    services.topic.publish("plain").await.unwrap();
}

#[tokio::test]
async fn the_queues_of_a_topic_are_found_page_by_page() {
    let queues: Vec<_> = (0..201).map(|number| Queue::new(QueueSettings::named(format!("q-{number}")))).collect();
    // One of them is subscribed twice.
    let topic = LocalTopic::new("dispatch", queues.iter().chain(queues.first()).map(Subscription::new));
    let arn = topic.arn().to_owned();
    let url = serve(router(topic)).await;
    let settings = read_with(&[("AWS_ENDPOINT_URL_SNS", &url), ("DISPATCH_TOPIC_ARN", &arn)]).await.unwrap();
    let sns = Sns::connect(&settings, &Aws::connect(&settings).await.unwrap()).unwrap();
    let found = timeout(PATIENT, sns.queues()).await.unwrap().unwrap();
    assert_eq!(found, queues.iter().map(|queue| queue.arn().to_owned()).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_wrong_hides_nothing_of_what_is_right() {
    let mut all: HashMap<&str, &str> = ENOUGH.into();
    all.extend([("SLACK_BOT_TOKEN", "two words"), ("GITHUB_REPO", "")]);
    let (settings, problems) = examine(|name| all.get(name).map(|&value| value.to_owned())).await;
    let names: Vec<_> = problems.iter().map(|problem| problem.name).collect();
    assert_eq!(names, ["SLACK_BOT_TOKEN", "GITHUB_REPO"]);
    assert_eq!((settings.text("GITHUB_OWNER"), settings.text("SLACK_BOT_TOKEN")), (Some("example-org"), None));
}

#[tokio::test]
async fn a_topic_that_is_there_is_seen() {
    let (url, arn) = topic_at(&Queue::new(QueueSettings::named("alarms"))).await;
    let look = async |arn: &str| {
        let settings = read_with(&[("AWS_ENDPOINT_URL", &url), ("DISPATCH_TOPIC_ARN", arn)]).await.unwrap();
        Sns::connect(&settings, &Aws::connect(&settings).await.unwrap()).unwrap().look().await
    };
    assert_eq!(look(&arn).await, Ok(()));
    let refused = Failed::Refused { call: "sns GetTopicAttributes", reason: "NotFound".to_owned() };
    assert_eq!(look("arn:aws:sns:us-east-1:000000000000:other").await, Err(refused));
}

#[tokio::test]
async fn what_sns_refuses_is_refused_by_its_code() {
    let (url, _) = topic_at(&Queue::new(QueueSettings::named("alarms"))).await;
    let other = "arn:aws:sns:us-east-1:000000000000:other";
    let settings = read_with(&[("AWS_ENDPOINT_URL", &url), ("DISPATCH_TOPIC_ARN", other)]).await.unwrap();
    let services = connect(&settings).await.unwrap();
    let failed = services.topic.publish("x").await.unwrap_err();
    assert_eq!(failed, Failed::Refused { call: "sns Publish", reason: "NotFound".to_owned() });
}

#[tokio::test]
async fn an_sns_that_is_away_has_certainly_not_acted() {
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let arn = "arn:aws:sns:eu-central-1:000000000000:dispatch";
    let url = format!("http://{away}");
    let settings = read_with(&[("AWS_ENDPOINT_URL", &url), ("DISPATCH_TOPIC_ARN", arn)]).await.unwrap();
    let failed = connect(&settings).await.unwrap().topic.publish("x").await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { call: "sns Publish", .. }), "{failed}");
}

#[tokio::test]
async fn rights_that_are_missing_wait_for_an_operator() {
    async fn forbid() -> (axum::http::StatusCode, &'static str) {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>";
        (axum::http::StatusCode::FORBIDDEN, body)
    }
    let url = serve(Router::new().route("/", post(forbid))).await;
    let arn = "arn:aws:sns:eu-central-1:000000000000:dispatch";
    let settings = read_with(&[("AWS_ENDPOINT_URL", &url), ("DISPATCH_TOPIC_ARN", arn)]).await.unwrap();
    let failed = connect(&settings).await.unwrap().topic.publish("x").await.unwrap_err();
    let reason = "AuthorizationError".to_owned();
    assert_eq!(failed, Failed::Busy { call: "sns Publish", reason, wait: None });
}
