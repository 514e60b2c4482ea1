//! High priority: page, and nothing else on the way.

use super::{Fields, MessageType, fields::text};
use crate::{
    alarm::{Page, Signal},
    source::{Defaults, Invalid, Letter},
};

/// No issue and no message in Slack.
pub(super) const TYPE: MessageType = MessageType {
    names: &["high-priority", "high"],
    purpose: "Pages through PagerDuty at once; no issue, no Slack.",
    required: &["body.pagerduty.title"],
    build,
};

fn build(fields: &Fields, _: &Letter<'_>, _: &Defaults) -> Result<Signal, Invalid> {
    let page = fields.body.as_ref().and_then(|body| body.pagerduty.as_ref());
    let title = page.and_then(|page| text(&page.title)).unwrap_or_default();
    Ok(Signal::Page(Page {
        key: text(&fields.dedup_key).unwrap_or(title).to_owned(),
        title: title.to_owned(),
        details: page.and_then(|page| text(&page.body)).unwrap_or_default().to_owned(),
        to: fields.page_address(),
    }))
}
