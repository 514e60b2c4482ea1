//! The loop: read the journal, do what comes next, write down what happened.

use std::{collections::HashMap, time::Duration};

use dispatch_core::{
    alarm::{Key, RungKind},
    journal::{Fact, Journal, Remark, Step},
    life::{self, Plan, Progress, plan},
};
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, timeout_at};

use crate::{
    Stopped,
    held::{Held, Saved},
    perform::{Hint, perform},
    ports::Failed,
    world::{Run, World, until},
};

/// Steps of one alarm that are under way at the same time, and that a crash leaves in doubt.
const ABREAST_MAX: usize = 32;

/// Turns of the loop before it is taken to be caught: more than the largest broadcast needs.
const TURNS_MAX: usize = 5_000;

/// The longest pause that the clock ends. A service that asks for more is away: the queue keeps the message, and
/// when its deliveries are used up somebody is told.
const PAUSE_MAX: Duration = Duration::from_secs(120);

/// How long a wake-up waits to learn whether somebody has closed the issue meanwhile.
const LOOK_MAX: Duration = Duration::from_secs(2);

/// Carries one alarm as far as it can go now. Safe to call at any time, any number of times. `timer` is the
/// number of the timer that has gone off, if it was one that led here.
///
/// # Errors
/// [`Stopped`] when something is left to do: whoever called sees to it that it is tried again.
pub async fn drive(world: &World, run: &Run, key: &Key, timer: Option<u32>) -> Result<Plan, Stopped> {
    match Held::load(world, key).await? {
        Some(mut held) => {
            held.wake(timer);
            carry(world, run, held, Hint::Unknown).await
        }
        None => Ok(Plan::Done),
    }
}

/// As [`drive`], for a journal that is in hand already.
pub(crate) async fn carry(world: &World, run: &Run, mut held: Held, hint: Hint) -> Result<Plan, Stopped> {
    let result = turns(world, run, &mut held, &hint).await;
    for digest in Progress::of(&held.journal).digests() {
        run.touch(digest, &held.journal.key);
    }
    result
}

/// Notes what will be done first, so that one write says what has arrived and what is done about it.
pub(crate) fn begin(world: &World, run: &Run, held: &mut Held) {
    if run.is_over() || held.journal.leased_to_other(&run.id, world.clock.now()).is_some() {
        return;
    }
    let steps = next(&steps_of(&plan(&held.journal)), &HashMap::new());
    if !steps.is_empty() {
        held.begin(world, run, &steps);
    }
}

async fn turns(world: &World, run: &Run, held: &mut Held, hint: &Hint) -> Result<Plan, Stopped> {
    let mut failed = HashMap::new();
    let mut moved = false;
    for _ in 0..TURNS_MAX {
        if let Some(lease) = held.journal.leased_to_other(&run.id, world.clock.now()).cloned() {
            // Whoever holds the lease may hang or be dead. A page does not wait for that: its key keeps
            // a second one from waking anybody.
            let mut pages = next(&steps_of(&plan(&held.journal)), &failed);
            pages.retain(|step| is_page(&held.journal, step));
            if !pages.is_empty() && !run.is_over() {
                for (step, result) in abreast(world, run, held, &pages, hint).await {
                    note(world, held, &mut failed, step, result);
                }
            }
            match held.save(world).await? {
                Saved::Clean => return Err(Stopped::Leased { until: lease.until, backed: lease.backed }),
                Saved::Overtaken => continue,
            }
        }
        if !run.is_over() {
            pass_time(world, run, held).await;
        }
        let plan = plan(&held.journal);
        let steps = match &plan {
            plan if !run.is_over() => next(&steps_of(plan), &failed),
            _ => Vec::new(),
        };
        let (mut resume, mut timed) = (None, Ok(()));
        if steps.is_empty() {
            // Also when a step has failed: its message may be given up before the next thing is due.
            let until = match &plan {
                Plan::Wait { until } => *until,
                Plan::Do(_) | Plan::Done => life::wake(&held.journal),
            };
            // Each run must have come further, so this has an end.
            let pause = pause(&held.journal, &plan, &failed).filter(|_| moved);
            resume = pause.and_then(|pause| world.clock.now().checked_add(pause).ok());
            if let Some(until) = until.into_iter().chain(resume).min() {
                timed = held.set_timer(world, until).await;
            }
            held.release(world, run);
        } else {
            held.begin(world, run, &steps);
        }
        if held.save(world).await? == Saved::Overtaken {
            continue;
        }
        if steps.is_empty() {
            // What was done is written down, whether or not the clock could be set.
            timed?;
            return match resume {
                Some(_) => Ok(Plan::Wait { until: resume }),
                None => rest(&held.journal, plan, failed, moved),
            };
        }
        for (step, result) in abreast(world, run, held, &steps, hint).await {
            moved |= result.is_ok();
            note(world, held, &mut failed, step, result);
        }
    }
    Err(Stopped::Endless)
}

/// Adds what time has brought since: reminders, deadlines, the next step of an escalation. Nobody is bothered
/// for an issue that was closed meanwhile, and nobody is spared because GitHub cannot be asked.
async fn pass_time(world: &World, run: &Run, held: &mut Held) {
    let due = life::due(&held.journal, world.clock.now());
    if due.is_empty() {
        return;
    }
    let progress = Progress::of(&held.journal);
    // A digest is closed by whoever has read it: that says nothing about the alarms in it.
    let own = progress.issue.as_ref().filter(|_| progress.digest.is_none());
    let open = match own {
        // What was done before is not written down yet: that must have its time, too.
        Some((issue, _)) => {
            let end = run.deadline.min(Instant::now() + LOOK_MAX);
            timeout_at(end, world.audit.is_open(issue)).await
        }
        None => Ok(Ok(true)),
    };
    match open {
        Ok(Ok(false)) => held.learn(world, Fact::Ended { by: None }),
        Ok(Ok(true)) if !due.contains(&Fact::Looked) => {
            due.into_iter().chain([Fact::Looked]).for_each(|fact| held.learn(world, fact));
        }
        // The next run has the time to look.
        _ if run.is_over() => {}
        _ => due.into_iter().for_each(|fact| held.learn(world, fact)),
    }
}

/// Whether a step wakes somebody. Its key keeps a second one from waking anybody.
fn is_page(journal: &Journal, step: &Step) -> bool {
    match step {
        Step::Page(_) => true,
        Step::Climb { rung, .. } => journal.alarm.chain.get(*rung).is_some_and(|rung| rung.kind() == RungKind::Page),
        _ => false,
    }
}

/// Whether the life cannot go on without a step, so that it is tried for ever. A page that another page of the
/// chain follows is not among them.
fn is_vital(journal: &Journal, step: &Step) -> bool {
    match step {
        Step::Open => true,
        Step::Climb { rung, .. } => {
            let mut later = journal.alarm.chain.iter().skip(rung.saturating_add(1));
            is_page(journal, step) && !later.any(|step| step.kind() == RungKind::Page)
        }
        step => is_page(journal, step),
    }
}

fn steps_of(plan: &Plan) -> Vec<Step> {
    match plan {
        Plan::Do(steps) => steps.clone(),
        Plan::Wait { .. } | Plan::Done => Vec::new(),
    }
}

/// The next steps that have not failed in this run.
fn next(steps: &[Step], failed: &HashMap<Step, Failed>) -> Vec<Step> {
    steps.iter().filter(|step| !has_failed(step, failed)).take(ABREAST_MAX).cloned().collect()
}

/// Whether the step failed in this run, or an older version of it got no answer: that one may still
/// arrive, and must not take the place of a newer one.
fn has_failed(step: &Step, failed: &HashMap<Step, Failed>) -> bool {
    failed.iter().any(|(known, failure)| known == step || (known.same_effect(step) && failure.is_unsure()))
}

/// How long to pause, when services' limits are all that keeps what is left. The clock wakes it then: given back, the
/// message would come again later than that, and use up a delivery each time.
fn pause(journal: &Journal, plan: &Plan, failed: &HashMap<Step, Failed>) -> Option<Duration> {
    let waits = steps_of(plan).into_iter().map(|step| match failed.get(&step) {
        Some(Failed::Busy { wait: Some(wait), .. }) if !is_vital(journal, &step) => Some(*wait),
        _ => None,
    });
    let waits: Option<Vec<Duration>> = waits.collect();
    waits?.into_iter().min().filter(|wait| *wait <= PAUSE_MAX)
}

/// What a run that has come to rest leaves behind.
fn rest(journal: &Journal, plan: Plan, mut failed: HashMap<Step, Failed>, moved: bool) -> Result<Plan, Stopped> {
    let Plan::Do(mut left) = plan else { return Ok(plan) };
    // A count that stands there already is brought up to date by the next repeat: no message comes
    // again for it alone.
    let progress = Progress::of(journal);
    let is_count =
        |step: &Step| matches!(step, Step::Remark(count @ Remark::Repeats(_)) if progress.comment_of(count).is_some());
    left.retain(|step| !(is_count(step) && has_failed(step, &failed)));
    if left.is_empty() {
        return Ok(Plan::Done);
    }
    let untried = !next(&left, &failed).is_empty();
    let first = left.iter().find_map(|step| failed.remove_entry(step));
    match first {
        Some((step, failed)) if !untried => Err(Stopped::Failed { step, failed }),
        _ => Err(Stopped::OutOfTime { left: left.len(), moved }),
    }
}

/// Performs the steps side by side. A step that does not end in time gave no answer.
async fn abreast(
    world: &World,
    run: &Run,
    held: &Held,
    steps: &[Step],
    hint: &Hint,
) -> Vec<(Step, Result<Vec<Fact>, Failed>)> {
    // One for all: that of a large broadcast is large.
    let progress = &Progress::of(&held.journal);
    let tasks = steps.iter().map(|step| async move {
        let suspect = held.is_suspect(step);
        (step.clone(), perform(world, run, (&held.journal, progress), step, suspect, hint).await)
    });
    let mut tasks: FuturesUnordered<_> = tasks.collect();
    let mut results = Vec::with_capacity(steps.len());
    let end = run.deadline.min(Instant::now() + crate::world::STEP_MAX);
    let perform = async {
        while let Ok(Some(result)) = timeout_at(end, tasks.next()).await {
            results.push(result);
        }
    };
    until(end, perform).await;
    drop(tasks);
    let late = steps.iter().filter(|step| !results.iter().any(|(done, _)| done == *step)).cloned();
    let late: Vec<_> = late.collect();
    let no_answer = || Failed::Unreachable { call: "dispatch", reason: "time is up".to_owned() };
    results.extend(late.into_iter().map(|step| (step, Err(no_answer()))));
    results
}

/// Takes one result into the journal.
fn note(
    world: &World,
    held: &mut Held,
    failures: &mut HashMap<Step, Failed>,
    step: Step,
    result: Result<Vec<Fact>, Failed>,
) {
    let key = held.journal.key.clone();
    match result {
        Ok(facts) => {
            held.settle(&step);
            for fact in facts {
                held.learn(world, fact);
            }
        }
        // Without an issue or a page the alarm would be lost, so these are never given up.
        Err(failed) if failed.is_final() && !is_vital(&held.journal, &step) => {
            tracing::warn!(alarm.key = %key, %step, error = %failed, "gave up a step");
            held.settle(&step);
            let Failed::Refused { reason, .. } = failed else { return };
            held.learn(world, Fact::GaveUp { step, reason });
        }
        Err(failed) => {
            tracing::warn!(alarm.key = %key, %step, error = %failed, "a step failed");
            held.fail(&step, failed.is_unsure());
            failures.insert(step, failed);
        }
    }
}
