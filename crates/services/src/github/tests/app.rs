//! Dispatch as a GitHub App.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::future::join_all;
use serde_json::json;

use super::*;

const FIND: &str = "apps/get-repo-installation";
const GRANT: &str = "apps/create-installation-access-token";
const OPEN: &str = "issues/create";

fn credentials(private_key: &str, installation: Option<u64>) -> Credentials {
    Credentials::App { id: App::default().id.to_string(), private_key: private_key.into(), installation }
}

/// A town whose client asks for tokens and issues, and for nothing else.
async fn town(installation: Option<u64>) -> Town {
    let Town { fake, github } = Town::with(Settings::default(), credentials(APP_PRIVATE_KEY, installation)).await;
    Town { fake, github: github.with_public(true) }
}

/// A token as GitHub gives it, instead of the one that the fake would make.
fn given(token: &str, expires: Timestamp) -> Kind {
    let body = json!({ "token": token, "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() });
    Kind::Answer { status: 201, body: body.to_string() }
}

#[tokio::test]
async fn the_installation_is_found_and_its_token_is_kept() {
    let town = town(None).await;
    town.github.open(&draft()).await.unwrap();
    town.github.open(&draft()).await.unwrap();
    assert_eq!(town.operations(), [FIND, GRANT, OPEN, OPEN]);
    assert_eq!(town.fake.issue(REPO, 1).unwrap().user, "dispatch-app[bot]");
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_storm_fetches_one_token() {
    let town = town(Some(815)).await;
    let opened = join_all((0..8).map(|_| async { town.github.open(&draft()).await })).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    assert_eq!(town.operations().iter().filter(|operation| **operation != OPEN).collect::<Vec<_>>(), [&GRANT]);
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let town = town(None).await;
    let soon = given(&Settings::default().token, Timestamp::now() + Duration::from_secs(60));
    town.fake.fault(Fault::new(GRANT, soon));
    for _ in 0..3 {
        town.github.open(&draft()).await.unwrap();
    }
    assert_eq!(town.operations(), [FIND, GRANT, OPEN, GRANT, OPEN, OPEN]);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced_once() {
    let town = town(None).await;
    let revoked = given("ghs_revoked", Timestamp::now() + Duration::from_secs(3600));
    town.fake.fault(Fault::new(GRANT, revoked.clone()));
    town.github.open(&draft()).await.unwrap();
    assert_eq!(town.operations(), [FIND, GRANT, OPEN, GRANT, OPEN]);
    assert_eq!(town.fake.issues(REPO).len(), 1);

    let town = self::town(None).await;
    town.fake.fault(Fault::new(GRANT, revoked).always());
    let failed = town.github.open(&draft()).await.unwrap_err();
    assert!(matches!(&failed, Failed::Forbidden { reason, .. } if reason.contains("Bad credentials")));
    assert_eq!(town.operations(), [FIND, GRANT, OPEN, GRANT, OPEN]);
}

#[tokio::test]
async fn every_way_to_write_the_key_is_read() {
    let escaped = APP_PRIVATE_KEY.replace('\n', "\\n");
    for key in [escaped, pkcs8(APP_PRIVATE_KEY)] {
        let town = Town::with(Settings::default(), credentials(&key, Some(815))).await;
        town.github.open(&draft()).await.unwrap();
    }
    for key in ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert_eq!(client("http://127.0.0.1:1", credentials(key, None)).err(), Some(BadKey));
    }
}

#[tokio::test]
async fn a_missing_installation_waits_for_an_operator_and_a_missing_repository_does_not() {
    let town = town(Some(1)).await;
    let failed = town.github.open(&draft()).await.unwrap_err();
    assert!(matches!(failed, Failed::Forbidden { call: "github apps.createInstallationAccessToken", .. }));

    let town = self::town(None).await;
    let elsewhere = Draft { repo: Repo::new("example-org", "nowhere"), ..draft() };
    assert!(town.github.open(&elsewhere).await.unwrap_err().is_final());
}

#[tokio::test]
async fn an_installation_that_was_replaced_is_found_again() {
    let town = town(None).await;
    let soon = given(&Settings::default().token, Timestamp::now());
    town.fake.fault(Fault::new(GRANT, soon));
    town.fake.fault(Fault::new(GRANT, Kind::Answer { status: 404, body: r#"{"message":"Not Found"}"#.to_owned() }));
    town.github.open(&draft()).await.unwrap();
    town.github.open(&draft()).await.unwrap_err();
    town.github.open(&draft()).await.unwrap();
    assert_eq!(town.operations(), [FIND, GRANT, OPEN, GRANT, FIND, GRANT, OPEN]);
}

#[tokio::test]
async fn without_a_token_nothing_was_done_and_a_storm_waits_once() {
    let town = town(Some(815)).await;
    town.fake.fault(Fault::new(GRANT, Kind::Malformed));
    let opened = join_all((0..8).map(|_| async { town.github.open(&draft()).await })).await;
    assert!(opened.iter().all(|end| matches!(end, Err(Failed::Busy { wait: None, .. }))), "{opened:?}");
    assert_eq!(town.operations(), [GRANT]);
    town.github.open(&draft()).await.unwrap();
}

#[tokio::test]
async fn no_key_and_no_token_is_told() {
    let town = town(None).await;
    town.fake.fault(Fault::new(GRANT, Kind::Malformed));
    town.fake.fault(Fault::new(GRANT, Kind::Answer { status: 401, body: "{}".to_owned() }));
    let mut told = format!("{:?} {:?}", town.github, credentials(APP_PRIVATE_KEY, None));
    for _ in 0..2 {
        let failed = town.github.open(&draft()).await.unwrap_err();
        told.push_str(&format!("{failed} {failed:?}"));
    }
    let line = APP_PRIVATE_KEY.lines().nth(1).unwrap();
    assert!(!told.contains("ghs_") && !told.contains(line) && !told.contains("eyJ"), "{told}");
}

/// The same key in the other wrapping.
fn pkcs8(pkcs1: &str) -> String {
    let base64: String = pkcs1.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = BASE64_STANDARD.decode(base64).unwrap();
    let tagged = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    };
    // Version 0, then the algorithm: rsaEncryption, no parameters.
    let head = [&[2, 1, 0, 0x30, 13, 6, 9], &[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1][..], &[5, 0]].concat();
    let der = tagged(0x30, &[head, tagged(4, &key)].concat());
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(der))
}
