//! Silence goes on to others: never before its time, once, and with no more delay than a tick and a run; and timers
//! stand as long as somebody relies on them.

use std::time::Duration;

use dispatch_core::{
    alarm::RungKind,
    journal::{Answer, Fact, Journal, Place, Remark, Role, Step, TIMERS, Timer, Who},
    life::{self, Plan, Progress, plan, timetable, wake},
    words,
};
use jiff::{SignedDuration, Timestamp};

use super::{Life, Scene, key_of, signal};
use crate::{clock::EVERY, line::time_at, outside::Outside, queue::Status};

/// The time of a run, and what a run that began before may still send.
const RUN: Duration = Duration::from_secs(40);

/// When a storm has no more to do with what happens.
const SETTLED: Duration = Duration::from_secs(300);

pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<String>) {
    for life in &scene.lives {
        let Some((_, opened)) = life.progress.issue.as_ref().filter(|_| !life.progress.stood) else { continue };
        reminded(scene, life, *opened, found);
        silent(scene, life, *opened, found);
        told(scene, life, found);
        ended(scene, life, found);
    }
    withdrawn(scene, found);
    let now = scene.outside.now();
    let old = time_at(now.saturating_sub(3 * EVERY));
    if let Some(path) = scene.outside.objects.first(TIMERS).filter(|path| **path < Timer::prefix(old)) {
        found.push(format!("timers: {path} is due and stays"));
    }
}

/// The time of an entry, from the beginning of the story.
fn passed(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(time_at(Duration::ZERO))).unwrap_or_default()
}

fn is_excused(scene: &Scene<'_>, life: &Life) -> bool {
    scene.is_dead(life) || life.is_unpromised
}

/// When a step of an escalation was taken, as it truly was.
fn taken(scene: &Scene<'_>, life: &Life, wave: usize, rung: usize) -> Option<Duration> {
    let Life { journal, progress, .. } = life;
    let (issue, _) = progress.issue.as_ref()?;
    let step = journal.alarm.chain.get(rung)?;
    let posted = |key: &str| scene.outside.slack.messages.iter().find(|message| message.key == key).map(|it| it.when);
    match step.kind() {
        RungKind::Ask => {
            let who = journal.position(Role::Rung { wave, rung });
            posted(&words::reach(journal, issue, progress, who, 0).key)
        }
        RungKind::Tell => posted(&words::climb(journal, issue, progress, wave, rung)?.key),
        RungKind::Page => {
            let key = words::climb(journal, issue, progress, wave, rung)?.key;
            let mut pages = scene.outside.pagerduty.incidents.iter();
            pages.find(|page| page.key == key && page.to == step.to).map(|page| page.opened)
        }
    }
}

/// Whether a step could not be taken.
fn failed(life: &Life, wave: usize, rung: usize) -> bool {
    let who = life.journal.position(Role::Rung { wave, rung });
    let progress = &life.progress;
    progress.others.get(&who).is_some_and(|person| person.unreached.is_some())
        || progress.given_up.contains(&Step::Climb { wave, rung })
        || progress.given_up.contains(&Step::Reach { who, round: 0 })
}

/// Whoever did not answer in time is escalated, step by step, at the right time.
fn silent(scene: &Scene<'_>, life: &Life, opened: Timestamp, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let Some(question) = &journal.alarm.question else { return };
    let key = &journal.key;
    let Some(patience) = question.patience_s else {
        if !progress.waves.is_empty() {
            found.push(format!("silence: {key} waits for ever, and did not"));
        }
        return;
    };
    let end = passed(opened) + Duration::from_secs(patience.into());
    if progress.waves.len() > 1 {
        found.push(format!("silence: {key} has {} waves", progress.waves.len()));
    }
    let outside = scene.outside;
    let is_alive = !progress.over && !progress.handed_back && progress.withdrawn.is_none();
    let is_late = end + 3 * EVERY < outside.now();
    for (who, person) in progress.people.iter().enumerate() {
        let is_silent = person.answer.is_none() && is_alive && is_late && !is_excused(scene, life);
        if is_silent && person.silent.is_none() {
            found.push(format!("silence: person {who} of {key} did not answer, and nobody noticed"));
        }
    }
    for wave in 0..progress.waves.len() {
        steps(scene, life, wave, end, found);
        if is_alive && is_late && !is_excused(scene, life) {
            complete(scene, life, wave, found);
        }
    }
}

/// All steps were taken, as long as somebody was silent and nobody had taken a page.
fn complete(scene: &Scene<'_>, life: &Life, wave: usize, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let Some(known) = progress.waves.get(wave) else { return };
    let silent = |who: &Who| progress.people.get(*who).is_some_and(|person| person.answer.is_none());
    let is_taken = known
        .climbed
        .values()
        .any(|(receipt, _)| progress.incident(&receipt.id).is_some_and(|incident| !incident.is_waiting()));
    if !known.who.iter().any(silent) || is_taken {
        return;
    }
    for rung in 0..journal.alarm.chain.len() {
        if taken(scene, life, wave, rung).is_none() && !failed(life, wave, rung) {
            found.push(format!("silence: step {rung} of {} was not taken", journal.key));
        }
    }
}

/// No step comes early, nor late once it is calm, nor for an issue that was closed.
fn steps(scene: &Scene<'_>, life: &Life, wave: usize, end: Duration, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let outside = scene.outside;
    let said_no = progress.people.iter().any(|person| person.answer.as_ref().is_some_and(|it| it.answer == Answer::No));
    let slack = 2 * outside.weather.skew + Duration::from_millis(1);
    // A page that somebody took holds up the next step, until they give it back.
    let is_held_up = progress
        .waves
        .get(wave)
        .is_some_and(|wave| wave.climbed.values().any(|(receipt, _)| progress.incident(&receipt.id).is_some()));
    let (mut due, mut has_failed) = (end, false);
    for (rung, step) in journal.alarm.chain.iter().enumerate() {
        let key = &journal.key;
        // A late no has the same key, and so has a page at the same service.
        let shares = said_no || journal.alarm.chain.iter().take(rung).any(|before| before.to == step.to);
        let at = taken(scene, life, wave, rung).filter(|_| step.kind() != RungKind::Page || !shares);
        if let Some(at) = at {
            if at + slack < due {
                found.push(format!("silence: step {rung} of {key} came at {at:?}, before {due:?}"));
            }
            let delay = (EVERY + RUN) * u32::try_from(rung + 1).unwrap_or(1) + slack;
            let is_calm = due > outside.weather.calm + SETTLED;
            if is_calm && !has_failed && !is_excused(scene, life) && at > due + delay {
                found.push(format!("silence: step {rung} of {key} came at {at:?}, long after {due:?}"));
            }
            bothered(scene, life, at, rung, found);
        }
        has_failed |= failed(life, wave, rung) || is_held_up;
        if !failed(life, wave, rung) {
            due += Duration::from_secs(step.wait_s.into());
        }
    }
}

/// Nobody is bothered for what is known to be over; and it is looked at before, where GitHub can be asked.
fn bothered(scene: &Scene<'_>, life: &Life, at: Duration, rung: usize, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let outside = scene.outside;
    let slack = 2 * outside.weather.skew + RUN;
    let known = progress.ended.as_ref().map(|(ended, _)| passed(*ended));
    if known.is_some_and(|ended| ended + slack < at) {
        found.push(format!("silence: step {rung} of {} was taken after its end", journal.key));
    }
    let issue = progress.issue.as_ref().filter(|_| progress.digest.is_none());
    let truly = issue.and_then(|(issue, _)| outside.github.issues.iter().find(|known| known.issue == *issue));
    let closed = truly.filter(|known| !known.reopened).and_then(|known| known.closed);
    let is_calm = at > outside.weather.calm + SETTLED;
    if is_calm && closed.is_some_and(|(closed, _)| closed + slack < at) {
        found.push(format!("silence: step {rung} of {} was taken for a closed issue", journal.key));
    }
}

/// Nobody is reminded early, nor after they answered, nor of what is over.
fn reminded(scene: &Scene<'_>, life: &Life, opened: Timestamp, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let Some(question) = &journal.alarm.question else { return };
    let prefix = format!("{}.{}.", journal.key, journal.life);
    let slack = 2 * scene.outside.weather.skew + RUN;
    for message in &scene.outside.slack.messages {
        let Some((who, nth)) = message.key.strip_prefix(&prefix).and_then(|rest| rest.split_once(".remind.")) else {
            continue;
        };
        let person = who.parse().ok().and_then(|who: Who| progress.people.get(who));
        let Some(person) = person else {
            found.push(format!("reminders: {} is for nobody", message.key));
            continue;
        };
        let answered = person.answer.as_ref().map(|answered| answered.at);
        let ended = [progress.ended.as_ref().map(|(at, _)| *at), progress.withdrawn.as_ref().map(|(at, _)| *at)];
        let wave = person.silent.and_then(|wave| progress.waves.get(wave)).map(|wave| wave.at);
        for over in ended.into_iter().chain([answered, wave]).flatten() {
            if passed(over) + slack < message.when && !message.late {
                found.push(format!("reminders: {} came after its time", message.key));
            }
        }
        let snoozes = progress.snoozes.iter().filter(|snooze| Some(snooze.who) == who.parse().ok());
        let until = snoozes.map(|snooze| passed(snooze.until)).min();
        let first = question.remind_s.map(|wait_s| passed(opened) + Duration::from_secs(wait_s.into()));
        let due = until.into_iter().chain(first.filter(|_| nth == "0")).min();
        if due.is_none_or(|due| message.when + 2 * scene.outside.weather.skew + Duration::from_millis(1) < due) {
            found.push(format!("reminders: {} came before its time", message.key));
        }
    }
}

/// What the journal says of silence stands on the issue, too; so does an answer that came with it.
fn told(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let issue = progress.issue.as_ref().map(|(issue, _)| issue);
    let known = scene.outside.github.issues.iter().find(|known| Some(&known.issue) == issue);
    for (remark, place) in &progress.remarked {
        let is_told =
            matches!(remark, Remark::Silent { .. } | Remark::Answer(_) | Remark::Snoozed(_) | Remark::Passed(_));
        if !is_told || !matches!(place, Place::Comment(_)) {
            continue;
        }
        let marker = words::remark_marker(&journal.life, remark);
        if !known.is_some_and(|known| known.comments.iter().any(|comment| comment.body.contains(&marker))) {
            found.push(format!("issues: {} lacks a comment: {remark:?}", journal.key));
        }
    }
    let is_alive = !progress.over && !progress.handed_back && progress.withdrawn.is_none();
    for (who, person) in progress.people.iter().enumerate().filter(|_| is_alive && !is_excused(scene, life)) {
        let is_late = person.answer.is_some() && person.silent.is_some();
        let remark = if progress.people.len() == 1 {
            Remark::Answer(who)
        } else {
            Remark::Tally(progress.people.iter().filter(|person| person.answer.is_some()).count())
        };
        let is_told = progress.has(&remark) || progress.given_up.contains(&Step::Remark(remark));
        if is_late && !is_told {
            found.push(format!("issues: the late answer of person {who} of {} is not told", journal.key));
        }
    }
}

/// What was closed by hand, or is over, has no open page.
fn ended(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    let progress = &life.progress;
    let is_over = progress.over && (progress.ended.is_some() || progress.withdrawn.is_some());
    if !is_over || progress.handed_back || is_excused(scene, life) {
        return;
    }
    for (page, _) in progress.pages() {
        let known = scene.outside.pagerduty.incidents.iter().find(|known| known.id == page.id);
        let given_up = progress.given_up.iter().any(|step| matches!(step, Step::Resolve { .. }));
        if known.is_some_and(|known| known.over.is_none()) && !given_up {
            found.push(format!("pages: {} of {} is open, and the alarm is over", page.id, life.journal.key));
        }
    }
}

/// What was said to be over once all was calm is over.
fn withdrawn(scene: &Scene<'_>, found: &mut Vec<String>) {
    use dispatch_core::alarm::Signal;
    for sending in scene.work.sendings.iter().filter(|sending| scene.work.last_words.contains(&sending.id)) {
        let Signal::Resolve(resolve) = signal(&sending.id, &sending.text) else { continue };
        if let Some((to, key)) = &resolve.page {
            let mut pages = scene.outside.pagerduty.incidents.iter();
            let open = pages.find(|page| (&page.to, &page.key) == (to, key) && page.over.is_none());
            found.extend(open.map(|page| format!("over: the page {} is open", page.id)));
        }
        // Whatever life was the last when that was said.
        let mut lives = scene.lives.iter().filter(|life| Some(&life.journal.key) == resolve.key.as_ref());
        let Some(life) = lives.next_back() else { continue };
        let progress = &life.progress;
        let is_theirs = progress.handed_back || progress.digest.is_some() || is_excused(scene, life);
        let issue = progress.issue.as_ref().map(|(issue, _)| issue);
        let known = scene.outside.github.issues.iter().find(|known| Some(&known.issue) == issue);
        let refused = progress.given_up.contains(&Step::Close);
        if known.is_some_and(|known| known.closed.is_none() && !known.reopened) && !is_theirs && !refused {
            found.push(format!("over: the issue of {} is open", life.journal.key));
        }
    }
}

/// What must hold of timers whenever nothing is under way: whoever relies on one has it, and whoever must be woken
/// relies on one.
pub(crate) fn timers(outside: &Outside) -> Vec<String> {
    let mut found = Vec::new();
    for journal in outside.objects.journals().filter_map(|bytes| Journal::from_bytes(bytes).ok()) {
        let key = &journal.key;
        let timer = journal.timer.as_ref().filter(|timer| !timer.fired);
        let lost = timer.filter(|timer| !outside.objects.holds(&timer.path(key)));
        let wanted = wake(&journal).filter(|_| matches!(plan(&journal), Plan::Wait { .. }));
        // In whole seconds, the next one.
        let late = |until: &Timestamp| timer.is_none_or(|timer| timer.at > *until + SignedDuration::from_secs(1));
        let is_wanting = wanted.filter(late);
        if lost.is_none() && is_wanting.is_none() || is_excused_early(outside, &journal) {
            continue;
        }
        if let Some(timer) = lost {
            found.push(format!("timers: {key} relies on one at {} that is gone", timer.at));
        }
        if let Some(until) = is_wanting {
            found.push(format!("timers: {key} must be woken at {until}, and has {timer:?}"));
        }
    }
    found
}

/// Whether nothing is promised of a life, or a message of it is a dead letter.
fn is_excused_early(outside: &Outside, journal: &Journal) -> bool {
    let mut dead = outside.queues.parcels.iter().filter(|parcel| parcel.status == Status::Dead);
    let clicked = outside.people.clicked.iter().filter(|clicked| clicked.click.ticket.life == journal.life);
    let unheard = &outside.people.unheard;
    let progress = Progress::of(journal);
    dead.any(|parcel| key_of(&parcel.publication, &parcel.text).as_ref() == Some(&journal.key))
        || clicked.into_iter().any(|clicked| clicked.taken.is_none())
        || unheard.lives.contains(&journal.life)
        || progress.pages().iter().any(|(page, _)| unheard.refused.contains(&page.id))
}

/// When time brings something next to anybody, but for a look at an issue; the latest of these.
pub(crate) fn next_due(outside: &Outside) -> Option<Duration> {
    let journals = outside.objects.journals().filter_map(|bytes| Journal::from_bytes(bytes).ok());
    let due = journals.flat_map(|journal| timetable(&journal)).filter(|due| due.fact != Fact::Looked);
    due.map(|life::Due { at, .. }| passed(at)).max()
}

/// Adds up what happened.
pub(super) fn count(outside: &mut Outside) {
    let journals: Vec<Journal> = outside.objects.lives().filter_map(|bytes| Journal::from_bytes(bytes).ok()).collect();
    let counts = &mut outside.counts;
    let messages = &outside.slack.messages;
    counts.reminders += messages.iter().filter(|message| message.key.contains(".remind.")).count();
    for journal in journals {
        let progress = Progress::of(&journal);
        let silent = progress.people.iter().filter(|person| person.silent.is_some());
        counts.silences += silent.clone().count();
        counts.late_answers += silent.filter(|person| person.answer.is_some()).count();
        counts.escalations += progress.waves.iter().map(|wave| wave.climbed.len()).sum::<usize>();
        let asked = progress
            .others
            .iter()
            .filter(|(who, person)| person.reached.is_some() && matches!(journal.role(**who), Some(Role::Rung { .. })));
        counts.escalations += asked.count();
        counts.snoozes += progress.snoozes.len();
        counts.passes += progress.passes.len();
        counts.reasons += progress.reasons.len();
        counts.withdrawn += usize::from(progress.withdrawn.is_some());
    }
}
