//! The clock of a town: it may run faster than that of the machine, and can be put forward.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dispatch_engine::ports::Clock;
use dispatch_services::clock::SystemClock;
use jiff::{SignedDuration, Timestamp};

/// A minute, in nanoseconds.
const MINUTE: i128 = 60_000_000_000;

/// What the functions and the fakes of a town tell the time by. Clones are the same clock.
#[derive(Clone)]
pub struct TownClock(Arc<Inner>);

struct Inner {
    /// By the clock of the machine.
    began: Timestamp,
    /// Seconds of the town to a second of the machine.
    speed: u32,
    /// What it was put forward by.
    jumped: Mutex<SignedDuration>,
}

impl TownClock {
    /// A clock that shows the machine's time now, and runs `speed` times as fast from now on.
    pub(super) fn start(speed: u32) -> Self {
        let began = Timestamp::now();
        TownClock(Arc::new(Inner { began, speed: speed.max(1), jumped: Mutex::default() }))
    }

    /// Seconds of the town to a second of the machine.
    pub fn speed(&self) -> u32 {
        self.0.speed
    }

    /// How far it is ahead of the clock of the machine.
    pub(super) fn ahead(&self) -> SignedDuration {
        let faster = i32::try_from(self.0.speed.saturating_sub(1)).unwrap_or(i32::MAX);
        let run = Timestamp::now().duration_since(self.0.began).checked_mul(faster);
        let jumped = *self.0.jumped.lock().unwrap_or_else(PoisonError::into_inner);
        run.and_then(|run| run.checked_add(jumped)).unwrap_or(SignedDuration::MAX)
    }

    /// Puts it forward.
    pub(super) fn jump(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut jumped = self.0.jumped.lock().unwrap_or_else(PoisonError::into_inner);
        *jumped = jumped.saturating_add(by);
    }

    /// When the next minute of the town begins, in time of the machine.
    pub(super) fn to_next_minute(&self) -> Duration {
        let left = MINUTE - self.now().as_nanosecond().rem_euclid(MINUTE);
        Duration::from_nanos(u64::try_from(left / i128::from(self.0.speed)).unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for TownClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TownClock({})", self.now())
    }
}

impl Clock for TownClock {
    fn now(&self) -> Timestamp {
        Timestamp::now().checked_add(self.ahead()).unwrap_or(Timestamp::MAX)
    }

    fn fresh(&self) -> String {
        SystemClock.fresh()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_the_time_of_the_machine_until_it_is_put_forward() {
        let clock = TownClock::start(1);
        assert_eq!(clock.ahead(), SignedDuration::ZERO);
        clock.jump(Duration::from_secs(3_600));
        clock.jump(Duration::from_secs(60));
        assert_eq!(clock.ahead(), SignedDuration::from_secs(3_660));
        assert!(clock.now() > Timestamp::now() + SignedDuration::from_secs(3_600));
        clock.jump(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn a_minute_is_shorter_the_faster_it_runs() {
        assert!(TownClock::start(1).to_next_minute() <= Duration::from_secs(60));
        let fast = TownClock::start(3_600);
        assert!(fast.to_next_minute() <= Duration::from_nanos(16_666_667));
        let before = fast.now();
        while fast.now() < before + SignedDuration::from_secs(1) {}
        assert!(fast.ahead() > SignedDuration::ZERO);
    }
}
