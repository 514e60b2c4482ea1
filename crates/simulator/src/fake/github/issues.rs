//! Issues: create, read, change, list. <https://docs.github.com/rest/issues/issues>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{self, Query, bad_query, flawed, listed};
use super::labels;
use super::state::{Draft, Issue, Repository, Site};
use super::view;
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem};

/// The most characters of a title. Source: observed, `info.x-handwritten-limits` of the contract.
const TITLE_MAX: usize = 256;
/// The most characters of a body, of an issue or a comment. Source: as above.
pub(super) const BODY_MAX: usize = 65_536;

const REASONS: [&str; 4] = ["completed", "not_planned", "duplicate", "reopened"];

/// What the body of a request says about an issue. `None` leaves a member as it is.
#[derive(Default)]
struct Wish {
    title: Option<String>,
    body: Option<Option<String>>,
    state: Option<String>,
    state_reason: Option<String>,
    labels: Option<Vec<String>>,
    assignees: Option<Vec<String>>,
}

impl Wish {
    fn read(body: &Value, known: &[&str]) -> Result<Self, Flaw> {
        let fields = Fields::of(body, "")?;
        fields.only(known)?;
        let labels = match fields.list("labels", usize::MAX)? {
            Some(items) => Some(labels::names(items, "labels")?),
            None => None,
        };
        let assignees = match fields.list("assignees", usize::MAX)? {
            Some(items) => Some(labels::logins(items, "assignees")?),
            None => None,
        };
        Ok(Self {
            title: title(&fields)?,
            body: text(&fields)?,
            state: fields.choice("state", &["open", "closed"])?.map(str::to_owned),
            state_reason: match fields.value("state_reason") {
                Some(Value::Null) => None,
                _ => fields.choice("state_reason", &REASONS)?.map(str::to_owned),
            },
            labels,
            assignees,
        })
    }
}

/// A title is a text or, oddly, a whole number.
fn title(fields: &Fields<'_>) -> Result<Option<String>, Flaw> {
    match fields.value("title") {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => fields.words("title", TITLE_MAX).map(|title| Some(title.to_owned())),
    }
}

/// A body may be null, which empties it.
fn text(fields: &Fields<'_>) -> Result<Option<Option<String>>, Flaw> {
    match fields.value("body") {
        Some(Value::Null) => Ok(Some(None)),
        _ => Ok(fields.text_within("body", BODY_MAX)?.map(|text| Some(text.to_owned()))),
    }
}

/// `POST /repos/{owner}/{repo}/issues`
pub(super) fn create(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    check_enabled(site.repository(call)?)?;
    let body = answer::body(call)?;
    let wish = Wish::read(&body, &["title", "body", "labels", "assignees"]).map_err(flawed("Issue"))?;
    let missing = || Flaw { field: "title".to_owned(), problem: Problem::Missing };
    let title = wish.title.ok_or_else(missing).map_err(flawed("Issue"))?;
    let assignees = wish.assignees.unwrap_or_default();
    check_assignable(site, &assignees)?;
    let labels = site.ensure_labels(call, &wish.labels.unwrap_or_default())?;
    let (root, user) = (site.root.clone(), site.caller.clone());
    let repository = site.repository(call)?;
    let text = wish.body.flatten();
    let draft = Draft { user: &user, title: &title, body: text.as_deref(), labels, assignees, is_pull_request: false };
    let number = repository.open(&root, draft, call.now);
    show(&root, repository, number, 201)
}

/// `GET /repos/{owner}/{repo}/issues/{issue_number}`
pub(super) fn get(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    Ok(answer::versioned(call, shown(site, call, 200)?))
}

/// `PATCH /repos/{owner}/{repo}/issues/{issue_number}`
pub(super) fn update(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    site.issue(call)?;
    let body = answer::body(call)?;
    let known = ["title", "body", "state", "state_reason", "labels", "assignees"];
    let wish = Wish::read(&body, &known).map_err(flawed("Issue"))?;
    if let Some(assignees) = &wish.assignees {
        check_assignable(site, assignees)?;
    }
    let labels = match &wish.labels {
        Some(names) => Some(site.ensure_labels(call, names)?),
        None => None,
    };
    let who = site.caller.clone();
    let issue = site.issue(call)?;
    if let Some(title) = wish.title {
        issue.title = title;
    }
    if let Some(body) = wish.body {
        issue.body = body;
    }
    if let Some(labels) = labels {
        issue.labels = labels;
    }
    if let Some(assignees) = wish.assignees {
        issue.assignees = assignees;
    }
    if let Some(state) = wish.state {
        issue.move_to(&state, wish.state_reason.as_deref(), &who, call.now);
    }
    issue.updated_at = call.now;
    shown(site, call, 200)
}

/// `GET /repos/{owner}/{repo}/issues`: pull requests are in it, young issues may not be.
pub(super) fn list(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let known = ["state", "labels", "since", "sort", "direction", "creator", "assignee", "per_page", "page"];
    let query = Query::of(call, &known)?;
    let filter = Filter::read(&query)?;
    let root = site.root.clone();
    let full_name = site.repository(call)?.full_name().to_ascii_lowercase();
    let repository = site.repositories.get(&full_name).ok_or_else(answer::not_found)?;
    let mut found: Vec<_> =
        repository.issues.iter().filter(|issue| site.shows(issue, call.now) && filter.fits(issue)).collect();
    sort(&mut found, &query.choice("sort", &["created", "updated", "comments"], "created")?);
    if query.choice("direction", &["asc", "desc"], "desc")? == "desc" {
        found.reverse();
    }
    let (found, link) = query.page(call, &root, found)?;
    let shown = found.into_iter().map(|issue| view::issue(&root, repository, issue)).collect();
    Ok(listed(shown, link))
}

struct Filter {
    state: String,
    labels: Vec<String>,
    since: Option<Timestamp>,
    creator: Option<String>,
    assignee: Option<String>,
}

impl Filter {
    fn read(query: &Query) -> Result<Self, Answer> {
        let since = query.get("since").map(str::parse::<Timestamp>).transpose();
        let labels = query.get("labels").unwrap_or_default();
        Ok(Self {
            state: query.choice("state", &["open", "closed", "all"], "open")?,
            labels: labels.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            since: since.map_err(|_| bad_query("since", "is not a time"))?,
            creator: query.get("creator").map(str::to_owned),
            assignee: query.get("assignee").map(str::to_owned),
        })
    }

    fn fits(&self, issue: &Issue) -> bool {
        let assigned = match self.assignee.as_deref() {
            None => true,
            Some("none") => issue.assignees.is_empty(),
            Some("*") => !issue.assignees.is_empty(),
            Some(login) => issue.assignees.iter().any(|assignee| assignee.eq_ignore_ascii_case(login)),
        };
        assigned
            && (self.state == "all" || self.state == issue.state)
            && self.labels.iter().all(|label| issue.has_label(label))
            && self.since.is_none_or(|since| issue.updated_at >= since)
            && self.creator.as_ref().is_none_or(|login| issue.user.eq_ignore_ascii_case(login))
    }
}

/// Sorts, the least first.
pub(super) fn sort(issues: &mut [&Issue], by: &str) {
    match by {
        "updated" => issues.sort_by_key(|issue| (issue.updated_at, issue.number)),
        "comments" => issues.sort_by_key(|issue| (issue.comments.len(), issue.number)),
        _ => issues.sort_by_key(|issue| (issue.created_at, issue.number)),
    }
}

/// The issue that the path names, as an answer.
pub(super) fn shown(site: &mut Site, call: &Call, status: u16) -> Result<Answer, Answer> {
    let root = site.root.clone();
    let number = site.issue(call)?.number;
    show(&root, site.repository(call)?, number, status)
}

fn show(root: &str, repository: &Repository, number: u64, status: u16) -> Result<Answer, Answer> {
    let issue = repository.issues.iter().find(|issue| issue.number == number);
    let issue = issue.ok_or_else(answer::not_found)?;
    Ok(Answer::json(status, &view::issue(root, repository, issue)))
}

/// Issues can be turned off for a repository: creating one is then a 410.
pub(super) fn check_enabled(repository: &Repository) -> Result<(), Answer> {
    if repository.has_issues { Ok(()) } else { Err(answer::refused(410, "Issues are disabled for this repo")) }
}

fn check_assignable(site: &Site, logins: &[String]) -> Result<(), Answer> {
    match logins.iter().find(|login| !site.settings.people.contains(login)) {
        None => Ok(()),
        Some(login) => {
            let error = json!([{"resource": "Issue", "code": "invalid", "field": "assignees", "value": login}]);
            Err(answer::validation_failed(&error))
        }
    }
}
