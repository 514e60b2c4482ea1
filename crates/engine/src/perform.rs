//! One step, performed: the only place where an alarm has effects outside.

mod silence;

use std::time::Duration;

use dispatch_core::{
    alarm::{Address, Alarm, Issue, Repo},
    digest,
    journal::{Fact, Journal, Place, Remark, Stage, Step, Who},
    life::Progress,
    notice::{Notice, Receipt},
    text::one_line,
    words,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::{
    budget::Use,
    digest::{list, list_and_open},
    ports::{Draft, Failed},
    world::{Run, World},
};

/// The label of an issue whose question nobody answered in time.
pub(crate) const UNANSWERED: &str = "unanswered";

/// Comments on one issue that show unreadable texts; what differs once more is listed in a digest.
pub(crate) const EVIDENCE_MAX: usize = 20;

/// How long opening an issue waits for the search for one that stands already. The search is a hint
/// with an index that lags; its outage costs an alarm no more than this.
const SEARCH_MAX: Duration = Duration::from_millis(1_000);

/// What the search for an issue that stands already came to.
#[derive(Clone, Debug)]
pub(crate) enum Hint {
    /// Nobody has searched.
    Unknown,
    /// It was searched for.
    Known {
        /// The issue, and whether it is open.
        found: Option<(Issue, bool)>,
        /// Whether GitHub's budget has room for another issue.
        has_room: bool,
    },
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
/// may be done: where that can be seen, it is looked up instead of repeated. `progress` is the journal's.
pub(crate) async fn perform(
    world: &World,
    run: &Run,
    (journal, progress): (&Journal, &Progress),
    step: &Step,
    suspect: bool,
    hint: &Hint,
) -> Result<Vec<Fact>, Failed> {
    if let Step::Open = step {
        return open(world, run, journal, suspect, hint).await;
    }
    let Some((issue, _)) = &progress.issue else {
        return Err(refused("there is no issue yet"));
    };
    let fact = match step {
        Step::Open => return Ok(Vec::new()),
        Step::Reach { who, round } => silence::reach(world, journal, issue, progress, (*who, *round), suspect).await?,
        Step::FallBack { round } => {
            let notice = words::fallback(journal, issue, progress, *round);
            deliver(world, journal, &world.defaults.channel, &notice, suspect).await?;
            Fact::FellBack { round: *round }
        }
        Step::Page(who) => {
            let notice = words::page_for_no(journal, issue, progress, *who);
            let receipt = silence::page(world, journal, &journal.alarm.page, &notice).await?;
            Fact::Paged { who: *who, receipt }
        }
        Step::Seek(nth) => {
            let notice = words::seek(journal, issue, *nth);
            deliver(world, journal, &world.defaults.channel, &notice, suspect).await?;
            Fact::Sought { nth: *nth }
        }
        Step::Remind { who, nth } => silence::remind(world, journal, issue, progress, (*who, *nth), suspect).await?,
        Step::Climb { wave, rung } => silence::climb(world, journal, issue, progress, (*wave, *rung), suspect).await?,
        Step::Resolve { page, if_open } => silence::resolve(world, progress, page, *if_open).await?,
        Step::Mark => {
            world.audit.label(issue, UNANSWERED).await?;
            Fact::Marked
        }
        Step::Remark(remark) => self::remark(world, run, journal, progress, remark, suspect).await?,
        Step::Show { who, stage } => show(world, journal, issue, progress, *who, *stage).await?,
        // A digest is closed by whoever has read it.
        Step::Close if progress.digest.is_some() => Fact::Closed,
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

/// Opens the issue; in the default repository when the one that the message names refuses, and in a
/// digest when it would be more than GitHub takes.
async fn open(world: &World, run: &Run, journal: &Journal, suspect: bool, hint: &Hint) -> Result<Vec<Fact>, Failed> {
    let alarm = &journal.alarm;
    let is_digest = alarm.kind == digest::KIND;
    let fallback = Some(&world.defaults.repo).filter(|repo| **repo != alarm.repo);
    if suspect && let Some(issue) = find(world, journal, fallback).await? {
        return Ok(vec![Fact::Opened { issue }]);
    }
    let (found, has_room) = match hint {
        Hint::Known { found, has_room } => (found.clone(), *has_room),
        Hint::Unknown if is_digest => (None, world.budget.take(world, Use::Digest).await),
        Hint::Unknown => tokio::join!(search(world, alarm), world.budget.take(world, Use::Own)),
    };
    match found {
        // Lists lag, so this may be the issue that the earlier try opened. Taken for a stranger's it
        // would silence the alarm; taken for its own it asks once too often at worst.
        Some((issue, true)) if suspect => return Ok(vec![Fact::Opened { issue }]),
        Some((issue, true)) => return Ok(vec![Fact::Stood { issue }]),
        Some((issue, false)) => return Ok(vec![Fact::Stood { issue }, Fact::Ended { by: None }]),
        None => {}
    }
    if !has_room {
        return open_in_digest(world, run, journal).await;
    }
    let opened = world.audit.open(&draft(journal, &alarm.repo, None)).await;
    let issue = match (opened, fallback) {
        (Err(Failed::Busy { wait: Some(wait), .. }), _) if !is_digest => {
            world.budget.close(world, wait).await;
            return open_in_digest(world, run, journal).await;
        }
        // An archived repository answers as one that lacks a right.
        (Err(Failed::Refused { reason, .. } | Failed::Forbidden { reason, .. }), Some(repo)) => {
            tracing::warn!(alarm.key = %journal.key, repo = %alarm.repo, reason, "the repository refused the issue");
            world.audit.open(&draft(journal, repo, Some((&alarm.repo, &reason)))).await?
        }
        (opened, _) => opened?,
    };
    Ok(vec![Fact::Opened { issue }])
}

/// The issue that an earlier try may have opened.
async fn find(world: &World, journal: &Journal, fallback: Option<&Repo>) -> Result<Option<Issue>, Failed> {
    let words::Draft { marker, title, .. } = words::draft(journal, None);
    for repo in std::iter::once(&journal.alarm.repo).chain(fallback) {
        match world.audit.find(repo, &marker, &title, before(journal.began)).await {
            Ok(None) => {}
            Err(failed) if failed.is_final() => {}
            found => return found,
        }
    }
    Ok(None)
}

async fn open_in_digest(world: &World, run: &Run, journal: &Journal) -> Result<Vec<Fact>, Failed> {
    let item = words::digest_alarm(journal);
    let (digest, issue) = list_and_open(world, run, &journal.alarm.repo, &item).await?;
    run.touch(&digest, &journal.key);
    Ok(vec![Fact::Digested { issue, digest }])
}

fn draft(journal: &Journal, repo: &Repo, instead_of: Option<(&Repo, &str)>) -> Draft {
    let words::Draft { title, body, labels, marker } = words::draft(journal, instead_of);
    Draft { repo: repo.clone(), title, body, labels, marker }
}

/// A time safely before `at`, whatever the clocks of two machines say.
fn before(at: Timestamp) -> Timestamp {
    at.checked_sub(SignedDuration::from_mins(5)).unwrap_or(Timestamp::MIN)
}

/// Delivers a notice, unless an earlier try did.
async fn deliver(
    world: &World,
    journal: &Journal,
    to: &Address,
    notice: &Notice,
    suspect: bool,
) -> Result<Receipt, Failed> {
    let destination = world.destination(to)?;
    if suspect {
        match destination.find(to, notice, before(journal.began)).await {
            Ok(Some(receipt)) => return Ok(receipt),
            Ok(None) => {}
            // What cannot be looked for at all is sent again.
            Err(failed) if failed.is_final() => {}
            Err(failed) => return Err(failed),
        }
    }
    destination.deliver(to, notice).await
}

/// Writes a comment, or brings the one that counts up to date; in a digest when it would be more than
/// GitHub takes.
async fn remark(
    world: &World,
    run: &Run,
    journal: &Journal,
    progress: &Progress,
    remark: &Remark,
    suspect: bool,
) -> Result<Fact, Failed> {
    let Some((issue, _)) =
        progress.issue.as_ref().filter(|_| progress.digest.is_none() && has_comments(progress, remark))
    else {
        return remark_in_digest(world, run, journal, progress, remark).await;
    };
    let text = words::comment(journal, progress, remark, world.clock.now());
    let mut comment = progress.comment_of(remark);
    if comment.is_none() && suspect {
        let marker = words::remark_marker(&journal.life, remark);
        comment = world.audit.find_comment(issue, &marker, before(journal.began)).await?;
    }
    let is_digest = journal.alarm.kind == digest::KIND;
    let purpose = match remark {
        _ if is_digest => Use::Digest,
        Remark::Repeats(_) => Use::Count,
        _ => Use::Own,
    };
    let comment = match comment {
        Some(comment) => world.audit.edit_comment(issue, comment, &text).await.map(|()| comment)?,
        None if !world.budget.take(world, purpose).await => {
            return remark_in_digest(world, run, journal, progress, remark).await;
        }
        None => match world.audit.comment(issue, &text).await {
            Err(Failed::Busy { wait: Some(wait), .. }) if !is_digest => {
                world.budget.close(world, wait).await;
                return remark_in_digest(world, run, journal, progress, remark).await;
            }
            commented => commented?,
        },
    };
    Ok(Fact::Remarked { remark: remark.clone(), place: Place::Comment(comment) })
}

/// Whether the issue takes another comment of this kind: unreadable texts may differ without end.
fn has_comments(progress: &Progress, remark: &Remark) -> bool {
    let is_evidence = |remark: &Remark| matches!(remark, Remark::Evidence(_));
    let written = progress.remarked.iter().filter(|(known, _)| is_evidence(known)).count();
    !is_evidence(remark) || written < EVIDENCE_MAX
}

async fn remark_in_digest(
    world: &World,
    run: &Run,
    journal: &Journal,
    progress: &Progress,
    remark: &Remark,
) -> Result<Fact, Failed> {
    let item = words::digest_remark(journal, progress, remark, world.clock.now());
    let (digest, _) = list(world, run, &journal.alarm.repo, &item).await?;
    run.touch(&digest, &journal.key);
    Ok(Fact::Remarked { remark: remark.clone(), place: Place::Digest(digest) })
}

async fn show(
    world: &World,
    journal: &Journal,
    issue: &Issue,
    progress: &Progress,
    who: Who,
    stage: Stage,
) -> Result<Fact, Failed> {
    let Some((_, receipt)) = progress.anybody(who).and_then(|person| person.reached.as_ref()) else {
        return Err(refused("the question is nowhere"));
    };
    let notice = words::outcome(journal, issue, progress, who, stage);
    world.destination(&receipt.at)?.revise(receipt, &notice).await?;
    Ok(Fact::Shown { who, stage })
}
