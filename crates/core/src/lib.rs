//! What an alarm is and what comes next: the part of Dispatch to read first.
//!
//! - [`source`] reads a message into a [`alarm::Signal`]: whom to tell, whom to ask, whom to page.
//! - [`journal`] holds what has happened to one alarm.
//! - [`life`] reads a journal and names the next steps. It is pure: same journal and same time,
//!   same plan.
//! - [`words`] writes every text that people read, [`notice`] is their form on the way out.
//! - [`text`] keeps texts within limits and harmless.
//! - [`hours`] knows when people work.
//!
//! Deliberately absent: async, clocks, randomness, the network, the environment. Whoever calls
//! brings the time.

pub mod alarm;
pub mod digest;
pub mod hours;
pub mod journal;
pub mod life;
pub mod notice;
pub mod source;
#[cfg(test)]
mod testing;
pub mod text;
pub mod words;
