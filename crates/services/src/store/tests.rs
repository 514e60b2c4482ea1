//! One suite that memory, a folder and S3 must pass.
//!
//! S3 is checked against whatever stands at `DISPATCH_TEST_S3`, such as `http://127.0.0.1:5057`, and
//! skipped without it. The server must do conditional puts in one step, as S3 does; of moto's alone that
//! is not so, and `tests/bootstraps/moto_in_turn.py` makes up for it.

use std::{collections::HashMap, env, process::Command, thread};

use bytes::Bytes;
use dispatch_engine::ports::Tag;
use futures::future::join_all;
use tempfile::TempDir;
use tokio::runtime::Builder;

use super::*;

mod bucket;
mod due;

const WRITERS: usize = 50;

async fn open(url: &str, more: &[(&str, &str)]) -> Result<Arc<dyn Store>, Problem> {
    let mut values: HashMap<&str, &str> = more.iter().copied().collect();
    values.insert(URL, url);
    let lookup = |name: &str| values.get(name).map(|&value| value.to_owned());
    let decrypt = async |_| unreachable!("nothing is encrypted");
    let settings = Settings::read(&[SETTINGS, crate::aws::SETTINGS], lookup, decrypt).await.unwrap();
    let aws = if needs_aws(&settings) { Some(Aws::connect(&settings).await.unwrap()) } else { None };
    connect(&settings, aws.as_ref())
}

fn folder() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let url = Url::from_directory_path(folder.path()).unwrap().to_string();
    (folder, url)
}

/// What every store does. It must be empty.
async fn conform(store: &dyn Store) {
    creation_is_exclusive(store).await;
    an_old_version_is_not_replaced(store).await;
    listing_is_ordered_and_by_whole_names(store).await;
    paths_stay_inside(store).await;
    counting_loses_nothing(store).await;
    one_of_many_creates(store).await;
    due::conform(store).await;
}

async fn creation_is_exclusive(store: &dyn Store) {
    assert_eq!(store.read("a/1").await, Ok(None));
    let tag = store.create("a/1", "one".into()).await.unwrap().expect("it is new");
    assert_eq!(store.create("a/1", "two".into()).await, Ok(None));
    assert_eq!(store.create("a/1", "one".into()).await, Ok(None), "not even with the same bytes");
    assert_eq!(store.read("a/1").await, Ok(Some(("one".into(), tag))));
    assert!(store.create("a/empty", Bytes::new()).await.unwrap().is_some());
    assert_eq!(store.read("a/empty").await.unwrap().unwrap().0, "");
}

async fn an_old_version_is_not_replaced(store: &dyn Store) {
    let first = store.create("b/1", "one".into()).await.unwrap().unwrap();
    let second = store.swap("b/1", "two".into(), &first).await.unwrap().expect("it is the newest");
    assert_ne!(first, second);
    assert_eq!(store.swap("b/1", "three".into(), &first).await, Ok(None));
    assert_eq!(store.read("b/1").await, Ok(Some(("two".into(), second.clone()))));
    assert!(store.swap("b/1", "three".into(), &second).await.unwrap().is_some());
    assert_eq!(store.swap("b/nothing", "x".into(), &second).await, Ok(None), "nothing is not replaced");
    assert_eq!(store.read("b/nothing").await, Ok(None));
}

async fn listing_is_ordered_and_by_whole_names(store: &dyn Store) {
    let paths =
        ["due/2026-11-21T03:00:00Z/b", "due/2026-11-21T03:00:00Z/B", "due/2026-11-20T23:59:00Z/c", "due2/x", "du"];
    for path in paths {
        store.create(path, "x".into()).await.unwrap().unwrap();
    }
    let due = ["due/2026-11-20T23:59:00Z/c", "due/2026-11-21T03:00:00Z/B", "due/2026-11-21T03:00:00Z/b"];
    assert_eq!(store.list("due").await.unwrap(), due);
    assert_eq!(store.list("due/").await.unwrap(), due);
    assert_eq!(store.list("due/2026-11-20T23:59:00Z").await.unwrap(), due[..1]);
    assert_eq!(store.list("none").await.unwrap(), [""; 0]);
    let all = store.list("").await.unwrap();
    assert!(all.is_sorted() && all.len() == 8, "{all:?}");
}

async fn paths_stay_inside(store: &dyn Store) {
    let wrong = [
        "",
        "/",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/./x",
        "a//x",
        "a/",
        ".lock",
        ".fresh",
        "a/.x",
        "a\\..\\x",
        "ä",
        "a b",
        "a%2e",
        "x#1",
    ];
    for path in wrong {
        let tag = Tag("x".to_owned());
        assert!(store.read(path).await.unwrap_err().is_final(), "{path}");
        assert!(store.create(path, "x".into()).await.unwrap_err().is_final(), "{path}");
        assert!(store.swap(path, "x".into(), &tag).await.unwrap_err().is_final(), "{path}");
        assert!(store.delete(path).await.unwrap_err().is_final(), "{path}");
    }
    assert!(store.list("..").await.unwrap_err().is_final());
    assert!(store.list_before("..", "x", 1).await.unwrap_err().is_final());
}

async fn counting_loses_nothing(store: &dyn Store) {
    store.create("count", "0".into()).await.unwrap().unwrap();
    join_all((0..WRITERS).map(|_| increment(store))).await;
    assert_eq!(store.read("count").await.unwrap().unwrap().0, WRITERS.to_string());
}

async fn increment(store: &dyn Store) {
    loop {
        let (bytes, tag) = store.read("count").await.unwrap().unwrap();
        let count: usize = str::from_utf8(&bytes).unwrap().parse().unwrap();
        match store.swap("count", (count + 1).to_string().into(), &tag).await {
            Ok(Some(_)) => return,
            // A bucket may ask for patience while another write is under way.
            Ok(None) | Err(Failed::Busy { .. }) => {}
            Err(failed) => panic!("{failed}"),
        }
    }
}

async fn one_of_many_creates(store: &dyn Store) {
    let created = join_all((0..WRITERS).map(|writer| store.create("once", writer.to_string().into()))).await;
    let winners: Vec<_> = (0..WRITERS).filter(|&writer| matches!(created[writer], Ok(Some(_)))).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.read("once").await.unwrap().unwrap().0, winners[0].to_string());
}

#[tokio::test]
async fn memory_conforms() {
    conform(open("memory:///", &[]).await.unwrap().as_ref()).await;
}

#[tokio::test]
async fn a_folder_conforms() {
    let (folder, url) = folder();
    conform(open(&format!("{url}made/here"), &[]).await.unwrap().as_ref()).await;
    assert!(folder.path().join("made/here/a/1").is_file());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_a_problem() {
    let (folder, url) = folder();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let problem = open(&format!("{url}file"), &[]).await.unwrap_err();
    assert!(problem.to_string().contains("expected a folder to write in"), "{problem}");
}

/// Each thread is a stranger to the others: a runtime and a store of its own.
#[test]
fn threads_that_share_only_the_folder_lose_nothing() {
    let (_folder, url) = folder();
    alone(async {
        open(&url, &[]).await.unwrap().create("count", "0".into()).await.unwrap().unwrap();
    });
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| count_in(&url, 25));
        }
    });
    assert_eq!(count(&url), 200);
}

const CHILD: &str = "DISPATCH_TEST_FOLDER";

/// Two processes, started from this test's own program, swap one object at the same time.
#[test]
fn processes_that_share_only_the_folder_lose_nothing() {
    if let Ok(url) = env::var(CHILD) {
        meet(&url, 2);
        return count_in(&url, 300);
    }
    let (_folder, url) = folder();
    alone(async {
        open(&url, &[]).await.unwrap().create("count", "0".into()).await.unwrap().unwrap();
    });
    let name = "store::tests::processes_that_share_only_the_folder_lose_nothing";
    let start = || Command::new(env::current_exe().unwrap()).args(["--exact", name]).env(CHILD, &url).spawn().unwrap();
    for mut child in [start(), start()] {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(count(&url), 600);
}

fn alone<T>(work: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Waits until so many processes have come, so that they work at the same time.
fn meet(url: &str, processes: usize) {
    alone(async {
        let store = open(url, &[]).await.unwrap();
        store.create(&format!("here/{}", std::process::id()), Bytes::new()).await.unwrap().unwrap();
        while store.list("here").await.unwrap().len() < processes {}
    });
}

fn count_in(url: &str, times: usize) {
    alone(async {
        let store = open(url, &[]).await.unwrap();
        for _ in 0..times {
            increment(store.as_ref()).await;
        }
    });
}

fn count(url: &str) -> usize {
    alone(async {
        let (bytes, _) = open(url, &[]).await.unwrap().read("count").await.unwrap().unwrap();
        str::from_utf8(&bytes).unwrap().parse().unwrap()
    })
}

/// Readers see one version or the other while writers are at work.
#[tokio::test]
async fn a_reader_of_a_folder_never_sees_half() {
    let (_folder, url) = folder();
    let store = open(&url, &[]).await.unwrap();
    let content = |digit: u8| Bytes::from(vec![b'0' + digit; 200_000]);
    let mut tag = store.create("big", content(0)).await.unwrap().unwrap();
    let writer = Arc::clone(&store);
    let writing = tokio::spawn(async move {
        for round in 1..40 {
            tag = writer.swap("big", content(round % 10), &tag).await.unwrap().unwrap();
        }
    });
    while !writing.is_finished() {
        let (bytes, _) = store.read("big").await.unwrap().unwrap();
        assert_eq!(bytes.len(), 200_000);
        assert!(bytes.iter().all(|byte| *byte == bytes[0]));
    }
    writing.await.unwrap();
}

#[test]
fn a_place_is_named_in_four_ways() {
    let bucket = |prefix: &str| Some(Place::Bucket { name: "b".to_owned(), prefix: Path::from(prefix) });
    assert_eq!(Place::of("memory:///"), Some(Place::Memory));
    assert_eq!(Place::of("file:///tmp/x"), Some(Place::Folder("/tmp/x".into())));
    assert_eq!(Place::of("s3://b"), bucket(""));
    assert_eq!(Place::of("s3://b/"), bucket(""));
    assert_eq!(Place::of("s3://b/a/c/"), bucket("a/c"));
    for wrong in [
        "",
        "b",
        "/tmp/x",
        "file://tmp/x",
        "file:///",
        "memory://x",
        "s3://",
        "s3:///b",
        "s3://b/.x",
        "s3://b?x=1",
        "gs://b",
    ] {
        assert_eq!(Place::of(wrong), None, "{wrong}");
    }
}
