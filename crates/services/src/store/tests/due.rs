//! Timers: what comes before a name is listed, and goes when it is dealt with, however much comes after.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::*;

/// What every store does beside the rest of the suite.
pub(super) async fn conform(store: &dyn Store) {
    what_comes_before_is_the_beginning_of_the_list(store).await;
    many_come_in_order(store).await;
    deleting_is_for_good_and_of_one_object(store).await;
    what_is_deleted_is_not_brought_back(store).await;
    a_list_beside_writers_holds_what_stays(store).await;
}

async fn what_comes_before_is_the_beginning_of_the_list(store: &dyn Store) {
    let paths = [
        "when/20261121T030512",
        // Before what lies in the folder whose name it begins with: a dash comes before a slash.
        "when/20261121T030512Z-x",
        "when/20261121T030512Z/B",
        "when/20261121T030512Z/a/deep",
        "when/20261121T030512Z/b",
        "when/20261121T030512Zx/a",
        "when/20261121T030513Z/a",
        "when/20271121T030512Z/a",
    ];
    for path in paths.iter().rev().chain(&["whe", "when-other", "when2/20261121T030512Z/a"]) {
        store.create(path, "x".into()).await.unwrap().unwrap();
    }
    let partial = ["", "when", "when/", "when/20261121T030512Z", "when/20261121T030512Z/", "wheo", "~"];
    for end in paths.iter().chain(&partial) {
        let earlier: Vec<_> = paths.into_iter().filter(|path| path < end).collect();
        for max in [0, 1, 3, usize::MAX] {
            let listed = store.list_before("when", end, max).await.unwrap();
            assert_eq!(listed, earlier[..earlier.len().min(max)], "{max} before {end:?}");
        }
        assert_eq!(store.list_before("when/", end, usize::MAX).await.unwrap(), earlier);
    }
    let inside = store.list_before("when/20261121T030512Z", "when/20261121T030512Z/b", 9).await.unwrap();
    assert_eq!(inside, paths[2..4], "the end is not among them, and what is above the folder neither");
    assert_eq!(store.list_before("none", "~", 9).await.unwrap(), [""; 0]);
    assert_eq!(store.list_before("whe", "~", 9).await.unwrap(), [""; 0], "it is no folder");
    assert_eq!(store.list_before("", "~", 9_999).await.unwrap(), store.list("").await.unwrap());
}

/// More than S3 is asked for at once.
async fn many_come_in_order(store: &dyn Store) {
    let paths: Vec<_> = (0..200).map(|second| format!("many/{second:04}/key")).collect();
    let created = join_all(paths.iter().rev().map(|path| store.create(path, "x".into()))).await;
    assert!(created.iter().all(|tag| matches!(tag, Ok(Some(_)))), "{created:?}");
    for (end, max, expected) in
        [(199, 999, 199), (199, 150, 150), (64, 64, 64), (65, 64, 64), (64, 65, 64), (192, 999, 192)]
    {
        let listed = store.list_before("many", &format!("many/{end:04}"), max).await.unwrap();
        assert_eq!(listed, paths[..expected], "{max} before {end}");
    }
}

async fn deleting_is_for_good_and_of_one_object(store: &dyn Store) {
    let tag = store.create("gone/1/a", "one".into()).await.unwrap().unwrap();
    for path in ["gone/1/b", "gone/1-a", "gone/2/a"] {
        store.create(path, "x".into()).await.unwrap().unwrap();
    }
    for _ in 0..2 {
        assert_eq!(store.delete("gone/1/a").await, Ok(()));
        assert_eq!(store.read("gone/1/a").await, Ok(None));
    }
    assert_eq!(store.swap("gone/1/a", "two".into(), &tag).await, Ok(None), "nothing is not replaced");
    for nothing in ["gone", "gone/1", "gone/1/a/x", "gone/3/a", "nowhere"] {
        assert_eq!(store.delete(nothing).await, Ok(()), "{nothing}");
    }
    assert_eq!(store.list("gone").await.unwrap(), ["gone/1-a", "gone/1/b", "gone/2/a"]);
    assert!(store.create("gone/1/a", "two".into()).await.unwrap().is_some());
    assert_eq!(store.read("gone/1/a").await.unwrap().unwrap().0, "two");
    for path in store.list("gone").await.unwrap() {
        store.delete(&path).await.unwrap();
    }
    assert_eq!(store.list("gone").await.unwrap(), [""; 0]);
    assert!(store.create("gone/1/a", "three".into()).await.unwrap().is_some(), "where a folder was taken away");
}

/// A swap that is under way comes before the deletion, or finds nothing.
async fn what_is_deleted_is_not_brought_back(store: &dyn Store) {
    for round in 0..20 {
        let path = format!("swapped/{round}");
        let mut tag = store.create(&path, "x".into()).await.unwrap().unwrap();
        let swap = async {
            for version in 0..5 {
                match patiently(|| store.swap(&path, format!("{version}").into(), &tag)).await {
                    Some(newer) => tag = newer,
                    None => return,
                }
            }
        };
        futures::join!(swap, patiently(|| store.delete(&path)));
        assert_eq!(store.read(&path).await, Ok(None), "in round {round}");
    }
}

async fn a_list_beside_writers_holds_what_stays(store: &dyn Store) {
    let stay = ["churn/1/stays", "churn/5/stays", "churn/7/stays"];
    for path in stay {
        store.create(path, "x".into()).await.unwrap().unwrap();
    }
    let is_over = AtomicUsize::new(0);
    let write = async |writer: usize| {
        for round in 0..20 {
            // Alone in a folder, together in one, and beside what stays.
            for path in
                [format!("churn/2/{writer}/x"), format!("churn/{}/y", 3 + round % 2), format!("churn/5/{writer}")]
            {
                let created = patiently(|| store.create(&path, "x".into())).await;
                assert!(created.is_some() || path.ends_with('y'), "{path} is this writer's own");
                patiently(|| store.delete(&path)).await;
            }
        }
        is_over.fetch_add(1, Ordering::Relaxed);
    };
    let look = async {
        while is_over.load(Ordering::Relaxed) < 4 {
            let listed = store.list_before("churn", "churn/6", 99).await.unwrap();
            assert!(listed.is_sorted_by(|a, b| a < b), "{listed:?}");
            assert!(stay[..2].iter().all(|path| listed.iter().any(|found| found == path)), "{listed:?}");
            assert!(listed.iter().all(|path| path.starts_with("churn/") && path.as_str() < "churn/6"), "{listed:?}");
            assert!(store.list("churn").await.unwrap().len() >= stay.len());
            tokio::task::yield_now().await;
        }
    };
    futures::join!(join_all((0..4).map(write)), look);
    assert_eq!(store.list("churn").await.unwrap(), stay);
}

/// A bucket may ask for patience while another write is under way.
async fn patiently<T, F: Future<Output = Result<T, Failed>>>(call: impl Fn() -> F) -> T {
    loop {
        match call().await {
            Ok(done) => return done,
            Err(Failed::Busy { wait: Some(_), .. }) => {}
            Err(failed) => panic!("{failed}"),
        }
    }
}

const WAITING: usize = 100_000;
const DUE: usize = 10;
/// 2026-11-21 03:05:12 UTC, and nothing of that second.
const NOW: &str = "due/20261121T030512Z";

/// Timers in the order of their names; the first [`DUE`] are due at [`NOW`].
pub(super) fn timers(waiting: usize) -> impl Iterator<Item = String> {
    let now: Timestamp = "2026-11-21T03:05:12Z".parse().unwrap();
    (0..waiting).map(move |place| {
        let second = i64::try_from(place).unwrap() - i64::try_from(DUE).unwrap();
        let at = now + SignedDuration::from_secs(second);
        format!("due/{}/key{place}", at.strftime("%Y%m%dT%H%M%SZ"))
    })
}

/// What is due, found and dealt with.
pub(super) async fn sweep(store: &dyn Store) {
    let due: Vec<_> = timers(DUE).collect();
    assert_eq!(store.list_before("due/", NOW, 100).await.unwrap(), due);
}

#[tokio::test]
async fn memory_looks_at_what_is_due() {
    let memory = Memory::default();
    for path in timers(WAITING) {
        memory.create(&path, Bytes::new()).await.unwrap().unwrap();
    }
    sweep(&memory).await;
    let looked_at = memory.looked_at.load(Ordering::Relaxed);
    assert!(looked_at <= DUE + 1, "{looked_at} names were looked at");
}

/// Whatever is not due is a link to itself, which fails whoever looks at it.
#[cfg(unix)]
#[tokio::test]
async fn a_folder_looks_into_what_is_due() {
    let (folder, url) = folder();
    let store = open(&url, &[]).await.unwrap();
    for path in timers(DUE) {
        store.create(&path, Bytes::new()).await.unwrap().unwrap();
    }
    // Fewer, because a file system takes its time to make them.
    for path in timers(WAITING / 10).skip(DUE) {
        let instant = folder.path().join(path.rsplit_once('/').unwrap().0);
        std::os::unix::fs::symlink(&instant, &instant).unwrap();
    }
    sweep(store.as_ref()).await;
    let looked = store.list_before("due/", "due/20261121T030513Z", 100).await;
    assert!(matches!(looked, Err(Failed::Busy { .. })), "nothing would have been seen: {looked:?}");
}

#[tokio::test]
async fn a_folder_that_is_emptied_goes_and_its_root_stays() {
    let (folder, url) = folder();
    let store = open(&url, &[]).await.unwrap();
    for path in ["due/20261121T030512Z/a", "due/20261121T030512Z/b", "due/20261121T030513Z/a"] {
        store.create(path, "x".into()).await.unwrap().unwrap();
    }
    let is_there = |path: &str| folder.path().join(path).exists();
    store.delete("due/20261121T030512Z/a").await.unwrap();
    assert!(is_there("due/20261121T030512Z"), "another timer lies in it");
    store.delete("due/20261121T030512Z/b").await.unwrap();
    assert!(!is_there("due/20261121T030512Z") && is_there("due/20261121T030513Z/a"));
    store.delete("due/20261121T030513Z/a").await.unwrap();
    assert!(!is_there("due") && is_there(".lock"));
    assert_eq!(store.list("").await.unwrap(), [""; 0]);
}

/// Each thread is a stranger to the others. A folder that one empties is one that another creates in.
#[test]
fn creating_beside_deleting_never_fails_in_a_folder() {
    let (_folder, url) = folder();
    thread::scope(|scope| {
        for stranger in 0..4 {
            let url = &url;
            scope.spawn(move || {
                alone(async {
                    let store = open(url, &[]).await.unwrap();
                    for round in 0..200 {
                        let path = format!("due/{}/{stranger}", round % 2);
                        assert!(store.create(&path, "x".into()).await.unwrap().is_some());
                        store.delete(&path).await.unwrap();
                    }
                });
            });
        }
    });
    alone(async { assert_eq!(open(&url, &[]).await.unwrap().list("").await.unwrap(), [""; 0]) });
}
