//! Invocations of the two functions. Any of them may be killed between two awaits.

use std::{future::poll_fn, task::Poll, time::Duration};

use dispatch_core::{
    alarm::{Address, Repo},
    source::Defaults,
};
use dispatch_engine::{
    answer::{Click, Taken, follow_up, record},
    heard,
    world::{Run, World},
};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    hands::Hook,
    line::{Line, RECEIVES_MAX},
    outside::Shared,
    queue::Delivery,
    slack::CHANNEL,
};

/// The time that `incoming` gives a batch, and that in which it must have answered.
const TIME: Duration = Duration::from_secs(27);
const FUNCTION: Duration = Duration::from_secs(30);

/// The limits of `triage`; see the constants of the same meaning there.
const STEPS: Duration = Duration::from_millis(1_200);
const HAND_ON: Duration = Duration::from_millis(1_700);
const ANSWER: Duration = Duration::from_millis(1_900);

/// What holds where a message is silent.
pub(crate) fn defaults() -> Defaults {
    Defaults {
        repo: Repo::new("example-org", "alarms"),
        github_user: Some("example-org/security".to_owned()),
        channel: Address::new("slack", CHANNEL),
        patience_s: None,
        hours: dispatch_core::hours::Hours::default(),
        keeps_hours: false,
        chain: Vec::new(),
    }
}

/// Drops `work` at its poll number `polls`, as a function that is killed; `None` then.
async fn mortal<T>(polls: Option<u64>, work: impl Future<Output = T>) -> Option<T> {
    let mut left = polls;
    let mut work = Some(Box::pin(work));
    poll_fn(move |context| {
        if left == Some(0) {
            work = None;
        }
        left = left.map(|left| left.saturating_sub(1));
        match &mut work {
            Some(work) => work.as_mut().poll(context).map(Some),
            None => Poll::Ready(None),
        }
    })
    .await
}

/// Chooses the poll at which a run is killed, if it is.
fn end(line: &Line, may_die: bool) -> Option<u64> {
    line.shared.with(|outside| {
        let dies = may_die && outside.now() < outside.weather.calm && outside.chance.percent(outside.weather.kills);
        let most = 1 << outside.chance.within(0..=7);
        let polls = outside.chance.within(1..=most);
        dies.then_some(polls)
    })
}

/// One batch.
pub(crate) async fn incoming(shared: Shared, batch: Vec<Delivery>) {
    let is_last = batch.iter().any(|delivery| delivery.receives + 1 >= RECEIVES_MAX);
    let line = Line::new(&shared, "incoming", is_last);
    let wants = end(&line, true);
    let polls = wants.filter(|_| shared.with(|outside| outside.doom(&batch)));
    let event = json!({ "Records": batch.iter().map(Delivery::record).collect::<Vec<_>>() });
    line.tell(|| format!("gets {}", batch.iter().map(Delivery::brief).collect::<Vec<_>>().join(", ")));
    let world = line.world(&defaults());
    let handled = timeout(FUNCTION, mortal(polls, dispatch_incoming::handle(&world, event, TIME))).await;
    match handled {
        Ok(Some(Ok(answer))) => settle(&line, &batch, &answer),
        Ok(Some(Err(error))) => {
            shared.with(|outside| outside.violated(format!("answers: a batch was not read: {error}")));
        }
        Ok(None) => killed(&line),
        Err(_) => shared.with(|outside| outside.violated("answers: a function outlasted its time".to_owned())),
    }
}

fn settle(line: &Line, batch: &[Delivery], answer: &Value) {
    let failures = answer.get("batchItemFailures").and_then(Value::as_array).cloned().unwrap_or_default();
    let failed = |delivery: &Delivery| {
        failures.iter().any(|failure| failure.get("itemIdentifier").is_some_and(|item| delivery.is(item)))
    };
    let back: Vec<_> = batch.iter().filter(|delivery| failed(delivery)).map(Delivery::brief).collect();
    line.tell(|| if back.is_empty() { "ends well".to_owned() } else { format!("gives back {}", back.join(", ")) });
    line.shared.with(|outside| {
        for delivery in batch {
            outside.settle(delivery, failed(delivery));
        }
    });
}

fn killed(line: &Line) {
    line.tell(|| "is killed".to_owned());
    line.shared.with(|outside| {
        outside.counts.kills += 1;
        if let Some(run) = outside.runs.get_mut(line.run) {
            run.killed = true;
        }
    });
}

/// One click, as `triage` takes it: what became of it, and whether Slack heard 200.
pub(crate) async fn triage(shared: &Shared, click: &Click) -> (Option<Taken>, bool) {
    let line = Line::new(shared, "triage", false);
    line.tell(|| format!("gets {:?} of {} by {}", click.button, click.ticket.who, click.by.id));
    let polls = end(&line, true);
    let world = line.world(&defaults());
    let start = Instant::now();
    let taken = mortal(polls, timeout_at(start + ANSWER, respond(&world, click, start))).await;
    match taken {
        None => {
            killed(&line);
            (None, false)
        }
        Some(Err(_)) => (None, false),
        Some(Ok((taken, is_kept))) => {
            line.tell(|| format!("answers {}: {taken:?}", if is_kept { 200 } else { 500 }));
            (taken, is_kept)
        }
    }
}

async fn respond(world: &World, click: &Click, start: Instant) -> (Option<Taken>, bool) {
    let Ok(recorded) = record(world, click).await else { return (None, false) };
    let run = Run::alone(world, start + STEPS);
    let followed = follow_up(world, &run, click, &recorded, start + HAND_ON).await;
    (Some(recorded.taken), followed.is_ok())
}

/// One webhook, as `triage` takes it: whether it was answered with 200.
pub(crate) async fn hook(shared: &Shared, hook: &Hook) -> bool {
    let line = Line::new(shared, "triage", false);
    line.tell(|| format!("hears {hook:?}"));
    shared.with(|outside| outside.counts.webhooks += 1);
    let polls = end(&line, true);
    let world = line.world(&defaults());
    let start = Instant::now();
    let taken = mortal(polls, timeout_at(start + ANSWER, take(&line, &world, hook, start))).await;
    if taken.is_none() {
        killed(&line);
    }
    let is_kept = matches!(taken, Some(Ok(true)));
    line.tell(|| format!("answers {}", if is_kept { 200 } else { 500 }));
    is_kept
}

async fn take(line: &Line, world: &World, hook: &Hook, start: Instant) -> bool {
    let kept = match hook {
        Hook::Issue(issue) => heard::issue(world, issue).await,
        Hook::Incident(incident) => heard::incident(world, incident).await,
    };
    let key = match kept {
        Ok(Some(key)) => key,
        Ok(None) => {
            line.shared.with(|outside| outside.in_vain(hook));
            return true;
        }
        Err(_) => return false,
    };
    let run = Run::alone(world, start + STEPS);
    heard::follow_up(world, &run, &key, start + HAND_ON).await.is_ok()
}

/// One tick of the clock. Nobody sends it again: the next one finds what it left.
pub(crate) async fn tick(shared: Shared) {
    let line = Line::new(&shared, "clock", false);
    let polls = end(&line, true);
    let world = line.world(&defaults());
    shared.with(|outside| outside.counts.ticks += 1);
    let handled =
        timeout(FUNCTION, mortal(polls, dispatch_incoming::handle(&world, json!({ "dispatch": "tick" }), TIME)));
    match handled.await {
        Ok(Some(Ok(answer))) => line.tell(|| format!("has gone round: {answer}")),
        Ok(Some(Err(error))) => line.tell(|| format!("stops: {error}")),
        // One that hangs is ended from outside.
        Ok(None) | Err(_) => killed(&line),
    }
}
