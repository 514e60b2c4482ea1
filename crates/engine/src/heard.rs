//! What people did elsewhere: closed or reopened the issue, took or resolved a page; and what the publisher says.

use dispatch_core::{
    alarm::{Issue, Key, Resolve},
    journal::{Change, Fact, Journal, LifeId},
    life::{self, Plan, Progress},
    source,
};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::{
    Stopped, drive,
    drive::carry,
    held::{Held, SWAPS_MAX, Saved},
    incidents,
    perform::Hint,
    ports::Failed,
    world::{Run, World},
};

/// Somebody closed or reopened the issue of a life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueHeard {
    /// The issue.
    pub issue: Issue,
    /// The alarm that its body names. People can write that, so the journal must name the issue, too.
    pub key: Key,
    /// The life that its body names.
    pub life: LifeId,
    /// Whether it is open now.
    pub open: bool,
    /// Who did it.
    pub by: String,
}

/// Somebody did something about a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentHeard {
    /// The pager's names for it: its id and its key.
    pub names: Vec<String>,
    /// What became of it.
    pub change: Change,
    /// By whom, where that is known.
    pub by: Option<String>,
    /// When, by the pager's clock.
    pub occurred: Timestamp,
}

/// Keeps what was heard of an issue. When this returns, it is in the journal; the key is that of a life that has
/// something to do now.
///
/// # Errors
/// [`Stopped`] when it could not be kept.
pub async fn issue(world: &World, heard: &IssueHeard) -> Result<Option<Key>, Stopped> {
    let same = |known: &Issue| (known.number, known.repo.to_string().to_lowercase());
    let fact = |journal: &Journal| {
        let progress = Progress::of(journal);
        let (known, _) = progress.issue.as_ref()?;
        let is_theirs = same(known) == same(&heard.issue) && journal.life == heard.life;
        match (heard.open, progress.over) {
            _ if !is_theirs || progress.digest.is_some() => None,
            (false, false) => Some(Fact::Ended { by: Some(heard.by.clone()) }),
            (true, true) => Some(Fact::Reopened { by: Some(heard.by.clone()) }),
            _ => None,
        }
    };
    if !heard.open && is_open_again(world, heard).await? {
        return Ok(None);
    }
    keep(world, &heard.key, fact).await
}

/// Whether the issue is open all the same: once it was reopened, an earlier closing may come late, or twice.
async fn is_open_again(world: &World, heard: &IssueHeard) -> Result<bool, Stopped> {
    let known = Held::load(world, &heard.key).await?;
    let was_reopened = known.is_some_and(|held| Progress::of(&held.journal).handed_back);
    Ok(was_reopened && world.audit.is_open(&heard.issue).await?)
}

/// Keeps what was heard of a page, as [`issue`] does. Pages that no alarm asked for are passed over.
///
/// # Errors
/// [`Stopped`] when it could not be kept.
pub async fn incident(world: &World, heard: &IncidentHeard) -> Result<Option<Key>, Stopped> {
    let names: Vec<&str> = heard.names.iter().map(String::as_str).collect();
    let Some(key) = incidents::alarm_of(world, &names).await? else { return Ok(None) };
    let fact = |journal: &Journal| {
        let progress = Progress::of(journal);
        let pages = progress.pages();
        // A page whose record was overtaken by this has the pager's own name.
        let page = pages.iter().find(|(receipt, _)| names.contains(&receipt.id.as_str()));
        let page = page.map(|(receipt, _)| receipt.id.clone())?;
        let before = progress.incident(&page);
        // They come out of order. Whatever is resolved can be taken no more, even where it is not known when.
        let is_late = before.is_some_and(|before| match before.occurred {
            Some(occurred) => heard.occurred < occurred,
            None => before.change == Change::Resolved && matches!(heard.change, Change::Taken | Change::Dropped),
        });
        (before.map(|before| before.change) != Some(heard.change) && !is_late).then(|| Fact::Incident {
            page,
            change: heard.change,
            by: heard.by.clone(),
            occurred: Some(heard.occurred),
        })
    };
    keep(world, &key, fact).await
}

/// Adds a fact to a journal, if there is one to add. What is known already may have come before, and nobody may
/// have done what follows from it.
async fn keep(world: &World, key: &Key, fact: impl Fn(&Journal) -> Option<Fact>) -> Result<Option<Key>, Stopped> {
    for _ in 0..SWAPS_MAX {
        let Some(mut held) = Held::load(world, key).await? else { return Ok(None) };
        let Some(fact) = fact(&held.journal) else {
            let is_over = life::plan(&held.journal) == Plan::Done;
            return Ok((!is_over).then(|| key.clone()));
        };
        held.learn(world, fact);
        if held.save(world).await? == Saved::Clean {
            return Ok(Some(key.clone()));
        }
    }
    Err(Stopped::Contended)
}

/// Does what follows from what was heard, as far as the run's time allows; the rest is handed on by `until`.
///
/// # Errors
/// [`Failed`] when something is left to do and could not be handed on.
pub async fn follow_up(world: &World, run: &Run, key: &Key, until: Instant) -> Result<(), Failed> {
    let settled = run.deadline + until.saturating_duration_since(run.deadline) / 2;
    let done = timeout_at(settled, drive::drive(world, run, key, None)).await;
    let hand_on = async {
        crate::digest::hand_on_touched(world, run).await?;
        if !matches!(done, Ok(Ok(Plan::Wait { .. } | Plan::Done))) {
            world.topic.publish(&source::resume(key)).await?;
            tracing::info!(alarm.key = %key, "handed on");
        }
        Ok(())
    };
    match timeout_at(until, hand_on).await {
        Ok(published) => published,
        Err(_) => Err(Failed::Unreachable { call: "sns Publish", reason: "time is up".to_owned() }),
    }
}

/// Ends what was raised before: the alarm, and the page that was asked for as such. `message` is the id of the
/// message that says so.
///
/// # Errors
/// [`Stopped`] when something is left to do: the message must come again.
pub async fn withdraw(world: &World, run: &Run, message: &str, resolve: &Resolve) -> Result<(), Stopped> {
    let (alarm, page) = tokio::join!(end_alarm(world, run, message, resolve), end_page(world, resolve));
    alarm.and(page)
}

async fn end_page(world: &World, resolve: &Resolve) -> Result<(), Stopped> {
    let Some((to, key)) = &resolve.page else { return Ok(()) };
    let why = "It is over, says the system that raised it.";
    match world.destination(to)?.resolve_key(to, key, why).await {
        Err(failed) if failed.is_final() => {
            tracing::warn!(error = %failed, "a page could not be resolved");
            Ok(())
        }
        resolved => Ok(resolved?),
    }
}

async fn end_alarm(world: &World, run: &Run, message: &str, resolve: &Resolve) -> Result<(), Stopped> {
    let Some(key) = &resolve.key else { return Ok(()) };
    for _ in 0..SWAPS_MAX {
        let Some(mut held) = Held::load(world, key).await? else { return Ok(()) };
        let progress = Progress::of(&held.journal);
        let is_known = held.journal.messages.iter().any(|known| known == message);
        if progress.withdrawn.is_none() && !progress.over && !is_known {
            held.journal.remember(&[message.to_owned()]);
            held.learn(world, Fact::Withdrawn { message: message.to_owned(), note: resolve.note.clone() });
        }
        if held.save(world).await? == Saved::Clean {
            return carry(world, run, held, Hint::Unknown).await.map(drop);
        }
    }
    Err(Stopped::Contended)
}
