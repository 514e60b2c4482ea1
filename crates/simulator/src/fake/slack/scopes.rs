//! What a token may do. <https://docs.slack.dev/reference/scopes>
//!
//! Only the methods that Dispatch calls ask for a scope here.

use serde_json::json;

use super::state::{Conversation, Workspace};
use crate::fake::call::Answer;

/// All scopes that Dispatch can make use of.
pub(super) const SCOPES: [&str; 7] =
    ["chat:write", "im:write", "users:read", "users:read.email", "im:history", "channels:history", "groups:history"];

/// The scope that a method asks for before it looks at its arguments.
pub(super) fn needed(operation: &str) -> Option<&'static str> {
    match operation {
        "chat.postMessage" | "chat.update" | "chat.postEphemeral" => Some("chat:write"),
        "conversations.open" => Some("im:write"),
        "users.info" | "users.list" => Some("users:read"),
        "users.lookupByEmail" => Some("users:read.email"),
        _ => None,
    }
}

/// The scope that reading what was said in a conversation asks for.
pub(super) fn of_history(conversation: &Conversation) -> &'static str {
    match conversation {
        Conversation { with: Some(_), .. } => "im:history",
        Conversation { is_private: true, .. } => "groups:history",
        _ => "channels:history",
    }
}

impl Workspace {
    /// Whether the token has this scope.
    pub(super) fn may(&self, scope: &str) -> Result<(), Answer> {
        let held = &self.settings.scopes;
        if held.iter().any(|held| held == scope) {
            return Ok(());
        }
        let body = json!({"ok": false, "error": "missing_scope", "needed": scope, "provided": held.join(",")});
        Err(Answer::json(200, &body))
    }
}
