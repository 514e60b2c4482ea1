//! `dispatch encrypt`, against a KMS on this machine; what it prints is what the functions decrypt.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dispatch_services::{
    aws,
    aws::Aws,
    kms,
    settings::{Reference, Settings},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::run::{Done, command, finish};

const ALIAS: &str = "alias/dispatch";
/// Any setting that takes any text.
const SETTING: &str = "GITHUB_WEBHOOK_SECRET";
const MARK: &[u8] = b"encrypted:";

/// Knows one key, and keeps what it was asked.
struct Kms {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    runtime: Runtime,
}

type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>
async fn answer(State(asked): State<Asked>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let body: Value = serde_json::from_str(&body).unwrap();
    let action = headers["x-amz-target"].to_str().unwrap().replace("TrentService.", "");
    let region = headers["authorization"].to_str().unwrap().split('/').nth(2).unwrap().to_owned();
    asked.lock().unwrap().push((region, body.clone()));
    let blob = |name: &str| BASE64_STANDARD.decode(body[name].as_str().unwrap()).unwrap();
    let reply = match action.as_str() {
        "Encrypt" if !body["KeyId"].as_str().unwrap().ends_with(ALIAS) => {
            return (StatusCode::BAD_REQUEST, Json(json!({ "__type": "NotFoundException", "message": "no such key" })));
        }
        "Encrypt" => json!({ "CiphertextBlob": BASE64_STANDARD.encode([MARK, &blob("Plaintext")].concat()) }),
        "Decrypt" => json!({ "Plaintext": BASE64_STANDARD.encode(blob("CiphertextBlob").strip_prefix(MARK).unwrap()) }),
        other => panic!("{other}"),
    };
    (StatusCode::OK, Json(reply))
}

impl Kms {
    fn start() -> Self {
        let (runtime, asked) = (Runtime::new().unwrap(), Asked::default());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let router = Router::new().route("/", post(answer)).with_state(asked.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Kms { at, asked, runtime }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "eu-central-1")];
        let at = [("AWS_ENDPOINT_URL_KMS", format!("http://{}", self.at))];
        keys.into_iter().map(|(name, value)| (name, value.to_owned())).chain(at).collect()
    }

    fn encrypt(&self, key: &str, secret: &[u8]) -> Done {
        let folder = TempDir::new().unwrap();
        let mut command = command(folder.path(), &["encrypt", "--key", key]);
        finish(command.envs(self.settings()), secret)
    }

    /// What a function has when a setting has this value.
    fn decrypted(&self, value: &str) -> String {
        let setting = dispatch_services::all_settings().concat().into_iter().find(|setting| setting.name == SETTING);
        let settings = self.settings();
        let lookup = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        self.runtime.block_on(async {
            let clear = async |_| panic!("AWS is told in clear");
            let aws = Settings::read(&[aws::SETTINGS], lookup, clear).await.unwrap();
            let kms = kms::Kms::connect(&Aws::connect(&aws).await.unwrap());
            let fetch = async |reference| match reference {
                Reference::Ciphertext(ciphertext) => kms.decrypt(&ciphertext).await,
                other => panic!("{other:?} is no ciphertext"),
            };
            let read = Settings::read(&[&[setting.unwrap()]], |_| Some(value.to_owned()), fetch).await;
            read.unwrap().text(SETTING).unwrap().to_owned()
        })
    }
}

#[test]
fn what_is_printed_is_a_setting_that_the_functions_decrypt() {
    let kms = Kms::start();
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAAA\n-----END RSA PRIVATE KEY-----";
    for (input, secret, note) in [
        ("xoxb-123".to_owned(), "xoxb-123", ""),
        ("xoxb-123\n".to_owned(), "xoxb-123", "note: the line break at the end was left out\n"),
        (format!("{pem}\r\n"), pem, "note: the line break at the end was left out\n"),
    ] {
        let done = kms.encrypt(ALIAS, input.as_bytes());
        assert_eq!((done.code, done.err.as_str()), (0, note), "{done:?}");
        let value = done.out.strip_suffix('\n').unwrap();
        assert!(value.starts_with("secure:") && value.lines().count() == 1, "{value}");
        assert_eq!(kms.decrypted(value), secret);
    }
    let asked = kms.asked.lock().unwrap();
    assert_eq!(asked[0].1, json!({ "KeyId": ALIAS, "Plaintext": BASE64_STANDARD.encode("xoxb-123") }));
}

#[test]
fn the_region_of_a_keys_arn_rules() {
    let kms = Kms::start();
    let done = kms.encrypt(&format!("arn:aws:kms:us-west-2:123456789012:{ALIAS}"), b"secret");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(kms.encrypt(ALIAS, b"secret").code, 0);
    let regions: Vec<String> = kms.asked.lock().unwrap().iter().map(|(region, _)| region.clone()).collect();
    assert_eq!(regions, ["us-west-2", "eu-central-1"]);
}

#[test]
fn what_cannot_be_encrypted_is_told_and_the_secret_is_not() {
    let kms = Kms::start();
    let long = "hunter2".repeat(600);
    for (key, secret, told) in [
        (ALIAS, "", "found nothing, expected a secret on standard input"),
        (ALIAS, "\n", "found nothing"),
        (ALIAS, long.as_str(), "found more than 4096 bytes, which is the most that KMS encrypts at once"),
        ("alias/other", "hunter2", "KMS has no key alias/other in this account and region"),
        ("", "hunter2", "expected a key's id, ARN or alias"),
    ] {
        let done = kms.encrypt(key, secret.as_bytes());
        assert!(done.code == 2 && done.out.is_empty() && done.err.contains(told), "{done:?}");
        assert!(!done.err.contains("hunter2"), "{done:?}");
    }
    assert_eq!(kms.asked.lock().unwrap().len(), 1);
    // An argument would stay in the history of the shell.
    let folder = TempDir::new().unwrap();
    let done = finish(&mut command(folder.path(), &["encrypt", "--key", ALIAS, "hunter2"]), b"");
    assert_eq!(done.code, 2, "{done:?}");
}

#[test]
fn without_a_region_it_is_said_that_one_lacks() {
    let folder = TempDir::new().unwrap();
    let mut command = command(folder.path(), &["encrypt", "--key", ALIAS]);
    let done = finish(command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b"), b"secret");
    assert!(done.code == 2 && done.err.starts_with("error: found no region, expected AWS_REGION"), "{done:?}");
}
