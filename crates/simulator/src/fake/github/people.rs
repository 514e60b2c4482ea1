//! People and teams: who is there, and who may be mentioned. And what a personal token may do.

use http::Method;
use serde_json::json;

use super::answer::{not_found, refused};
use super::state::Site;
use super::view;
use crate::fake::call::{Answer, Call};

impl Site {
    /// Whether the caller may do this. An app's own calls are judged where they are served.
    pub(super) fn may(&mut self, call: &Call) -> Result<(), Answer> {
        let personal = self.caller == self.settings.login && !call.path.starts_with("/app");
        if let Some(url) = self.settings.sso.as_ref().filter(|_| personal) {
            let why = "Resource protected by organization SAML enforcement.";
            return Err(refused(403, why).with_header("x-github-sso", format!("required; url={url}")));
        }
        if call.method == Method::GET || call.param("repo").is_empty() {
            return Ok(());
        }
        if self.repository(call)?.archived {
            return Err(refused(403, "Repository was archived so is read-only."));
        }
        let is_app = !personal && self.settings.app.as_ref().is_some_and(|app| app.issues != "write");
        let (may, who) =
            if personal { (self.settings.may_write, "personal access token") } else { (!is_app, "integration") };
        if may {
            return Ok(());
        }
        let why = format!("Resource not accessible by {who}");
        Err(refused(403, &why).with_header("x-accepted-github-permissions", "issues=write; pull_requests=write"))
    }

    /// What GitHub says of a personal token beside every answer.
    pub(super) fn told_of_token(&self, answer: Answer) -> Answer {
        let answer = match &self.settings.scopes {
            Some(scopes) => answer.with_header("x-oauth-scopes", scopes.join(", ")),
            None => answer,
        };
        match &self.settings.token_ends {
            Some(ends) => answer.with_header("github-authentication-token-expiration", ends.clone()),
            None => answer,
        }
    }
}

/// `GET /repos/{owner}/{repo}/assignees/{assignee}`: people who may read the repository.
pub(super) fn assignee(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    site.repository(call)?;
    let login = call.param("assignee");
    let known = site.settings.people.iter().any(|person| person.eq_ignore_ascii_case(login));
    if known { Ok(Answer::new(204, "")) } else { Err(not_found()) }
}

/// `GET /users/{username}`
pub(super) fn user(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let login = call.param("username");
    let mut all = site.settings.people.iter().chain(&site.settings.strangers);
    let found = all.find(|person| person.eq_ignore_ascii_case(login)).ok_or_else(not_found)?;
    Ok(Answer::json(200, &view::user(&site.root, found)))
}

/// `GET /orgs/{org}/teams/{team_slug}`
pub(super) fn team(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let (org, slug) = (call.param("org"), call.param("team_slug"));
    let wanted = format!("{org}/{slug}");
    site.settings.teams.iter().find(|team| team.eq_ignore_ascii_case(&wanted)).ok_or_else(not_found)?;
    let at = format!("{}/organizations/1/team/1", site.root);
    let value = json!({
        "id": 1, "node_id": "T_1", "name": slug, "slug": slug, "description": null, "privacy": "closed",
        "notification_setting": "notifications_enabled", "permission": "pull", "parent": null, "type": "organization",
        "url": at, "html_url": format!("{}/orgs/{org}/teams/{slug}", site.root),
        "members_url": format!("{at}/members{{/member}}"), "repositories_url": format!("{at}/repos"),
        "members_count": 1, "repos_count": 1, "organization": view::user(&site.root, org),
    });
    Ok(Answer::json(200, &value))
}
