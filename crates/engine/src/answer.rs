//! A click on a button, or a form that was sent: what people say is kept, and what follows from it is done or
//! handed on.

use dispatch_core::{
    alarm::Address,
    journal::{Answer, Clicker, Fact, Journal, Role, Ticket, Who},
    life::{Plan, Progress, Snooze},
    notice::{Form, Notice, Receipt},
    source,
    text::shorten,
    words::{self, REASON_MAX, Reply},
};
use jiff::Timestamp;
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
    /// Which question it belongs to.
    pub ticket: Ticket,
    /// Which button.
    pub button: Button,
    /// Who.
    pub by: Clicker,
    /// Where the button is, so that a private note reaches them there.
    pub at: Address,
    /// The destination's own name for the message that holds the button, where it tells.
    pub message: Option<String>,
    /// What a form is opened with, where the destination has forms.
    pub trigger: Option<String>,
}

/// A button of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    /// It was me, all is well.
    Yes,
    /// It was not me.
    No,
    /// One of the question's further answers.
    More(usize),
    /// Somebody else is meant.
    Wrong,
    /// Remind me later: opens a form.
    Snooze,
    /// The form of [`Button::Snooze`], sent.
    Snoozed {
        /// Which of the ways that the form offered.
        choice: String,
        /// Why, in their words.
        why: Option<String>,
    },
    /// Why they answered as they did: the form that follows an answer, sent.
    Reason(String),
}

/// What a click came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in the journal, and stands.
    Stands,
    /// It is in the journal, but the deadline came before it.
    Late(Answer),
    /// It opens a form, and changed nothing.
    Asks,
    /// It changed nothing; they were told why.
    Told(Reply),
}

/// A click, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What it came to.
    pub taken: Taken,
    /// The form that opens now.
    pub form: Option<Form>,
}

impl From<Taken> for Recorded {
    fn from(taken: Taken) -> Self {
        Recorded { taken, form: None }
    }
}

/// Records a click. When this returns, what it says is in the journal.
///
/// # Errors
/// [`Stopped`] when it could not be recorded: the person should see an error and click again.
pub async fn record(world: &World, click: &Click) -> Result<Recorded, Stopped> {
    let began = world.clock.now();
    for _ in 0..SWAPS_MAX {
        let Some(mut held) = Held::load(world, &click.ticket.key).await? else {
            return Ok(Taken::Told(Reply::Over).into());
        };
        if is_snoozed(&held.journal, click, began) {
            return Ok(Taken::Stands.into());
        }
        let said = match listen(world, &held.journal, click) {
            Ok(said) => said,
            Err(reply) => return Ok(Taken::Told(reply).into()),
        };
        if said.facts.is_empty() {
            return Ok(Recorded { taken: said.taken, form: said.form });
        }
        if let Some(fact) = question(&held.journal, click) {
            held.learn(world, fact);
        }
        for fact in said.facts {
            held.learn(world, fact);
        }
        if held.save(world).await? == Saved::Clean {
            return Ok(Recorded { taken: said.taken, form: said.form });
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
    let progress = Progress::of(journal);
    let reached = progress.anybody(who).and_then(|person| person.reached.as_ref());
    let is_known = reached.is_some_and(|(_, known)| (&known.at, &known.id) == (&receipt.at, &receipt.id));
    (!is_known).then_some(Fact::Reached { who, round: 0, receipt, zone: None })
}

/// What a click says.
struct Said {
    facts: Vec<Fact>,
    taken: Taken,
    form: Option<Form>,
}

/// What a click says, or why it changes nothing.
fn listen(world: &World, journal: &Journal, click: &Click) -> Result<Said, Reply> {
    let progress = Progress::of(journal);
    let who = click.ticket.who;
    may_speak(journal, &progress, click)?;
    let stands_for = progress.stands_for(journal, who);
    let seat = stands_for.first().copied().ok_or(Reply::Over)?;
    let person = progress.people.get(seat).ok_or(Reply::Over)?;
    if let Button::Reason(text) = &click.button {
        let is_given = progress.reasons.iter().any(|(known, by, _)| (*known, &by.id) == (seat, &click.by.id));
        let wanted = person.answer.is_some() && !is_given && !text.trim().is_empty();
        let text = shorten(text, REASON_MAX).into_owned();
        let facts = wanted.then(|| Fact::Reason { who: seat, text, by: click.by.clone() });
        return Ok(Said { facts: facts.into_iter().collect(), taken: Taken::Stands, form: None });
    }
    let silent: Vec<Who> = stands_for
        .iter()
        .filter(|who| progress.people.get(**who).is_some_and(|person| person.answer.is_none()))
        .copied()
        .collect();
    match &person.answer {
        Some(answered) if silent.is_empty() => return Err(Reply::Stands(answered.clone())),
        _ if progress.over || progress.handed_back => return Err(Reply::Over),
        _ if progress.anybody(who).is_some_and(|asked| asked.passed) => return Err(Reply::Passed),
        _ => {}
    }
    let one = |fact| Said { facts: vec![fact], taken: Taken::Stands, form: None };
    let by = click.by.clone();
    match &click.button {
        Button::Yes => Ok(answer(journal, &progress, click, &silent, Answer::Yes, None)),
        Button::No => Ok(answer(journal, &progress, click, &silent, Answer::No, None)),
        Button::More(n) => {
            let counts = journal.alarm.question.as_ref().and_then(|question| question.more.get(*n));
            let counts = counts.ok_or(Reply::Over)?.counts;
            Ok(answer(journal, &progress, click, &silent, counts, Some(*n)))
        }
        Button::Wrong => {
            let used = progress.passes.iter().filter(|pass| pass.to.is_some()).count();
            let to = Some(used).filter(|next| *next < journal.alarm.deputies.len());
            Ok(one(Fact::Passed { who: seat, to, by }))
        }
        Button::Snooze => {
            let form = words::snooze_form(journal, &progress, &click.ticket, world.clock.now());
            let form = form.ok_or(Reply::NoSnooze)?;
            Ok(Said { facts: Vec::new(), taken: Taken::Asks, form: Some(form) })
        }
        Button::Snoozed { choice, why } => {
            let ways = words::snoozes(journal, &progress, who, world.clock.now());
            let (_, _, until) = ways.into_iter().find(|(name, ..)| name == choice).ok_or(Reply::NoSnooze)?;
            let why = why.as_ref().map(|why| shorten(why, REASON_MAX).into_owned());
            Ok(one(Fact::Snoozed { who: seat, until, why, by }))
        }
        Button::Reason(_) => Err(Reply::Over),
    }
}

/// An answer for all who are still silent.
fn answer(
    journal: &Journal,
    progress: &Progress,
    click: &Click,
    silent: &[Who],
    answer: Answer,
    variant: Option<usize>,
) -> Said {
    let by = &click.by;
    let facts = silent.iter().map(|who| Fact::Answered { who: *who, answer, variant, by: by.clone() });
    let is_rung = matches!(journal.role(click.ticket.who), Some(Role::Rung { .. }));
    let is_late = silent.iter().any(|who| progress.people.get(*who).is_some_and(|person| person.silent.is_some()));
    let asks = journal.alarm.question.as_ref().is_some_and(|question| question.asks_reason);
    Said {
        facts: facts.collect(),
        taken: if is_late && !is_rung { Taken::Late(answer) } else { Taken::Stands },
        form: (asks && click.trigger.is_some()).then(|| words::reason_form(journal, &click.ticket, answer)),
    }
}

/// Whether this very form was kept by an earlier turn of the loop, whose reply was lost: it counts once.
fn is_snoozed(journal: &Journal, click: &Click, began: Timestamp) -> bool {
    let is_this = |snooze: &Snooze| snooze.by.id == click.by.id && snooze.at >= began;
    matches!(click.button, Button::Snoozed { .. }) && Progress::of(journal).snoozes.iter().any(is_this)
}

/// Whether this life was asked about, and by whom it may be answered.
fn may_speak(journal: &Journal, progress: &Progress, click: &Click) -> Result<(), Reply> {
    let who = click.ticket.who;
    if journal.life != click.ticket.life || progress.stands_for(journal, who).is_empty() {
        return Err(Reply::Over);
    }
    // A click may overtake the record of the question; then the message's own address decides.
    let person = journal.person(who, 0).and_then(|person| person.address);
    let named = person.as_ref().map(Address::rest).filter(|rest| is_id(rest));
    let reader = match progress.anybody(who).and_then(|person| person.reached.as_ref()) {
        Some((_, receipt)) => receipt.reader.as_deref(),
        None => named,
    };
    if reader.is_some_and(|reader| reader != click.by.id) { Err(Reply::NotYours) } else { Ok(()) }
}

/// Whether this is Slack's id of a person, and no name or e-mail address.
fn is_id(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    name.starts_with(['U', 'W']) && name.chars().all(is_plain)
}

/// Does what follows from a click that [`record`] has taken, as far as the run's time allows; the
/// rest is handed on through the topic by `until`, and finished by `incoming`.
///
/// # Errors
/// [`Failed`] when something is left to do and could not be handed on.
pub async fn follow_up(
    world: &World,
    run: &Run,
    click: &Click,
    recorded: &Recorded,
    until: Instant,
) -> Result<(), Failed> {
    // The store may hang, too: then handing on must still have its time.
    let settled = run.deadline + until.saturating_duration_since(run.deadline) / 2;
    let finish = async {
        let finished = timeout_at(settled, finish(world, run, click)).await;
        finished.unwrap_or(Err(Stopped::OutOfTime { left: 1, moved: false }))
    };
    // What opens a form works for three seconds only.
    let (done, (), ()) =
        tokio::join!(finish, open(world, run, click, recorded), tell(world, run, click, &recorded.taken));
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

/// Opens the form that follows a click. Nothing depends on it: what was clicked is kept already.
async fn open(world: &World, run: &Run, click: &Click, recorded: &Recorded) {
    let Some((form, trigger)) = recorded.form.as_ref().zip(click.trigger.as_ref()) else { return };
    let opened = async { world.destination(&click.at)?.open(trigger, form).await };
    match timeout_at(run.deadline, opened).await {
        Ok(Ok(())) => {}
        Ok(Err(failed)) => tracing::warn!(error = %failed, "the form was not opened"),
        Err(_) => tracing::warn!("the form took too long"),
    }
}

/// Tells whoever clicked in vain why nothing changed, or who answered late. Nothing depends on it.
async fn tell(world: &World, run: &Run, click: &Click, taken: &Taken) {
    let reply = match taken {
        Taken::Told(reply) => reply,
        Taken::Late(answer) => &Reply::Late(*answer),
        Taken::Stands | Taken::Asks => return,
    };
    let note = async {
        let held = Held::load(world, &click.ticket.key).await.ok().flatten();
        // Of a life that has taken this one's place, they learn nothing.
        let journal = held.map(|held| held.journal).filter(|journal| journal.life == click.ticket.life);
        let issue = journal.as_ref().and_then(|journal| Progress::of(journal).issue).map(|(issue, _)| issue);
        // Somebody who may not answer learns who may, and nothing of the alarm.
        let issue = issue.filter(|_| *reply != Reply::NotYours);
        let notice = words::reply(journal.as_ref(), click.ticket.who, issue.as_ref(), reply, &click.by);
        let destination = world.destination(&click.at)?;
        // A form stands above all conversations: nobody else is there.
        let is_alone = click.at.rest() == click.by.id;
        let notice = if is_alone { Notice { only_for: None, ..notice } } else { notice };
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
