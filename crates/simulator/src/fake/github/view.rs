//! GitHub's resources as JSON, with every member that the contract requires.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::state::{Comment, Issue, Label, Repository};

/// The addresses that a repository lists, as (name, what follows its own address).
const REPOSITORY_URLS: [(&str, &str); 38] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("git_url", ".git"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("ssh_url", ".git"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("hooks_url", "/hooks"),
];

/// A person, an app's account or an organization.
pub(super) fn user(root: &str, login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    let at = format!("{root}/users/{login}");
    // Stable and distinct enough: the same login has the same id everywhere.
    let id = login.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007);
    json!({
        "login": login, "id": id, "node_id": format!("U_{id}"), "type": kind, "site_admin": false,
        "avatar_url": format!("{root}/avatars/{id}"), "gravatar_id": "", "html_url": format!("{root}/{login}"), "url": at,
        "followers_url": format!("{at}/followers"), "following_url": format!("{at}/following{{/other_user}}"),
        "gists_url": format!("{at}/gists{{/gist_id}}"), "starred_url": format!("{at}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{at}/subscriptions"), "organizations_url": format!("{at}/orgs"),
        "repos_url": format!("{at}/repos"), "events_url": format!("{at}/events{{/privacy}}"),
        "received_events_url": format!("{at}/received_events"),
    })
}

/// An issue with its labels and people.
pub(super) fn issue(root: &str, repository: &Repository, issue: &Issue) -> Value {
    let home = format!("{root}/repos/{}", repository.full_name());
    let at = format!("{home}/issues/{}", issue.number);
    let id = repository.id * 100_000 + issue.number;
    let people: Vec<_> = issue.assignees.iter().map(|login| user(root, login)).collect();
    let labels: Vec<_> = issue
        .labels
        .iter()
        .filter_map(|name| repository.label(name))
        .map(|found| label(root, repository, found))
        .collect();
    let mut value = json!({
        "id": id, "node_id": format!("I_{id}"), "number": issue.number, "title": issue.title, "body": issue.body,
        "state": issue.state, "state_reason": issue.state_reason, "user": user(root, &issue.user),
        "labels": labels, "assignee": people.first(), "assignees": people, "milestone": null, "locked": false,
        "active_lock_reason": null, "comments": issue.comments.len(), "author_association": "MEMBER",
        "created_at": seconds(issue.created_at), "updated_at": seconds(issue.updated_at), "closed_at": issue.closed_at.map(seconds),
        "closed_by": issue.closed_by.as_ref().map(|login| user(root, login)), "performed_via_github_app": null,
        "url": at, "repository_url": home, "html_url": issue.url, "labels_url": format!("{at}/labels{{/name}}"),
        "comments_url": format!("{at}/comments"), "events_url": format!("{at}/events"), "timeline_url": format!("{at}/timeline"),
    });
    if issue.is_pull_request
        && let Some(members) = value.as_object_mut()
    {
        let links = json!({
            "url": format!("{home}/pulls/{}", issue.number), "html_url": issue.url, "merged_at": null,
            "diff_url": format!("{}.diff", issue.url), "patch_url": format!("{}.patch", issue.url),
        });
        members.insert("pull_request".to_owned(), links);
        members.insert("draft".to_owned(), Value::Bool(false));
    }
    value
}

/// A comment on an issue.
pub(super) fn comment(root: &str, repository: &Repository, issue: &Issue, comment: &Comment) -> Value {
    let home = format!("{root}/repos/{}/issues", repository.full_name());
    json!({
        "id": comment.id, "node_id": format!("IC_{}", comment.id), "body": comment.body, "user": user(root, &comment.user),
        "url": format!("{home}/comments/{}", comment.id), "issue_url": format!("{home}/{}", issue.number),
        "html_url": format!("{}#issuecomment-{}", issue.url, comment.id), "author_association": "MEMBER",
        "performed_via_github_app": null, "created_at": seconds(comment.created_at), "updated_at": seconds(comment.updated_at),
    })
}

/// A label of a repository.
pub(super) fn label(root: &str, repository: &Repository, label: &Label) -> Value {
    json!({
        "id": label.id, "node_id": format!("LA_{}", label.id), "name": label.name, "color": label.color,
        "description": label.description, "default": false,
        "url": format!("{root}/repos/{}/labels/{}", repository.full_name(), label.name.replace(' ', "%20")),
    })
}

/// A repository, seen by somebody who may write to it.
pub(super) fn repository(root: &str, repository: &Repository) -> Value {
    let full_name = repository.full_name();
    let at = format!("{root}/repos/{full_name}");
    let page = format!("{root}/{full_name}");
    let open = repository.issues.iter().filter(|issue| issue.state == "open").count();
    let mut members: Map<String, Value> =
        REPOSITORY_URLS.iter().map(|(name, rest)| ((*name).to_owned(), Value::String(format!("{at}{rest}")))).collect();
    let visibility = if repository.public { "public" } else { "private" };
    let about = json!({
        "id": repository.id, "node_id": format!("R_{}", repository.id), "name": repository.name, "full_name": full_name,
        "owner": user(root, &repository.owner), "private": !repository.public, "visibility": visibility, "fork": false, "description": null,
        "url": at, "html_url": page, "clone_url": format!("{page}.git"), "svn_url": page, "mirror_url": null,
        "homepage": null, "language": null, "license": null, "default_branch": "main", "topics": [],
        "created_at": seconds(repository.created_at), "updated_at": seconds(repository.created_at),
        "pushed_at": seconds(repository.created_at),
    });
    let counts = json!({
        "size": 0, "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
        "subscribers_count": 0, "network_count": 0, "open_issues": open, "open_issues_count": open,
    });
    let rights = json!({
        "archived": repository.archived, "disabled": false, "has_issues": repository.has_issues, "has_projects": false,
        "has_wiki": false, "has_pages": false, "has_discussions": false,
        "permissions": {"admin": false, "maintain": false, "push": true, "triage": true, "pull": true},
    });
    members.extend([about, counts, rights].into_iter().filter_map(object).flatten());
    Value::Object(members)
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// A time as GitHub writes it, in whole seconds.
pub(super) fn seconds(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}
