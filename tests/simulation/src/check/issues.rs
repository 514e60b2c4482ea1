//! Every alarm has exactly one issue a life, is at rest, and has counted every message.

use std::collections::BTreeMap;

use dispatch_core::{
    alarm::Issue,
    journal::{Answer, Fact, Remark, Step},
    life::{Plan, plan},
    words,
};

use super::{Life, Scene};
use crate::github::{ARCHIVED, BY_HAND, Opened};

pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<String>) {
    for life in &scene.lives {
        one_issue(scene, life, found);
        at_rest(scene, life, found);
        ended(scene, life, found);
        listed(scene, life, found);
    }
    known(scene, found);
    one_at_a_time(scene, found);
    counted(scene, found);
}

fn one_issue(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    let key = &life.journal.key;
    let marker = words::draft(&life.journal, None).marker;
    let issues = scene.outside.github.issues.iter().filter(|known| known.body.contains(&marker)).count();
    let wanted = usize::from(!life.progress.stood && life.progress.digest.is_none());
    let repo = &life.journal.alarm.repo;
    if let Some((issue, _)) =
        life.progress.issue.as_ref().filter(|(issue, _)| issue.repo != *repo && repo.name != ARCHIVED)
    {
        found.push(format!("issues: {issue} of {key} stands in another repository than {repo}"));
    }
    match &life.progress.issue {
        _ if issues > wanted => found.push(format!("issues: one life of {key} has {issues}")),
        None if !scene.is_dead(life) => found.push(format!("issues: {key} has none")),
        // In doubt, an issue that stood before is taken for the life's own: people are asked, not spared.
        Some((issue, _)) if issues < wanted && !stood_before(scene, issue) => {
            found.push(format!("issues: {issue} of {key} is not there"));
        }
        _ => {}
    }
}

fn stood_before(scene: &Scene<'_>, issue: &Issue) -> bool {
    let stands = |known: &Opened| known.body == BY_HAND || known.reopened;
    scene.outside.github.issues.iter().any(|known| known.issue == *issue && stands(known))
}

/// Nothing is left to do, unless its message is a dead letter.
fn at_rest(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    if scene.is_dead(life) || life.is_unpromised {
        return;
    }
    let later = |step: &Step| match step {
        // A count that stands there already is brought up to date by the next repeat.
        Step::Remark(count @ Remark::Repeats(_)) => life.progress.comment_of(count).is_some(),
        // When another delivery of the same message ends well while this one pages, nobody is left to tell of it.
        Step::Remark(Remark::Alerted(_)) => true,
        Step::Remark(listing @ Remark::Listing { .. }) => lists_nothing_new(scene, life, listing),
        // The next life does it.
        Step::Resolve { page, .. } => scene.lives.iter().any(|next| {
            next.journal.key == life.journal.key && next.progress.inherited.iter().any(|known| known.id == *page)
        }),
        _ => false,
    };
    if let Plan::Do(steps) = plan(&life.journal)
        && !steps.iter().all(later)
    {
        found.push(format!("rest: {} is left with {steps:?}", life.journal.key));
    }
}

/// Whether nobody relies on anything that a page of a digest lacks: items of alarms that stand elsewhere,
/// written by a call that came late, after its caller had given it up; of alarms with a dead letter, of which
/// somebody was paged; and of those who heard of an error.
fn lists_nothing_new(scene: &Scene<'_>, digest: &Life, listing: &Remark) -> bool {
    let shown = digest.progress.remarked.iter().filter_map(|(remark, _)| match remark {
        Remark::Listing { turn, .. } if remark.same_comment(listing) => Some(*turn),
        _ => None,
    });
    let shown = shown.max().unwrap_or(0);
    let mut missing = digest.journal.entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Listed { item } if item.turn > shown => Some(item),
        _ => None,
    });
    missing.all(|item| !scene.relying_on(&digest.journal.key).any(|life| item.line.starts_with(&life.journal.life.0)))
}

/// An issue is closed when everybody said yes, and stays open when somebody said no.
fn ended(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    let answers = life.progress.people.iter().map(|person| person.answer.as_ref().map(|answered| answered.answer));
    let answers: Vec<_> = answers.collect();
    let asked = life.journal.alarm.question.is_some() && !answers.is_empty() && !life.progress.stood;
    let all_well = asked && answers.iter().all(|answer| *answer == Some(Answer::Yes));
    let Some((issue, _)) = &life.progress.issue else { return };
    let Some(known) = scene.outside.github.issues.iter().find(|known| known.issue == *issue) else { return };
    // A digest is closed by whoever has read it.
    let refused = life.progress.given_up.contains(&Step::Close) || life.progress.digest.is_some();
    // Whoever opened it again, or works on a page, closes it.
    let refused = refused || known.reopened || life.progress.handed_back || is_worked_on(scene, life);
    if all_well && known.closed.is_none() && !refused && !scene.is_dead(life) && !life.is_unpromised {
        found.push(format!("issues: {issue} is open although everybody said yes"));
    }
    let is_withdrawn = life.progress.withdrawn.is_some();
    if asked && !all_well && known.closed.is_some() && scene.outside.counts.closed_by_hand == 0 && !is_withdrawn {
        found.push(format!("issues: {issue} is closed although not everybody said yes"));
    }
}

/// Whether one of its pages is not over, as far as Dispatch was told.
fn is_worked_on(scene: &Scene<'_>, life: &Life) -> bool {
    let unheard = &scene.outside.people.unheard.incidents;
    let mut pages =
        life.progress.pages().into_iter().filter_map(|(receipt, _)| {
            scene.outside.pagerduty.incidents.iter().find(|incident| incident.id == receipt.id)
        });
    pages.any(|incident| incident.over.is_none() || unheard.contains(&incident.id))
}

/// An alarm without an issue of its own stands in the comments of its digest, unless somebody was paged for
/// the one or the other.
fn listed(scene: &Scene<'_>, life: &Life, found: &mut Vec<String>) {
    let Some(digest) = &life.progress.digest else { return };
    let Some((issue, _)) = &life.progress.issue else { return };
    let known = scene.outside.github.issues.iter().find(|known| known.issue == *issue);
    let title = life.journal.alarm.title.as_str();
    let is_told = known.is_some_and(|known| known.comments.iter().any(|comment| comment.body.contains(title)));
    let is_excused = scene.is_dead(life) || scene.dead.contains(digest);
    if !is_told && known.is_some_and(|known| !known.locked) && !is_excused {
        found.push(format!("issues: the digest {issue} does not list {}", life.journal.key));
    }
}

/// No issue was opened for a life that no journal tells of.
fn known(scene: &Scene<'_>, found: &mut Vec<String>) {
    let markers: Vec<_> = scene.lives.iter().map(|life| words::draft(&life.journal, None).marker).collect();
    let own = scene.outside.github.issues.iter().filter(|known| known.body.contains("<!-- dispatch:"));
    for known in own.filter(|known| !markers.iter().any(|marker| known.body.contains(marker))) {
        found.push(format!("issues: {} belongs to no life", known.issue));
    }
}

/// A life begins when the issue of the one before is closed.
fn one_at_a_time(scene: &Scene<'_>, found: &mut Vec<String>) {
    for key in scene.raised.keys() {
        let marker = format!("<!-- dispatch:{key}:");
        let mut issues: Vec<_> =
            scene.outside.github.issues.iter().filter(|known| known.body.contains(&marker)).collect();
        issues.sort_by_key(|known| known.opened);
        for (one, next) in issues.iter().zip(issues.iter().skip(1)) {
            if !one.reopened && one.closed.is_none_or(|(closed, _)| closed > next.opened) {
                found.push(format!("issues: {} was opened while {} of the same alarm was open", next.issue, one.issue));
            }
        }
    }
}

/// Repeats add up to the messages that came.
fn counted(scene: &Scene<'_>, found: &mut Vec<String>) {
    let mut counted: BTreeMap<_, usize> = BTreeMap::new();
    for life in &scene.lives {
        *counted.entry(&life.journal.key).or_default() += 1 + life.progress.repeats;
    }
    for (key, messages) in &scene.raised {
        let have = counted.get(key).copied().unwrap_or_default();
        let complete = have == messages.len();
        if have > messages.len() || !complete && !scene.dead.contains(key) {
            found.push(format!("repeats: {key} counts {have} of {} messages", messages.len()));
        }
    }
}
