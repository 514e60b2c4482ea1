//! A message: it pages, begins a life, or repeats one.

use std::collections::HashSet;

use dispatch_core::{
    alarm::{Again, Alarm, Page, digest},
    journal::{Entry, Fact, Journal, LifeId, Step},
    life::{Plan, Progress, plan},
    notice::Receipt,
    text::shorten,
    words,
};
use tokio::time::timeout_at;

use crate::{
    Count, Stopped,
    budget::Use,
    digest::hand_on_digests,
    drive::{begin, carry},
    held::{Held, SWAPS_MAX, Saved},
    perform::{EVIDENCE_MAX, Hint, search},
    ports::Failed,
    world::{Run, World, beside, until},
};

/// Longest unreadable text that is kept until it is told, in characters: of the first few, and of the
/// others.
const EVIDENCE_TEXT_MAX: usize = 10_000;
const DIGEST_TEXT_MAX: usize = 600;

/// Unreadable texts that one journal keeps until they are told.
const WAITING_MAX: usize = 500;

/// One message that raised an alarm.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The same for every delivery of one publication.
    pub message: String,
    /// What it raised.
    pub alarm: Alarm,
}

/// Pages, and nothing else on the way: no store, no issue, no chat.
///
/// # Errors
/// [`Failed`] when the page may not have gone out.
pub async fn page(world: &World, run: &Run, page: &Page) -> Result<Receipt, Failed> {
    let delivery = async { world.destination(&page.to)?.deliver(&page.to, &words::page(page)).await };
    match timeout_at(run.deadline, until(run.deadline, delivery)).await {
        Ok(delivered) => {
            let receipt = delivered?;
            world.tally.add(Count::Alarms, 1);
            world.tally.add(Count::Pages, 1);
            Ok(receipt)
        }
        Err(_) => Err(Failed::Unreachable { call: "dispatch", reason: "time is up".to_owned() }),
    }
}

/// Takes in messages that raised the same alarm, oldest first, and carries it as far as it can go.
///
/// # Errors
/// [`Stopped`] when something is left to do: the messages must come again.
pub async fn receive(world: &World, run: &Run, arrivals: &[Arrival]) -> Result<Plan, Stopped> {
    let arrivals = once_each(arrivals);
    let Some(first) = arrivals.first() else { return Ok(Plan::Done) };
    let key = first.alarm.key();
    let ids: Vec<String> = arrivals.iter().map(|arrival| arrival.message.clone()).collect();
    // Why a life that is over could not be carried to its end.
    let mut left = None;
    for _ in 0..SWAPS_MAX {
        if run.is_over() {
            return Err(Stopped::OutOfTime { left: 1, moved: false });
        }
        let Some(mut held) = Held::load(world, &key).await? else {
            let begin = async {
                match claim(world, run, &arrivals, None).await? {
                    Some((held, hint)) => carry(world, run, held, hint).await.map(Some),
                    None => Ok(None),
                }
            };
            match beside(begin, prepare(world, run, &first.alarm)).await? {
                Some(plan) => return Ok(plan),
                None => continue,
            }
        };
        let unseen = held.journal.unseen(&ids);
        let fresh: Vec<Arrival> =
            arrivals.iter().filter(|arrival| unseen.contains(&arrival.message)).cloned().collect();
        let Some(newest) = fresh.last() else {
            return carry(world, run, held, Hint::Unknown).await;
        };
        let retriggers = newest.alarm.retrigger;
        // Overtaken: what stands there now is to be read first.
        let Some(over) = is_over(world, &mut held).await? else { continue };
        if over {
            match (plan(&held.journal), left.take()) {
                (Plan::Do(_), None) => left = carry(world, run, held, Hint::Unknown).await.err(),
                // The pager may be away for hours: a page of this life holds up no question of the next, which inherits it.
                (Plan::Do(steps), Some(stopped)) if !retriggers || !steps.iter().all(is_resolve) => {
                    return Err(stopped);
                }
                _ if !retriggers => {
                    tracing::info!(alarm.key = %key, "raised again after its end; retrigger is false");
                    return Ok(Plan::Done);
                }
                _ => {
                    hand_on_digests(world, &held.journal).await?;
                    if let Some((held, hint)) = claim(world, run, &fresh, Some(held)).await? {
                        return carry(world, run, held, hint).await;
                    }
                }
            }
            continue;
        }
        held.tidy();
        held.journal.remember(&unseen);
        for fact in repeats(&held.journal, &fresh, None)? {
            held.learn(world, fact);
        }
        begin(world, run, &mut held);
        if held.save(world).await? == Saved::Clean {
            // Whoever holds the lease by now writes at least once more, and finds what was added. Should it
            // die, its own message comes again. A message that was seen before may be that message; and
            // whoever takes the lease later may have been brought by another delivery of this one.
            let lease = held.journal.leased_to_other(&run.id, world.clock.now());
            let is_left_to_them = lease.is_some_and(|lease| lease.backed) && fresh.len() == arrivals.len();
            return match carry(world, run, held, Hint::Unknown).await {
                Err(Stopped::Leased { backed: true, .. }) if is_left_to_them => Ok(Plan::Done),
                carried => carried,
            };
        }
    }
    Err(Stopped::Contended)
}

/// Finds out who will be asked while the issue is opened. One person: looking up many at once would meet the
/// limits that their questions need.
async fn prepare(world: &World, run: &Run, alarm: &Alarm) {
    let address = alarm.people.first().and_then(|person| person.address.as_ref());
    if let Some(address) = address
        && let Ok(destination) = world.destination(address)
    {
        until(run.deadline, destination.prepare(address)).await;
    }
}

fn is_resolve(step: &Step) -> bool {
    matches!(step, Step::Resolve { .. })
}

/// Pages that a life leaves open, because they could not be resolved yet.
fn left_open(over: &Held) -> Vec<Fact> {
    let Plan::Do(steps) = plan(&over.journal) else { return Vec::new() };
    let progress = Progress::of(&over.journal);
    let pages = steps.iter().filter_map(|step| match step {
        Step::Resolve { page, .. } => progress.page(page),
        _ => None,
    });
    pages.map(|receipt| Fact::Inherited { receipt: receipt.clone() }).collect()
}

/// A queue may hold one publication twice.
fn once_each(arrivals: &[Arrival]) -> Vec<Arrival> {
    let mut seen = HashSet::new();
    arrivals.iter().filter(|arrival| seen.insert(arrival.message.as_str())).cloned().collect()
}

/// Begins a life: where none stands, or in place of one that is over, whose messages it still knows
/// when they come again. The search for an issue that stands already goes beside the claim, not
/// before it. `None` when somebody else was faster.
async fn claim(
    world: &World,
    run: &Run,
    arrivals: &[Arrival],
    over: Option<Held>,
) -> Result<Option<(Held, Hint)>, Stopped> {
    let Some((first, more)) = arrivals.split_first() else { return Ok(None) };
    let now = world.clock.now();
    let known = over.iter().flat_map(|over| over.journal.messages.clone());
    let ids: Vec<String> = known.chain(arrivals.iter().map(|arrival| arrival.message.clone())).collect();
    let mut journal = Journal::begin(first.alarm.clone(), LifeId(world.clock.fresh()), &ids, now);
    let facts = repeats(&journal, more, Some(&first.alarm))?.into_iter().chain(over.iter().flat_map(left_open));
    journal.entries = facts.map(|fact| Entry { at: now, fact }).collect();
    journal.begun.push(Step::Open);
    journal.lease = Some(run.lease(now));
    let claim = async {
        match over {
            Some(over) => over.replace(world, journal).await,
            None => Held::create(world, journal).await,
        }
    };
    let room = world.budget.take(world, Use::Own);
    let (claimed, found, has_room) = tokio::join!(claim, search(world, &first.alarm), room);
    Ok(claimed?.map(|held| (held, Hint::Known { found, has_room })))
}

/// Whether the life is over, because Dispatch closed its issue or somebody else did; `None` when
/// that could not be written down because somebody else wrote first.
async fn is_over(world: &World, held: &mut Held) -> Result<Option<bool>, Stopped> {
    let progress = Progress::of(&held.journal);
    if progress.over {
        return Ok(Some(true));
    }
    let Some((issue, _)) = progress.issue else { return Ok(Some(false)) };
    if world.audit.is_open(&issue).await? {
        return Ok(Some(false));
    }
    held.learn(world, Fact::Ended { by: None });
    Ok((held.save(world).await? == Saved::Clean).then_some(true))
}

/// What repeats add to a journal: their number, unreadable texts that are new, and whom nags are to
/// tell again; equal ones that came together tell once, as does one that equals `first`.
fn repeats(journal: &Journal, arrivals: &[Arrival], first: Option<&Alarm>) -> Result<Vec<Fact>, Stopped> {
    let mut facts = evidence(journal, arrivals)?;
    if !arrivals.is_empty() {
        facts.push(Fact::Repeated { count: arrivals.len() });
    }
    let mut round = Progress::of(journal).nags.keys().next_back().copied().unwrap_or(0);
    let mut told: Vec<&Alarm> = first.into_iter().collect();
    for alarm in arrivals.iter().map(|arrival| &arrival.alarm).filter(|alarm| alarm.again == Again::Tell) {
        let Some(message) = &alarm.message else { continue };
        let equals = |other: &&Alarm| (&other.people, &other.message) == (&alarm.people, &alarm.message);
        if !told.iter().any(equals) {
            told.push(alarm);
            round += 1;
            facts.push(Fact::Nagged { round, people: alarm.people.clone(), message: message.clone() });
        }
    }
    Ok(facts)
}

/// Unreadable texts that the journal does not know yet.
fn evidence(journal: &Journal, arrivals: &[Arrival]) -> Result<Vec<Fact>, Stopped> {
    let name = |text: &str| digest(&[text.as_bytes()], 16);
    let progress = Progress::of(journal);
    let mut known: HashSet<String> = progress.evidence.iter().map(|(id, _)| id.clone()).collect();
    known.extend(journal.alarm.evidence.as_deref().map(name));
    let mut waiting = progress.evidence.iter().filter(|(_, text)| text.is_some()).count();
    let mut facts = Vec::new();
    for text in arrivals.iter().filter_map(|arrival| arrival.alarm.evidence.as_deref()) {
        let id = name(text);
        if !known.insert(id.clone()) {
            continue;
        }
        // What will stand in a digest is short there.
        let limit = if known.len() <= EVIDENCE_MAX { EVIDENCE_TEXT_MAX } else { DIGEST_TEXT_MAX };
        waiting += 1;
        if waiting > WAITING_MAX {
            return Err(Stopped::Full);
        }
        facts.push(Fact::Evidence { id, text: Some(shorten(text, limit).into_owned()) });
    }
    Ok(facts)
}
