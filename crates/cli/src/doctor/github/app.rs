//! A GitHub App: whether its key is its own, and where it is installed with which rights.

use dispatch_core::alarm::Repo;
use dispatch_engine::ports::Failed;
use dispatch_services::{github, http::Reply, settings::Settings};
use http::{Method, StatusCode};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::{API, APP_ID, APP_KEY, dressed, in_repo, message};
use crate::doctor::{
    finding::Finding,
    probe::{Probe, body, request, text, unreachable},
    settings::Origin,
};

const INSTALLATION: &str = "GITHUB_APP_INSTALLATION_ID";

/// The app of the settings.
pub(super) struct App<'a> {
    pub(super) base: &'a Url,
    pub(super) repo: &'a Repo,
    pub(super) settings: &'a Settings,
    pub(super) origin: &'a Origin,
    pub(super) probe: &'a Probe,
}

/// Either what was asked for, or why there is nothing more to ask.
type Step<T> = Result<T, Finding>;

impl App<'_> {
    /// What is to be said of the app, and the token of its installation.
    pub(super) async fn examine(&self) -> (Vec<Finding>, Option<SecretString>) {
        let Some(word) = github::app_word(self.settings, Timestamp::now()) else {
            return (vec![Finding::skipped("app", format!("{APP_KEY} must be right first"))], None);
        };
        let (slug, mut findings) = match self.who(&word).await {
            Ok(slug) => (slug.clone(), vec![Finding::ok("app", slug)]),
            Err(finding) => return (vec![finding], None),
        };
        let installation = match self.installation(&word, &slug).await {
            Ok(installation) => installation,
            Err(finding) => return ([findings, vec![finding]].concat(), None),
        };
        findings.push(Finding::ok("installation", installation.to_string()));
        let (finding, token) = self.token(&word, installation).await;
        findings.push(finding);
        (findings, token)
    }

    /// <https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app>
    async fn who(&self, word: &SecretString) -> Step<String> {
        let reply = self.send("github apps.getAuthenticated", Method::GET, &["app"], word).await;
        let reply = reply.map_err(|failed| unreachable("app", self.base.as_str(), API, &failed))?;
        if reply.status.is_success() {
            return Ok(text(&body(&reply), "/slug").unwrap_or("the app").to_owned());
        }
        let id = self.settings.text(APP_ID).unwrap_or_default();
        Err(Finding::wrong(
            "app",
            format!("GitHub does not take the key for the app {id}: {}", message(&reply)),
            format!(
                "Compare {APP_ID} with the app's page under https://github.com/settings/apps. If it is right, the \
                 key is another app's, or was deleted: {}",
                self.origin.set_from_its_place(APP_KEY)
            ),
        ))
    }

    /// <https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app>
    async fn installation(&self, word: &SecretString, slug: &str) -> Step<u64> {
        const WHAT: &str = "installation";
        let path = in_repo(self.repo, &["installation"]);
        let reply = self.send("github apps.getRepoInstallation", Method::GET, &path, word).await;
        let reply = reply.map_err(|failed| unreachable(WHAT, self.base.as_str(), API, &failed))?;
        let about = body(&reply);
        let page = text(&about, "/html_url").unwrap_or("https://github.com/settings/installations");
        let id = about.get("id").and_then(Value::as_u64);
        let named = self.settings.text(INSTALLATION);
        match id {
            None => Err(Finding::wrong(
                WHAT,
                format!("{slug} is not installed on {}", self.repo),
                format!("Install it at https://github.com/apps/{slug}/installations/new, and choose this repository."),
            )),
            Some(_) if about.get("suspended_at").is_some_and(|at| !at.is_null()) => {
                Err(Finding::wrong(WHAT, "it is suspended", format!("Open {page} and choose Unsuspend.")))
            }
            Some(id) if named.is_some_and(|named| named != id.to_string()) => Err(Finding::wrong(
                WHAT,
                format!("{INSTALLATION} is {}, and that of {} is {id}", named.unwrap_or_default(), self.repo),
                format!("Set {INSTALLATION} to {id}, or leave it out: it is looked up then."),
            )),
            Some(_) if text(&about, "/permissions/issues") != Some("write") => Err(Finding::wrong(
                "may write issues",
                "the app may not write issues",
                format!(
                    "On the app's page, under Permissions & events, Repository permissions, set Issues to Read and \
                     write; then accept that at {page}."
                ),
            )),
            Some(id) => Ok(id),
        }
    }

    /// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>
    async fn token(&self, word: &SecretString, installation: u64) -> (Finding, Option<SecretString>) {
        const WHAT: &str = "may write issues";
        let path = ["app", "installations", &installation.to_string(), "access_tokens"];
        let reply = self.send("github apps.createInstallationAccessToken", Method::POST, &path, word).await;
        match reply {
            Ok(reply) if reply.status == StatusCode::CREATED => {
                let token = text(&body(&reply), "/token").map(SecretString::from);
                (Finding::ok(WHAT, "as the app's permissions say"), token)
            }
            Ok(reply) => {
                let found = format!("GitHub gives no token: {} {}", reply.status.as_u16(), message(&reply));
                (Finding::wrong("installation", found, "Open the app's page, and install it anew."), None)
            }
            Err(failed) => (unreachable(WHAT, self.base.as_str(), API, &failed), None),
        }
    }

    async fn send(
        &self,
        call: &'static str,
        method: Method,
        path: &[&str],
        word: &SecretString,
    ) -> Result<Reply, Failed> {
        self.probe.ask(call, dressed(request(method, self.base, path), word)).await
    }
}
