//! Stories that a seed makes up: which calls fail and how, when the function dies, and what is answered.
//!
//! A smaller sister of `tests/simulation`: its world is in memory, and here are the real clients and both
//! real handlers, over HTTP.

use std::sync::Arc;

use dispatch_core::{
    journal::Journal,
    life::{Plan, plan},
};
use dispatch_engine::world::World;
use dispatch_simulator::fake::{Fault, Kind};
use dispatch_triage::Triage;
use futures::{StreamExt, stream};

use crate::{
    meddling::{self, Meddled, Whim},
    story::{jane, self_service},
};

const SEEDS: u64 = 60;

/// Stories that are told at the same time.
const ABREAST: usize = 6;

/// Deliveries or clicks within which all must be well once nothing fails any more.
const TRIES_MAX: usize = 8;

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Calls of each fake that a seed lets fail.
const CALLS: [(&str, &[&str]); 3] = [
    ("github", &["issues/create", "issues/create-comment", "issues/update", "/search/*", "*"]),
    ("slack", &["chat.postMessage", "chat.update", "*"]),
    ("pagerduty", &["createIncident", "*"]),
];

/// What is left open when the reply to a message did not come.
fn is_ambiguous(kind: &Kind) -> bool {
    matches!(kind, Kind::AnswerAfterActing { .. } | Kind::LoseReply | Kind::Malformed | Kind::Drop)
        || matches!(kind, Kind::Answer { status: 500.., .. })
}

fn kind(chance: &mut Chance, service: &str) -> Kind {
    let answer = |status| Kind::Answer { status, body: "<html>not JSON</html>".to_owned() };
    match chance.below(if service == "slack" { 7 } else { 6 }) {
        0 => answer(500),
        1 => answer(503),
        2 => Kind::AnswerAfterActing { status: 502, body: String::new() },
        3 => Kind::Drop,
        4 => Kind::LoseReply,
        5 => Kind::Malformed,
        _ => Kind::RateLimited { retry_after_s: None },
    }
}

/// Adds up to three faults, and returns how many messages they may send once more.
fn misbehave(chance: &mut Chance, town: &Meddled) -> usize {
    let mut ambiguous = 0;
    for _ in 0..chance.below(4) {
        let (service, calls) = CALLS[chance.below(CALLS.len())];
        let on = calls[chance.below(calls.len())];
        let (kind, times) = (kind(chance, service), u32::try_from(1 + chance.below(3)).unwrap());
        if service == "slack" && is_ambiguous(&kind) {
            ambiguous += usize::try_from(times).unwrap();
        }
        let fault = Fault::new(on, kind).times(times);
        match service {
            "github" => town.story.town.fakes.github.fault(fault),
            "slack" => town.story.town.fakes.slack.fault(fault),
            _ => town.story.town.fakes.pagerduty.fault(fault),
        }
    }
    ambiguous
}

fn behave(town: &Meddled) {
    let fakes = &town.story.town.fakes;
    fakes.github.clear_faults();
    fakes.slack.clear_faults();
    fakes.pagerduty.clear_faults();
}

/// Delivers a message while things fail, and then until it need not come again.
async fn deliver(chance: &mut Chance, town: &Meddled, id: &str) -> usize {
    let mut ambiguous = misbehave(chance, town);
    if chance.below(3) == 0 {
        let operation = ["create", "swap"][chance.below(2)];
        let whim = [Whim::Hang, Whim::HangAfter][chance.below(2)];
        town.store.meddle(operation, chance.below(6), whim);
        ambiguous += 1;
        town.deliver_and_crash(id, &self_service(jane())).await;
        town.clock.pass_seconds(61);
    }
    for _ in 0..chance.below(3) {
        town.deliver_and_crash(id, &self_service(jane())).await;
        town.clock.pass_seconds(61);
    }
    behave(town);
    for _ in 0..TRIES_MAX {
        if town.deliver(id, &self_service(jane())).await == 0 {
            return ambiguous;
        }
        town.clock.pass_seconds(61);
    }
    panic!("{id} comes again for ever");
}

/// Slack signs by its own clock, which no story puts forward.
async fn click(town: &Meddled, button: &str) -> u64 {
    let world = World { clock: Arc::clone(&town.story.town.world.clock), ..town.world.clone() };
    let triage = Triage { world, ..town.triage() };
    meddling::click(&triage, &town.story, "jane", button).await
}

/// Clicks while things fail, and then until it is taken.
async fn answer(chance: &mut Chance, town: &Meddled, button: &str) {
    misbehave(chance, town);
    let asked =
        || town.story.town.fakes.slack.dm("jane").iter().any(|message| !crate::story::buttons(message).is_empty());
    let mut status = 0;
    for turn in 0..TRIES_MAX {
        if turn == 2 {
            behave(town);
        }
        // A click that went wrong may have taken the buttons away all the same.
        if status == 200 || !asked() {
            break;
        }
        status = click(town, button).await;
        town.clock.pass_seconds(61);
    }
    behave(town);
    town.deliver_what_was_handed_on().await;
}

async fn tell(seed: u64) {
    let mut chance = Chance(seed);
    let town = Meddled::begin().await;
    let mut copies = deliver(&mut chance, &town, "m1").await;
    copies += deliver(&mut chance, &town, "m2").await;
    let button = ["yes", "no"][chance.below(2)];
    answer(&mut chance, &town, button).await;
    town.clock.pass_seconds(61);
    // What is delivered once more finishes what may be left, and changes nothing.
    town.deliver_until_done("m1", &self_service(jane())).await;

    let at = format!("seed {seed}, {button}");
    let issues = town.story.issues();
    assert_eq!(issues.len(), 1, "{at}: {issues:#?}");
    let asked = town.story.town.fakes.slack.dm("jane").len();
    assert!((1..=1 + copies).contains(&asked), "{at}: asked {asked} times, {copies} times without a clear answer");
    let (state, incidents) = if button == "yes" { ("closed", 0) } else { ("open", 1) };
    assert_eq!((issues[0].state.as_str(), town.story.incidents().len()), (state, incidents), "{at}");
    let comments = |text: &str| issues[0].comments.iter().filter(|comment| comment.body.contains(text)).count();
    assert_eq!((comments("answered **"), comments("raised once more")), (1, 1), "{at}: {issues:#?}");
    at_rest(&town, &at).await;
}

/// The journal names nothing that is left to do.
async fn at_rest(town: &Meddled, at: &str) {
    let store = &town.story.town.world.store;
    let paths = store.list("alarms/").await.unwrap();
    assert_eq!(paths.len(), 1, "{at}");
    let (bytes, _) = store.read(&paths[0]).await.unwrap().unwrap();
    let left = plan(&Journal::from_bytes(&bytes).unwrap());
    assert!(!matches!(left, Plan::Do(_)), "{at}: {left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_seed_makes_up_ends_in_one_issue_one_answer_and_the_right_page() {
    stream::iter(0..SEEDS)
        .map(|seed| tokio::spawn(tell(seed)))
        .buffer_unordered(ABREAST)
        .for_each(async |told| told.unwrap())
        .await;
}
