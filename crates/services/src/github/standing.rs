//! Whether issues were open when GitHub last said so, by the version that it said it of. Asking again costs nothing
//! of GitHub's limit as long as that version stands: otherwise the repeats of one alarm could use up the hour's calls
//! of all others.
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate>

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{HeaderValue, header};
use url::Url;

use crate::http::Reply;

/// How many are kept. Beyond that all are forgotten, which costs each of them one call.
const KEPT_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<HashMap<Url, (HeaderValue, bool)>>);

impl Standing {
    /// The version that is known of the issue at this address, and whether it is open in that.
    pub(super) fn known(&self, issue: &Url) -> Option<(HeaderValue, bool)> {
        self.kept().get(issue).cloned()
    }

    /// Keeps what a reply says. One that names no version is not kept.
    pub(super) fn keep(&self, issue: Url, reply: &Reply, is_open: bool) {
        let Some(version) = reply.headers.get(header::ETAG).cloned() else { return };
        let mut kept = self.kept();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(issue, (version, is_open));
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Url, (HeaderValue, bool)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
