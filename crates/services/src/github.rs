//! GitHub: the audit log, one issue for each alarm.
//!
//! Calls go through `octocrab`, which rides on [`Http`]. Replies are read into the few fields that
//! are needed, so that a field more or less at GitHub changes nothing here. What is deliberately
//! absent: any guard against duplicates. Search lags, so it is a hint.

use std::borrow::Cow;

use async_trait::async_trait;
use dispatch_core::{
    alarm::{Issue, IssueNumber, Key, Repo},
    text::shorten,
    words::is_of_another,
};
use dispatch_engine::ports::{AuditLog, Draft, Failed};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use crate::http::{Http, Repeat, Reply, Verdict};

pub(crate) use self::settings::API_URL;
use self::{
    auth::Auth,
    find::Sought,
    judge::{is_about_labels, is_gone, judge, judge_existing, judge_label, judge_opening, judge_state},
    privacy::Privacy,
    standing::Standing,
    wire::{Call, Wire, read},
};
pub use self::{
    auth::{BadKey, Credentials},
    settings::{SETTINGS, WEBHOOK_SECRET, app_word, default_repo, default_user, webhook_secret},
};

mod auth;
mod find;
mod judge;
mod privacy;
mod query;
mod settings;
mod standing;
#[cfg(test)]
mod tests;
mod wire;

const TITLE_CHARS_MAX: usize = 256;
const BODY_CHARS_MAX: usize = 65_536;
const PER_PAGE: usize = 100;
const COMMENT_PAGES_MAX: usize = 10;
/// After this the search knows an issue: its index lags by minutes.
const INDEXED: SignedDuration = SignedDuration::from_mins(30);
const NOTHING: Option<&Value> = None;

/// The issues of GitHub, or of a GitHub Enterprise Server.
#[derive(Debug)]
pub struct GitHub {
    wire: Wire,
    privacy: Privacy,
    standing: Standing,
}

/// The fields of an issue, or of a pull request, that are read.
#[derive(Debug, Deserialize)]
struct Listed {
    number: IssueNumber,
    html_url: Option<String>,
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    created_at: Option<Timestamp>,
    /// Present when it is a pull request.
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
}

/// <https://docs.github.com/en/rest/issues/issues#create-an-issue>
#[derive(Debug, Serialize)]
struct NewIssue<'a> {
    title: &'a str,
    body: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    labels: &'a [String],
}

#[async_trait]
impl AuditLog for GitHub {
    /// Labels never lose an alarm: when GitHub objects to them, the issue is opened without. A public
    /// repository is refused unless it is allowed.
    async fn open(&self, draft: &Draft) -> Result<Issue, Failed> {
        self.privacy.check(&self.wire, &draft.repo).await?;
        let reply = self.create(draft, &draft.labels, judge_opening).await?;
        let reply = if is_about_labels(&reply) { self.create(draft, &[], judge).await? } else { reply };
        let issue: Listed = read("github issues.create", &reply)?;
        Ok(issue.at(&draft.repo))
    }

    /// Where more was opened since than can be looked through, the search is believed once its index must
    /// have caught up: an alarm must not wait for ever.
    async fn find(&self, repo: &Repo, marker: &str, title: &str, since: Timestamp) -> Result<Option<Issue>, Failed> {
        match find::by_marker(&self.wire, repo, marker, since).await? {
            Sought::Found(issue) => Ok(Some(issue)),
            Sought::Nowhere => Ok(None),
            Sought::TooMuch(_) if Timestamp::now().duration_since(since) > INDEXED => {
                let titled = self.titled(repo, title, true).await?;
                let found = titled.into_iter().find(|issue| holds(issue.body.as_deref(), marker));
                Ok(found.map(|issue| issue.at(repo)))
            }
            Sought::TooMuch(what) => {
                let reason = format!("there are too many {what} to tell whether the issue was opened");
                Err(Failed::Busy { call: "github issues.find", reason, wait: None })
            }
        }
    }

    /// Asks beside it whether the repository may be used at all, so that opening the issue need not wait
    /// for that. In one that may not, nothing is found: comments do not belong there either.
    async fn search(&self, repo: &Repo, title: &str, closed: bool, key: &Key) -> Result<Option<Issue>, Failed> {
        let found = self.by_title(repo, title, closed, key);
        match tokio::join!(found, self.privacy.check(&self.wire, repo)) {
            (_, Err(refused)) if refused.is_final() => Err(refused),
            (found, _) => found,
        }
    }

    /// <https://docs.github.com/en/rest/issues/issues#get-an-issue>
    async fn is_open(&self, issue: &Issue) -> Result<bool, Failed> {
        const CALL: &str = "github issues.get";
        let url = self.wire.in_repo(CALL, &issue.repo, &["issues", &issue.number.to_string()])?;
        let call = Call { name: CALL, repo: issue.repo.clone(), repeat: Repeat::Freely, judge: judge_state };
        let known = self.standing.known(&url);
        let reply = self.wire.look(call, &url, known.as_ref().map(|(version, _)| version)).await?;
        match (reply.status, known) {
            (StatusCode::NOT_MODIFIED, Some((_, is_open))) => Ok(is_open),
            _ if is_gone(&reply) => Ok(false),
            // It lives on in another place that cannot be followed to: nobody has said that it is over.
            (StatusCode::MOVED_PERMANENTLY, _) => Ok(true),
            _ => {
                let is_open = read::<Listed>(CALL, &reply)?.is_open();
                self.standing.keep(url, &reply, is_open);
                Ok(is_open)
            }
        }
    }

    /// <https://docs.github.com/en/rest/issues/comments#create-an-issue-comment>
    async fn comment(&self, issue: &Issue, body: &str) -> Result<u64, Failed> {
        const CALL: &str = "github issues.createComment";
        let url = self.wire.in_repo(CALL, &issue.repo, &["issues", &issue.number.to_string(), "comments"])?;
        let call = Call { name: CALL, repo: issue.repo.clone(), repeat: Repeat::OnlyIfNotActedOn, judge };
        let body = json!({ "body": shorten(body, BODY_CHARS_MAX) });
        let reply = self.wire.send(call, Method::POST, &url, Some(&body)).await?;
        Ok(read::<Comment>(CALL, &reply)?.id)
    }

    /// <https://docs.github.com/en/rest/issues/comments#update-an-issue-comment>
    async fn edit_comment(&self, issue: &Issue, comment: u64, body: &str) -> Result<(), Failed> {
        const CALL: &str = "github issues.updateComment";
        let url = self.wire.in_repo(CALL, &issue.repo, &["issues", "comments", &comment.to_string()])?;
        let call = Call { name: CALL, repo: issue.repo.clone(), repeat: Repeat::Freely, judge };
        let body = json!({ "body": shorten(body, BODY_CHARS_MAX) });
        self.wire.send(call, Method::PATCH, &url, Some(&body)).await?;
        Ok(())
    }

    /// <https://docs.github.com/en/rest/issues/comments#list-issue-comments>
    ///
    /// An issue that is gone has no comments.
    async fn find_comment(&self, issue: &Issue, marker: &str, since: Timestamp) -> Result<Option<u64>, Failed> {
        const CALL: &str = "github issues.listComments";
        let mut url = self.wire.in_repo(CALL, &issue.repo, &["issues", &issue.number.to_string(), "comments"])?;
        url.query_pairs_mut().append_pair("since", &utc(since));
        let call = Call { name: CALL, repo: issue.repo.clone(), repeat: Repeat::Freely, judge: judge_existing };
        let is_it = |comment: &Comment| holds(comment.body.as_deref(), marker);
        Ok(self.scan(&call, url, COMMENT_PAGES_MAX, is_it).await?.map(|comment| comment.id))
    }

    /// <https://docs.github.com/en/rest/issues/issues#update-an-issue>
    ///
    /// An issue that is gone needs no closing.
    async fn close(&self, repo: &Repo, number: IssueNumber) -> Result<(), Failed> {
        const CALL: &str = "github issues.update";
        let url = self.wire.in_repo(CALL, repo, &["issues", &number.to_string()])?;
        let call = Call { name: CALL, repo: repo.clone(), repeat: Repeat::Freely, judge: judge_existing };
        let body = json!({ "state": "closed", "state_reason": "completed" });
        self.wire.send(call, Method::PATCH, &url, Some(&body)).await?;
        Ok(())
    }

    /// <https://docs.github.com/en/rest/issues/labels#add-labels-to-an-issue>
    ///
    /// Creates a label that the repository lacks, which only <https://github.com/github/docs/issues/35718>
    /// says. Labels are added to a set, so this is repeated freely.
    async fn label(&self, issue: &Issue, label: &str) -> Result<(), Failed> {
        const CALL: &str = "github issues.addLabels";
        let url = self.wire.in_repo(CALL, &issue.repo, &["issues", &issue.number.to_string(), "labels"])?;
        let call = Call { name: CALL, repo: issue.repo.clone(), repeat: Repeat::Freely, judge: judge_label };
        self.wire.send(call, Method::POST, &url, Some(&json!({ "labels": [label] }))).await?;
        Ok(())
    }
}

impl GitHub {
    /// The GitHub at `base`, such as `https://api.github.com`. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the credentials hold a key that is none.
    pub fn new(http: &Http, base: &Url, credentials: Credentials) -> Result<Self, BadKey> {
        let auth = Auth::new(credentials, http, base)?;
        Ok(GitHub {
            wire: Wire::new(http.clone(), base.clone(), auth),
            privacy: Privacy::default(),
            standing: Standing::default(),
        })
    }

    /// The same client, which opens issues in public repositories, too, if that is `allowed`.
    #[must_use]
    pub fn with_public(self, allowed: bool) -> Self {
        GitHub { privacy: Privacy::new(allowed), ..self }
    }

    async fn by_title(&self, repo: &Repo, title: &str, closed: bool, key: &Key) -> Result<Option<Issue>, Failed> {
        let mut items = self.titled(repo, title, closed).await?;
        items.retain(|issue| closed || issue.is_open());
        items.retain(|issue| !is_of_another(issue.body.as_deref().unwrap_or_default(), key));
        items.sort_by_key(|issue| (!issue.is_open(), std::cmp::Reverse(issue.number)));
        Ok(items.first().map(|issue| issue.at(repo)))
    }

    /// What the search finds of issues with exactly this title.
    ///
    /// <https://docs.github.com/en/rest/search/search#search-issues-and-pull-requests>
    async fn titled(&self, repo: &Repo, title: &str, closed: bool) -> Result<Vec<Listed>, Failed> {
        #[derive(Deserialize)]
        struct Found {
            items: Vec<Listed>,
        }
        const CALL: &str = "github search.issuesAndPullRequests";
        // Also refuses a name that would be read as a part of the query.
        self.wire.in_repo(CALL, repo, &[])?;
        let mut url = self.wire.at(&["search", "issues"]);
        url.query_pairs_mut()
            .append_pair("q", &query::by_title(repo, title, closed))
            .append_pair("per_page", &PER_PAGE.to_string());
        let call = Call { name: CALL, repo: repo.clone(), repeat: Repeat::Freely, judge };
        let reply = self.wire.send(call, Method::GET, &url, NOTHING).await?;
        let Found { mut items } = read(CALL, &reply)?;
        let title = shorten(title, TITLE_CHARS_MAX);
        items.retain(|issue| issue.pull_request.is_none() && issue.title.as_deref() == Some(&*title));
        Ok(items)
    }

    async fn create(&self, draft: &Draft, labels: &[String], judge: fn(&Reply) -> Verdict) -> Result<Reply, Failed> {
        const CALL: &str = "github issues.create";
        let url = self.wire.in_repo(CALL, &draft.repo, &["issues"])?;
        // Without labels there is nothing to leave out.
        let judge = if labels.is_empty() { judge::judge } else { judge };
        let call = Call { name: CALL, repo: draft.repo.clone(), repeat: Repeat::OnlyIfNotActedOn, judge };
        let (title, body) = (shorten(&draft.title, TITLE_CHARS_MAX), within_limit(draft));
        self.wire.send(call, Method::POST, &url, Some(&NewIssue { title: &title, body: &body, labels })).await
    }

    /// The first listed thing that `is_it`, on at most `pages_max` pages.
    async fn scan<T: DeserializeOwned>(
        &self,
        call: &Call,
        mut url: Url,
        pages_max: usize,
        is_it: impl Fn(&T) -> bool + Send,
    ) -> Result<Option<T>, Failed> {
        url.query_pairs_mut().append_pair("per_page", &PER_PAGE.to_string());
        for page in 1..=pages_max {
            let mut url = url.clone();
            url.query_pairs_mut().append_pair("page", &page.to_string());
            let reply = self.wire.send(call.clone(), Method::GET, &url, NOTHING).await?;
            if is_gone(&reply) {
                return Ok(None);
            }
            let listed: Vec<T> = read(call.name, &reply)?;
            let is_last = listed.len() < PER_PAGE;
            let found = listed.into_iter().find(&is_it);
            if found.is_some() || is_last {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl Listed {
    fn at(&self, repo: &Repo) -> Issue {
        let usual = || format!("https://github.com/{repo}/issues/{}", self.number);
        Issue { repo: repo.clone(), number: self.number, url: self.html_url.clone().unwrap_or_else(usual) }
    }

    fn is_open(&self) -> bool {
        self.state.as_deref() == Some("open")
    }
}

/// The body within GitHub's limit; its marker survives the cut.
fn within_limit(draft: &Draft) -> Cow<'_, str> {
    let body = shorten(&draft.body, BODY_CHARS_MAX);
    if body.contains(&draft.marker) {
        return body;
    }
    let room = BODY_CHARS_MAX.saturating_sub(draft.marker.chars().count() + 2);
    Cow::Owned(format!("{}\n\n{}", shorten(&draft.body, room), draft.marker))
}

fn holds(body: Option<&str>, marker: &str) -> bool {
    body.is_some_and(|body| body.contains(marker))
}

/// Whole seconds, as GitHub's own times.
fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
