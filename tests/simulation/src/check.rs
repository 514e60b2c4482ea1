//! What must hold when all is calm and the queues have drained.

mod issues;
mod pages;
mod people;
mod queues;
mod silence;

use std::collections::{BTreeMap, BTreeSet};

use dispatch_core::{
    alarm::{Key, Page, Signal},
    digest,
    journal::Journal,
    life::Progress,
    source::{self, Letter, unwrap},
};

use crate::{function::defaults, outside::Outside, queue::Status, workload::Workload};

/// One life, as its journal tells it.
struct Life {
    journal: Journal,
    progress: Progress,
    /// Somebody clicked, heard of an error, and did not click again, or a webhook was lost in that way: nothing is
    /// promised to them.
    is_unpromised: bool,
}

impl Life {
    fn is_digest(&self) -> bool {
        self.journal.alarm.kind == digest::KIND
    }
}

/// What the checks look at.
struct Scene<'a> {
    outside: &'a Outside,
    work: &'a Workload,
    lives: Vec<Life>,
    /// The messages that raised each alarm.
    raised: BTreeMap<Key, BTreeSet<&'a str>>,
    /// Pages that were asked for as such.
    pages: Vec<Page>,
    /// Alarms with a dead letter that was never carried to the end, not under its old name either.
    dead: BTreeSet<Key>,
    /// Alarms of which a message was on one of its last two deliveries.
    last_chances: BTreeSet<Key>,
}

/// What a message asks for.
fn signal(id: &str, text: &str) -> Signal {
    let wrapped = unwrap(text);
    let (id, text) = wrapped.as_ref().map_or((id, text), |wrapped| (wrapped.id.as_str(), wrapped.text.as_str()));
    source::accept(&Letter { id, subject: None, text }, &defaults()).signal
}

/// The alarm that a message is about, if it is about one.
fn key_of(id: &str, text: &str) -> Option<Key> {
    match signal(id, text) {
        Signal::Alarm(alarm) => Some(alarm.key()),
        Signal::Resume { key, .. } => Some(key),
        Signal::Resolve(resolve) => resolve.key,
        Signal::Page(_) => None,
    }
}

impl<'a> Scene<'a> {
    fn of(outside: &'a Outside, work: &'a Workload, found: &mut Vec<String>) -> Self {
        let mut scene = Scene {
            outside,
            work,
            lives: Vec::new(),
            raised: BTreeMap::new(),
            pages: Vec::new(),
            dead: BTreeSet::new(),
            last_chances: BTreeSet::new(),
        };
        for bytes in outside.objects.lives() {
            match Journal::from_bytes(bytes) {
                Ok(journal) => {
                    let clicked = outside.people.clicked.iter();
                    let mut hers = clicked.filter(|clicked| clicked.click.ticket.life == journal.life);
                    let progress = Progress::of(&journal);
                    let unheard = &outside.people.unheard;
                    let is_unpromised = hers.any(|clicked| clicked.taken.is_none())
                        || unheard.lives.contains(&journal.life)
                        || progress.pages().iter().any(|(page, _)| unheard.refused.contains(&page.id));
                    scene.lives.push(Life { progress, journal, is_unpromised });
                }
                Err(error) => found.push(format!("journals: {error}")),
            }
        }
        for sending in &work.sendings {
            match signal(&sending.id, &sending.text) {
                Signal::Alarm(alarm) => _ = scene.raised.entry(alarm.key()).or_default().insert(&sending.id),
                Signal::Page(page) => scene.pages.push(page),
                Signal::Resume { .. } | Signal::Resolve(_) => {}
            }
        }
        let parcels = &outside.queues.parcels;
        let dead = parcels.iter().enumerate().filter(|(at, parcel)| {
            let is_dead = parcel.status == Status::Dead && !parcel.went_well;
            is_dead && !parcels.iter().skip(at + 1).any(|later| later.stands_in_for(parcel))
        });
        scene.dead = dead.filter_map(|(_, dead)| key_of(&dead.publication, &dead.text)).collect();
        let late = parcels.iter().filter(|parcel| outside.queues.last_chances.contains(&parcel.publication));
        scene.last_chances = late.filter_map(|parcel| key_of(&parcel.publication, &parcel.text)).collect();
        scene
    }

    /// Whether one of its messages is a dead letter, or it is a digest that nobody relies on: whoever was
    /// to stand in it is a dead letter, or has an issue after all.
    fn is_dead(&self, life: &Life) -> bool {
        let key = &life.journal.key;
        self.dead.contains(key) || (life.is_digest() && self.relying_on(key).next().is_none())
    }

    /// The lives that a digest is to tell of, but for those with a dead letter or without a promise.
    fn relying_on(&self, digest: &Key) -> impl Iterator<Item = &Life> {
        let relies = move |life: &&Life| life.progress.digests().contains(digest);
        let alive = self.lives.iter().filter(|life| !life.is_unpromised && !self.dead.contains(&life.journal.key));
        alive.filter(relies)
    }
}

/// All that must not be.
pub(crate) fn everything(outside: &Outside, work: &Workload, is_poisoned: bool) -> Vec<String> {
    let mut found = Vec::new();
    let scene = Scene::of(outside, work, &mut found);
    issues::check(&scene, &mut found);
    people::check(&scene, &mut found);
    pages::check(&scene, &mut found);
    queues::check(&scene, is_poisoned, &mut found);
    silence::check(&scene, &mut found);
    found
}

pub(crate) use silence::{next_due, timers};

/// Adds up what happened.
pub(crate) fn count(outside: &mut Outside, work: &Workload) {
    let counts = &mut outside.counts;
    counts.messages += work.sendings.len();
    counts.lives += outside.objects.lives().count();
    let own = outside.github.issues.iter().filter(|known| known.body.contains("<!-- dispatch:"));
    counts.issues += own.count();
    for issue in &outside.github.issues {
        let marker = |body: &str| body.rsplit_once("<!-- dispatch:").map(|(_, marker)| marker.to_owned());
        let markers: Vec<_> = issue.comments.iter().filter_map(|comment| marker(&comment.body)).collect();
        counts.comments += markers.len();
        counts.comments_twice += markers.len() - markers.iter().collect::<BTreeSet<_>>().len();
    }
    let messages = outside.slack.messages.iter().filter(|message| message.key.contains('.'));
    counts.notices += messages.count();
    for why in people::twice(&outside.slack, &outside.runs) {
        *counts.twice.entry(why).or_default() += 1;
    }
    counts.clicks += outside.people.clicked.iter().filter(|clicked| clicked.taken.is_some()).count();
    counts.pages += outside.pagerduty.incidents.len();
    let last = outside.pagerduty.incidents.iter().filter(|incident| incident.key.starts_with("dispatch:"));
    counts.last_resorts += last.count();
    counts.dead_letters += outside.queues.dead().count();
    counts.runs += outside.runs.len();
    silence::count(outside);
}
