//! A journal in the hand of one run: what stands in the store, and what is not written yet.

use std::{collections::HashSet, mem};

use bytes::Bytes;
use dispatch_core::{
    alarm::{Key, RungKind},
    journal::{Entry, Fact, Journal, Lease, Remark, Step, Timer},
    life::Progress,
};

use jiff::Timestamp;

use crate::{
    Count, Stopped,
    ports::{Failed, Tag},
    world::{Run, World},
};

/// How often a write is tried against others that change the same journal.
pub(crate) const SWAPS_MAX: usize = 20;

/// A journal with the version it was read at.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) journal: Journal,
    tag: Tag,
    /// The run that has this in hand, once it has begun something.
    run: Option<String>,
    /// Steps that this run began, so that it knows what became of them.
    own: HashSet<Step>,
    unsaved: Vec<Entry>,
    /// Steps whose result is known, and whose end is not written yet.
    settled: Vec<Step>,
    /// The timer that woke this run.
    fired: Option<u32>,
    /// Whether a call of this run may still be acted on.
    in_doubt: bool,
    dirty: bool,
}

/// What a write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// It stands.
    Clean,
    /// Somebody else wrote first. Their journal is in hand now, with this run's facts added, and
    /// nothing was written: plan again.
    Overtaken,
}

/// Whether it does harm when this is acted on late: a second one would be seen by people, or an older
/// version would take the place of a newer one. A page does none: its key keeps a second one from waking
/// anybody. Nor does the edit of a count: the next repeat sets it right.
fn harms_late(journal: &Journal, step: &Step) -> bool {
    match step {
        Step::Open | Step::Reach { .. } | Step::FallBack { .. } | Step::Seek(_) | Step::Remind { .. } => true,
        Step::Remark(count @ Remark::Repeats(_)) => Progress::of(journal).comment_of(count).is_none(),
        Step::Remark(_) => true,
        Step::Climb { rung, .. } => journal.alarm.chain.get(*rung).is_some_and(|rung| rung.kind() != RungKind::Page),
        Step::Page(_) | Step::Resolve { .. } | Step::Mark | Step::Show { .. } | Step::Close => false,
    }
}

/// Where journals stand.
pub(crate) const ALARMS: &str = "alarms/";

pub(crate) fn path(key: &Key) -> String {
    format!("{ALARMS}{key}.json")
}

fn encode(journal: &Journal) -> Result<Bytes, Stopped> {
    Ok(journal.to_bytes().map_err(|error| Stopped::Journal(error.to_string()))?.into())
}

impl Held {
    fn new(journal: Journal, tag: Tag) -> Self {
        Held {
            journal,
            tag,
            run: None,
            own: HashSet::new(),
            unsaved: Vec::new(),
            settled: Vec::new(),
            fired: None,
            in_doubt: false,
            dirty: false,
        }
    }

    /// A journal that this run has just made: whatever is begun in it, this run began.
    fn claimed(world: &World, journal: Journal, tag: Tag) -> Self {
        world.tally.add(Count::Alarms, 1);
        world.tally.learned(&journal, &journal.entries);
        let own = journal.begun.iter().cloned().collect();
        let run = journal.lease.as_ref().map(|lease| lease.run.clone());
        Held { own, run, ..Held::new(journal, tag) }
    }

    /// Whether the step, or another version of it, was begun before and left no result: look before
    /// repeating.
    pub(crate) fn is_suspect(&self, step: &Step) -> bool {
        self.journal.begun.iter().any(|begun| begun.same_effect(step) && !self.own.contains(begun))
    }

    /// Reads the journal of `key`, if there is one.
    pub(crate) async fn load(world: &World, key: &Key) -> Result<Option<Self>, Stopped> {
        let Some((bytes, tag)) = world.store.read(&path(key)).await? else { return Ok(None) };
        let journal = Journal::from_bytes(&bytes).map_err(|error| Stopped::Journal(error.to_string()))?;
        Ok(Some(Held::new(journal, tag)))
    }

    /// Puts `journal` where none stands; `None` when one does.
    pub(crate) async fn create(world: &World, journal: Journal) -> Result<Option<Self>, Stopped> {
        let created = world.store.create(&path(&journal.key), encode(&journal)?).await?;
        Ok(created.map(|tag| Held::claimed(world, journal, tag)))
    }

    /// Puts `journal`, a new life, in the place of this one; `None` when this one has changed.
    pub(crate) async fn replace(self, world: &World, journal: Journal) -> Result<Option<Self>, Stopped> {
        let swapped = world.store.swap(&path(&journal.key), encode(&journal)?, &self.tag).await?;
        Ok(swapped.map(|tag| Held::claimed(world, journal, tag)))
    }

    /// Adds a fact, to be written with the next save.
    pub(crate) fn learn(&mut self, world: &World, fact: Fact) {
        let entry = Entry { at: world.clock.now(), fact };
        self.unsaved.push(entry.clone());
        self.journal.entries.push(entry);
        self.dirty = true;
    }

    /// Notes that what became of `step` is known, and with it of its other versions.
    pub(crate) fn settle(&mut self, step: &Step) {
        let known = self.journal.begun.extract_if(.., |begun| begun.same_effect(step));
        self.settled.extend(known);
        self.own.retain(|own| !own.same_effect(step));
        self.dirty = true;
    }

    /// Notes that `step` has failed. Only where this run began it, and it certainly was not done, is
    /// that an end: what an earlier run left in doubt stays so until somebody could look.
    pub(crate) fn fail(&mut self, step: &Step, is_unsure: bool) {
        self.in_doubt |= is_unsure && harms_late(&self.journal, step);
        let is_settled = !is_unsure && !self.is_suspect(step);
        self.own.remove(step);
        if is_settled {
            self.settle(step);
        }
    }

    /// Notes that `steps` are about to be done by `run`.
    pub(crate) fn begin(&mut self, world: &World, run: &Run, steps: &[Step]) {
        let now = world.clock.now();
        let lasts = |lease: &Lease| lease.run == run.id && run.outlasts_a_step(lease.until, now);
        if self.journal.lease.as_ref().is_some_and(lasts)
            && !self.dirty
            && steps.iter().all(|step| self.journal.begun.contains(step))
        {
            return;
        }
        for step in steps {
            if !self.journal.begun.contains(step) {
                self.journal.begun.push(step.clone());
                self.own.insert(step.clone());
                self.settled.retain(|settled| settled != step);
            }
        }
        self.journal.lease = Some(run.lease(now));
        self.run = Some(run.id.clone());
        self.dirty = true;
    }

    /// Notes that the timer with this number, and with it all before, has gone off and woke this run.
    pub(crate) fn wake(&mut self, timer: Option<u32>) {
        self.fired = timer;
        self.note_fired();
    }

    fn note_fired(&mut self) {
        // Of several that come together the newest is known here; one of them may never have been on record.
        let fired = self.fired.unwrap_or(0);
        if let Some(timer) = self.journal.timer.as_mut().filter(|timer| timer.n <= fired && !timer.fired) {
            timer.fired = true;
            self.dirty = true;
        }
    }

    /// Sees to it that the clock wakes this life at `until` or before: the timer is in the store before the
    /// journal relies on it.
    pub(crate) async fn set_timer(&mut self, world: &World, until: Timestamp) -> Result<(), Stopped> {
        let known = self.journal.timer.as_ref();
        // Never early: in whole seconds, the next one.
        let second = until.as_second().saturating_add(i64::from(until.subsec_nanosecond() > 0));
        let at = Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        // One whose time has come is gone, or will be: what it woke may be over, or lost.
        let now = world.clock.now();
        if known.is_some_and(|timer| !timer.fired && timer.at <= at && timer.at > now) {
            return Ok(());
        }
        let n = known.map_or(0, |timer| timer.n).saturating_add(1);
        let timer = Timer { at, n, fired: false };
        // One of this number that stands there already is as good.
        world.store.create(&timer.path(&self.journal.key), Bytes::from_static(b"{}")).await?;
        self.journal.timer = Some(timer);
        self.dirty = true;
        Ok(())
    }

    /// Gives up the lease, if `run` holds it. As long as something that it sent may still be acted on,
    /// nobody may look for it and, not finding it, send it again: not even the same run on another occasion.
    pub(crate) fn release(&mut self, world: &World, run: &Run) {
        let Some(lease) = self.journal.lease.as_mut().filter(|lease| lease.run == run.id) else { return };
        let late = world.clock.now().checked_add(world.limits.late).unwrap_or(Timestamp::MAX);
        if !self.in_doubt {
            self.journal.lease = None;
            self.dirty = true;
        } else {
            // A run that is over finds nothing that others add.
            *lease = Lease { run: format!("{} (over)", run.id), until: lease.until.min(late), backed: false };
            self.dirty = true;
        }
    }

    /// Takes out of the journal what says nothing new.
    pub(crate) fn tidy(&mut self) {
        self.journal.tidy();
    }

    /// Notes that the journal was changed by hand, to be written with the next save. When somebody else
    /// writes first, the change is gone: whoever made it makes it again.
    pub(crate) fn changed(&mut self) {
        self.dirty = true;
    }

    /// Writes what is not written yet.
    pub(crate) async fn save(&mut self, world: &World) -> Result<Saved, Stopped> {
        if !self.dirty {
            return Ok(Saved::Clean);
        }
        match world.store.swap(&path(&self.journal.key), encode(&self.journal)?, &self.tag).await {
            Ok(Some(tag)) => {
                world.tally.learned(&self.journal, &self.unsaved);
                self.tag = tag;
                self.unsaved.clear();
                self.settled.clear();
                self.dirty = false;
                Ok(Saved::Clean)
            }
            // A lost reply: what stands there now tells whether it was written.
            Ok(None) | Err(Failed::Unreachable { .. }) => {
                self.reload(world).await?;
                Ok(Saved::Overtaken)
            }
            Err(failed) => Err(failed.into()),
        }
    }

    /// Takes what stands in the store and adds this run's facts to it. Facts are only ever added,
    /// so their order between runs does not matter, but for answers: there the store's order rules.
    async fn reload(&mut self, world: &World) -> Result<(), Stopped> {
        let Some(Held { mut journal, tag, .. }) = Held::load(world, &self.journal.key).await? else {
            return Err(Stopped::Replaced);
        };
        if journal.life != self.journal.life {
            return Err(Stopped::Replaced);
        }
        // Whatever somebody else has begun since is not this run's, nor is it ended because this run's was.
        let holder = journal.lease.as_ref().map(|lease| &lease.run);
        if holder != self.journal.lease.as_ref().map(|lease| &lease.run) && holder != self.run.as_ref() {
            self.own.clear();
            self.settled.clear();
        }
        let (written, missing): (Vec<_>, Vec<_>) =
            mem::take(&mut self.unsaved).into_iter().partition(|entry| journal.entries.contains(entry));
        world.tally.learned(&journal, &written);
        journal.begun.retain(|step| !self.settled.contains(step));
        self.dirty = !missing.is_empty() || !self.settled.is_empty();
        journal.entries.extend(missing.iter().cloned());
        self.journal = journal;
        self.unsaved = missing;
        self.tag = tag;
        self.note_fired();
        Ok(())
    }
}
