//! What people do elsewhere: they close issues and open them again, take pages and resolve them. A webhook tells
//! Dispatch of it: at once, late, twice, or never.

use std::{collections::BTreeSet, time::Duration};

use dispatch_core::{
    journal::{Change, Journal, LifeId},
    life::Progress,
    words::read_marker,
};
use dispatch_engine::{
    heard::{IncidentHeard, IssueHeard},
    ports::Standing,
};
use tokio::time::sleep;

use crate::{
    function,
    github::Opened,
    line::time_at,
    outside::{Outside, Shared},
    people,
};

/// How often PagerDuty sends a webhook that is not taken; GitHub sends it once.
/// <https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries>
const TRIES: usize = 12;

/// Whom a webhook tells of what Dispatch itself did.
const DISPATCH: &str = "dispatch";

/// What a webhook tells.
#[derive(Clone, Debug)]
pub(crate) enum Hook {
    Issue(IssueHeard),
    Incident(IncidentHeard),
}

/// Something that comes of itself, once somebody has done something.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// A webhook is on its way.
    Tell(Hook),
    /// Somebody looks after a page.
    Attend { id: String, wait: Duration, standing: Standing },
}

/// Of what Dispatch was not told.
#[derive(Debug, Default)]
pub(crate) struct Unheard {
    /// Incidents of which a webhook never came, or came before Dispatch knew them as its own.
    pub(crate) incidents: BTreeSet<String>,
    /// Lives and incidents of which a webhook was not taken, and came no more.
    pub(crate) lives: Vec<LifeId>,
    pub(crate) refused: BTreeSet<String>,
}

impl Shared {
    /// Has everybody begin what they are about to do.
    pub(crate) fn set_off(&self) {
        let (intents, deeds) = self.with(|outside| (outside.intents(), std::mem::take(&mut outside.people.deeds)));
        for intent in intents {
            self.spawn(people::click(self.clone(), intent));
        }
        for deed in deeds {
            match deed {
                Deed::Tell(hook) => tell(self, &hook),
                Deed::Attend { id, wait, standing } => self.spawn(attend(self.clone(), id, wait, standing)),
            }
        }
    }
}

async fn attend(shared: Shared, id: String, wait: Duration, standing: Standing) {
    sleep(wait).await;
    shared.with(|outside| outside.act_on_page(&id, &standing));
    shared.set_off();
}

/// Sends a webhook on its way.
fn tell(shared: &Shared, hook: &Hook) {
    let ways = shared.with(|outside| {
        let chance = &mut outside.chance;
        let times = chance.pick(&[0, 1, 1, 1, 1, 1, 2]).unwrap_or(1);
        let wait = |chance: &mut crate::chance::Chance| match chance.within(0..=9) {
            0..=6 => chance.millis(0..=2_000),
            _ => chance.seconds(2..=240),
        };
        let waits: Vec<Duration> = (0..times).map(|_| wait(chance)).collect();
        if waits.is_empty() {
            outside.unheard(hook);
        }
        waits
    });
    for wait in ways {
        shared.spawn(deliver(shared.clone(), hook.clone(), wait));
    }
}

async fn deliver(shared: Shared, hook: Hook, wait: Duration) {
    sleep(wait).await;
    let tries = if matches!(hook, Hook::Issue(_)) { 1 } else { TRIES };
    for _ in 0..tries {
        if function::hook(&shared, &hook).await {
            return;
        }
        let wait = shared.with(|outside| outside.chance.seconds(1..=60));
        sleep(wait).await;
    }
    shared.with(|outside| {
        outside.unheard(&hook);
        match &hook {
            Hook::Issue(heard) => outside.people.unheard.lives.push(heard.life.clone()),
            Hook::Incident(heard) => outside.people.unheard.refused.extend(heard.names.first().cloned()),
        }
    });
}

impl Outside {
    fn unheard(&mut self, hook: &Hook) {
        if let Hook::Incident(heard) = hook {
            self.people.unheard.incidents.extend(heard.names.first().cloned());
        }
    }

    /// A webhook changed nothing: because it was known, or because Dispatch does not know whose page it is.
    pub(crate) fn in_vain(&mut self, hook: &Hook) {
        let Hook::Incident(heard) = hook else { return };
        let id = heard.names.first().cloned().unwrap_or_default();
        let journals = self.objects.lives().filter_map(|bytes| Journal::from_bytes(bytes).ok());
        let mut incidents = journals.filter_map(|journal| Progress::of(&journal).incident(&id).cloned());
        let is_known = incidents.any(|known| known.change == heard.change || known.occurred > Some(heard.occurred));
        drop(incidents);
        if !is_known {
            self.unheard(hook);
        }
    }

    /// An issue was closed or opened again: GitHub tells of it.
    pub(crate) fn tell_of_issue(&mut self, known: &Opened, by: Option<&str>) {
        let Some((key, life)) = read_marker(&known.body) else { return };
        let (open, by) = (known.closed.is_none(), by.unwrap_or(DISPATCH).to_owned());
        let heard = IssueHeard { issue: known.issue.clone(), key, life, open, by };
        self.people.deeds.push(Deed::Tell(Hook::Issue(heard)));
    }

    /// A page changed hands: PagerDuty tells of it.
    pub(crate) fn tell_of_incident(&mut self, names: Vec<String>, standing: &Standing, by: Option<&str>) {
        let change = match standing {
            Standing::Open => Change::Dropped,
            Standing::Taken { .. } => Change::Taken,
            Standing::Over => Change::Resolved,
        };
        let occurred = time_at(self.now());
        let heard = IncidentHeard { names, change, by: by.map(str::to_owned), occurred };
        self.people.deeds.push(Deed::Tell(Hook::Incident(heard)));
    }

    /// Somebody is paged: they may take the page, give it back, resolve it, at once or later.
    pub(crate) fn attend(&mut self, id: &str) {
        let taken = || Standing::Taken { by: Some("sam".to_owned()) };
        let then: Vec<Standing> = match self.chance.within(0..=9) {
            0..=4 => vec![],
            5..=6 => vec![taken()],
            7 => vec![taken(), Standing::Open],
            8 => vec![taken(), Standing::Over],
            _ => vec![Standing::Over],
        };
        let mut wait = Duration::ZERO;
        for standing in then {
            wait += if self.chance.percent(30) { self.chance.seconds(0..=5) } else { self.chance.seconds(5..=400) };
            self.people.deeds.push(Deed::Attend { id: id.to_owned(), wait, standing });
        }
    }
}
