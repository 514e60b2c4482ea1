//! What S3 is asked for: a bucket that only lists, and counts.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use std::{collections::BTreeSet, ops::Bound};

use super::{
    super::due::{sweep, timers},
    *,
};

/// Where a list begins: behind this name, which its token is.
const TOKEN: &str = "behind ";

#[derive(Default)]
struct Shelf {
    names: BTreeSet<String>,
    /// How many names each request asked for, and how many it was given.
    pages: Mutex<Vec<(usize, usize)>>,
    /// So many requests are refused first.
    busy: Mutex<usize>,
}

impl Shelf {
    async fn start(names: impl IntoIterator<Item = String>, busy: usize) -> (Arc<Self>, Arc<dyn Store>) {
        let names = names.into_iter().map(|name| format!("pre/fix/{name}")).collect();
        let shelf = Arc::new(Shelf { names, busy: Mutex::new(busy), ..Shelf::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(list).with_state(Arc::clone(&shelf));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (shelf, open_at(&endpoint, "s3://bucket/pre/fix").await)
    }

    fn pages(&self) -> Vec<(usize, usize)> {
        std::mem::take(&mut self.pages.lock().unwrap())
    }
}

async fn list(State(shelf): State<Arc<Shelf>>, request: Request) -> Response {
    let uri = Url::parse(&format!("http://s3{}", request.uri())).unwrap();
    let asked: HashMap<_, _> = uri.query_pairs().collect();
    assert_eq!((request.method(), uri.path(), &*asked["list-type"]), (&Method::GET, "/bucket", "2"));
    let mut busy = shelf.busy.lock().unwrap();
    if *busy > 0 {
        *busy -= 1;
        return error(503, "SlowDown");
    }
    let (prefix, max) = (&*asked["prefix"], asked["max-keys"].parse().unwrap());
    let from = match asked.get("continuation-token") {
        Some(token) => Bound::Excluded(token.strip_prefix(TOKEN).unwrap()),
        None => Bound::Included(prefix),
    };
    let mut left = shelf.names.range::<str, _>((from, Bound::Unbounded)).take_while(|name| name.starts_with(prefix));
    let page: Vec<_> = left.by_ref().take(max).collect();
    shelf.pages.lock().unwrap().push((max, page.len()));
    let more = match (left.next(), page.last()) {
        (Some(_), Some(last)) => format!("<NextContinuationToken>{TOKEN}{last}</NextContinuationToken>"),
        _ => String::new(),
    };
    let entry = |name: &&String| {
        format!("<Contents><Key>{name}</Key><LastModified>2026-11-21T03:00:00Z</LastModified><Size>1</Size></Contents>")
    };
    let entries: String = page.iter().map(entry).collect();
    format!("<ListBucketResult>{entries}{more}</ListBucketResult>").into_response()
}

#[tokio::test]
async fn s3_is_asked_for_about_what_is_due() {
    let mut others = vec!["alarms/a".to_owned(), "due2/a".to_owned()];
    for waiting in [100, 100_000] {
        others.extend(timers(waiting));
        let (shelf, store) = Shelf::start(others.drain(..), 0).await;
        sweep(store.as_ref()).await;
        assert_eq!(shelf.pages(), [(64, 64)], "of {waiting}");
    }
}

#[tokio::test]
async fn pages_grow_and_never_ask_for_more_than_was_wanted() {
    let all: Vec<_> = timers(5_000).collect();
    let (shelf, store) = Shelf::start(all.clone(), 0).await;
    let ask = async |end: usize, max| {
        let listed = store.list_before("due", &all[end], max).await.unwrap();
        assert_eq!(listed, all[..end.min(max)]);
        shelf.pages().into_iter().map(|(asked, _)| asked).collect::<Vec<_>>()
    };
    assert_eq!(ask(20, 10).await, [10]);
    assert_eq!(ask(300, 1_000).await, [64, 128, 256]);
    assert_eq!(ask(300, 100).await, [64, 36]);
    assert_eq!(ask(64, 64).await, [64]);
    assert_eq!(ask(4_000, 3_000).await, [64, 128, 256, 512, 1_000, 1_000, 40]);
    assert_eq!(ask(300, 0).await, [0; 0]);
}

#[tokio::test]
async fn a_page_that_was_refused_is_asked_for_again() {
    let (shelf, store) = Shelf::start(timers(100), 1).await;
    sweep(store.as_ref()).await;
    assert_eq!(shelf.pages().len(), 1);
    *shelf.busy.lock().unwrap() = usize::MAX;
    let failed = store.list_before("due", "due2", 9).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { call: LIST, .. }), "{failed}");
}

/// Such as the empty object by which S3's console shows a folder.
#[tokio::test]
async fn what_others_put_there_is_passed_over() {
    let strange = ["due/", "due/.x", "due/a b", "due/1/a"].map(str::to_owned);
    let (_, store) = Shelf::start(strange, 0).await;
    assert_eq!(store.list_before("due", "due2", 9).await.unwrap(), ["due/1/a"]);
}
