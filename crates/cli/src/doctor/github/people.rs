//! Who is tagged when a message names nobody, and whether they would hear of it.

use dispatch_engine::ports::Failed;
use dispatch_services::{github, http::Reply};
use http::{Method, StatusCode};

use super::{API, GitHub, message};
use crate::doctor::{
    finding::Finding,
    probe::{body, request, text, unreachable},
};

const WHAT: &str = "default user";
const DEFAULT_USER: &str = "GITHUB_DEFAULT_USER";
/// Scopes with which a classic token sees all teams.
const SEES_TEAMS: [&str; 3] = ["read:org", "write:org", "admin:org"];

impl GitHub<'_> {
    /// Nothing is said where nobody is set.
    pub(super) async fn default_user(&self) -> Option<Finding> {
        let name = github::default_user(self.settings)?;
        let found = match name.split_once('/') {
            Some((org, team)) => self.team(org, team).await,
            None => self.user(&name).await,
        };
        Some(found.unwrap_or_else(|failed| unreachable(WHAT, self.base.as_str(), API, &failed)))
    }

    /// Only people who may read the repository are told that they are mentioned; they are also those whom an issue may
    /// be assigned to.
    /// <https://docs.github.com/en/rest/issues/assignees#check-if-a-user-can-be-assigned>
    async fn user(&self, name: &str) -> Result<Finding, Failed> {
        let reply = self.in_repo("github issues.checkUserCanBeAssigned", &["assignees", name]).await?;
        match reply.status {
            status if status.is_success() => return Ok(Finding::ok(WHAT, format!("@{name}"))),
            StatusCode::NOT_FOUND => {}
            status => return Ok(unsaid(status, &reply)),
        }
        let reply = self.send("github users.getByUsername", request(Method::GET, &self.base, &["users", name])).await?;
        Ok(match reply.status {
            StatusCode::NOT_FOUND => {
                let mend = format!(
                    "{} It is a user, or a team written {}/TEAM.",
                    self.origin.set(DEFAULT_USER),
                    self.repo.owner
                );
                Finding::wrong(WHAT, format!("there is no @{name} on GitHub"), mend)
            }
            status if status.is_success() => Finding::wrong(
                WHAT,
                format!("@{name} may not read {}, so that nobody is told", self.repo),
                format!("Add @{name} to {}, under Settings, Collaborators and teams.", self.repo),
            ),
            status => unsaid(status, &reply),
        })
    }

    /// <https://docs.github.com/en/rest/teams/teams#get-a-team-by-name>
    async fn team(&self, org: &str, team: &str) -> Result<Finding, Failed> {
        if !org.eq_ignore_ascii_case(&self.repo.owner) {
            return Ok(Finding::wrong(
                WHAT,
                format!("@{org}/{team} is a team of another organisation than {}, so that nobody is told", self.repo),
                format!("{} It is a user, or a team of {}.", self.origin.set(DEFAULT_USER), self.repo.owner),
            ));
        }
        let path = ["orgs", org, "teams", team];
        let reply = self.send("github teams.getByName", request(Method::GET, &self.base, &path)).await?;
        let sees_teams = reply
            .header("x-oauth-scopes")
            .is_some_and(|held| held.split(',').any(|scope| SEES_TEAMS.contains(&scope.trim())));
        Ok(match reply.status {
            status if status.is_success() => match text(&body(&reply), "/notification_setting") {
                Some("notifications_disabled") => {
                    Finding::note(WHAT, format!("@{org}/{team} has its notifications switched off: nobody is told"))
                }
                _ => Finding::ok(WHAT, format!("@{org}/{team}")),
            },
            StatusCode::NOT_FOUND if sees_teams => Finding::wrong(
                WHAT,
                format!("there is no team {team} in {org}"),
                format!(
                    "Create it at https://github.com/orgs/{org}/new-team, or mend the setting. {}",
                    self.origin.set(DEFAULT_USER)
                ),
            ),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => {
                Finding::skipped(WHAT, format!("the token may not look whether there is a team @{org}/{team}"))
            }
            status => unsaid(status, &reply),
        })
    }
}

fn unsaid(status: StatusCode, reply: &Reply) -> Finding {
    Finding::skipped(WHAT, format!("GitHub does not say: {} {}", status.as_u16(), message(reply)))
}
