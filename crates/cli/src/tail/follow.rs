//! Log groups, read on and on.

use std::{collections::HashMap, time::Duration};

use dispatch_engine::ports::Failed;
use dispatch_services::logs::{Event, Logs, Query};
use futures::future::join_all;
use jiff::Timestamp;

/// Pages of a log group that are put in order at once; a page is at most 1 MB.
const PAGES_MAX: usize = 10;
/// An event that comes so much later than one that was logged after it is still shown.
const LATE: Duration = Duration::from_secs(20);
/// How far back a quiet log group is read. More than the clock of this machine may be ahead.
const QUIET: Duration = Duration::from_secs(120);

/// A log group, and how far it was read.
#[derive(Debug)]
pub(super) struct Group {
    /// Its name.
    pub(super) name: String,
    /// What its lines are marked with.
    pub(super) label: String,
    since: Timestamp,
    next: Option<String>,
    /// What was shown and may come again.
    seen: HashMap<String, Timestamp>,
}

impl Group {
    /// A log group that is read from this time on.
    pub(super) fn new(name: String, label: String, since: Timestamp) -> Self {
        Group { name, label, since, next: None, seen: HashMap::new() }
    }

    /// Reads what there is, as far as [`PAGES_MAX`]; what was read before a failure is not lost.
    async fn read(&mut self, logs: &Logs, holding: Option<&str>) -> (Vec<Event>, Result<(), Failed>) {
        let began = Timestamp::now();
        let mut events = Vec::new();
        for _ in 0..PAGES_MAX {
            let query = Query { group: &self.name, since: self.since, holding };
            let page = match logs.page(&query, self.next.clone()).await {
                Ok(page) => page,
                Err(failed) => {
                    // Perhaps it was the page that could not be asked for: the next time begins anew.
                    self.next = None;
                    return (events, Err(failed));
                }
            };
            let fresh = |event: &Event| self.seen.insert(event.id.clone(), event.at).is_none();
            events.extend(page.events.into_iter().filter(fresh));
            // A page that leads to itself would be read for ever.
            self.next = page.next.filter(|next| self.next.as_ref() != Some(next));
            if self.next.is_none() {
                self.go_on(began);
                break;
            }
        }
        (events, Ok(()))
    }

    /// The next time, what was read now is left out, but for what may have come late.
    fn go_on(&mut self, began: Timestamp) {
        let newest = self.seen.values().max().and_then(|newest| newest.checked_sub(LATE).ok());
        let quiet = began.checked_sub(QUIET).ok();
        self.since = [newest, quiet].into_iter().flatten().fold(self.since, Timestamp::max);
        self.seen.retain(|_, at| *at >= self.since);
    }
}

/// What a log group says.
#[derive(Debug)]
pub(super) struct Said {
    /// Position of the group.
    pub(super) group: usize,
    pub(super) event: Event,
}

/// What one look at all groups brought.
#[derive(Debug)]
pub(super) struct Round {
    /// What is new, in order of time.
    pub(super) said: Vec<Said>,
    /// Whether more is there already.
    pub(super) more: bool,
    /// The first group that could not be read to its end, by its position.
    pub(super) failed: Option<(usize, Failed)>,
}

/// Reads all groups side by side.
pub(super) async fn read(logs: &Logs, groups: &mut [Group], holding: Option<&str>) -> Round {
    let read = join_all(groups.iter_mut().map(|group| group.read(logs, holding))).await;
    let (mut said, mut failed) = (Vec::new(), None);
    for (group, (events, ended)) in read.into_iter().enumerate() {
        said.extend(events.into_iter().map(|event| Said { group, event }));
        failed = failed.or(ended.err().map(|error| (group, error)));
    }
    said.sort_by_key(|said| said.event.at);
    Round { said, more: groups.iter().any(|group| group.next.is_some()), failed }
}
