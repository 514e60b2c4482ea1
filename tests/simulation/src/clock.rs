//! The clock: a tick a minute, which may be missed, come twice, or late. Once it is calm each one comes.

use std::time::Duration;

use dispatch_core::journal::{TIMERS, Timer};
use jiff::SignedDuration;
use tokio::time::sleep;

use crate::{
    chance::Chance,
    function,
    line::time_at,
    outside::{Outside, Shared},
};

/// Between two ticks.
pub(crate) const EVERY: Duration = Duration::from_secs(60);

/// Once it is calm, a tick that finds nothing is played only one time in so many.
const IDLE_EVERY: u64 = 10;

/// Goes for as long as the story lasts.
pub(crate) async fn go(shared: Shared) {
    let first = shared.with(|outside| outside.chance.millis(0..=60_000));
    sleep(first).await;
    for nth in 0.. {
        for late in shared.with(|outside| ticks(outside, nth)) {
            let others = shared.clone();
            shared.spawn(async move {
                sleep(late).await;
                function::tick(others).await;
            });
        }
        sleep(EVERY).await;
    }
}

/// When the ticks of this minute come.
fn ticks(outside: &mut Outside, nth: u64) -> Vec<Duration> {
    if outside.now() >= outside.weather.calm {
        let idle = !nth.is_multiple_of(IDLE_EVERY) && !is_any_due(outside);
        return if idle { Vec::new() } else { vec![Duration::ZERO] };
    }
    let chance: &mut Chance = &mut outside.chance;
    match chance.within(0..=9) {
        0 => Vec::new(),
        1 => vec![Duration::ZERO, chance.millis(0..=500)],
        2..=3 => vec![chance.seconds(1..=59)],
        _ => vec![Duration::ZERO],
    }
}

/// Whether a timer is due for anybody, whatever their clock says.
fn is_any_due(outside: &Outside) -> bool {
    let soon = time_at(outside.now()).checked_add(SignedDuration::from_secs(5)).unwrap_or_default();
    outside.objects.first(TIMERS).is_some_and(|path| *path < Timer::prefix(soon))
}
