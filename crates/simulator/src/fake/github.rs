//! A fake GitHub: repositories with issues, comments and labels, search, and one GitHub App.
//!
//! Deliberately absent: pull requests beyond their place in the list of issues, milestones, webhooks about
//! what the API does, conditional requests, and the counting of rate limits (use a [`Fault`](super::Fault) for those).

mod answer;
mod app;
mod comments;
mod console;
mod issues;
mod labels;
mod people;
mod search;
mod state;
#[cfg(test)]
mod tests;
mod view;
mod webhook;

use std::io;

use http::Method;
use serde_json::json;

pub use app::{APP_PRIVATE_KEY, App};
pub use state::{Comment, Issue, Lag, Settings, Site};

use self::answer::{not_found, refused};
use self::state::{Draft, Repository};
use super::NoSuch;
use super::call::{Answer, Call};
use super::handle::Fake;
use super::world::{Act, Route, Service, retry_after};

/// A fake GitHub. Give [`url`](Fake::url) to the client as `GITHUB_API_URL`.
pub type Github = Fake<Site>;

/// The REST versions there are. Source: docs.github.com, "Breaking changes".
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// Who does things by hand.
const PERSON: &str = "jane";

impl Fake<Site> {
    /// Starts it on a free port of loopback.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::open(settings.clock.clone(), |root| Site::new(settings, root)).await
    }

    /// The issues and pull requests of a repository (`owner/name`), by number; none when there is no such repository.
    pub fn issues(&self, repository: &str) -> Vec<Issue> {
        self.read(|site| {
            let found = site.repositories.get(&repository.to_ascii_lowercase());
            found.map(|repository| repository.issues.clone()).unwrap_or_default()
        })
    }

    /// One issue.
    pub fn issue(&self, repository: &str, number: u64) -> Option<Issue> {
        self.issues(repository).into_iter().find(|issue| issue.number == number)
    }

    /// The names of all repositories, as `owner/name`.
    pub fn repositories(&self) -> Vec<String> {
        self.read(|site| site.repositories.values().map(Repository::full_name).collect())
    }

    /// The labels of a repository.
    pub fn labels(&self, repository: &str) -> Vec<String> {
        self.read(|site| {
            let found = site.repositories.get(&repository.to_ascii_lowercase());
            found.map_or_else(Vec::new, |repository| repository.labels.iter().map(|label| label.name.clone()).collect())
        })
    }

    /// Adds a repository, given as `owner/name`; one that exists stays as it is.
    pub fn add_repository(&self, repository: &str) {
        self.change(|site, now| site.add_repository(repository, now));
    }

    /// Turns issues off for a repository, so that creating one is answered with 410; or on again.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn enable_issues(&self, repository: &str, enabled: bool) -> Result<(), NoSuch> {
        self.in_repository(repository, |repository, _, _| repository.has_issues = enabled)
    }

    /// Makes a repository public, or private again. Private is how all of them begin.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn make_public(&self, repository: &str, public: bool) -> Result<(), NoSuch> {
        self.in_repository(repository, |repository, _, _| repository.public = public)
    }

    /// Archives a repository, so that nobody can write to it; or brings it back.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn archive(&self, repository: &str, archived: bool) -> Result<(), NoSuch> {
        self.in_repository(repository, |repository, _, _| repository.archived = archived)
    }

    /// Adds a label by hand.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn add_label(&self, repository: &str, name: &str) -> Result<(), NoSuch> {
        self.in_repository(repository, |repository, _, _| repository.put_label(name))
    }

    /// Opens an issue or a pull request as a person (`jane`) would. Returns its number.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn open_by_hand(
        &self,
        repository: &str,
        title: &str,
        body: &str,
        is_pull_request: bool,
    ) -> Result<u64, NoSuch> {
        self.in_repository(repository, |repository, root, now| {
            let draft = Draft { user: PERSON, title, body: Some(body), is_pull_request, ..Draft::default() };
            repository.open(root, draft, now)
        })
    }

    /// Closes an issue as a person (`jane`) would.
    ///
    /// # Errors
    /// When there is no such repository or issue.
    pub fn close_by_hand(&self, repository: &str, number: u64) -> Result<(), NoSuch> {
        self.move_by_hand(repository, number, "closed", "closed")
    }

    /// Opens a closed issue again as a person would.
    ///
    /// # Errors
    /// When there is no such repository or issue.
    pub fn reopen(&self, repository: &str, number: u64) -> Result<(), NoSuch> {
        self.move_by_hand(repository, number, "open", "reopened")
    }

    /// Deletes an issue as an owner would: its number is not given again, and reading it is answered with 410.
    ///
    /// # Errors
    /// When there is no such repository or issue.
    pub fn delete_by_hand(&self, repository: &str, number: u64) -> Result<(), NoSuch> {
        let webhook = self.webhook(repository, number, "deleted", PERSON)?;
        self.in_repository(repository, |repository, _, _| {
            repository.delete(number).ok_or_else(|| NoSuch(format!("issue {number}")))
        })??;
        self.tell(webhook);
        Ok(())
    }

    /// Sets how far lists and search are behind from now on. They see what is there already.
    pub fn lag(&self, lag: Lag) {
        self.change(|site, _| {
            site.settle();
            site.lag = lag;
        });
    }

    /// Makes lists and search see everything there is now.
    pub fn settle(&self) {
        self.change(|site, _| site.settle());
    }

    fn move_by_hand(&self, repository: &str, number: u64, state: &str, action: &str) -> Result<(), NoSuch> {
        let moves = self.in_repository(repository, |repository, _, now| {
            let issue = repository.issue(number).ok_or_else(|| NoSuch(format!("issue {number}")))?;
            let moves = issue.state != state;
            issue.move_to(state, None, PERSON, now);
            Ok(moves)
        })??;
        if moves {
            self.tell(self.webhook(repository, number, action, PERSON)?);
        }
        Ok(())
    }

    fn in_repository<T>(
        &self,
        name: &str,
        act: impl FnOnce(&mut Repository, &str, jiff::Timestamp) -> T,
    ) -> Result<T, NoSuch> {
        self.change(|site, now| {
            let root = site.root.clone();
            let repository = site.repositories.get_mut(&name.to_ascii_lowercase());
            let repository = repository.ok_or_else(|| NoSuch(format!("repository {name}")))?;
            Ok(act(repository, &root, now))
        })
    }
}

impl Service for Site {
    const NAME: &'static str = "github";

    fn routes() -> Vec<Route<Self>> {
        const REPO: &str = "/repos/{owner}/{repo}";
        const ISSUES: &str = "/repos/{owner}/{repo}/issues";
        const ISSUE: &str = "/repos/{owner}/{repo}/issues/{issue_number}";
        const COMMENTS: &str = "/repos/{owner}/{repo}/issues/{issue_number}/comments";
        const COMMENT: &str = "/repos/{owner}/{repo}/issues/comments/{comment_id}";
        const ISSUE_LABELS: &str = "/repos/{owner}/{repo}/issues/{issue_number}/labels";
        const ISSUE_LABEL: &str = "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}";
        const ASSIGNEES: &str = "/repos/{owner}/{repo}/issues/{issue_number}/assignees";
        const LABELS: &str = "/repos/{owner}/{repo}/labels";
        const LABEL: &str = "/repos/{owner}/{repo}/labels/{name}";
        const ASSIGNEE: &str = "/repos/{owner}/{repo}/assignees/{assignee}";
        const TEAM: &str = "/orgs/{org}/teams/{team_slug}";
        const INSTALLATION: &str = "/repos/{owner}/{repo}/installation";
        const TOKENS: &str = "/app/installations/{installation_id}/access_tokens";
        vec![
            route(Method::GET, REPO, "repos/get", get_repository),
            route(Method::GET, ISSUES, "issues/list-for-repo", issues::list),
            route(Method::POST, ISSUES, "issues/create", issues::create),
            route(Method::GET, ISSUE, "issues/get", issues::get),
            route(Method::PATCH, ISSUE, "issues/update", issues::update),
            route(Method::GET, COMMENTS, "issues/list-comments", comments::list),
            route(Method::POST, COMMENTS, "issues/create-comment", comments::create),
            route(Method::GET, COMMENT, "issues/get-comment", comments::get),
            route(Method::PATCH, COMMENT, "issues/update-comment", comments::update),
            route(Method::GET, ISSUE_LABELS, "issues/list-labels-on-issue", labels::of_issue),
            route(Method::POST, ISSUE_LABELS, "issues/add-labels", labels::add),
            route(Method::PUT, ISSUE_LABELS, "issues/set-labels", labels::set),
            route(Method::DELETE, ISSUE_LABEL, "issues/remove-label", labels::remove),
            route(Method::POST, ASSIGNEES, "issues/add-assignees", labels::assign),
            route(Method::GET, LABELS, "issues/list-labels-for-repo", labels::list),
            route(Method::POST, LABELS, "issues/create-label", labels::create),
            route(Method::GET, LABEL, "issues/get-label", labels::get),
            route(Method::GET, ASSIGNEE, "issues/check-user-can-be-assigned", people::assignee),
            route(Method::GET, "/users/{username}", "users/get-by-username", people::user),
            route(Method::GET, TEAM, "teams/get-by-name", people::team),
            route(Method::GET, "/search/issues", "search/issues-and-pull-requests", search::issues),
            route(Method::GET, "/rate_limit", "rate-limit/get", rate_limit),
            route(Method::GET, "/app", "apps/get-authenticated", app::get),
            route(Method::GET, INSTALLATION, "apps/get-repo-installation", app::installation),
            route(Method::POST, TOKENS, "apps/create-installation-access-token", app::create_token),
        ]
    }

    fn admit(&mut self, operation: &str, call: &Call) -> Result<(), Answer> {
        if call.header("user-agent").is_none_or(|agent| agent.trim().is_empty()) {
            let why =
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
            return Err(Answer::new(403, why).blaming("no User-Agent header"));
        }
        let accept = call.header("accept").unwrap_or("*/*");
        let accepted = ["*/*", "application/json", "application/vnd.github+json", "application/vnd.github.v3+json"];
        if !accept.split(',').any(|kind| accepted.contains(&kind.trim())) {
            let why = "Must accept 'application/json'";
            return Err(refused(415, why).blaming(format!("the Accept header is {accept}")));
        }
        if let Some(version) = call.header("x-github-api-version")
            && !VERSIONS.contains(&version)
        {
            return Err(refused(400, "The API version is not supported").blaming(format!("API version {version}")));
        }
        self.authenticate(operation, call)?;
        self.may(call)
    }

    fn unknown(call: &Call) -> Answer {
        not_found().blaming(format!("the fake has no operation {} {}", call.method, call.path))
    }

    fn page(&self, path: &str) -> Option<String> {
        self.issue_page(path)
    }

    /// The budget shown never runs out: a fault says when it has.
    fn finish(&mut self, answer: Answer) -> Answer {
        self.requests_used += 1;
        let used = self.requests_used.min(4_000);
        let reset = self.settings.clock.now().as_second() + 3_600;
        let answer = if self.caller == self.settings.login { self.told_of_token(answer) } else { answer };
        answer
            .with_header("x-ratelimit-limit", "5000")
            .with_header("x-ratelimit-remaining", (5_000 - used).to_string())
            .with_header("x-ratelimit-used", used.to_string())
            .with_header("x-ratelimit-reset", reset.to_string())
            .with_header("x-ratelimit-resource", "core")
    }

    fn rate_limited(retry_after_s: Option<u32>) -> Answer {
        retry_after(refused(429, "API rate limit exceeded"), retry_after_s).with_header("x-ratelimit-remaining", "0")
    }
}

fn route(method: Method, path: &'static str, operation: &'static str, act: Act<Site>) -> Route<Site> {
    Route { method, path, operation, act }
}

/// `GET /repos/{owner}/{repo}`
fn get_repository(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let root = site.root.clone();
    Ok(Answer::json(200, &view::repository(&root, site.repository(call)?)))
}

/// `GET /rate_limit`
fn rate_limit(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let used = site.requests_used.min(4_000);
    let reset = call.now.as_second() + 3_600;
    let core = json!({"limit": 5_000, "used": used, "remaining": 5_000 - used, "reset": reset});
    let search = json!({"limit": 30, "used": 0, "remaining": 30, "reset": reset});
    Ok(Answer::json(200, &json!({"resources": {"core": core, "search": search}, "rate": core})))
}
