//! GitHub: issues and comments. Reading an issue or its comments shows what is true; searching shows
//! what was true a while ago.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use dispatch_core::{
    alarm::{Issue, IssueNumber, Key, Repo},
    words,
};
use dispatch_engine::ports::{AuditLog, Draft, Failed};
use jiff::Timestamp;

use crate::{
    line::{Line, unreachable},
    outside::Outside,
    weather::Vendor,
};

/// A repository that takes no new issues.
pub(crate) const ARCHIVED: &str = "archived";
/// A repository that answers with a 502 and opens nothing, for as long as the story lasts.
pub(crate) const POISONED: &str = "poisoned";

/// The text of an issue that somebody opened by hand.
pub(crate) const BY_HAND: &str = "Opened by hand.";

/// An issue as it truly is.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) issue: Issue,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) opened: Duration,
    /// When searches show it.
    shown: Duration,
    at: Timestamp,
    /// When, and when searches show it.
    pub(crate) closed: Option<(Duration, Duration)>,
    /// Somebody opened it again.
    pub(crate) reopened: bool,
    /// No comments, please.
    pub(crate) locked: bool,
    pub(crate) comments: Vec<Comment>,
    pub(crate) labels: BTreeSet<String>,
}

/// A comment as it truly is.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    id: u64,
    pub(crate) body: String,
    at: Timestamp,
}

/// All issues, oldest first.
#[derive(Debug, Default)]
pub(crate) struct GitHub {
    pub(crate) issues: Vec<Opened>,
    comments: u64,
    /// Issues in a hundred that refuse comments.
    pub(crate) locked: u64,
}

impl GitHub {
    fn get(&mut self, repo: &Repo, number: IssueNumber) -> Option<&mut Opened> {
        self.issues.iter_mut().find(|known| known.issue.number == number && known.issue.repo == *repo)
    }
}

fn refused(call: &'static str, reason: &str) -> Failed {
    Failed::Refused { call, reason: reason.to_owned() }
}

impl Outside {
    /// Opens an issue.
    pub(crate) fn open_issue(&mut self, repo: &Repo, title: &str, body: &str, at: Timestamp) -> Issue {
        let number = self.github.issues.iter().filter(|known| known.issue.repo == *repo).count() + 1;
        let number = u64::try_from(number).unwrap_or_default();
        let url = format!("https://github.example/{repo}/issues/{number}");
        let issue = Issue { repo: repo.clone(), number: IssueNumber(number), url };
        let now = self.now();
        let lag = u64::try_from(self.weather.lag.as_millis()).unwrap_or_default();
        let shown = now + self.chance.millis(0..=lag);
        let locked = self.chance.percent(self.github.locked);
        self.github.issues.push(Opened {
            issue: issue.clone(),
            title: title.to_owned(),
            body: body.to_owned(),
            opened: now,
            shown,
            at,
            closed: None,
            reopened: false,
            locked,
            comments: Vec::new(),
            labels: BTreeSet::new(),
        });
        issue
    }

    /// Closes an issue, on behalf of Dispatch when nobody is named; success when it is closed already.
    pub(crate) fn close_issue(&mut self, repo: &Repo, number: IssueNumber, by: Option<&str>) {
        let now = self.now();
        let lag = u64::try_from(self.weather.lag.as_millis()).unwrap_or_default();
        let shown = now + self.chance.millis(0..=lag);
        if let Some(known) = self.github.get(repo, number)
            && known.closed.is_none()
        {
            known.closed = Some((now, shown));
            let known = known.clone();
            self.tell_of_issue(&known, by);
        }
    }

    /// Somebody opens an issue again.
    pub(crate) fn reopen_issue(&mut self, repo: &Repo, number: IssueNumber, by: &str) {
        if let Some(known) = self.github.get(repo, number)
            && known.closed.take().is_some()
        {
            known.reopened = true;
            let known = known.clone();
            self.tell_of_issue(&known, Some(by));
        }
    }
}

#[async_trait]
impl AuditLog for Line {
    async fn open(&self, draft: &Draft) -> Result<Issue, Failed> {
        const CALL: &str = "github open";
        let draft = draft.clone();
        self.call(Vendor::GitHub, CALL, move |outside, caller| match draft.repo.name.as_str() {
            ARCHIVED => Err(refused(CALL, "the repository is archived")),
            POISONED => Err(unreachable(CALL, "status 502")),
            _ => {
                let issue = outside.open_issue(&draft.repo, &draft.title, &draft.body, caller.at);
                outside.tell(|| format!("             {issue} is open"));
                Ok(issue)
            }
        })
        .await
    }

    async fn find(&self, repo: &Repo, marker: &str, _: &str, since: Timestamp) -> Result<Option<Issue>, Failed> {
        let (repo, marker) = (repo.clone(), marker.to_owned());
        self.call(Vendor::GitHub, "github find", move |outside, _| {
            let issues = outside.github.issues.iter().filter(|known| known.issue.repo == repo && known.at >= since);
            Ok(issues.filter(|known| known.body.contains(&marker)).map(|known| known.issue.clone()).next())
        })
        .await
    }

    async fn search(&self, repo: &Repo, title: &str, closed: bool, key: &Key) -> Result<Option<Issue>, Failed> {
        let (repo, title, key) = (repo.clone(), title.to_owned(), key.clone());
        self.call(Vendor::GitHub, "github search", move |outside, _| {
            let now = outside.now();
            let seems_open = |known: &&Opened| known.closed.is_none_or(|(_, shown)| shown > now);
            let issues = outside.github.issues.iter().filter(|known| known.issue.repo == repo && known.shown <= now);
            let mut issues = issues.filter(|known| closed || seems_open(known));
            let found = issues.find(|known| known.title == title && !words::is_of_another(&known.body, &key));
            Ok(found.map(|known| known.issue.clone()))
        })
        .await
    }

    async fn is_open(&self, issue: &Issue) -> Result<bool, Failed> {
        let Issue { repo, number, .. } = issue.clone();
        self.call(Vendor::GitHub, "github is_open", move |outside, _| {
            Ok(outside.github.get(&repo, number).is_some_and(|known| known.closed.is_none()))
        })
        .await
    }

    async fn comment(&self, issue: &Issue, body: &str) -> Result<u64, Failed> {
        const CALL: &str = "github comment";
        let (Issue { repo, number, .. }, body) = (issue.clone(), body.to_owned());
        self.call(Vendor::GitHub, CALL, move |outside, caller| {
            outside.github.comments += 1;
            let id = outside.github.comments;
            match outside.github.get(&repo, number) {
                Some(known) if known.locked => Err(refused(CALL, "the issue is locked")),
                Some(known) => {
                    known.comments.push(Comment { id, body, at: caller.at });
                    Ok(id)
                }
                None => Err(refused(CALL, "there is no such issue")),
            }
        })
        .await
    }

    async fn edit_comment(&self, issue: &Issue, comment: u64, body: &str) -> Result<(), Failed> {
        const CALL: &str = "github edit_comment";
        let (Issue { repo, number, .. }, body) = (issue.clone(), body.to_owned());
        self.call(Vendor::GitHub, CALL, move |outside, caller| {
            let known = outside.github.get(&repo, number);
            match known.and_then(|known| known.comments.iter_mut().find(|known| known.id == comment)) {
                Some(known) => {
                    known.body = body;
                    known.at = caller.at;
                    Ok(())
                }
                None => Err(refused(CALL, "there is no such comment")),
            }
        })
        .await
    }

    async fn find_comment(&self, issue: &Issue, marker: &str, since: Timestamp) -> Result<Option<u64>, Failed> {
        let (Issue { repo, number, .. }, marker) = (issue.clone(), marker.to_owned());
        self.call(Vendor::GitHub, "github find_comment", move |outside, _| {
            let comments = outside.github.get(&repo, number).map(|known| known.comments.clone()).unwrap_or_default();
            let mut fitting = comments.iter().filter(|known| known.at >= since && known.body.contains(&marker));
            Ok(fitting.next().map(|known| known.id))
        })
        .await
    }

    async fn close(&self, repo: &Repo, number: IssueNumber) -> Result<(), Failed> {
        let repo = repo.clone();
        self.call(Vendor::GitHub, "github close", move |outside, _| {
            outside.close_issue(&repo, number, None);
            outside.tell(|| format!("             {repo}#{number} is closed"));
            Ok(())
        })
        .await
    }

    async fn label(&self, issue: &Issue, label: &str) -> Result<(), Failed> {
        let (Issue { repo, number, .. }, label) = (issue.clone(), label.to_owned());
        self.call(Vendor::GitHub, "github label", move |outside, _| {
            if let Some(known) = outside.github.get(&repo, number) {
                known.labels.insert(label);
            }
            Ok(())
        })
        .await
    }
}
