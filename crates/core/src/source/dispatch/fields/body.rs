//! The texts of a message, by destination.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Labels, Only, Words};
use crate::text::one_line;

/// Texts by destination.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub(in crate::source::dispatch) struct Body {
    /// The audit log.
    pub github: Option<Only<Github>>,
    /// What people read.
    pub slack: Option<Only<Slack>>,
    /// The page.
    pub pagerduty: Option<Only<PagerDuty>>,
}

/// The issue.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub(in crate::source::dispatch) struct Github {
    /// Title; over 256 characters it is shortened.
    pub title: Option<Words>,
    /// Body in GitHub's Markdown; over about 65,000 characters it is shortened.
    pub body: Option<Words>,
    /// Labels; at most 100 of at most 50 characters.
    pub labels: Option<Labels>,
    /// Another spelling of `labels`.
    pub label: Option<Labels>,
}

/// The message in Slack.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub(in crate::source::dispatch) struct Slack {
    /// What happened, in Slack's markup; default is the title. Over 3,000 characters it is shortened.
    pub message: Option<Words>,
    /// The question.
    pub prompt: Option<Words>,
    /// The buttons.
    pub actions: Option<Only<Actions>>,
}

/// The two buttons and what is said after pressing them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub(in crate::source::dispatch) struct Actions {
    /// Text of the button that closes; default `Yes`. Over 75 characters it is shortened.
    pub yes: Option<Words>,
    /// Text of the button that pages; default `No`. Over 75 characters it is shortened.
    pub no: Option<Words>,
    /// What the person reads after yes.
    pub yes_response: Option<Words>,
    /// What the person reads after no.
    pub no_response: Option<Words>,
    /// Further answers, at most three; each counts as yes or no.
    pub more: Option<Vec<Only<MoreFields>>>,
}

/// A further answer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "a further answer: an object with label and counts")]
pub(in crate::source::dispatch) struct MoreFields {
    /// Text of the button; over 75 characters it is shortened.
    pub label: Option<Words>,
    /// `yes` or `no`: what it comes to.
    pub counts: Option<Words>,
    /// What the person reads after it.
    pub response: Option<Words>,
}

/// The page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
pub(in crate::source::dispatch) struct PagerDuty {
    /// Another PagerDuty service than the deployment's; `pagerDutyServiceId` goes before it.
    pub service: Option<Words>,
    /// Title; over 1,024 characters (255 through PagerDuty's REST API) it is shortened.
    pub title: Option<Words>,
    /// What is known.
    pub body: Option<Words>,
}

impl Github {
    pub(super) fn all_labels(&self) -> Vec<String> {
        let given = self.labels.as_ref().filter(|labels| !labels.0.is_empty()).or(self.label.as_ref());
        let labels = given.iter().flat_map(|labels| &labels.0).map(|label| one_line(label));
        let mut seen = HashSet::new();
        labels.filter(|label| !label.is_empty() && seen.insert(label.clone())).collect()
    }
}
