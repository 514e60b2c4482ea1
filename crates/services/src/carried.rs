//! Finds a [`Failed`] again that travelled through somebody else's client as the cause of an error.

use std::error::Error;

use dispatch_engine::ports::Failed;

/// The [`Failed`] among the causes of `error`, by the name of the call that it concerns.
pub(crate) fn failed(call: &'static str, error: &(dyn Error + 'static)) -> Option<Failed> {
    causes(error).find_map(|cause| cause.downcast_ref::<Failed>()).map(|failed| match failed.clone() {
        Failed::Refused { reason, .. } => Failed::Refused { call, reason },
        Failed::Busy { reason, wait, .. } => Failed::Busy { call, reason, wait },
        Failed::Forbidden { reason, .. } => Failed::Forbidden { call, reason },
        Failed::Unreachable { reason, .. } => Failed::Unreachable { call, reason },
    })
}

/// The first cause in its own words, such as a region that is missing.
pub(crate) fn root(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}
