//! From the environment to a client.

use std::collections::HashMap;

use super::*;
use crate::settings::{Problems, Settings};

async fn read(values: &[(&str, &str)]) -> Result<Settings, Problems> {
    let values: HashMap<String, String> =
        values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Settings::read(&[SETTINGS], |name| values.get(name).cloned(), async |_| unreachable!("nothing is encrypted")).await
}

const PLACE: [(&str, &str); 2] = [("GITHUB_OWNER", "example-org"), ("GITHUB_REPO", "alarms")];

#[tokio::test]
async fn a_token_and_an_app_both_lead_to_the_repository() {
    let fake = Github::start(dispatch_simulator::fake::github::Settings::default()).await.unwrap();
    let url = [("GITHUB_API_URL", fake.url())];
    let token = [("GITHUB_TOKEN", "ghp_accepted-by-the-fake-only")];
    let app = [("GITHUB_APP_ID", "4711"), ("GITHUB_APP_PRIVATE_KEY", APP_PRIVATE_KEY)];
    for credentials in [&token[..], &app, &[&token[..], &app, &[("GITHUB_APP_INSTALLATION_ID", "815")]].concat()] {
        let settings = read(&[&PLACE[..], &url, credentials].concat()).await.unwrap();
        let github = GitHub::connect(&settings, &Http::new().unwrap()).unwrap();
        let repo = default_repo(&settings).unwrap();
        github.open(&Draft { repo, ..draft() }).await.unwrap();
    }
    let authors: Vec<_> = fake.issues(REPO).into_iter().map(|issue| issue.user).collect();
    assert_eq!(authors, ["dispatch", "dispatch-app[bot]", "dispatch-app[bot]"]);
}

#[tokio::test]
async fn everything_that_is_missing_is_named_and_no_secret_is() {
    let told = read(&[]).await.unwrap_err().to_string();
    for name in ["GITHUB_OWNER", "GITHUB_REPO", "GITHUB_TOKEN"] {
        assert!(told.contains(name), "{told}");
    }
    let told = read(&[&PLACE[..], &[("GITHUB_APP_ID", "1")]].concat()).await.unwrap_err().to_string();
    assert!(told.contains("GITHUB_APP_PRIVATE_KEY") && !told.contains("GITHUB_TOKEN"), "{told}");
    let key = [("GITHUB_APP_ID", "1"), ("GITHUB_APP_PRIVATE_KEY", "a-secret")];
    let told = read(&[&PLACE[..], &key].concat()).await.unwrap_err().to_string();
    assert!(told.contains("an RSA private key") && !told.contains("a-secret"), "{told}");
}

#[tokio::test]
async fn names_are_names_and_consent_is_yes() {
    let token = [("GITHUB_TOKEN", "t")];
    let wrong =
        [("GITHUB_REPO", "example-org/alarms"), ("GITHUB_DEFAULT_USER", "a/b/c"), ("GITHUB_ALLOW_PUBLIC", "true")];
    for (name, value) in wrong {
        let told = read(&[&PLACE[..], &token, &[(name, value)]].concat()).await.unwrap_err().to_string();
        assert!(told.starts_with(name), "{told}");
    }
    for (value, user) in [("@jane", "jane"), ("example-org/security", "example-org/security")] {
        let settings = read(&[&PLACE[..], &token, &[("GITHUB_DEFAULT_USER", value)]].concat()).await.unwrap();
        assert_eq!(default_user(&settings).as_deref(), Some(user));
    }
}
