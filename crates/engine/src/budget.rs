//! What GitHub takes: so many new issues and comments a minute and an hour, for all functions together.
//!
//! The count is one small object in the store, changed with compare-and-swap. It is a guard, not a
//! lock: when the store cannot be asked, the write goes ahead.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    ports::{Failed, Tag},
    world::{Limits, World},
};

const PATH: &str = "budget/github.json";
/// How often a count is tried against others that count at the same time.
const SWAPS_MAX: usize = 10;
/// One part in so many is kept for digests, which take what is above the rest.
const RESERVED: u32 = 10;

/// What is left, as this process knows it; all clones of a world share it.
#[derive(Default)]
pub struct Budget {
    known: Mutex<Option<(Ledger, Tag)>>,
    turn: Mutex<()>,
}

/// What was written in the minute and the hour that are under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ledger {
    /// Minutes since 1970.
    minute: i64,
    in_minute: u32,
    /// Hours since 1970.
    hour: i64,
    in_hour: u32,
    /// GitHub itself has said that it takes nothing before then.
    closed_until: Option<Timestamp>,
}

/// For what something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// An alarm's own issue or comment.
    Own,
    /// How often an alarm came again: it can wait, so it leaves half of the budget to everything else.
    Count,
    /// A digest: it may use what is reserved, and is counted, never refused.
    Digest,
}

impl Ledger {
    /// The same, with windows that are over begun anew.
    fn at(mut self, now: Timestamp) -> Self {
        let (minute, hour) = (now.as_second().div_euclid(60), now.as_second().div_euclid(3_600));
        // A clock that is behind must not begin an old window again.
        if minute > self.minute {
            (self.minute, self.in_minute) = (minute, 0);
        }
        if hour > self.hour {
            (self.hour, self.in_hour) = (hour, 0);
        }
        self.closed_until = self.closed_until.filter(|until| *until > now);
        self
    }

    fn has_room(&self, limits: &Limits, purpose: Use) -> bool {
        let room = |limit: u32| match purpose {
            Use::Digest => u32::MAX,
            Use::Own => limit - (limit / RESERVED).max(1).min(limit),
            Use::Count => limit / 2,
        };
        purpose == Use::Digest
            || self.closed_until.is_none()
                && self.in_minute < room(limits.writes_a_minute)
                && self.in_hour < room(limits.writes_an_hour)
    }

    fn used(mut self) -> Self {
        self.in_minute = self.in_minute.saturating_add(1);
        self.in_hour = self.in_hour.saturating_add(1);
        self
    }
}

impl Budget {
    /// Takes one write out of the budget; `false` when nothing is left.
    pub(crate) async fn take(&self, world: &World, purpose: Use) -> bool {
        let mut known = self.known.lock().await;
        let change = |ledger: Ledger| ledger.has_room(&world.limits, purpose).then(|| ledger.used());
        match update(&mut known, world, change).await {
            Ok(taken) => taken,
            Err(failed) => {
                tracing::warn!(error = %failed, "GitHub's budget cannot be counted; going on without");
                true
            }
        }
    }

    /// The turn of one alarm of this process to write into a digest.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Notes what GitHub has said: nothing more for so long.
    pub(crate) async fn close(&self, world: &World, wait: std::time::Duration) {
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        let Ok(until) = world.clock.now().checked_add(wait.min(SignedDuration::from_hours(1))) else { return };
        let mut known = self.known.lock().await;
        let change = |mut ledger: Ledger| {
            ledger.closed_until = ledger.closed_until.max(Some(until));
            Some(ledger)
        };
        if let Err(failed) = update(&mut known, world, change).await {
            tracing::warn!(error = %failed, "GitHub's limit cannot be noted");
        }
    }
}

/// Changes the ledger, and says whether `change` had it changed.
async fn update(
    known: &mut Option<(Ledger, Tag)>,
    world: &World,
    change: impl Fn(Ledger) -> Option<Ledger>,
) -> Result<bool, Failed> {
    let now = world.clock.now();
    for _ in 0..SWAPS_MAX {
        if known.is_none() {
            *known = world.store.read(PATH).await?.map(|(bytes, tag)| {
                // What cannot be read is begun anew: it is a count, and it is over within the hour.
                (serde_json::from_slice(&bytes).unwrap_or_default(), tag)
            });
        }
        let (ledger, tag) = match known.take() {
            Some((ledger, tag)) => (ledger, Some(tag)),
            None => (Ledger::default(), None),
        };
        let Some(changed) = change(ledger.clone().at(now)) else {
            *known = tag.map(|tag| (ledger, tag));
            return Ok(false);
        };
        let bytes = serde_json::to_vec(&changed).unwrap_or_default().into();
        let written = match &tag {
            Some(tag) => world.store.swap(PATH, bytes, tag).await?,
            None => world.store.create(PATH, bytes).await?,
        };
        if let Some(tag) = written {
            *known = Some((changed, tag));
            return Ok(true);
        }
    }
    // So many others count that the count is about right.
    Ok(true)
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budget")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 - 1_700_000_000 % 3_600 + second).unwrap()
    }

    #[test]
    fn a_minute_and_an_hour_have_their_own_room_and_a_part_is_reserved() {
        let limits = Limits { writes_a_minute: 20, writes_an_hour: 50, ..Limits::default() };
        let taken = |seconds: &[i64]| {
            let mut ledger = Ledger::default();
            let mut taken = 0;
            for second in seconds {
                ledger = ledger.at(at(*second));
                if ledger.has_room(&limits, Use::Own) {
                    ledger = ledger.used();
                    taken += 1;
                }
            }
            taken
        };
        assert_eq!(taken(&[0; 30]), 18);
        assert_eq!(taken(&[[0; 30], [59; 30]].concat()), 18);
        assert_eq!(taken(&[[0; 30], [60; 30]].concat()), 36);
        assert_eq!(taken(&[[0; 30], [60; 30], [120; 30], [180; 30]].concat()), 45);
        assert_eq!(taken(&[[0; 30], [60; 30], [120; 30], [3_600; 30]].concat()), 63);
        // A clock that is some seconds behind begins nothing anew.
        assert_eq!(taken(&[[60; 30], [58; 30]].concat()), 18);
    }

    #[test]
    fn counts_leave_half_of_it() {
        let limits = Limits { writes_a_minute: 20, writes_an_hour: 50, ..Limits::default() };
        let half = (0..10).fold(Ledger::default().at(at(0)), |ledger, _| ledger.used());
        assert!(!half.has_room(&limits, Use::Count) && half.has_room(&limits, Use::Own));
    }

    #[test]
    fn the_smallest_limit_leaves_everything_to_the_digest() {
        let limits = Limits { writes_a_minute: 1, ..Limits::default() };
        assert!(!Ledger::default().at(at(0)).has_room(&limits, Use::Own));
    }

    #[test]
    fn what_github_closed_opens_by_itself() {
        let ledger = Ledger { closed_until: Some(at(90)), ..Ledger::default() };
        assert!(!ledger.clone().at(at(89)).has_room(&Limits::default(), Use::Own));
        assert!(ledger.at(at(90)).has_room(&Limits::default(), Use::Own));
    }
}
