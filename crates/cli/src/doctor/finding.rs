//! What was looked at, and what was seen there.

use dispatch_engine::ports::Failed;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// A setting by its name, or a right or a place in a few words.
    pub(super) what: String,
    pub(super) verdict: Verdict,
    /// Whether nobody chose it: it is left to its default, or left out.
    pub(super) usual: bool,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be; with what is there, in a few words.
    Ok(String),
    /// Nothing that keeps Dispatch from working, and worth knowing.
    Note(String),
    Wrong {
        found: String,
        /// The step that mends it, as whole sentences.
        mend: String,
    },
    /// Not looked at; says why.
    Skipped(String),
}

impl Finding {
    fn new(what: impl Into<String>, verdict: Verdict) -> Self {
        Finding { what: what.into(), verdict, usual: false }
    }

    pub(super) fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(what, Verdict::Ok(detail.into()))
    }

    /// As [`Finding::ok`], for what nobody chose.
    pub(super) fn usual(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Finding { usual: true, ..Self::ok(what, detail) }
    }

    pub(super) fn note(what: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(what, Verdict::Note(text.into()))
    }

    pub(super) fn wrong(what: impl Into<String>, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(what, Verdict::Wrong { found: found.into(), mend: mend.into() })
    }

    pub(super) fn skipped(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(what, Verdict::Skipped(why.into()))
    }

    pub(super) fn is_wrong(&self) -> bool {
        matches!(self.verdict, Verdict::Wrong { .. })
    }
}

/// What a service said, or why it said nothing.
pub(super) fn said(failed: &Failed) -> &str {
    match failed {
        Failed::Refused { reason, .. }
        | Failed::Busy { reason, .. }
        | Failed::Forbidden { reason, .. }
        | Failed::Unreachable { reason, .. } => reason,
    }
}
