//! The fake GitHub as people see it: in the console, and where a link to an issue leads.

use serde_json::{Value, json};

use super::Site;
use super::state::{Comment, Issue};
use crate::fake::Fake;
use crate::fake::markdown::safe_html;
use crate::fake::page::{escaped, page};

impl Fake<Site> {
    /// All repositories with their issues, newest first, texts rendered to safe HTML.
    pub fn console_github(&self) -> Value {
        self.read(|site| {
            let repositories: Vec<_> = site
                .repositories
                .values()
                .map(|repository| {
                    let issues: Vec<_> = repository.issues.iter().rev().map(issue).collect();
                    json!({"name": repository.full_name(), "issues": issues})
                })
                .collect();
            json!({"real": false, "repositories": repositories})
        })
    }
}

impl Site {
    /// The page of an issue or a pull request: `/{owner}/{repo}/issues/{number}`.
    pub(super) fn issue_page(&self, path: &str) -> Option<String> {
        let mut parts = path.trim_start_matches('/').rsplitn(3, '/');
        let (number, _kind, name) = (parts.next()?.parse::<u64>().ok()?, parts.next()?, parts.next()?);
        let repository = self.repositories.get(&name.to_ascii_lowercase())?;
        let issue = repository.issues.iter().find(|issue| issue.number == number)?;
        let mut body = said(&issue.user, issue.body.as_deref().unwrap_or_default());
        for comment in &issue.comments {
            body.push_str(&said(&comment.user, &comment.body));
        }
        let facts = format!("{}, {}. {}", repository.full_name(), issue.state, issue.labels.join(", "));
        Some(page(&format!("{} #{number}", issue.title), &facts, &body))
    }
}

fn said(user: &str, markdown: &str) -> String {
    format!("<article><p><b>{}</b></p>\n{}</article>\n", escaped(user), safe_html(markdown))
}

fn issue(issue: &Issue) -> Value {
    let comments: Vec<_> = issue.comments.iter().map(comment).collect();
    json!({
        "number": issue.number, "title": issue.title, "state": issue.state, "state_reason": issue.state_reason,
        "labels": issue.labels, "user": issue.user, "created_at": issue.created_at, "url": issue.url,
        "body_html": safe_html(issue.body.as_deref().unwrap_or_default()), "comments": comments,
    })
}

fn comment(comment: &Comment) -> Value {
    json!({"user": comment.user, "created_at": comment.created_at, "body_html": safe_html(&comment.body)})
}
