//! The labels that Dispatch uses, and by them whether it may write.
//!
//! Whether a token may write is not told by GitHub for all kinds of them. Creating a label that is there already is
//! refused either way, and changes nothing: with 422 to whoever may write, with 403 or 404 to whoever may not.

use dispatch_engine::LABELS;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{API, GitHub, TOKEN, in_repo, message};
use crate::doctor::{
    Wishes,
    finding::Finding,
    probe::{body, request, saying, text, unreachable},
};

const WRITE: &str = "may write issues";
const WHAT: &str = "labels";
const COLOUR: &str = "d93f0b";
const DESCRIPTION: &str = "Dispatch asked, and nobody answered in time";

/// What came of creating a label.
enum Tried {
    Created,
    Exists,
    /// What is to be said of the right to write.
    Not(Finding),
}

impl GitHub<'_> {
    /// Two findings: whether Dispatch may write, and whether its labels are there.
    pub(super) async fn labels(&self, is_archived: bool, wishes: &Wishes) -> Vec<Finding> {
        if is_archived {
            return vec![Finding::skipped(WRITE, "nobody may, as long as the repository is archived")];
        }
        let mut list = request(Method::GET, &self.base, &in_repo(&self.repo, &["labels"]));
        list.url_mut().query_pairs_mut().append_pair("per_page", "100");
        let known = match self.send("github issues.listLabelsForRepo", list).await {
            Ok(reply) if reply.status.is_success() => names(&body(&reply)),
            Ok(reply) => return vec![Finding::skipped(WHAT, format!("GitHub does not say: {}", message(&reply)))],
            Err(failed) => return vec![unreachable(WHAT, self.base.as_str(), API, &failed)],
        };
        let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        let missing: Vec<&str> = LABELS.into_iter().filter(|name| !is_known(name)).collect();
        if wishes.fix && !missing.is_empty() {
            return self.mend(&missing).await;
        }
        let write = match known.first() {
            _ if self.is_app => None,
            Some(label) => Some(match self.create(label).await {
                Tried::Not(finding) => finding,
                Tried::Created | Tried::Exists => Finding::ok(WRITE, ""),
            }),
            None => Some(Finding::skipped(
                WRITE,
                "the repository has no label to try it with; --fix creates one, and tries",
            )),
        };
        write.into_iter().chain([judge(&missing)]).collect()
    }

    /// Creates what is missing.
    async fn mend(&self, missing: &[&str]) -> Vec<Finding> {
        for label in missing {
            if let Tried::Not(finding) = self.create(label).await {
                return vec![finding, judge(missing)];
            }
        }
        let write = (!self.is_app).then(|| Finding::ok(WRITE, ""));
        write.into_iter().chain([Finding::ok(WHAT, format!("created {}", missing.join(", ")))]).collect()
    }

    /// <https://docs.github.com/en/rest/issues/labels#create-a-label>
    async fn create(&self, label: &str) -> Tried {
        let request = request(Method::POST, &self.base, &in_repo(&self.repo, &["labels"]));
        let label = json!({ "name": label, "color": COLOUR, "description": DESCRIPTION });
        let reply = match self.send("github issues.createLabel", saying(request, &label)).await {
            Ok(reply) => reply,
            Err(failed) => return Tried::Not(unreachable(WRITE, self.base.as_str(), API, &failed)),
        };
        match reply.status {
            StatusCode::CREATED => Tried::Created,
            StatusCode::UNPROCESSABLE_ENTITY => Tried::Exists,
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Tried::Not(Finding::wrong(
                WRITE,
                format!("it may not: {}", message(&reply)),
                format!(
                    "Give the token Issues: Read and write under Repository permissions (a classic one the scope \
                     repo), and its owner the role Write in {}. {}",
                    self.repo,
                    self.origin.set(TOKEN)
                ),
            )),
            status => Tried::Not(Finding::skipped(
                WRITE,
                format!("GitHub does not say: {} {}", status.as_u16(), message(&reply)),
            )),
        }
    }
}

fn judge(missing: &[&str]) -> Finding {
    match missing {
        [] => Finding::ok(WHAT, LABELS.join(", ")),
        _ => Finding::wrong(
            WHAT,
            format!("{} is not there", missing.join(", ")),
            "Run `dispatch doctor --fix`, which creates it, with the options of this run.",
        ),
    }
}

fn names(labels: &Value) -> Vec<String> {
    let labels = labels.as_array().into_iter().flatten();
    labels.filter_map(|label| text(label, "/name").map(str::to_owned)).collect()
}
