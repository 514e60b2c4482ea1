//! Every no, and every page that was asked for, is exactly one incident; and nothing else is.

use std::collections::BTreeMap;

use dispatch_core::{
    alarm::{Address, Key},
    journal::Answer,
    words,
};

use super::Scene;

/// Why there may be an incident, and whether there must be one.
struct Reason {
    to: Address,
    must: bool,
}

pub(super) fn check(scene: &Scene<'_>, found: &mut Vec<String>) {
    let reasons = reasons(scene);
    let incidents = &scene.outside.pagerduty.incidents;
    for incident in incidents {
        let known = reasons.get(&incident.key);
        if known.is_none_or(|reason| reason.to != incident.to && !incident.key.starts_with("dispatch:")) {
            found.push(format!("pages: nobody asked for {} at {}: {}", incident.key, incident.to, incident.title));
        }
    }
    for (key, reason) in reasons {
        let count = incidents.iter().filter(|incident| incident.key == key).count();
        // Where not even the journal tells which service an alarm names, the default one is paged as well.
        let most = if key.starts_with("dispatch:") { 2 } else { 1 };
        if count > most || (reason.must && count == 0) {
            found.push(format!("pages: {count} incidents for {key}"));
        }
    }
}

fn reasons(scene: &Scene<'_>) -> BTreeMap<String, Reason> {
    let mut reasons = BTreeMap::new();
    for page in &scene.pages {
        reasons.insert(page.key.clone(), Reason { to: page.to.clone(), must: true });
    }
    for life in &scene.lives {
        let Some((issue, _)) = &life.progress.issue else { continue };
        for (who, person) in life.progress.people.iter().enumerate() {
            if person.answer.as_ref().is_some_and(|answered| answered.answer == Answer::No) {
                let key = words::page_for_no(&life.journal, issue, &life.progress, who).key;
                let must = !scene.is_dead(life) && !life.is_unpromised;
                reasons.insert(key, Reason { to: life.journal.alarm.page.clone(), must });
            }
        }
    }
    for key in &scene.last_chances {
        let must = scene.dead.contains(key);
        reasons.insert(last_resort(key), Reason { to: Address::new("pagerduty", ""), must });
    }
    reasons
}

/// The key of the page that says that Dispatch could not go on with an alarm.
fn last_resort(key: &Key) -> String {
    format!("dispatch:{key}")
}
