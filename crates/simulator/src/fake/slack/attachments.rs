//! Attachments: the older way to dress a message. <https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments>

use serde_json::Value;

use super::blocks::{self, Surface};
use crate::fake::fields::{Fields, Flaw, join};

/// What an attachment may have.
const KNOWN: [&str; 21] = [
    "actions",
    "attachment_type",
    "author_icon",
    "author_link",
    "author_name",
    "blocks",
    "callback_id",
    "color",
    "fallback",
    "fields",
    "footer",
    "footer_icon",
    "id",
    "image_url",
    "mrkdwn_in",
    "pretext",
    "text",
    "thumb_url",
    "title",
    "title_link",
    "ts",
];

/// Checks attachments: objects with known members, and blocks that pass the same checks as a message's own.
pub(super) fn checked(attachments: &[Value], path: &str) -> Result<Vec<Value>, Flaw> {
    for (place, attachment) in attachments.iter().enumerate() {
        let fields = Fields::of(attachment, &join(path, &place.to_string()))?;
        fields.only(&KNOWN)?;
        for name in ["color", "fallback", "footer", "pretext", "text", "title"] {
            fields.text(name)?;
        }
        if let Some(items) = fields.list("blocks", 50)? {
            blocks::checked(items, Surface::Message, &fields.path_of("blocks"))?;
        }
    }
    Ok(attachments.to_vec())
}
