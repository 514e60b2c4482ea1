//! Every no, and every page that was asked for, is exactly one incident; and nothing else is.

use std::collections::{BTreeMap, HashSet};

use dispatch_core::{
    alarm::{Address, Key, RungKind},
    journal::Answer,
    words,
};

use super::Scene;
use crate::pagerduty::Incident;

/// Why there may be an incident, and whether there must be one.
#[derive(Default)]
struct Reason {
    to: Vec<Address>,
    must: bool,
}

type Reasons = BTreeMap<String, Reason>;

pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<String>) {
    let reasons = reasons(scene);
    let incidents = &scene.outside.pagerduty.incidents;
    for incident in incidents {
        let known = reasons.get(&incident.key);
        if known.is_none_or(|reason| !reason.to.contains(&incident.to) && !incident.key.starts_with("dispatch:")) {
            found.push(format!("pages: nobody asked for {} at {}: {}", incident.key, incident.to, incident.title));
        }
    }
    for (key, reason) in reasons {
        let hers = || incidents.iter().filter(|incident| incident.key == key);
        // Where not even the journal tells which service an alarm names, the default one is paged as well.
        let most = if key.starts_with("dispatch:") { 2 } else { reason.to.len() };
        let repeated = hers().filter(|incident| !is_new(scene, incident));
        let count = hers().count() - repeated.count();
        if count > most || (reason.must && count == 0) {
            found.push(format!("pages: {count} incidents for {key}"));
        }
    }
}

/// Whether an incident is more than a page that was sent again once somebody had resolved it: its key keeps one
/// that is open from being opened twice, and no other.
fn is_new(scene: &Scene<'_>, incident: &Incident) -> bool {
    let incidents = scene.outside.pagerduty.incidents.iter();
    let mut before = incidents.filter(|known| (&known.key, &known.to) == (&incident.key, &incident.to));
    !before.any(|known| known.over.is_some_and(|over| over <= incident.opened) && known.id != incident.id)
}

fn reasons(scene: &Scene<'_>) -> Reasons {
    let mut reasons = Reasons::new();
    let mut add = |key: String, to: Address, must: bool| {
        let reason = reasons.entry(key).or_default();
        if !reason.to.contains(&to) {
            reason.to.push(to);
        }
        reason.must |= must;
    };
    for page in &scene.pages {
        add(page.key.clone(), page.to.clone(), true);
    }
    for life in &scene.lives {
        let Some((issue, _)) = &life.progress.issue else { continue };
        let alarm = &life.journal.alarm;
        let mut said = HashSet::new();
        for (who, person) in life.progress.people.iter().enumerate() {
            let no = person.answer.as_ref().filter(|answered| answered.answer == Answer::No);
            if let Some(no) = no {
                // Somebody else's no for all who were silent is one no.
                let is_first = person.silent.is_none_or(|wave| said.insert((wave, no.by.id.clone())));
                let key = words::page_for_no(&life.journal, issue, &life.progress, who).key;
                add(key, alarm.page.clone(), is_first && !scene.is_dead(life) && !life.is_unpromised);
            }
        }
        // Who must be paged for silence, and when, is told in `silence.rs`.
        let rungs = alarm.chain.iter().enumerate().filter(|(_, step)| step.kind() == RungKind::Page);
        for (rung, step) in rungs {
            for wave in 0..life.progress.waves.len() {
                let notice = words::climb(&life.journal, issue, &life.progress, wave, rung);
                notice.into_iter().for_each(|notice| add(notice.key, step.to.clone(), false));
            }
        }
    }
    for key in &scene.last_chances {
        add(last_resort(key), Address::new("pagerduty", ""), scene.dead.contains(key));
    }
    reasons
}

/// The key of the page that says that Dispatch could not go on with an alarm.
fn last_resort(key: &Key) -> String {
    format!("dispatch:{key}")
}
