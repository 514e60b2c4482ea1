//! GitHub: who Dispatch is there, and whether it can keep its audit log.

mod app;
mod labels;
mod people;

use dispatch_core::alarm::Repo;
use dispatch_engine::ports::Failed;
use dispatch_services::{github, http::Reply, settings::Settings};
use http::{HeaderName, Method, StatusCode, header};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::{
    Wishes,
    finding::Finding,
    probe::{Probe, body, request, signed, text, unreachable, with},
    settings::Origin,
};

const API: &str = "GITHUB_API_URL";
const TOKEN: &str = "GITHUB_TOKEN";
const APP_ID: &str = "GITHUB_APP_ID";
const APP_KEY: &str = "GITHUB_APP_PRIVATE_KEY";
const ALLOW_PUBLIC: &str = "GITHUB_ALLOW_PUBLIC";
const ACCEPT: &str = "application/vnd.github+json";
const VERSION: (HeaderName, &str) = (HeaderName::from_static("x-github-api-version"), "2022-11-28");
/// A token that ends this soon is told of.
const DAYS_LEFT_FEW: i64 = 14;

/// Who asks GitHub, and about what.
struct GitHub<'a> {
    base: Url,
    repo: Repo,
    token: SecretString,
    /// Whether the token is that of an app's installation, whose rights are known already.
    is_app: bool,
    settings: &'a Settings,
    origin: &'a Origin,
    probe: &'a Probe,
}

/// Looks at everything, as far as the settings lead there.
pub(super) async fn examine(settings: &Settings, origin: &Origin, probe: &Probe, wishes: &Wishes) -> Vec<Finding> {
    let (Ok(base), Ok(repo)) = (settings.need_url(API), github::default_repo(settings)) else {
        return vec![Finding::skipped("repository", "GITHUB_OWNER and GITHUB_REPO must be right first")];
    };
    let mut findings = Vec::new();
    let (token, is_app) = match (settings.text(APP_ID), settings.secret(TOKEN)) {
        (Some(_), _) => {
            let app = app::App { base: &base, repo: &repo, settings, origin, probe };
            let (told, token) = app.examine().await;
            findings.extend(told);
            (token, true)
        }
        (None, token) => (token, false),
    };
    let Some(token) = token else {
        findings.push(Finding::skipped("repository", "GitHub must know who asks first"));
        return findings;
    };
    let github = GitHub { base, repo, token, is_app, settings, origin, probe };
    findings.extend(github.examine(wishes).await);
    findings
}

impl GitHub<'_> {
    async fn examine(&self, wishes: &Wishes) -> Vec<Finding> {
        let reply = match self.in_repo("github repos.get", &[]).await {
            Ok(reply) => reply,
            Err(failed) => return vec![unreachable("repository", self.base.as_str(), API, &failed)],
        };
        if let Some(finding) = self.refused(&reply) {
            return vec![finding];
        }
        let about = body(&reply);
        let mut findings = self.token(&reply);
        findings.extend(self.judge_repository(&about));
        let is_archived = flag(&about, "archived") == Some(true);
        let (labels, user, limit) =
            tokio::join!(self.labels(is_archived, wishes), self.default_user(), self.rate_limit());
        findings.extend(labels);
        findings.extend(user);
        findings.push(limit);
        findings
    }

    /// Why nothing can be said about the repository, if so.
    fn refused(&self, reply: &Reply) -> Option<Finding> {
        const WHAT: &str = "token";
        let set = self.origin.set_from_its_place(TOKEN);
        let refused = match reply.status {
            status if status.is_success() => return None,
            StatusCode::UNAUTHORIZED => {
                Finding::wrong(WHAT, "GitHub does not take it: expired, revoked or mistyped", set)
            }
            StatusCode::FORBIDDEN if let Some(url) = single_sign_on(reply) => Finding::wrong(
                WHAT,
                "it is not authorized for the single sign-on of the organisation",
                format!("Open {url} and authorize it."),
            ),
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS if is_spent(reply) => Finding::wrong(
                "rate limit",
                "used up",
                "Wait an hour. If this comes again, something else uses the same token: give Dispatch its own.",
            ),
            StatusCode::NOT_FOUND => Finding::wrong(
                "repository",
                format!("there is no {}, or the token may not see it", self.repo),
                format!(
                    "Create it (`gh repo create {} --private`), or mend GITHUB_OWNER and GITHUB_REPO; if it is \
                     there, give the token access to it: under Repository access for a fine-grained one, with the \
                     scope repo for a classic one.",
                    self.repo
                ),
            ),
            status => Finding::wrong(
                WHAT,
                format!("GitHub says {}: {}", status.as_u16(), message(reply)),
                format!("Give the token access to {}. {set}", self.repo),
            ),
        };
        Some(refused)
    }

    /// The token is taken; perhaps not for long.
    fn token(&self, reply: &Reply) -> Vec<Finding> {
        const WHAT: &str = "token";
        if self.is_app {
            return Vec::new();
        }
        let ends = reply.header("github-authentication-token-expiration").and_then(|ends| ends.get(..10)?.parse().ok());
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        vec![match ends.map(|ends: Date| (ends, i64::from((ends - today).get_days()))) {
            Some((ends, left)) if left <= DAYS_LEFT_FEW => {
                Finding::note(WHAT, format!("it ends on {ends}: make another one before that, and set {TOKEN}"))
            }
            Some((ends, _)) => Finding::ok(WHAT, format!("taken, until {ends}")),
            None => Finding::ok(WHAT, "taken"),
        }]
    }

    fn judge_repository(&self, about: &Value) -> Vec<Finding> {
        let page = text(about, "/html_url").unwrap_or_default();
        let is = |name| flag(about, name) == Some(true);
        let repository = if is("archived") {
            Finding::wrong(
                "repository",
                format!("{} is archived, so no issue can be opened", self.repo),
                format!("Unarchive it at {page}/settings, or name another one in GITHUB_REPO."),
            )
        } else if is("disabled") {
            Finding::wrong(
                "repository",
                format!("{} is disabled by GitHub", self.repo),
                format!("Ask GitHub why, at {page}, or name another one in GITHUB_REPO."),
            )
        } else {
            self.name(text(about, "/full_name"), page)
        };
        let issues = match flag(about, "has_issues") {
            Some(false) => Finding::wrong(
                "issues",
                "they are switched off",
                format!(
                    "Switch them on at {page}/settings, under Features, or with `gh repo edit {} --enable-issues`.",
                    self.repo
                ),
            ),
            _ => Finding::ok("issues", "switched on"),
        };
        vec![repository, self.privacy(about, page), issues]
    }

    /// GitHub leads from an old name to the new one, until somebody else takes the old one.
    fn name(&self, name: Option<&str>, page: &str) -> Finding {
        const WHAT: &str = "repository";
        match name {
            Some(name) if !name.eq_ignore_ascii_case(&self.repo.to_string()) => {
                Finding::note(WHAT, format!("it is called {name} now ({page}): say so in GITHUB_OWNER and GITHUB_REPO"))
            }
            _ => Finding::ok(WHAT, self.repo.to_string()),
        }
    }

    fn privacy(&self, about: &Value, page: &str) -> Finding {
        const WHAT: &str = "private";
        match (flag(about, "private"), self.settings.text(ALLOW_PUBLIC)) {
            (Some(true), _) => Finding::ok(WHAT, ""),
            (_, Some("yes")) => Finding::note(WHAT, format!("everybody reads {}, as {ALLOW_PUBLIC} allows", self.repo)),
            _ => Finding::wrong(
                WHAT,
                format!("everybody reads {}, so Dispatch opens no issue there", self.repo),
                format!(
                    "Make it private at {page}/settings, under Danger Zone, or set {ALLOW_PUBLIC} to yes if alarms \
                     may be read by everybody."
                ),
            ),
        }
    }

    /// <https://docs.github.com/en/rest/rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user>
    async fn rate_limit(&self) -> Finding {
        const WHAT: &str = "rate limit";
        let reply = match self.send("github rateLimit.get", request(Method::GET, &self.base, &["rate_limit"])).await {
            Ok(reply) => reply,
            Err(failed) => return unreachable(WHAT, self.base.as_str(), API, &failed),
        };
        let reply = body(&reply);
        let core = |name: &str| reply.pointer(&format!("/resources/core/{name}")).and_then(Value::as_u64);
        match (core("remaining"), core("limit")) {
            (Some(0), _) => Finding::wrong(
                WHAT,
                "used up",
                "Wait an hour. If this comes again, something else uses the same token: give Dispatch its own.",
            ),
            (Some(left), Some(limit)) if left.saturating_mul(10) < limit => {
                Finding::note(WHAT, format!("only {left} of {limit} requests are left in this hour"))
            }
            (Some(left), Some(limit)) => Finding::ok(WHAT, format!("{left} of {limit} requests left")),
            // An Enterprise Server may have none.
            _ => Finding::ok(WHAT, "none"),
        }
    }

    async fn in_repo(&self, call: &'static str, rest: &[&str]) -> Result<Reply, Failed> {
        self.send(call, request(Method::GET, &self.base, &in_repo(&self.repo, rest))).await
    }

    async fn send(&self, call: &'static str, request: reqwest::Request) -> Result<Reply, Failed> {
        self.probe.ask(call, dressed(request, &self.token)).await
    }
}

/// What every request to GitHub carries.
fn dressed(request: reqwest::Request, token: &SecretString) -> reqwest::Request {
    let request = with(with(request, header::ACCEPT, ACCEPT), VERSION.0, VERSION.1);
    signed(request, "Bearer ", token)
}

fn in_repo<'a>(repo: &'a Repo, rest: &[&'a str]) -> Vec<&'a str> {
    [&["repos", repo.owner.as_str(), repo.name.as_str()], rest].concat()
}

fn flag(value: &Value, name: &str) -> Option<bool> {
    value.get(name).and_then(Value::as_bool)
}

/// Where the token is to be authorized, when it is not.
/// <https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#personal-access-tokens-and-saml-sso>
fn single_sign_on(reply: &Reply) -> Option<&str> {
    let said = reply.header("x-github-sso")?.strip_prefix("required")?;
    Some(said.split_once("url=").map_or("https://github.com/settings/tokens", |(_, url)| url.trim()))
}

fn is_spent(reply: &Reply) -> bool {
    reply.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0") || reply.retry_after().is_some()
}

/// GitHub's own sentence.
fn message(reply: &Reply) -> String {
    let body = body(reply);
    dispatch_core::text::one_line(text(&body, "/message").unwrap_or("nothing that can be read"))
}
