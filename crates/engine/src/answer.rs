//! A click on a button: the first answer stands, and what follows from it is done or handed on.

use dispatch_core::{
    alarm::Address,
    journal::{Answer, Clicker, Fact, Journal, Ticket},
    life::{Plan, Progress},
    notice::{Notice, Receipt},
    source,
    words::{self, Reply},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    Stopped,
    digest::hand_on_touched,
    drive::carry,
    held::{Held, SWAPS_MAX, Saved},
    perform::Hint,
    ports::Failed,
    world::{Run, World},
};

/// Somebody pressed a button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// Which question it answers.
    pub ticket: Ticket,
    /// Which button.
    pub answer: Answer,
    /// Who.
    pub by: Clicker,
    /// Where the button is, so that a private note reaches them there.
    pub at: Address,
    /// The destination's own name for the message that holds the button, where it tells.
    pub message: Option<String>,
}

/// What a click came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the answer that stands, and is in the journal.
    Stands,
    /// It changed nothing; they were told why.
    Told(Reply),
}

/// Records a click. When this returns, the answer is in the journal.
///
/// # Errors
/// [`Stopped`] when it could not be recorded: the person should see an error and click again.
pub async fn record(world: &World, click: &Click) -> Result<Taken, Stopped> {
    for _ in 0..SWAPS_MAX {
        let Some(mut held) = Held::load(world, &click.ticket.key).await? else {
            return Ok(Taken::Told(Reply::Over));
        };
        if let Some(reply) = objection(&held.journal, click) {
            return Ok(Taken::Told(reply));
        }
        if let Some(fact) = question(&held.journal, click) {
            held.learn(world, fact);
        }
        let fact = Fact::Answered { who: click.ticket.who, answer: click.answer, by: click.by.clone() };
        held.learn(world, fact);
        if held.save(world).await? == Saved::Clean {
            return Ok(Taken::Stands);
        }
    }
    Err(Stopped::Contended)
}

/// Puts a journal in place for a life that began elsewhere, unless it stands already.
///
/// # Errors
/// [`Stopped`] when the store cannot be asked.
pub async fn adopt(world: &World, journal: Journal) -> Result<(), Stopped> {
    Held::create(world, journal).await.map(|_| ())
}

/// Where the question is, as the click tells, unless the journal says the same. A click may come when
/// the reply to the question was lost; and of two copies, the one that was answered is to show it.
fn question(journal: &Journal, click: &Click) -> Option<Fact> {
    let who = click.ticket.who;
    let receipt =
        Receipt { at: click.at.clone(), id: click.message.clone()?, reader: Some(click.by.id.clone()), url: None };
    let person = Progress::of(journal).people.into_iter().nth(who)?;
    let is_known =
        person.reached.is_some_and(|(_, known)| (known.at, known.id) == (receipt.at.clone(), receipt.id.clone()));
    (!is_known).then_some(Fact::Reached { who, round: 0, receipt })
}

/// Why a click changes nothing, if it does not.
fn objection(journal: &Journal, click: &Click) -> Option<Reply> {
    let progress = Progress::of(journal);
    let person = progress.people.get(click.ticket.who).filter(|_| journal.life == click.ticket.life);
    let Some(person) = person else { return Some(Reply::Over) };
    // A click may overtake the record of the question; then the message's own address decides.
    let address = journal.alarm.people.get(click.ticket.who).and_then(|person| person.address.as_ref());
    let named = address.map(Address::rest).filter(|rest| rest.starts_with(['U', 'W']));
    let reader = match &person.reached {
        Some((_, receipt)) => receipt.reader.as_deref(),
        None => named,
    };
    match &person.answer {
        _ if reader.is_some_and(|reader| reader != click.by.id) => Some(Reply::NotYours),
        Some(answered) => Some(Reply::Stands(answered.clone())),
        None if progress.over => Some(Reply::Over),
        None => None,
    }
}

/// Does what follows from a click that [`record`] has taken, as far as the run's time allows; the
/// rest is handed on through the topic by `until`, and finished by `incoming`.
///
/// # Errors
/// [`Failed`] when something is left to do and could not be handed on.
pub async fn follow_up(world: &World, run: &Run, click: &Click, taken: &Taken, until: Instant) -> Result<(), Failed> {
    // The store may hang, too: then handing on must still have its time.
    let settled = run.deadline + until.saturating_duration_since(run.deadline) / 2;
    let finish = async {
        let finished = timeout_at(settled, finish(world, run, click)).await;
        finished.unwrap_or(Err(Stopped::OutOfTime { left: 1, moved: false }))
    };
    let (done, ()) = tokio::join!(finish, tell(world, run, click, taken));
    let left = match done {
        Ok(Plan::Do(_)) | Err(_) => true,
        Ok(Plan::Wait { .. } | Plan::Done) => false,
    };
    let hand_on = async {
        hand_on_touched(world, run).await?;
        if left {
            tracing::info!(alarm.key = %click.ticket.key, "handed on");
            world.topic.publish(&source::resume(&click.ticket.key)).await?;
        }
        Ok(())
    };
    match timeout_at(until, hand_on).await {
        Ok(published) => published,
        Err(_) => Err(Failed::Unreachable { call: "sns Publish", reason: "time is up".to_owned() }),
    }
}

async fn finish(world: &World, run: &Run, click: &Click) -> Result<Plan, Stopped> {
    match Held::load(world, &click.ticket.key).await? {
        Some(held) if held.journal.life == click.ticket.life => carry(world, run, held, Hint::Unknown).await,
        _ => Ok(Plan::Done),
    }
}

/// Tells whoever clicked in vain why nothing changed. Nothing depends on it.
async fn tell(world: &World, run: &Run, click: &Click, taken: &Taken) {
    let Taken::Told(reply) = taken else { return };
    let note = async {
        let held = Held::load(world, &click.ticket.key).await.ok().flatten();
        // Of a life that has taken this one's place, they learn nothing.
        let journal = held.map(|held| held.journal).filter(|journal| journal.life == click.ticket.life);
        let issue = journal.as_ref().and_then(|journal| Progress::of(journal).issue).map(|(issue, _)| issue);
        // Somebody who may not answer learns who may, and nothing of the alarm.
        let issue = issue.filter(|_| *reply != Reply::NotYours);
        let notice = words::reply(journal.as_ref(), click.ticket.who, issue.as_ref(), reply, &click.by);
        let destination = world.destination(&click.at)?;
        match destination.deliver(&click.at, &notice).await {
            // Who sees a message without being in its conversation is told directly.
            Err(failed) if failed.is_final() => {
                let to = Address::new(click.at.scheme(), &click.by.id);
                destination.deliver(&to, &Notice { only_for: None, ..notice }).await
            }
            delivered => delivered,
        }
    };
    match timeout_at(run.deadline, note).await {
        Ok(Ok(_)) => {}
        Ok(Err(failed)) => tracing::warn!(error = %failed, "the private note was not delivered"),
        Err(_) => tracing::warn!("the private note took too long"),
    }
}
