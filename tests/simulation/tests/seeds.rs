//! The seeds that every test run plays.

use dispatch_simulation::{simulate, simulate_many};

/// How many seeds a test run plays, from 0. A command plays any others:
/// `cargo run --release -p dispatch-simulation -- --from 2000 --seeds 100000`.
const SEEDS: u64 = 2_000;

#[test]
fn nothing_is_lost_and_nothing_comes_twice() {
    let total = simulate_many(0, SEEDS, 5);
    println!("{total}");
    if !total.failures.is_empty() {
        let complaints: Vec<String> = total.failures.iter().map(dispatch_simulation::Outcome::complaint).collect();
        panic!("{}", complaints.join("\n\n"));
    }
}

#[test]
fn everything_that_can_happen_does_happen() {
    let total = simulate_many(0, 500, usize::MAX);
    let counts = &total.counts;
    for (what, times) in [
        ("issues", counts.issues),
        ("questions", counts.questions),
        ("clicks", counts.clicks),
        ("pages", counts.pages),
        ("last resorts", counts.last_resorts),
        ("dead letters", counts.dead_letters),
        ("kills", counts.kills),
        ("issues closed by hand", counts.closed_by_hand),
        ("issues opened again", counts.reopened),
        ("ticks", counts.ticks),
        ("webhooks", counts.webhooks),
        ("pages changed by hand", counts.page_changes),
        ("forms", counts.forms),
        ("reminders", counts.reminders),
        ("silences", counts.silences),
        ("escalations", counts.escalations),
        ("late answers", counts.late_answers),
        ("snoozes", counts.snoozes),
        ("passes", counts.passes),
        ("reasons", counts.reasons),
        ("withdrawn lives", counts.withdrawn),
        ("notices sent twice", counts.twice.values().sum()),
    ] {
        assert!(times > 0, "no {what} in {total}");
    }
    let kinds = ["busy", "busy, asks to wait", "hangs", "reply lost", "reset before acting"];
    for vendor in ["store", "github", "slack", "pagerduty", "topic"] {
        for kind in kinds {
            let fault = format!("{vendor} {kind}");
            assert!(total.faults.get(&fault).is_some_and(|times| *times > 0), "no {fault} in {total}");
        }
    }
}

#[test]
fn a_seed_is_the_same_story_each_time() {
    for seed in [0, 1, 7, 60, 100, 602] {
        let (once, again) = (simulate(seed, true), simulate(seed, true));
        assert!(once == again, "seed {seed}: {:?}", first_difference(&once.trace, &again.trace));
        assert!(once.trace.lines().count() > 10, "seed {seed} has no timeline");
    }
}

fn first_difference<'a>(one: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    one.lines().zip(other.lines()).find(|(one, other)| one != other)
}
