//! The steps that deal with people who are asked, and with those who do not answer.

use std::time::Duration;

use dispatch_core::{
    alarm::{Address, Issue, ON_CALL, Person, RungKind},
    journal::{Change, Fact, Journal, Who},
    life::Progress,
    notice::{Notice, Receipt},
    words,
};
use tokio::time::timeout;

use super::{deliver, refused};
use crate::{
    incidents,
    ports::{Failed, Standing},
    world::World,
};

/// How long it is looked up where somebody lives, once they have their question. Nothing depends on it.
const ZONE_MAX: Duration = Duration::from_secs(1);

/// Tells or asks one person.
pub(super) async fn reach(
    world: &World,
    journal: &Journal,
    issue: &Issue,
    progress: &Progress,
    (who, round): (Who, usize),
    suspect: bool,
) -> Result<Fact, Failed> {
    let Some(person) = journal.person(who, round) else {
        return Err(refused("there is no such person"));
    };
    let unreached = |reason: String| Ok(Fact::Unreached { who, round, reason });
    let person = match person.address.as_ref().filter(|to| to.scheme() == ON_CALL) {
        Some(policy) => match on_call(world, policy).await {
            Ok(Some(person)) => person,
            Ok(None) => return unreached("nobody is on call there".to_owned()),
            Err(Failed::Refused { reason, .. }) => return unreached(reason),
            Err(failed) => return Err(failed),
        },
        None => person,
    };
    let Some(to) = &person.address else {
        return unreached("the message gives no way to reach them in Slack".to_owned());
    };
    let notice = words::reach(journal, issue, progress, who, round);
    match deliver(world, journal, to, &notice, suspect).await {
        Ok(receipt) => {
            let zone = zone(world, journal, &receipt).await;
            Ok(Fact::Reached { who, round, receipt, zone })
        }
        Err(Failed::Refused { reason, .. }) => unreached(reason),
        Err(failed) => Err(failed),
    }
}

/// Whoever is on call for what the address names.
async fn on_call(world: &World, policy: &Address) -> Result<Option<Person>, Failed> {
    world.destination(&Address::new("pagerduty", ""))?.on_call(policy.rest()).await
}

/// Where the reader of a question lives, if the question's clock needs that.
async fn zone(world: &World, journal: &Journal, receipt: &Receipt) -> Option<String> {
    let question = journal.alarm.question.as_ref()?;
    let reader = receipt.reader.as_ref().filter(|_| question.hours.is_some() || question.snooze)?;
    let zone = world.destination(&receipt.at).ok()?.zone(reader);
    timeout(ZONE_MAX, zone).await.ok()?.ok()?
}

/// Reminds somebody in the thread of their question.
pub(super) async fn remind(
    world: &World,
    journal: &Journal,
    issue: &Issue,
    progress: &Progress,
    (who, nth): (Who, usize),
    suspect: bool,
) -> Result<Fact, Failed> {
    let notice = words::remind(journal, issue, progress, who, nth);
    let (notice, to) = notice
        .and_then(|notice| Some((notice.clone(), notice.thread?.at)))
        .ok_or_else(|| refused("the question is nowhere"))?;
    deliver(world, journal, &to, &notice, suspect).await?;
    Ok(Fact::Reminded { who, nth })
}

/// Tells a channel, or pages, because nobody answered.
pub(super) async fn climb(
    world: &World,
    journal: &Journal,
    issue: &Issue,
    progress: &Progress,
    (wave, rung): (usize, usize),
    suspect: bool,
) -> Result<Fact, Failed> {
    let step = journal.alarm.chain.get(rung).ok_or_else(|| refused("there is no such step"))?;
    let notice = words::climb(journal, issue, progress, wave, rung);
    let notice = notice.ok_or_else(|| refused("there is nothing to say"))?;
    let receipt = match step.kind() {
        RungKind::Page => page(world, journal, &step.to, &notice).await?,
        RungKind::Ask | RungKind::Tell => deliver(world, journal, &step.to, &notice, suspect).await?,
    };
    Ok(Fact::Climbed { wave, rung, receipt })
}

/// Pages, and notes whose page it is.
pub(super) async fn page(world: &World, journal: &Journal, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
    let receipt = world.destination(to)?.deliver(to, notice).await?;
    incidents::note(world, &receipt, &notice.key, &journal.key).await;
    Ok(receipt)
}

/// Ends a page; with `if_open`, one that nobody has taken, as far as that can be seen.
pub(super) async fn resolve(world: &World, progress: &Progress, page: &str, if_open: bool) -> Result<Fact, Failed> {
    let receipt = progress.page(page).ok_or_else(|| refused("there is no such page"))?;
    let destination = world.destination(&receipt.at)?;
    let changed = |change, by| Ok(Fact::Incident { page: page.to_owned(), change, by, occurred: None });
    if if_open {
        match destination.standing(receipt).await? {
            Some(Standing::Open) => {}
            Some(Standing::Taken { by }) => return changed(Change::Taken, by),
            Some(Standing::Over) => return changed(Change::Resolved, None),
            None => return changed(Change::Left, None),
        }
    }
    let why = if if_open { "Whoever was asked has answered yes, but late." } else { "The alarm is over." };
    destination.resolve(receipt, why).await?;
    changed(Change::Resolved, Some("Dispatch".to_owned()))
}
