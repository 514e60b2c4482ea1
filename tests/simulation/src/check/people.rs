//! Everybody was asked or replaced, nobody twice without a reason, and every answer stands.

use std::collections::BTreeMap;

use dispatch_core::{alarm::Again, words};
use dispatch_engine::answer::Taken;

use super::{Life, Scene};
use crate::{
    outside::RunRecord,
    people::user,
    slack::{CHANNEL, Message, Slack},
    workload::SECRET,
};

pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<String>) {
    for life in &scene.lives {
        reached(scene, life, found);
        answered(life, found);
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
    if silent || known || progress.over || scene.is_dead(life) || life.is_unpromised {
        return;
    }
    let rounds =
        std::iter::once((0, &progress.people)).chain(progress.nags.iter().map(|(round, people)| (*round, people)));
    for (round, people) in rounds {
        let note = words::fallback(journal, issue, progress, round).key;
        for (who, person) in people.iter().enumerate() {
            let asked = is_posted(scene, &words::reach(journal, issue, who, round).key);
            let replaced = person.unreached.is_some() && is_posted(scene, &note);
            if !asked && !replaced && person.answer.is_none() {
                found.push(format!("people: person {who} of {} was not reached in round {round}", journal.key));
            }
        }
    }
}

/// Only those who were asked have answered.
fn answered(life: &Life, found: &mut Vec<String>) {
    let people = life.journal.alarm.people.iter().zip(&life.progress.people);
    for (person, known) in people {
        let Some(answered) = &known.answer else { continue };
        let reader = person.address.as_ref().and_then(|address| user(address.rest()));
        if reader.as_ref() != Some(&answered.by.id) {
            found.push(format!("answers: {} answered for somebody else", answered.by.id));
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
    let mut sent: BTreeMap<&str, &Message> = BTreeMap::new();
    let mut excuses = Vec::new();
    for message in slack.messages.iter().filter(|message| message.key.contains('.')) {
        if let Some(before) = sent.insert(&message.key, message) {
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

/// A click that was taken is the answer that stands.
fn kept(scene: &Scene<'_>, found: &mut Vec<String>) {
    for clicked in &scene.outside.people.clicked {
        if !clicked.stood && clicked.taken != Some(Taken::Stands) {
            continue;
        }
        let click = &clicked.click;
        let life = scene.lives.iter().find(|life| life.journal.life == click.ticket.life);
        let person = life.and_then(|life| life.progress.people.get(click.ticket.who));
        let answer = person.and_then(|person| person.answer.as_ref());
        if answer.is_none_or(|answer| answer.answer != click.answer || answer.by != click.by) {
            found.push(format!("answers: the {} of {} was lost", click.answer, click.by.id));
        }
    }
}

/// The fallback channel has other readers than a person has.
fn discreet(scene: &Scene<'_>, found: &mut Vec<String>) {
    let channel = scene.outside.slack.messages.iter().filter(|message| message.to.rest() == CHANNEL);
    if channel.into_iter().any(|message| message.text.contains(SECRET)) {
        found.push("secrets: the fallback channel shows what a sender wrote".to_owned());
    }
}
