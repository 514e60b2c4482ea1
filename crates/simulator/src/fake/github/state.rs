//! What the fake GitHub holds: repositories, issues, comments, labels, tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::answer;
use super::app::{App, Installed};
use crate::fake::call::{Answer, Call};
use crate::fake::world::Clock;

/// How a fake GitHub starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The personal token that is accepted.
    pub token: String,
    /// The login of the token's owner, who then opens issues.
    pub login: String,
    /// The repositories there are, as `owner/name`.
    pub repositories: Vec<String>,
    /// Whether a repository that is not listed appears when it is first asked for; otherwise it is a 404.
    pub any_repository: bool,
    /// The logins of people who can be assigned.
    pub people: Vec<String>,
    /// The logins of people who have an account and may not read the repositories.
    pub strangers: Vec<String>,
    /// The teams there are, as `org/team`.
    pub teams: Vec<String>,
    /// What a classic token may do; `None` is a fine-grained one, of which GitHub does not say.
    pub scopes: Option<Vec<String>>,
    /// Whether the personal token may write.
    pub may_write: bool,
    /// Where the personal token must first be authorized for single sign-on, if anywhere.
    pub sso: Option<String>,
    /// When the personal token ends, as GitHub writes it: `2026-12-01 10:00:00 UTC`.
    pub token_ends: Option<String>,
    /// The GitHub App that is installed on all repositories.
    pub app: Option<App>,
    /// What webhooks are signed with.
    pub webhook_secret: String,
    /// The clock.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: "ghp_accepted-by-the-fake-only".to_owned(),
            login: "dispatch".to_owned(),
            repositories: vec!["example-org/alarms".to_owned()],
            any_repository: false,
            people: ["jane", "joe", "alex", "sam"].map(str::to_owned).to_vec(),
            strangers: Vec::new(),
            teams: vec!["example-org/security".to_owned()],
            scopes: None,
            may_write: true,
            sso: None,
            token_ends: None,
            app: Some(App::default()),
            webhook_secret: "signed by the fake GitHub only".to_owned(),
            clock: Clock::default(),
        }
    }
}

/// An issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The number within its repository.
    pub number: u64,
    /// The title, 1 to 256 characters.
    pub title: String,
    /// The body in Markdown, at most 65,536 characters.
    pub body: Option<String>,
    /// `open` or `closed`.
    pub state: String,
    /// Why it has this state: `completed`, `not_planned`, `duplicate` or `reopened`.
    pub state_reason: Option<String>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Logins of the people assigned.
    pub assignees: Vec<String>,
    /// The login of who opened it.
    pub user: String,
    /// The login of who closed it.
    pub closed_by: Option<String>,
    /// Whether it is a pull request.
    pub is_pull_request: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Its page.
    pub url: String,
    /// Its comments, oldest first.
    pub comments: Vec<Comment>,
    /// Whether lists and search show it whatever the lag.
    #[serde(skip)]
    pub(super) settled: bool,
}

/// A comment on an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comment {
    /// The id, unique on the whole site.
    pub id: u64,
    /// The login of who wrote it.
    pub user: String,
    /// The text in Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A label of a repository.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) color: String,
    pub(super) description: Option<String>,
}

/// How far lists and search are behind. Reading one issue by its number is never behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lag {
    /// Not at all.
    #[default]
    None,
    /// Issues younger than this are not seen.
    For(Duration),
    /// New issues are not seen until [`settle`](crate::fake::Fake::settle) is called.
    UntilSettled,
}

/// A repository with all that is in it.
pub(super) struct Repository {
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) id: u64,
    pub(super) has_issues: bool,
    pub(super) public: bool,
    pub(super) archived: bool,
    pub(super) created_at: Timestamp,
    pub(super) labels: Vec<Label>,
    pub(super) issues: Vec<Issue>,
    /// The numbers of issues that were deleted. They are never given again.
    pub(super) deleted: BTreeSet<u64>,
}

/// The state of a fake GitHub.
pub struct Site {
    pub(super) root: String,
    pub(super) settings: Settings,
    /// By lower-case `owner/name`.
    pub(super) repositories: BTreeMap<String, Repository>,
    pub(super) lag: Lag,
    /// Who sends the request that is being served; set when it is admitted.
    pub(super) caller: String,
    pub(super) installed: Vec<Installed>,
    last_id: u64,
    pub(super) requests_used: u64,
}

impl Site {
    pub(super) fn new(settings: Settings, root: &str) -> Self {
        let mut site = Self {
            root: root.to_owned(),
            repositories: BTreeMap::new(),
            lag: Lag::None,
            caller: settings.login.clone(),
            installed: Vec::new(),
            last_id: 1000,
            requests_used: 0,
            settings,
        };
        let now = site.settings.clock.now();
        for full_name in site.settings.repositories.clone() {
            site.add_repository(&full_name, now);
        }
        site
    }

    pub(super) fn add_repository(&mut self, full_name: &str, now: Timestamp) {
        let (owner, name) = full_name.split_once('/').unwrap_or(("example-org", full_name));
        let repository = Repository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            id: self.fresh_id(),
            has_issues: true,
            public: false,
            archived: false,
            created_at: now,
            labels: Vec::new(),
            issues: Vec::new(),
            deleted: BTreeSet::new(),
        };
        self.repositories.entry(full_name.to_ascii_lowercase()).or_insert(repository);
    }

    /// An id that nothing else on this site has.
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The repository that the path names.
    pub(super) fn repository(&mut self, call: &Call) -> Result<&mut Repository, Answer> {
        let full_name = format!("{}/{}", call.param("owner"), call.param("repo"));
        if self.settings.any_repository {
            self.add_repository(&full_name, call.now);
        }
        self.repositories.get_mut(&full_name.to_ascii_lowercase()).ok_or_else(answer::not_found)
    }

    /// The issue that the path names.
    pub(super) fn issue(&mut self, call: &Call) -> Result<&mut Issue, Answer> {
        let number = call.param("issue_number").parse::<u64>().map_err(|_| {
            answer::not_found().blaming(format!("{} is not an issue number", call.param("issue_number")))
        })?;
        let repository = self.repository(call)?;
        if repository.deleted.contains(&number) {
            return Err(answer::refused(410, "This issue was deleted"));
        }
        repository.issue(number).ok_or_else(answer::not_found)
    }

    /// Whether lists and search show this issue at this time.
    pub(super) fn shows(&self, issue: &Issue, now: Timestamp) -> bool {
        match self.lag {
            Lag::None => true,
            Lag::UntilSettled => issue.settled,
            Lag::For(lag) => {
                let age = now.duration_since(issue.created_at);
                issue.settled || age >= SignedDuration::try_from(lag).unwrap_or(SignedDuration::MAX)
            }
        }
    }

    /// Makes lists and search show everything there is now.
    pub(super) fn settle(&mut self) {
        for repository in self.repositories.values_mut() {
            for issue in &mut repository.issues {
                issue.settled = true;
            }
        }
    }
}

impl Repository {
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(super) fn issue(&mut self, number: u64) -> Option<&mut Issue> {
        self.issues.iter_mut().find(|issue| issue.number == number)
    }

    /// Deletes an issue; `None` when there is none.
    pub(super) fn delete(&mut self, number: u64) -> Option<()> {
        let at = self.issues.iter().position(|issue| issue.number == number)?;
        self.issues.remove(at);
        self.deleted.insert(number);
        Some(())
    }

    /// Opens an issue and returns its number: the next one. Pull requests count in the same row.
    pub(super) fn open(&mut self, root: &str, draft: Draft<'_>, now: Timestamp) -> u64 {
        let number = (self.issues.len() + self.deleted.len()) as u64 + 1;
        let kind = if draft.is_pull_request { "pull" } else { "issues" };
        self.issues.push(Issue {
            number,
            title: draft.title.to_owned(),
            body: draft.body.map(str::to_owned),
            state: "open".to_owned(),
            state_reason: None,
            labels: draft.labels,
            assignees: draft.assignees,
            user: draft.user.to_owned(),
            closed_by: None,
            is_pull_request: draft.is_pull_request,
            created_at: now,
            updated_at: now,
            closed_at: None,
            url: format!("{root}/{}/{}/{kind}/{number}", self.owner, self.name),
            comments: Vec::new(),
            settled: false,
        });
        number
    }
}

/// An issue about to be opened.
#[derive(Default)]
pub(super) struct Draft<'a> {
    pub(super) user: &'a str,
    pub(super) title: &'a str,
    pub(super) body: Option<&'a str>,
    pub(super) labels: Vec<String>,
    pub(super) assignees: Vec<String>,
    pub(super) is_pull_request: bool,
}

impl Issue {
    /// Moves it to `open` or `closed`. The reason counts only when the state really changes, as at GitHub.
    pub(super) fn move_to(&mut self, state: &str, reason: Option<&str>, who: &str, now: Timestamp) {
        if self.state == state {
            return;
        }
        let closes = state == "closed";
        let usual = if closes { "completed" } else { "reopened" };
        self.state = state.to_owned();
        self.state_reason = Some(reason.unwrap_or(usual).to_owned());
        self.closed_at = closes.then_some(now);
        self.closed_by = closes.then(|| who.to_owned());
        self.updated_at = now;
    }

    /// Whether it has this label, whatever the case of its letters.
    pub(super) fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label.eq_ignore_ascii_case(name))
    }
}
