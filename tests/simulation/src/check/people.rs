//! Everybody was asked or replaced, nobody twice without a reason, and every answer stands.

use std::collections::BTreeMap;

use dispatch_core::{
    alarm::{Again, ON_CALL, Person, RungKind},
    journal::{Answer, Role, Step, Who},
    words,
};
use dispatch_engine::answer::{Button, Click, Taken};

use super::{Life, Scene};
use crate::{
    outside::RunRecord,
    people::{PEOPLE, id, user},
    slack::{CHANNEL, Message, Slack},
    workload::SECRET,
};

pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<String>) {
    for life in &scene.lives {
        reached(scene, life, found);
        answered(life, found);
        shown(scene, life, found);
    }
    once(scene, found);
    kept(scene, found);
    discreet(scene, found);
}

fn is_posted(scene: &Scene<'_>, key: &str) -> bool {
    scene.outside.slack.messages.iter().any(|message| message.key == key)
}

/// Everybody has a message, or the fallback channel has one about them.
fn reached(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let Some((issue, _)) = &progress.issue else { return };
    let alarm = &journal.alarm;
    let silent = alarm.message.is_none() && alarm.question.is_none();
    let known = progress.stood && alarm.again == Again::Count;
    // Whoever was not asked before the issue was closed is asked no more.
    let is_off = progress.over || progress.withdrawn.is_some() || progress.handed_back;
    if silent || known || is_off || scene.is_dead(life) || life.is_unpromised {
        return;
    }
    let rounds =
        std::iter::once((0, &progress.people)).chain(progress.nags.iter().map(|(round, people)| (*round, people)));
    for (round, people) in rounds {
        let note = words::fallback(journal, issue, progress, round).key;
        for (who, person) in people.iter().enumerate() {
            let asked = is_posted(scene, &words::reach(journal, issue, progress, who, round).key);
            let replaced = person.unreached.is_some() && is_posted(scene, &note);
            if !asked && !replaced && person.answer.is_none() {
                found.push(format!("people: person {who} of {} was not reached in round {round}", journal.key));
            }
        }
    }
}

/// Only those who were asked have answered: for themselves, in the place of somebody who passed the question on,
/// or because nobody had answered in time.
fn answered(life: &Life, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    let reader = |person: &Person| person.address.as_ref().and_then(|address| user(address.rest()));
    for (who, known) in progress.people.iter().enumerate() {
        let Some(answered) = &known.answer else { continue };
        let own = journal.alarm.people.get(who).and_then(reader);
        let passed = progress.passes.iter().any(|pass| pass.who == who);
        let deputies = journal.alarm.deputies.iter().filter(|_| passed).filter_map(reader);
        let chain = journal.alarm.chain.iter().filter(|rung| known.silent.is_some() && rung.kind() == RungKind::Ask);
        let chain = chain.filter_map(|rung| match rung.to.scheme() {
            ON_CALL => PEOPLE.last().map(|name| id(name)),
            _ => user(rung.to.rest()),
        });
        if !own.into_iter().chain(deputies).chain(chain).any(|reader| reader == answered.by.id) {
            found.push(format!("answers: {} answered for somebody else", answered.by.id));
        }
    }
}

/// Whoever has answered finds no buttons any more, nor does whoever was asked in their place.
fn shown(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    let Life { journal, progress, .. } = life;
    // Whoever opens an issue again has all of it.
    if scene.is_dead(life) || life.is_unpromised || progress.handed_back {
        return;
    }
    let asked = progress.people.iter().enumerate().chain(progress.others.iter().map(|(who, person)| (*who, person)));
    for (who, known) in asked {
        let seats = progress.stands_for(journal, who);
        let has_answer = |who: &Who| progress.people.get(*who).is_some_and(|person| person.answer.is_some());
        let given_up = progress.given_up.iter().any(|step| matches!(step, Step::Show { who: of, .. } if *of == who));
        let Some((_, receipt)) = known.reached.as_ref().filter(|_| !given_up && !seats.is_empty()) else { continue };
        let message = scene.outside.slack.messages.iter().find(|message| message.id == receipt.id);
        let is_open = message.is_some_and(|message| message.ticket.is_some() && !message.overtaken);
        if is_open && seats.iter().all(has_answer) {
            found.push(format!("people: the question to {who} of {} is answered and has buttons", journal.key));
        }
    }
}

/// Why a notice was sent once more than it should; `Err` when nothing excuses it.
fn excuse(slack: &Slack, runs: &[RunRecord], sent: &Message, key: &str) -> Result<&'static str, String> {
    let run = runs.get(sent.run);
    let store_failed = run.and_then(|run| run.store_failed).is_some_and(|at| at >= sent.when);
    let copies = slack.messages.iter().filter(|message| message.key == key);
    match sent {
        _ if copies.clone().any(|message| message.late) => Ok("acted late"),
        _ if run.is_some_and(|run| run.killed) => Ok("killed in between"),
        _ if !sent.replied => Ok("reply lost"),
        _ if store_failed => Ok("store failed in between"),
        _ => Err(format!("people: {key} was sent {} times", copies.count())),
    }
}

fn excuses(slack: &Slack, runs: &[RunRecord]) -> Vec<Result<&'static str, String>> {
    // A reminder follows a question that was passed on: whoever has it by then is reminded, too.
    let mut sent: BTreeMap<(&str, &str), &Message> = BTreeMap::new();
    let mut excuses = Vec::new();
    for message in slack.messages.iter().filter(|message| message.key.contains('.')) {
        if let Some(before) = sent.insert((&message.key, message.at.rest()), message) {
            excuses.push(excuse(slack, runs, before, &message.key));
        }
    }
    excuses
}

/// Why notices were sent once more than they should.
pub(super) fn twice(slack: &Slack, runs: &[RunRecord]) -> Vec<&'static str> {
    excuses(slack, runs).into_iter().filter_map(Result::ok).collect()
}

fn once(scene: &Scene<'_>, found: &mut Vec<String>) {
    let outside = scene.outside;
    for excuse in excuses(&outside.slack, &outside.runs) {
        match excuse {
            Err(violation) => found.push(violation),
            Ok(why) if outside.weather.may_look && why != "acted late" => {
                found.push(format!("people: asked twice although Dispatch may look ({why})"));
            }
            Ok(_) => {}
        }
    }
}

/// What a click that was taken says is in the journal; and it was late when silence was there first.
fn kept(scene: &Scene<'_>, found: &mut Vec<String>) {
    for clicked in &scene.outside.people.clicked {
        let is_taken = clicked.stood || matches!(clicked.taken, Some(Taken::Stands | Taken::Late(_)));
        if !is_taken {
            continue;
        }
        let click = &clicked.click;
        let life = scene.lives.iter().find(|life| life.journal.life == click.ticket.life);
        if !life.is_some_and(|life| is_kept(life, click)) {
            found.push(format!("answers: the {:?} of {} was lost", click.button, click.by.id));
        }
        let is_late = matches!(clicked.taken, Some(Taken::Late(_)));
        let seat = life.and_then(|life| match life.journal.role(click.ticket.who)? {
            Role::Rung { .. } => None,
            _ => {
                let seat = *life.progress.stands_for(&life.journal, click.ticket.who).first()?;
                life.progress.people.get(seat)
            }
        });
        let is_answer = matches!(click.button, Button::Yes | Button::No | Button::More(_));
        if let Some(seat) = seat.filter(|_| is_answer && (is_late || clicked.taken == Some(Taken::Stands)))
            && seat.silent.is_some() != is_late
        {
            found.push(format!("silence: an answer of {} was {:?} and silence is not", click.by.id, clicked.taken));
        }
    }
}

fn is_kept(life: &Life, click: &Click) -> bool {
    let Life { journal, progress, .. } = life;
    let by = &click.by;
    let stands_for = progress.stands_for(journal, click.ticket.who);
    let answer = match &click.button {
        Button::Yes => Answer::Yes,
        Button::No => Answer::No,
        Button::More(n) => {
            let more = journal.alarm.question.as_ref().and_then(|question| question.more.get(*n));
            more.map_or(Answer::No, |more| more.counts)
        }
        Button::Wrong => return progress.passes.iter().any(|pass| pass.by == *by),
        Button::Snoozed { .. } => return progress.snoozes.iter().any(|snooze| snooze.by == *by),
        Button::Reason(_) => return progress.reasons.iter().any(|(_, known, _)| known == by),
        Button::Snooze => return true,
    };
    let mut answers = stands_for.iter().filter_map(|who| progress.people.get(*who)?.answer.as_ref());
    answers.any(|known| known.answer == answer && known.by == *by)
}

/// The fallback channel has other readers than a person has.
fn discreet(scene: &Scene<'_>, found: &mut Vec<String>) {
    let channel = scene.outside.slack.messages.iter().filter(|message| message.to.rest() == CHANNEL);
    if channel.into_iter().any(|message| message.text.contains(SECRET)) {
        found.push("secrets: the fallback channel shows what a sender wrote".to_owned());
    }
}
