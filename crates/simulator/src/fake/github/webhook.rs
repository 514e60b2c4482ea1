//! What GitHub would tell a webhook. <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

use serde_json::json;
use uuid::Uuid;

use super::state::Site;
use super::view;
use crate::fake::webhook::{Signature, Webhook};
use crate::fake::{Fake, NoSuch};

const SIGNATURE: Signature = Signature { header: "x-hub-signature-256", prefix: "sha256=" };

impl Fake<Site> {
    /// What GitHub would send when `by` (a login) does `action`, such as `closed` or `reopened`, to an issue. It tells
    /// of the issue as it is now: change it first, unless the action is `deleted`.
    ///
    /// Deliberately absent: `changes`, which tells where an issue was transferred to.
    ///
    /// # Errors
    /// When there is no such repository or issue.
    pub fn webhook(&self, repository: &str, number: u64, action: &str, by: &str) -> Result<Webhook, NoSuch> {
        self.read(|site| {
            let found = site.repositories.get(&repository.to_ascii_lowercase());
            let found = found.ok_or_else(|| NoSuch(format!("repository {repository}")))?;
            let issue = found.issues.iter().find(|issue| issue.number == number);
            let issue = issue.ok_or_else(|| NoSuch(format!("issue {number}")))?;
            let payload = json!({
                "action": action, "issue": view::issue(&site.root, found, issue),
                "repository": view::repository(&site.root, found), "sender": view::user(&site.root, by),
            });
            let delivery = Uuid::new_v4().to_string();
            let headers = [
                ("user-agent", "GitHub-Hookshot/044aadd"),
                ("accept", "*/*"),
                ("x-github-event", "issues"),
                ("x-github-delivery", delivery.as_str()),
            ];
            Ok(Webhook::new(&payload, &headers, SIGNATURE, &site.settings.webhook_secret))
        })
    }
}
