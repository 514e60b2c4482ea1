//! The people: who can be asked, and how they click.

use std::time::Duration;

use dispatch_core::journal::{Answer, Clicker, Ticket};
use dispatch_engine::answer::{Click, Taken};
use tokio::time::sleep;

use crate::{
    chance::Chance,
    function,
    outside::{Outside, Shared},
    slack::Message,
};

/// Who has an account, by handle. Whoever else is named has left.
pub(crate) const PEOPLE: [&str; 3] = ["jane", "joe", "sam"];

/// Somebody who was asked nothing, and has the message before them all the same.
const STRANGER: &str = "U0MAL";

/// The user id that an address in Slack leads to.
pub(crate) fn user(rest: &str) -> Option<String> {
    let name = rest.trim_start_matches('@');
    let known = PEOPLE.iter().find(|known| *known == &name || id(known) == name);
    known.map(|known| id(known))
}

/// The user id of somebody with an account.
pub(crate) fn id(name: &str) -> String {
    format!("U0{}", name.to_ascii_uppercase())
}

/// Somebody is about to click.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    wait: Duration,
    click: Click,
    /// They click again until it is taken.
    stubborn: bool,
}

/// An answer of which Slack heard 200, or of which somebody might still hope that.
#[derive(Clone, Debug)]
pub(crate) struct Clicked {
    pub(crate) click: Click,
    /// What became of the first click that was answered with 200.
    pub(crate) taken: Option<Taken>,
    /// A click was recorded, whether or not that was acknowledged.
    pub(crate) stood: bool,
}

/// What people did, and are about to do.
#[derive(Debug, Default)]
pub(crate) struct People {
    intents: Vec<Intent>,
    pub(crate) clicked: Vec<Clicked>,
}

/// Somebody has a new message: they may click, once, twice, or in contradiction, at once or later.
pub(crate) fn read(outside: &mut Outside, message: &Message) {
    let ticket = message.ticket.as_deref().and_then(Ticket::read);
    let (Some(ticket), Some(reader)) = (ticket, &message.reader) else { return };
    outside.counts.questions += 1;
    // Before the question is on record, only an address that names the user tells whom it is for.
    let is_named = message.to.rest() == reader;
    for (answer, by, wait) in mood(&mut outside.chance, reader, is_named) {
        let by = Clicker { name: by.to_ascii_lowercase(), id: by };
        let (at, id) = (message.at.clone(), Some(message.id.clone()));
        let click = Click { ticket: ticket.clone(), answer, by, at, message: id };
        let stubborn = outside.chance.percent(80);
        outside.people.intents.push(Intent { wait, click, stubborn });
    }
}

fn mood(chance: &mut Chance, reader: &str, is_named: bool) -> Vec<(Answer, String, Duration)> {
    let soon = match chance.within(0..=4) {
        0 => Duration::ZERO,
        1 => chance.millis(0..=500),
        _ => chance.seconds(1..=240),
    };
    let own = |answer, wait| (answer, reader.to_owned(), wait);
    let one = chance.pick(&[Answer::Yes, Answer::No]).unwrap_or(Answer::Yes);
    let other = if one == Answer::Yes { Answer::No } else { Answer::Yes };
    let then = soon + chance.millis(0..=2_000);
    let mut clicks = match chance.within(0..=9) {
        0..=1 => Vec::new(),
        2..=5 => vec![own(one, soon)],
        6 => vec![own(one, soon), own(one, soon)],
        7 => vec![own(one, soon), own(other, soon)],
        8 => vec![own(one, soon), own(other, then)],
        _ => vec![own(one, soon), own(one, then), own(other, then)],
    };
    if is_named && chance.percent(20) {
        clicks.push((other, STRANGER.to_owned(), soon));
    }
    clicks
}

impl Outside {
    /// Whoever is about to click.
    pub(crate) fn intents(&mut self) -> Vec<Intent> {
        std::mem::take(&mut self.people.intents)
    }
}

/// Clicks; again, if they are not answered well and stubborn, which all are once it is calm.
pub(crate) async fn click(shared: Shared, intent: Intent) {
    sleep(intent.wait).await;
    let mut stood = false;
    let taken = loop {
        let (taken, is_kept) = function::triage(&shared, &intent.click).await;
        let stands = taken == Some(Taken::Stands);
        stood |= stands;
        if stands && intent.click.by.id == STRANGER {
            shared.with(|outside| outside.violated("answers: a stranger's click stands".to_owned()));
        }
        if is_kept {
            break taken;
        }
        if !intent.stubborn {
            break None;
        }
        let wait = shared.with(|outside| outside.chance.seconds(1..=30));
        sleep(wait).await;
    };
    shared.with(|outside| outside.people.clicked.push(Clicked { click: intent.click, taken, stood }));
}
