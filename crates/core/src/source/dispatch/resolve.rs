//! Resolve: what was raised is over.

use super::{Fields, MessageType};
use crate::{
    alarm::{Key, Resolve, Signal},
    source::{Defaults, Invalid, Letter},
};

/// Names what is over as the message did that raised it.
pub(super) const TYPE: MessageType = MessageType {
    names: &["resolve"],
    purpose: "Ends an alarm that was raised before: closes its issue, ends its questions, resolves its pages.",
    required: &[],
    build,
};

fn build(fields: &Fields, _: &Letter<'_>, defaults: &Defaults) -> Result<Signal, Invalid> {
    let repo = fields.repo(defaults)?;
    let (alarm, page) = fields.dedups();
    if alarm.is_none() && page.is_none() {
        let expected = "a text, or body.github.title or body.pagerduty.title as in the message that raised it";
        return Err(Invalid::new("dedupKey", "nothing", expected));
    }
    Ok(Signal::Resolve(Resolve {
        key: alarm.map(|dedup| Key::new(&repo, dedup)),
        page: page.map(|key| (fields.page_address(), key.to_owned())),
        note: fields.note(),
    }))
}
