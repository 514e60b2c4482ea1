//! Labels of issues and repositories, and who an issue is assigned to.

use serde_json::{Value, json};

use super::answer::{self, Query, flawed, listed};
use super::state::{Label, Repository, Site};
use super::view;
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Flaw, Problem, flaw, join};

/// The most characters of a label's name.
const NAME_MAX: usize = 50;
/// The most labels of one issue.
const LABELS_MAX: usize = 100;
/// The most people assigned to one issue.
const ASSIGNEES_MAX: usize = 10;

impl Repository {
    pub(super) fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name))
    }

    /// Adds a label as somebody does by hand; one that is there stays as it is.
    pub(super) fn put_label(&mut self, name: &str) {
        if self.label(name).is_none() {
            let id = self.id * 1_000 + self.labels.len() as u64;
            self.labels.push(Label { id, name: name.to_owned(), color: "ededed".to_owned(), description: None });
        }
    }
}

impl Site {
    /// Creates the labels that the repository does not have yet, as GitHub does for whoever may write.
    /// The answer is the names as the repository spells them, each once.
    pub(super) fn ensure_labels(&mut self, call: &Call, names: &[String]) -> Result<Vec<String>, Answer> {
        let mut spelled: Vec<String> = Vec::new();
        for name in names {
            let id = self.fresh_id();
            let repository = self.repository(call)?;
            if repository.label(name).is_none() {
                repository.labels.push(Label { id, name: name.clone(), color: "ededed".to_owned(), description: None });
            }
            if let Some(label) = repository.label(name)
                && !spelled.contains(&label.name)
            {
                spelled.push(label.name.clone());
            }
        }
        Ok(spelled)
    }

    fn issue_labels(&mut self, call: &Call) -> Result<Answer, Answer> {
        let root = self.root.clone();
        let names = self.issue(call)?.labels.clone();
        let repository = self.repository(call)?;
        let labels = names
            .iter()
            .filter_map(|name| repository.label(name))
            .map(|label| view::label(&root, repository, label))
            .collect();
        Ok(listed(labels, None))
    }
}

/// Reads a list of labels, each a name or an object with a name.
pub(super) fn names(items: &[Value], path: &str) -> Result<Vec<String>, Flaw> {
    if items.len() > LABELS_MAX {
        return Err(flaw(path, Problem::TooLong(LABELS_MAX)));
    }
    let read = |(place, item): (usize, &Value)| {
        let path = join(path, &place.to_string());
        let name = match item {
            Value::String(name) => name.as_str(),
            Value::Object(_) => {
                let fields = Fields::of(item, &path)?;
                fields.only(&["id", "name", "description", "color"])?;
                fields.words("name", NAME_MAX)?
            }
            _ => return Err(flaw(&path, Problem::NotA("a string or an object"))),
        };
        if name.trim().is_empty() {
            return Err(flaw(&path, Problem::Missing));
        }
        if name.chars().count() > NAME_MAX {
            return Err(flaw(&path, Problem::TooLong(NAME_MAX)));
        }
        Ok(name.to_owned())
    };
    items.iter().enumerate().map(read).collect()
}

/// Reads the logins to assign.
pub(super) fn logins(items: &[Value], path: &str) -> Result<Vec<String>, Flaw> {
    if items.len() > ASSIGNEES_MAX {
        return Err(flaw(path, Problem::TooLong(ASSIGNEES_MAX)));
    }
    items
        .iter()
        .enumerate()
        .map(|(place, item)| match item.as_str() {
            Some(login) if !login.is_empty() => Ok(login.to_owned()),
            _ => Err(flaw(&join(path, &place.to_string()), Problem::NotA("a login"))),
        })
        .collect()
}

/// The body of a request that sets or adds labels: `{"labels": […]}` or the bare list.
fn sent_names(call: &Call) -> Result<Vec<String>, Answer> {
    let body = answer::body(call)?;
    let read = || match &body {
        Value::Array(items) => names(items, "labels"),
        _ => {
            let fields = Fields::of(&body, "")?;
            fields.only(&["labels"])?;
            let items = fields.list("labels", LABELS_MAX)?;
            names(items.ok_or_else(|| fields.flaw("labels", Problem::Missing))?, "labels")
        }
    };
    read().map_err(flawed("Label"))
}

/// `GET /repos/{owner}/{repo}/issues/{issue_number}/labels`
pub(super) fn of_issue(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    site.issue_labels(call)
}

/// `POST /repos/{owner}/{repo}/issues/{issue_number}/labels`
pub(super) fn add(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let names = sent_names(call)?;
    site.issue(call)?;
    let names = site.ensure_labels(call, &names)?;
    let issue = site.issue(call)?;
    for name in names {
        if !issue.has_label(&name) {
            issue.labels.push(name);
        }
    }
    if issue.labels.len() > LABELS_MAX {
        issue.labels.truncate(LABELS_MAX);
        return Err(flawed("Issue")(flaw("labels", Problem::TooLong(LABELS_MAX))));
    }
    issue.updated_at = call.now;
    site.issue_labels(call)
}

/// `PUT /repos/{owner}/{repo}/issues/{issue_number}/labels`
pub(super) fn set(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let names = sent_names(call)?;
    site.issue(call)?;
    let names = site.ensure_labels(call, &names)?;
    let issue = site.issue(call)?;
    issue.labels = names;
    issue.updated_at = call.now;
    site.issue_labels(call)
}

/// `DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}`
pub(super) fn remove(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let issue = site.issue(call)?;
    if !issue.has_label(call.param("name")) {
        return Err(answer::refused(404, "Label does not exist"));
    }
    issue.labels.retain(|label| !label.eq_ignore_ascii_case(call.param("name")));
    issue.updated_at = call.now;
    site.issue_labels(call)
}

/// `GET /repos/{owner}/{repo}/labels`
pub(super) fn list(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let root = site.root.clone();
    let repository = site.repository(call)?;
    let labels = repository.labels.iter().map(|label| view::label(&root, repository, label)).collect();
    let query = Query::of(call, &["per_page", "page"])?;
    let (labels, link) = query.page(call, &root, labels)?;
    Ok(listed(labels, link))
}

/// `GET /repos/{owner}/{repo}/labels/{name}`
pub(super) fn get(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let root = site.root.clone();
    let repository = site.repository(call)?;
    let label = repository.label(call.param("name")).ok_or_else(answer::not_found)?;
    Ok(Answer::json(200, &view::label(&root, repository, label)))
}

/// `POST /repos/{owner}/{repo}/labels`
pub(super) fn create(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let body = answer::body(call)?;
    let label = read_label(&body, site.fresh_id()).map_err(flawed("Label"))?;
    let root = site.root.clone();
    let repository = site.repository(call)?;
    if repository.label(&label.name).is_some() {
        // Not a mistake of the sender: asking is how one makes sure that a label is there.
        return Err(answer::validation_failed(
            &json!([{"resource": "Label", "code": "already_exists", "field": "name"}]),
        ));
    }
    let shown = view::label(&root, repository, &label);
    repository.labels.push(label);
    Ok(Answer::json(201, &shown))
}

fn read_label(body: &Value, id: u64) -> Result<Label, Flaw> {
    let fields = Fields::of(body, "")?;
    fields.only(&["name", "color", "description"])?;
    let color = fields.text("color")?.unwrap_or("ededed");
    if color.len() != 6 || !color.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(fields.flaw("color", Problem::Wrong("is not six hex digits".to_owned())));
    }
    Ok(Label {
        id,
        name: fields.words("name", NAME_MAX)?.to_owned(),
        color: color.to_owned(),
        description: fields.text_within("description", 100)?.map(str::to_owned),
    })
}

/// `POST /repos/{owner}/{repo}/issues/{issue_number}/assignees`: people who cannot be assigned are left out silently.
pub(super) fn assign(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let body = answer::body(call)?;
    let read = || {
        let fields = Fields::of(&body, "")?;
        fields.only(&["assignees"])?;
        logins(fields.list("assignees", ASSIGNEES_MAX)?.unwrap_or_default(), "assignees")
    };
    let logins = read().map_err(flawed("Issue"))?;
    let people = site.settings.people.clone();
    let issue = site.issue(call)?;
    for login in logins {
        if people.contains(&login) && !issue.assignees.contains(&login) {
            issue.assignees.push(login);
        }
    }
    issue.updated_at = call.now;
    super::issues::shown(site, call, 201)
}
