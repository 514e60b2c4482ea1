//! Seeded stories of Dispatch's engine in a world where everything fails.
//!
//! One seed is one story: a handful of messages, a few clicks, some minutes in which calls fail and runs
//! die, then calm until the queues have drained and no deadline is left. What must hold then is checked. The same seed is the
//! same story each time, on every machine.
//!
//! ```console
//! $ cargo test -p dispatch-simulation
//! $ cargo run --release -p dispatch-simulation -- --from 2500 --seeds 100000
//! $ cargo run --release -p dispatch-simulation -- --seed 60 --trace
//! ```
//!
//! # What is real
//!
//! `dispatch-core`, `dispatch-engine` and the handler of `dispatch-incoming`, fed with batches as Lambda hands
//! them over and with a tick a minute; a click goes through `engine::answer`, a webhook through `engine::heard`, with
//! the limits of `triage`. In memory, and in here, are
//! the ports: the store, GitHub, Slack, PagerDuty, the topic and
//! its queues, and the clock, which is virtual: hours cost nothing.
//!
//! # What goes wrong
//!
//! Every call takes some time before and after its effect, so runs interleave at every call. Any call may
//!
//! - be refused, where the service really could: an archived repository, a locked issue, a person who left;
//! - be put off, with or without a time to wait (429, 503, no connection), which is not acted on;
//! - get no clear answer although it was not acted on (a reset, a 5xx), or although it was (a lost reply, a
//!   malformed body, a 5xx after the effect);
//! - hang, until the client or the engine gives up; it may act all the same, up to ten seconds later.
//!
//! These are the faults of the HTTP fakes in `dispatch-simulator`, as the real clients hand them on; the
//! stories in `tests/stories/seeded.rs` play some over the real clients. Beyond single calls: a vendor that
//! is down for minutes; runs that are killed between any two awaits, their last request perhaps still on its
//! way; messages that come twice, at the same time, late, in any order, or once more after they were
//! deleted; searches at GitHub that lag up to ten minutes; clocks that differ by up to three seconds; clicks
//! that come at once, twice, in contradiction, from a stranger, or while the alarm's own run is at work;
//! issues that are closed and opened again by hand, or stood before; people who take pages, give them back and
//! resolve them; webhooks that come late, twice, out of order, or never; ticks that are missed, late, doubled or
//! killed; answers at the very deadline. In some seeds Dispatch may look for its own messages in
//! Slack. In one of eight nothing fails but one message, which always does.
//!
//! # What a green run promises
//!
//! `check.rs` holds the stories against this, by what is true outside, not by what a journal says:
//!
//! - Every message is part of a life of its alarm, and repeats add up. A life has exactly one issue (or stands
//!   in a digest that lists it), and a new one begins only when the issue before is closed.
//! - Everybody was told or asked, or the fallback channel has a note; or the message is a dead letter
//!   **and** somebody was paged for it.
//! - Nobody gets a notice twice, unless the reply was lost, or the run died or lost the store between sending
//!   and writing down; where Dispatch may look, only if the message arrived after it had looked. The rate is
//!   printed.
//! - A click that was recorded is the answer that stands, and is by whom was asked. Every no, and every page
//!   that was asked for, is exactly one incident. Nothing else pages, so no yes does.
//! - Who does not answer in time is escalated, step by step: never before its time, once, and with no more delay
//!   than a tick and a run once it is calm. Of an answer and a deadline at the same instant the first in the journal
//!   stands. Nobody is reminded or paged once an answer or the end is known, and nobody is reminded twice.
//! - Whenever nothing is under way, every life that time must wake has a timer in the store.
//! - What its publisher says is over is over: no open issue, no open page.
//! - In the end nothing is left to do, whatever was given up is paged, and the queues are empty. A message that
//!   always fails comes back alone.
//! - No log and no note in the fallback channel holds a word that a sender wrote.
//!
//! # What it does not cover
//!
//! - The clients, the store's implementations, signatures, and the parsing of vendors' replies: those have
//!   tests over HTTP. Budgets of GitHub other than its own requests to wait.
//! - No message is killed in both of its last two deliveries, and the topic does not fail in these two:
//!   against both at once nothing helps that runs in the function.
//! - A page that is sent again once somebody has resolved it opens another incident.
//! - A webhook of GitHub that is not taken comes no more: what follows from it waits for the next timer.
//! - Working hours.
//! - Somebody who clicks, sees an error and never clicks again is promised nothing, although whatever was
//!   recorded still is the answer that stands.
//! - A count of repeats on an issue may lag behind until the next repeat.
//! - An alarm in a digest may stand in none of its comments when the digest itself is a dead letter, of which
//!   somebody was paged.
//!
//! `tests/mistakes` breaks core, engine and incoming on purpose, and each mistake must make a seed fail.

mod chance;
mod check;
mod clock;
mod function;
mod github;
mod hands;
mod line;
mod logs;
mod outside;
mod pagerduty;
mod people;
mod queue;
mod report;
mod slack;
mod store;
mod story;
mod weather;
mod workload;

pub use self::{
    report::{Counts, Outcome, Total, simulate_many},
    story::simulate,
};
