//! Comments on issues. <https://docs.github.com/rest/issues/comments>

use jiff::Timestamp;

use super::answer::{self, Query, bad_query, flawed, listed};
use super::issues::{BODY_MAX, check_enabled};
use super::state::{Comment, Issue, Repository, Site};
use super::view;
use crate::fake::call::{Answer, Call};
use crate::fake::fields::Fields;

/// The text of a comment about to be written.
fn sent_text(call: &Call) -> Result<String, Answer> {
    let body = answer::body(call)?;
    let read = || {
        let fields = Fields::of(&body, "")?;
        fields.only(&["body"])?;
        fields.words("body", BODY_MAX).map(str::to_owned)
    };
    read().map_err(flawed("IssueComment"))
}

/// `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`
pub(super) fn create(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    check_enabled(site.repository(call)?)?;
    site.issue(call)?;
    let comment = Comment {
        id: site.fresh_id(),
        user: site.caller.clone(),
        body: sent_text(call)?,
        created_at: call.now,
        updated_at: call.now,
    };
    let id = comment.id;
    let issue = site.issue(call)?;
    issue.updated_at = call.now;
    issue.comments.push(comment);
    shown(site, call, id, 201)
}

/// `GET /repos/{owner}/{repo}/issues/{issue_number}/comments`: oldest first.
pub(super) fn list(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let query = Query::of(call, &["since", "per_page", "page"])?;
    let since = query.get("since").map(str::parse::<Timestamp>).transpose();
    let since = since.map_err(|_| bad_query("since", "is not a time"))?;
    let root = site.root.clone();
    let number = site.issue(call)?.number;
    let repository = site.repository(call)?;
    let issue = repository.issues.iter().find(|issue| issue.number == number);
    let issue = issue.ok_or_else(answer::not_found)?;
    let comments = issue
        .comments
        .iter()
        .filter(|comment| since.is_none_or(|since| comment.updated_at >= since))
        .map(|comment| view::comment(&root, repository, issue, comment))
        .collect();
    let (comments, link) = query.page(call, &root, comments)?;
    Ok(listed(comments, link))
}

/// `GET /repos/{owner}/{repo}/issues/comments/{comment_id}`
pub(super) fn get(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let id = named(call)?;
    shown(site, call, id, 200)
}

/// `PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}`
pub(super) fn update(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let id = named(call)?;
    let text = sent_text(call)?;
    let comments = site.repository(call)?.issues.iter_mut().flat_map(|issue| &mut issue.comments);
    let comment = comments.into_iter().find(|comment| comment.id == id);
    let comment = comment.ok_or_else(answer::not_found)?;
    comment.body = text;
    comment.updated_at = call.now;
    shown(site, call, id, 200)
}

/// The comment that the path names.
fn named(call: &Call) -> Result<u64, Answer> {
    let id = call.param("comment_id");
    id.parse().map_err(|_| answer::not_found().blaming(format!("{id} is not the id of a comment")))
}

fn shown(site: &mut Site, call: &Call, id: u64, status: u16) -> Result<Answer, Answer> {
    let root = site.root.clone();
    let repository = site.repository(call)?;
    let (issue, comment) = find(repository, id).ok_or_else(answer::not_found)?;
    Ok(Answer::json(status, &view::comment(&root, repository, issue, comment)))
}

fn find(repository: &Repository, id: u64) -> Option<(&Issue, &Comment)> {
    repository.issues.iter().find_map(|issue| {
        let comment = issue.comments.iter().find(|comment| comment.id == id)?;
        Some((issue, comment))
    })
}
