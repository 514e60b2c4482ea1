use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_core::{
    alarm::{Repo, Signal},
    journal::{LifeId, Timer},
    life::rehearse,
    source::{self, Letter},
};
use dispatch_engine::ports::Tag;

use super::*;
use crate::check::defaults;

/// A store with as many timers and journals as one likes; it counts how often it is asked for an object.
#[derive(Debug)]
struct Many {
    names: Vec<String>,
    /// Names of the journals that came to rest.
    resting: Vec<String>,
    reads: AtomicUsize,
    most: AtomicUsize,
}

const MESSAGE: &str = r#"{"type": "self-service", "users": [{"slack": "jane", "github": "jane"}], "body": {
    "github": {"title": "jane signed in", "body": "b"},
    "slack": {"message": "m", "prompt": "Was it you?", "actions": {"yes": "Yes", "no": "No"}}}}"#;

fn now() -> Timestamp {
    "2026-11-21T03:00:00Z".parse().unwrap()
}

fn key(number: usize) -> Key {
    Key::new(&Repo::new("example-org", "alarms"), &number.to_string())
}

impl Many {
    fn with(timers: usize, journals: usize) -> Self {
        let timer = |number: usize| {
            let at = Timestamp::from_second(now().as_second() - 10 + i64::try_from(number).unwrap()).unwrap();
            Timer { at, n: 1, fired: false }.path(&key(number))
        };
        let mut names: Vec<String> = (0..timers).map(timer).collect();
        names.extend((0..journals).map(|number| format!("alarms/{}.json", key(number))));
        names.sort_unstable();
        Many { names, resting: Vec::new(), reads: AtomicUsize::new(0), most: AtomicUsize::new(0) }
    }

    fn look(&self, shown: usize, journals: usize) -> Lives {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(look(self, Bounds { shown, journals }, now())).unwrap()
    }
}

#[async_trait]
impl Store for Many {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if !self.names.iter().any(|name| name == path) {
            return Ok(None);
        }
        let letter = Letter { id: "m1", subject: None, text: MESSAGE };
        let Signal::Alarm(alarm) = source::accept(&letter, &defaults()).signal else { panic!("it is an alarm") };
        let mut journal = Journal::begin(*alarm, LifeId("1".to_owned()), &[], now());
        if self.resting.iter().any(|name| name == path) {
            rehearse(&mut journal, now());
        }
        Ok(Some((journal.to_bytes().unwrap().into(), Tag("t".to_owned()))))
    }

    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        let found = self.names.iter().filter(|name| name.starts_with(prefix) && name.as_str() < end);
        let found: Vec<String> = found.take(max).cloned().collect();
        self.most.fetch_max(found.len(), Ordering::Relaxed);
        Ok(found)
    }

    async fn list(&self, _: &str) -> Result<Vec<String>, Failed> {
        panic!("a list without an end is asked for")
    }

    async fn create(&self, _: &str, _: Bytes) -> Result<Option<Tag>, Failed> {
        panic!("something is written")
    }

    async fn swap(&self, _: &str, _: Bytes, _: &Tag) -> Result<Option<Tag>, Failed> {
        panic!("something is written")
    }

    async fn delete(&self, _: &str) -> Result<(), Failed> {
        panic!("something is removed")
    }
}

#[test]
fn however_much_there_is_only_so_much_is_read() {
    let store = Many::with(TIMERS_MAX + 7, 300);
    let lives = store.look(5, 20);
    assert!(lives.timers.more && lives.unlooked);
    assert_eq!((lives.timers.count, lives.timers.overdue), (TIMERS_MAX, 11));
    assert_eq!((lives.timers.alarms.len(), lives.looked), (5, 20));
    assert_eq!(store.reads.load(Ordering::Relaxed), 5 + 20);
    assert_eq!(store.most.load(Ordering::Relaxed), TIMERS_MAX + 1);
    assert_eq!(lives.timers.next.unwrap().as_second(), now().as_second() + 1);
}

#[test]
fn a_journal_that_nobody_works_on_is_unfinished_and_a_timer_without_one_is_told() {
    let mut store = Many::with(3, 2);
    let lives = store.look(5, 20);
    assert!(!lives.timers.more && !lives.unlooked);
    // Nothing was done for any of them yet: the plan has a next step, and no run holds a lease.
    assert_eq!((lives.unfinished.count, lives.untimed.count, lives.unreadable.count), (2, 0, 0));
    let titles: Vec<&str> =
        lives.unfinished.alarms.iter().map(|alarm| alarm.life.as_ref().unwrap().title.as_str()).collect();
    assert_eq!(titles, ["jane signed in", "jane signed in"]);
    let gone: Vec<bool> = lives.timers.alarms.iter().map(|alarm| alarm.life.is_err()).collect();
    assert_eq!(gone, [false, false, true]);
    // This one was carried until it waits, but no timer of its own stands in it.
    store.resting = vec![format!("alarms/{}.json", key(1))];
    let lives = store.look(5, 20);
    assert_eq!((lives.unfinished.count, lives.untimed.count), (1, 1));
    let life = lives.untimed.alarms[0].life.clone().unwrap();
    assert_eq!((life.state, life.next), ("asked", "look at issue"));
}

#[test]
fn nothing_there_is_nothing() {
    let lives = Many::with(0, 0).look(5, 20);
    assert_eq!((lives.timers.count, lives.timers.first, lives.looked, lives.unlooked), (0, None, 0, false));
    let none = Many::with(3, 3).look(0, 0);
    assert_eq!((none.timers.count, none.timers.alarms.len(), none.looked, none.unlooked), (3, 0, 0, true));
}
