//! One seed, from its first message to the end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use tokio::{runtime::Builder, time::sleep};

use crate::{
    Outcome,
    chance::Chance,
    check, clock,
    function::defaults,
    github::BY_HAND,
    line::time_at,
    logs::listen,
    outside::{Outside, Shared},
    queue::{Which, serve},
    weather::Weather,
    workload::Workload,
};

/// The longest that the queues may take to drain once it is calm: more than all deliveries of a
/// message, wrapped once more, need.
const DRAINED: Duration = Duration::from_secs(6 * 3_600);

/// How often it is looked whether all is done.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the storm has left behind is done by then, and every webhook has come.
const SETTLED: Duration = Duration::from_secs(600);

/// How late something may be that time brings.
const OVERDUE: Duration = Duration::from_secs(300);

/// One seed in so many has a message that always fails, and nothing else that does.
const POISON_EVERY: u64 = 8;

/// In one seed of so many every log is read; a timeline has them all.
const LISTEN_EVERY: u64 = 5;

/// Plays one seed. With `traced`, the outcome holds a timeline.
pub fn simulate(seed: u64, traced: bool) -> Outcome {
    let played = catch_unwind(AssertUnwindSafe(|| play(seed, traced)));
    played.unwrap_or_else(|_| Outcome { seed, violations: vec!["panic: see above".to_owned()], ..Outcome::default() })
}

fn play(seed: u64, traced: bool) -> Outcome {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Outcome { seed, violations: vec![format!("no runtime: {error}")], ..Outcome::default() },
    };
    let _inside = runtime.enter();
    let story = Story::begin(seed, traced);
    let _listening = (traced || seed.is_multiple_of(LISTEN_EVERY)).then(|| listen(&story.shared));
    runtime.block_on(story.play())
}

/// A seed, begun.
struct Story {
    seed: u64,
    is_poisoned: bool,
    work: Workload,
    shared: Shared,
}

impl Story {
    fn begin(seed: u64, traced: bool) -> Self {
        let mut chance = Chance::new(seed);
        let is_poisoned = seed % POISON_EVERY == POISON_EVERY - 1;
        let weather = if is_poisoned { Weather::fair(&mut chance) } else { Weather::forecast(&mut chance) };
        let work = if is_poisoned { Workload::poisoned(&mut chance) } else { Workload::any(&mut chance, weather.calm) };
        let locked = if is_poisoned { 0 } else { chance.pick(&[0, 0, 30]).unwrap_or_default() };
        let shared = Shared::new(chance, weather, traced);
        shared.with(|outside| {
            outside.github.locked = locked;
            outside.tell(|| format!("seed {seed}{}", if is_poisoned { ", one message always fails" } else { "" }));
        });
        Story { seed, is_poisoned, work, shared }
    }

    async fn play(self) -> Outcome {
        begin(&self.shared, &self.work);
        let calm = self.shared.with(|outside| outside.weather.calm);
        sleep(calm).await;
        self.shared.with(|outside| outside.tell(|| "from now on all is well".to_owned()));
        let mut waited = Duration::ZERO;
        let mut look = Look::default();
        while !self.shared.with(|outside| look.is_over(outside)) && waited < DRAINED {
            sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
        self.shared.with(|outside| self.end(outside))
    }

    fn end(&self, outside: &mut Outside) -> Outcome {
        if !at_rest(outside) {
            outside.violated("rest: the queues do not drain".to_owned());
        }
        let mut found = check::everything(outside, &self.work, self.is_poisoned);
        outside.violations.append(&mut found);
        check::count(outside, &self.work);
        let faults = std::mem::take(&mut outside.faults).into_iter();
        Outcome {
            seed: self.seed,
            violations: std::mem::take(&mut outside.violations),
            counts: std::mem::take(&mut outside.counts),
            faults: faults.map(|((vendor, fault), times)| (format!("{} {fault}", vendor.word()), times)).collect(),
            trace: outside.trace(),
        }
    }
}

fn at_rest(outside: &Outside) -> bool {
    outside.busy == 0 && outside.queues.are_empty()
}

/// Looks whether all is done, and at the timers meanwhile.
#[derive(Default)]
struct Look {
    /// What the store had written when its journals were read last.
    written: u64,
    /// When time brings something next.
    due: Option<Duration>,
}

impl Look {
    fn is_over(&mut self, outside: &mut Outside) -> bool {
        if !outside.is_quiet() {
            return false;
        }
        if self.written != outside.objects.written {
            self.written = outside.objects.written;
            if outside.now() > outside.weather.calm + SETTLED {
                let found = check::timers(outside);
                outside.violations.extend(found);
            }
            self.due = check::next_due(outside);
        }
        // What was due long ago, and did not come, never will.
        let has_gone_round = outside.now() > outside.weather.calm + 4 * clock::EVERY;
        has_gone_round && outside.busy == 0 && self.due.is_none_or(|due| due + OVERDUE < outside.now())
    }
}

/// Sends everybody on their way.
fn begin(shared: &Shared, work: &Workload) {
    shared.with(|outside| {
        for title in &work.standing {
            let at = time_at(outside.now());
            outside.open_issue(&defaults().repo, title, BY_HAND, at);
        }
    });
    for sending in work.sendings.clone() {
        let others = shared.clone();
        shared.spawn(async move {
            sleep(sending.at).await;
            others.with(|outside| {
                outside.tell(|| format!("published {}: {}", sending.id, sending.text));
                outside.publish(&sending.id, &sending.text);
            });
        });
    }
    for at in work.closings.clone() {
        let others = shared.clone();
        shared.spawn(async move {
            sleep(at).await;
            others.with(close_one);
            others.set_off();
        });
    }
    for at in work.reopenings.clone() {
        let others = shared.clone();
        shared.spawn(async move {
            sleep(at).await;
            others.with(reopen_one);
            others.set_off();
        });
    }
    tokio::spawn(clock::go(shared.clone()));
    for queue in [Which::Urgent, Which::Alarms] {
        tokio::spawn(serve(shared.clone(), queue));
    }
}

/// Somebody closes an open issue by hand.
fn close_one(outside: &mut Outside) {
    let open = outside.github.issues.iter().filter(|known| known.closed.is_none());
    let open: Vec<usize> = open.enumerate().map(|(at, _)| at).collect();
    let chosen = outside.chance.pick(&open);
    let open = outside.github.issues.iter().filter(|known| known.closed.is_none());
    let issue = chosen.and_then(|at| open.map(|known| known.issue.clone()).nth(at));
    if let Some(issue) = issue {
        outside.tell(|| format!("somebody closes {issue}"));
        outside.counts.closed_by_hand += 1;
        outside.close_issue(&issue.repo, issue.number, Some("jane"));
    }
}

/// Somebody opens a closed issue again.
fn reopen_one(outside: &mut Outside) {
    let closed = outside.github.issues.iter().filter(|known| known.closed.is_some());
    let closed: Vec<_> = closed.map(|known| known.issue.clone()).collect();
    let all: Vec<usize> = (0..closed.len()).collect();
    if let Some(issue) = outside.chance.pick(&all).and_then(|at| closed.get(at)) {
        outside.tell(|| format!("somebody opens {issue} again"));
        outside.counts.reopened += 1;
        outside.reopen_issue(&issue.repo, issue.number, "jane");
    }
}
