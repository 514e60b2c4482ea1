//! One step, performed: the only place where an alarm has effects outside.

use std::time::Duration;

use dispatch_core::{
    alarm::{Alarm, Issue, Repo},
    journal::{Fact, Journal, Remark, Stage, Step, Who},
    life::Progress,
    text::one_line,
    words,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::{
    ports::{Draft, Failed},
    world::World,
};

/// How long opening an issue waits for the search for one that stands already. The search is a hint
/// with an index that lags; its outage costs an alarm no more than this.
const SEARCH_MAX: Duration = Duration::from_millis(1_000);

/// What the search for an issue that stands already came to.
#[derive(Clone, Debug)]
pub(crate) enum Hint {
    /// Nobody has searched.
    Unknown,
    /// It was searched for; `Some` with the issue, and whether it is open.
    Known(Option<(Issue, bool)>),
}

/// Looks for an issue that a person or the predecessor opened for the same alarm. An alarm with a
/// dedup key of its own is known by that alone: another one may have the same title. So may one
/// whose title does not fit an issue: two that differ at their end would be cut to the same.
pub(crate) async fn search(world: &World, alarm: &Alarm) -> Option<(Issue, bool)> {
    let title = words::issue_title(alarm);
    if alarm.dedup != alarm.title || title != one_line(&alarm.title) {
        return None;
    }
    let closed = !alarm.retrigger;
    let search = async {
        let Some(issue) = world.audit.search(&alarm.repo, &title, closed, &alarm.key()).await? else { return Ok(None) };
        // The index lags: an issue that was closed a moment ago is still found as an open one.
        let open = world.audit.is_open(&issue).await?;
        Ok::<_, Failed>((open || closed).then_some((issue, open)))
    };
    match timeout(SEARCH_MAX, search).await {
        Ok(Ok(found)) => found,
        Ok(Err(failed)) => {
            tracing::warn!(error = %failed, "the search for a standing issue failed; going on without it");
            None
        }
        Err(_) => {
            tracing::warn!("the search for a standing issue took too long; going on without it");
            None
        }
    }
}

/// Performs one step and returns what is known afterwards. A `suspect` step was begun before and
/// may be done: where that can be seen, it is looked up instead of repeated.
pub(crate) async fn perform(
    world: &World,
    journal: &Journal,
    step: &Step,
    suspect: bool,
    hint: &Hint,
) -> Result<Vec<Fact>, Failed> {
    let progress = Progress::of(journal);
    if let Step::Open = step {
        return open(world, journal, suspect, hint).await;
    }
    let Some((issue, _)) = &progress.issue else {
        return Err(refused("there is no issue yet"));
    };
    let fact = match step {
        Step::Open => return Ok(Vec::new()),
        Step::Reach { who, round } => reach(world, journal, issue, *who, *round).await?,
        Step::FallBack { round } => {
            let channel = &world.defaults.channel;
            let notice = words::fallback(journal, issue, &progress, *round);
            world.destination(channel)?.deliver(channel, &notice).await?;
            Fact::FellBack { round: *round }
        }
        Step::Page(who) => {
            let to = &journal.alarm.page;
            let notice = words::page_for_no(journal, issue, &progress, *who);
            let receipt = world.destination(to)?.deliver(to, &notice).await?;
            Fact::Paged { who: *who, receipt }
        }
        Step::Remark(remark) => self::remark(world, journal, issue, &progress, remark, suspect).await?,
        Step::Show { who, stage } => show(world, journal, issue, &progress, *who, *stage).await?,
        Step::Close => {
            world.audit.close(&issue.repo, issue.number).await?;
            Fact::Closed
        }
    };
    Ok(vec![fact])
}

fn refused(reason: &str) -> Failed {
    Failed::Refused { call: "dispatch", reason: reason.to_owned() }
}

/// Opens the issue; in the default repository when the one that the message names refuses.
async fn open(world: &World, journal: &Journal, suspect: bool, hint: &Hint) -> Result<Vec<Fact>, Failed> {
    let alarm = &journal.alarm;
    let fallback = Some(&world.defaults.repo).filter(|repo| **repo != alarm.repo);
    if suspect {
        let marker = words::draft(journal, None).marker;
        for repo in std::iter::once(&alarm.repo).chain(fallback) {
            match world.audit.find(repo, &marker, before(journal.began)).await {
                Ok(Some(issue)) => return Ok(vec![Fact::Opened { issue }]),
                Ok(None) => {}
                Err(failed) if failed.is_final() => {}
                Err(failed) => return Err(failed),
            }
        }
    }
    let found = match hint {
        Hint::Known(found) => found.clone(),
        Hint::Unknown => search(world, alarm).await,
    };
    match found {
        // Lists lag, so this may be the issue that the earlier try opened. Taken for a stranger's it
        // would silence the alarm; taken for its own it asks once too often at worst.
        Some((issue, true)) if suspect => return Ok(vec![Fact::Opened { issue }]),
        Some((issue, true)) => return Ok(vec![Fact::Stood { issue }]),
        Some((issue, false)) => return Ok(vec![Fact::Stood { issue }, Fact::Ended]),
        None => {}
    }
    let opened = world.audit.open(&draft(journal, &alarm.repo, None)).await;
    let issue = match (opened, fallback) {
        // Refused, or not allowed: an archived repository answers as one that lacks a right.
        (Err(Failed::Refused { reason, .. } | Failed::Busy { reason, wait: None, .. }), Some(repo)) => {
            tracing::warn!(alarm.key = %journal.key, repo = %alarm.repo, reason, "the repository refused the issue");
            world.audit.open(&draft(journal, repo, Some((&alarm.repo, &reason)))).await?
        }
        (opened, _) => opened?,
    };
    Ok(vec![Fact::Opened { issue }])
}

fn draft(journal: &Journal, repo: &Repo, instead_of: Option<(&Repo, &str)>) -> Draft {
    let words::Draft { title, body, labels, marker } = words::draft(journal, instead_of);
    Draft { repo: repo.clone(), title, body, labels, marker }
}

/// A time safely before `at`, whatever the clocks of two machines say.
fn before(at: Timestamp) -> Timestamp {
    at.checked_sub(SignedDuration::from_mins(5)).unwrap_or(Timestamp::MIN)
}

async fn reach(world: &World, journal: &Journal, issue: &Issue, who: Who, round: usize) -> Result<Fact, Failed> {
    let Some(person) = journal.person(who, round) else {
        return Err(refused("there is no such person"));
    };
    let Some(to) = &person.address else {
        let reason = "the message gives no way to reach them in Slack".to_owned();
        return Ok(Fact::Unreached { who, round, reason });
    };
    let notice = words::reach(journal, issue, who, round);
    let delivered = match world.destination(to) {
        Ok(destination) => destination.deliver(to, &notice).await,
        Err(failed) => Err(failed),
    };
    match delivered {
        Ok(receipt) => Ok(Fact::Reached { who, round, receipt }),
        Err(Failed::Refused { reason, .. }) => Ok(Fact::Unreached { who, round, reason }),
        Err(failed) => Err(failed),
    }
}

/// Writes a comment, or brings the one that counts up to date.
async fn remark(
    world: &World,
    journal: &Journal,
    issue: &Issue,
    progress: &Progress,
    remark: &Remark,
    suspect: bool,
) -> Result<Fact, Failed> {
    let text = words::comment(journal, progress, remark, world.clock.now());
    let mut comment = progress.comment_of(remark);
    if comment.is_none() && suspect {
        let marker = words::remark_marker(&journal.life, remark);
        comment = world.audit.find_comment(issue, &marker, before(journal.began)).await?;
    }
    let comment = match comment {
        Some(comment) => world.audit.edit_comment(issue, comment, &text).await.map(|()| comment)?,
        None => world.audit.comment(issue, &text).await?,
    };
    Ok(Fact::Remarked { remark: remark.clone(), comment })
}

async fn show(
    world: &World,
    journal: &Journal,
    issue: &Issue,
    progress: &Progress,
    who: Who,
    stage: Stage,
) -> Result<Fact, Failed> {
    let Some((_, receipt)) = progress.people.get(who).and_then(|person| person.reached.as_ref()) else {
        return Err(refused("the question is nowhere"));
    };
    let notice = words::outcome(journal, issue, progress, who, stage);
    world.destination(&receipt.at)?.revise(receipt, &notice).await?;
    Ok(Fact::Shown { who, stage })
}
