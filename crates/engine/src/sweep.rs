//! The clock: wakes whatever is due.
//!
//! A life that waits leaves a timer in the store, named by its time. A sweep lists the names up to now, hands
//! each alarm on through the topic and removes the timer: from there on it is a message as any other, which is
//! delivered until it is done. So a sweep costs what is due, and one that is missed, doubled or late changes
//! nothing but the time.

use dispatch_core::{
    journal::{TIMERS, Timer},
    source,
};
use futures::{StreamExt, stream};

use crate::{
    Count, Stopped, drive,
    ports::Failed,
    world::{Run, World},
};

/// Timers that are listed at once.
const PAGE: usize = 256;

/// Alarms that are handed on side by side.
const ABREAST: usize = 32;

/// What a sweep came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Alarms that were handed on.
    pub woken: usize,
    /// Timers that are still there, because their alarm could not be woken, or they could not be removed.
    pub left: usize,
}

/// Wakes every alarm whose time has come, as far as the run's time allows; the next sweep finds the rest.
///
/// # Errors
/// [`Failed`] when the timers cannot be listed.
pub async fn sweep(world: &World, run: &Run) -> Result<Swept, Failed> {
    world.tally.add(Count::Ticks, 1);
    let mut swept = Swept::default();
    while !run.is_over() {
        let end = Timer::prefix(next_second(world));
        // Those that could not be woken stand in front; looking behind them would pass over none.
        let due = world.store.list_before(TIMERS, &end, PAGE.saturating_add(swept.left)).await?;
        let due: Vec<String> = due.into_iter().skip(swept.left).collect();
        let is_last = due.len() < PAGE;
        let woken: Vec<Woken> =
            stream::iter(due.into_iter().map(|path| wake(world, run, path))).buffer_unordered(ABREAST).collect().await;
        swept.woken = swept.woken.saturating_add(woken.iter().filter(|woken| **woken != Woken::No).count());
        swept.left = swept.left.saturating_add(woken.iter().filter(|woken| **woken != Woken::AndGone).count());
        if is_last {
            break;
        }
    }
    Ok(swept)
}

/// What became of one timer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// Its alarm could not be woken.
    No,
    /// It was, but the timer is still there.
    AndLeft,
    /// It was, and the timer is gone.
    AndGone,
}

/// Timers of this very second are due, too.
fn next_second(world: &World) -> jiff::Timestamp {
    let second = world.clock.now().as_second().saturating_add(1);
    jiff::Timestamp::from_second(second).unwrap_or(jiff::Timestamp::MAX)
}

/// Hands one alarm on, and removes its timer once that is certain.
async fn wake(world: &World, run: &Run, path: String) -> Woken {
    if run.is_over() {
        return Woken::No;
    }
    let Some((key, n)) = Timer::read(&path) else {
        tracing::error!(path, "this is no timer; it stays");
        return Woken::No;
    };
    let woken = match world.topic.publish(&source::wake(&key, n)).await {
        // Without a topic this very run goes on with it; the timer stays until that is done.
        Err(failed) if failed.is_final() => drive::drive(world, run, &key, Some(n)).await.map(drop),
        published => published.map_err(Stopped::from),
    };
    if let Err(stopped) = woken {
        tracing::error!(alarm.key = %key, error = %stopped, "an alarm could not be woken");
        return Woken::No;
    }
    // One that stays wakes the alarm once more, which finds nothing to do.
    if let Err(failed) = world.store.delete(&path).await {
        tracing::warn!(alarm.key = %key, error = %failed, "a timer could not be removed");
        return Woken::AndLeft;
    }
    tracing::info!(alarm.key = %key, "woken");
    Woken::AndGone
}
