//! How much is posted before Slack refuses. <https://docs.slack.dev/apis/web-api/rate-limits>
//!
//! Slack also tolerates bursts now and then; nobody can count on that, so here it does not.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::state::Workspace;
use crate::fake::call::Answer;
use crate::fake::world::Service;

/// Between two messages in one conversation.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// The limits of a workspace on `chat.postMessage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many messages it takes within a window, in all conversations together; at least 1. Slack says "several
    /// hundred" a minute.
    pub posts: usize,
    /// How long the window is, up to now.
    pub window: SignedDuration,
}

/// What was posted lately.
#[derive(Debug, Default)]
pub(super) struct Posted {
    all: VecDeque<Timestamp>,
    last: BTreeMap<String, Timestamp>,
}

impl Workspace {
    /// Counts a message to this conversation, unless it would be one too many.
    pub(super) fn count_post(&mut self, channel: &str, now: Timestamp) -> Result<(), Answer> {
        let Some(limits) = self.settings.limits else { return Ok(()) };
        match self.posted.add(channel, limits, now) {
            None => Ok(()),
            // Whole seconds; the next one, because less would be too early.
            Some(wait) => {
                Err(Self::rate_limited(u32::try_from(wait.unsigned_abs().as_millis().max(1).div_ceil(1_000)).ok()))
            }
        }
    }
}

impl Posted {
    /// How long to wait, if this is one too many; otherwise it is counted.
    fn add(&mut self, channel: &str, limits: Limits, now: Timestamp) -> Option<SignedDuration> {
        let left = |since: Timestamp, span: SignedDuration| span - now.duration_since(since);
        while self.all.front().is_some_and(|first| !left(*first, limits.window).is_positive()) {
            self.all.pop_front();
        }
        let full = self.all.front().filter(|_| self.all.len() >= limits.posts);
        let waits =
            [full.map(|first| left(*first, limits.window)), self.last.get(channel).map(|last| left(*last, PAUSE))];
        let wait = waits.into_iter().flatten().max().filter(SignedDuration::is_positive);
        if wait.is_none() {
            self.all.push_back(now);
            self.last.insert(channel.to_owned(), now);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_waits_until_there_is_room() {
        let limits = Limits { posts: 2, window: SignedDuration::from_secs(60) };
        let mut posted = Posted::default();
        let at = |ms| Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms);
        for (ms, channel, wait_ms) in [
            (0, "D1", 0),
            (400, "D1", 600),
            (400, "D2", 0),
            (1_400, "D3", 58_600),
            (59_999, "D3", 1),
            (60_000, "D3", 0),
            (60_000, "D1", 400),
            (60_400, "D2", 0),
        ] {
            let wait = posted.add(channel, limits, at(ms)).unwrap_or_default();
            assert_eq!(wait, SignedDuration::from_millis(wait_ms), "{channel} at {ms}");
        }
    }
}
