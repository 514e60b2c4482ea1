//! The people: who can be asked, and how they click.

use std::time::Duration;

use dispatch_core::{
    alarm::Address,
    journal::{Clicker, Journal, Role, Ticket},
    life::{Progress, deadline},
    notice::Form,
};
use dispatch_engine::answer::{Button, Click, Taken};
use tokio::time::sleep;

use crate::{
    chance::Chance,
    function,
    hands::{Deed, Unheard},
    line::time_at,
    outside::{Outside, Shared},
    slack::Message,
    workload::SECRET,
};

/// Who has an account, by handle. Whoever else is named has left.
pub(crate) const PEOPLE: [&str; 3] = ["jane", "joe", "sam"];

/// Somebody who was asked nothing, and has the message before them all the same.
const STRANGER: &str = "U0MAL";

/// For how long a form can be opened after a click.
const TRIGGER_MS: u128 = 3_000;

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
    pub(crate) deeds: Vec<Deed>,
    pub(crate) clicked: Vec<Clicked>,
    pub(crate) unheard: Unheard,
}

/// Somebody has a new message: they may click, once, twice, or in contradiction, at once or later.
pub(crate) fn read(outside: &mut Outside, message: &Message) {
    let ticket = message.ticket.as_deref().and_then(Ticket::read);
    let (Some(ticket), Some(reader)) = (ticket, &message.reader) else { return };
    outside.counts.questions += 1;
    // Before the question is on record, only an address that names the user tells whom it is for.
    let journal = outside.objects.journal(&ticket.key).and_then(|bytes| Journal::from_bytes(bytes).ok());
    let address = journal.as_ref().and_then(|journal| journal.person(ticket.who, 0)?.address);
    let is_named = address.is_some_and(|address| address.rest() == reader);
    let end = journal.and_then(|journal| until_deadline(outside, &journal, &ticket));
    for (button, by, wait) in mood(&mut outside.chance, reader, is_named, &message.actions, end) {
        let by = Clicker { name: by.to_ascii_lowercase(), id: by };
        let (at, id) = (message.at.clone(), Some(message.id.clone()));
        let click = Click { ticket: ticket.clone(), button, by, at, message: id, trigger: None };
        let stubborn = outside.chance.percent(80);
        outside.people.intents.push(Intent { wait, click, stubborn });
    }
}

/// How long until silence of this reader counts.
fn until_deadline(outside: &Outside, journal: &Journal, ticket: &Ticket) -> Option<Duration> {
    let is_rung = matches!(journal.role(ticket.who), Some(Role::Rung { .. }) | None);
    let progress = Progress::of(journal);
    let seat = *progress.stands_for(journal, ticket.who).first().filter(|_| !is_rung)?;
    let (_, opened) = progress.issue.as_ref()?;
    let end = deadline(journal.alarm.question.as_ref()?, &progress, seat, *opened)?;
    Duration::try_from(end.duration_since(time_at(outside.now()))).ok()
}

type Mood = Vec<(Button, String, Duration)>;

fn mood(chance: &mut Chance, reader: &str, is_named: bool, actions: &[String], end: Option<Duration>) -> Mood {
    let soon = match chance.within(0..=4) {
        0 => Duration::ZERO,
        1 => chance.millis(0..=500),
        _ => chance.seconds(1..=240),
    };
    let own = |button: &Button, wait| (button.clone(), reader.to_owned(), wait);
    let mut one = if chance.percent(50) { Button::Yes } else { Button::No };
    let other = if one == Button::Yes { Button::No } else { Button::Yes };
    let has = |action: &str| actions.iter().any(|known| known == action);
    if has("more.0") && chance.percent(25) {
        one = Button::More(0);
    }
    let then = soon + chance.millis(0..=2_000);
    let mut clicks = match chance.within(0..=13) {
        0..=3 => Vec::new(),
        4..=7 => vec![own(&one, soon)],
        8 => vec![own(&one, soon), own(&one, soon)],
        9 => vec![own(&one, soon), own(&other, soon)],
        10 => vec![own(&one, soon), own(&other, then)],
        11 => vec![own(&one, soon), own(&one, then), own(&other, then)],
        _ => end.map(|end| own(&one, around(chance, end))).into_iter().collect(),
    };
    for (action, button, percent) in [("wrong", Button::Wrong, 35), ("snooze", Button::Snooze, 50)] {
        if has(action) && chance.percent(percent) {
            clicks.push(own(&button, soon + chance.millis(0..=20_000)));
        }
    }
    if is_named && chance.percent(20) {
        clicks.push((other, STRANGER.to_owned(), soon));
    }
    clicks
}

/// At the deadline, when the clock next goes round, or later.
fn around(chance: &mut Chance, end: Duration) -> Duration {
    match chance.within(0..=5) {
        0 => end,
        1 => (end + chance.millis(0..=400)).saturating_sub(Duration::from_millis(200)),
        2..=3 => {
            // Ticks come with the full minute, and take a moment until they have done something.
            end + chance.millis(0..=63_000)
        }
        _ => end + chance.seconds(30..=400),
    }
}

/// Somebody has a form before them, and mostly sends it. What was clicked tells who.
pub(crate) fn fill_in(outside: &mut Outside, trigger: &str, form: &Form) -> bool {
    let Some((by, clicked)) = trigger.split_once('.') else { return false };
    let Some(ticket) = Ticket::read(&form.value) else { return false };
    let is_stale = outside.now().as_millis() > clicked.parse().unwrap_or(0) + TRIGGER_MS;
    if is_stale {
        return false;
    }
    outside.counts.forms += 1;
    if outside.chance.percent(25) {
        return true;
    }
    let words = format!("because {SECRET}");
    let choice = form.choices.as_ref().and_then(|choices| choices.options.first()).map(|(name, _)| name.clone());
    let button = match choice {
        Some(choice) => Button::Snoozed { choice, why: Some(words).filter(|_| outside.chance.percent(50)) },
        None => Button::Reason(words),
    };
    let by = Clicker { id: by.to_owned(), name: by.to_ascii_lowercase() };
    let at = Address::new("slack", &by.id.replacen('U', "D", 1));
    let click = Click { ticket, button, by, at, message: None, trigger: None };
    let wait = outside.chance.seconds(1..=90);
    let stubborn = outside.chance.percent(90);
    outside.people.intents.push(Intent { wait, click, stubborn });
    true
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
        let now = shared.with(|outside| outside.now().as_millis());
        let trigger = Some(format!("{}.{now}", intent.click.by.id));
        let (taken, is_kept) = function::triage(&shared, &Click { trigger, ..intent.click.clone() }).await;
        let stands = matches!(taken, Some(Taken::Stands | Taken::Late(_)));
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
