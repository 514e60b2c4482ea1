//! S3: the suite against a stand-in from elsewhere, and trouble against a server of our own.

use std::sync::Mutex;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

use super::*;
use crate::http::{Http, Repeat, Verdict};

mod pages;

const KEYS: [(&str, &str); 3] =
    [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];

async fn open_at(endpoint: &str, url: &str) -> Arc<dyn Store> {
    open(url, &[&KEYS[..], &[("AWS_ENDPOINT_URL_S3", endpoint)]].concat()).await.unwrap()
}

#[tokio::test]
async fn s3_conforms() {
    let Ok(endpoint) = env::var("DISPATCH_TEST_S3") else {
        return println!("skipped: DISPATCH_TEST_S3 names no endpoint");
    };
    // A fresh name each time, because nothing here deletes a bucket.
    let bucket = format!("dispatch-{}", dispatch_engine::ports::Clock::fresh(&crate::clock::SystemClock));
    let making = reqwest::Request::new(Method::PUT, format!("{endpoint}/{bucket}").parse().unwrap());
    Http::new().unwrap().send("s3 CreateBucket", making, Repeat::Freely, Verdict::of_status).await.unwrap();
    conform(open_at(&endpoint, &format!("s3://{bucket}")).await.as_ref()).await;
    let inside = open_at(&endpoint, &format!("s3://{bucket}/deep/er")).await;
    assert_eq!(inside.list("").await.unwrap(), [""; 0]);
    conform(inside.as_ref()).await;
    let missing = open_at(&endpoint, "s3://there-is-no-such-bucket").await;
    let failed = Failed::Busy { call: READ, reason: "NoSuchBucket".to_owned(), wait: None };
    assert_eq!(missing.read("a").await, Err(failed));
}

/// What a server does with one put or deletion.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Does it, and loses the reply.
    LoseReply,
    /// Loses the request.
    LoseRequest,
    /// Somebody else writes instead, and the reply is lost.
    LoseToOther,
    /// Answers with an error.
    Say(u16, &'static str),
    /// Does it.
    Write,
}
use Act::{LoseReply, LoseRequest, LoseToOther, Say, Write};

/// One object, and a script for what happens to puts and deletions; the last act is repeated.
struct Bucket {
    script: Mutex<Vec<Act>>,
    object: Mutex<Option<Bytes>>,
    /// What each request was, with its condition.
    seen: Mutex<Vec<String>>,
}

impl Bucket {
    async fn start(script: &[Act]) -> (Arc<Self>, Arc<dyn Store>) {
        let script = Mutex::new(script.iter().rev().copied().collect());
        let bucket = Arc::new(Bucket { script, object: Mutex::default(), seen: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&bucket));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let store = open_at(&endpoint, "s3://bucket/prefix").await;
        (bucket, store)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn act(&self) -> Act {
        let mut script = self.script.lock().unwrap();
        if script.len() > 1 { script.pop().unwrap() } else { script[0] }
    }
}

async fn answer(State(bucket): State<Arc<Bucket>>, request: Request) -> Response {
    let condition = ["if-match", "if-none-match"]
        .into_iter()
        .find_map(|name| Some(format!(" {name} {}", request.headers().get(name)?.to_str().unwrap())));
    let line = format!("{} {}{}", request.method(), request.uri().path(), condition.unwrap_or_default());
    bucket.seen.lock().unwrap().push(line);
    assert!(request.headers()[header::AUTHORIZATION].to_str().unwrap().contains("/us-east-1/s3/aws4_request"));
    if request.method() == Method::GET {
        return match bucket.object.lock().unwrap().clone() {
            Some(bytes) => fine(bytes),
            None => error(404, "NoSuchKey"),
        };
    }
    let is_put = request.method() == Method::PUT;
    let bytes = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let act = bucket.act();
    let mut object = bucket.object.lock().unwrap();
    match act {
        Say(status, code) => return error(status, code),
        Write | LoseReply => *object = is_put.then_some(bytes),
        LoseToOther => *object = Some("other".into()),
        LoseRequest => {}
    }
    if matches!(act, Write) { fine(Bytes::new()) } else { cut() }
}

fn fine(bytes: Bytes) -> Response {
    let headers = [(header::ETAG, "\"1\""), (header::LAST_MODIFIED, "Sat, 21 Nov 2026 03:00:00 GMT")];
    (headers, bytes).into_response()
}

fn error(status: u16, code: &str) -> Response {
    let body = format!("<Error><Code>{code}</Code><Message>about a-secret-body</Message></Error>");
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// A reply that ends before its body does.
fn cut() -> Response {
    let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
    let mut response = Response::new(Body::from_stream(broken));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("10"));
    response
}

const DELETION: &str = "DELETE /bucket/prefix/a";
const CREATION: &str = "PUT /bucket/prefix/a if-none-match *";
const LOOK: &str = "GET /bucket/prefix/a";

#[tokio::test]
async fn a_put_whose_reply_is_lost_is_looked_for_and_never_repeated() {
    let (bucket, store) = Bucket::start(&[LoseReply]).await;
    assert_eq!(store.create("a", "mine".into()).await, Ok(Some(Tag("\"1\"".to_owned()))));
    assert_eq!(bucket.seen(), [CREATION, LOOK]);

    let (bucket, store) = Bucket::start(&[LoseReply]).await;
    let swapped = store.swap("a", "mine".into(), &Tag("\"0\"".to_owned())).await;
    assert_eq!(swapped, Ok(Some(Tag("\"1\"".to_owned()))));
    assert_eq!(bucket.seen(), ["PUT /bucket/prefix/a if-match \"0\"", LOOK]);
}

#[tokio::test]
async fn a_put_that_cannot_be_found_stays_unsure() {
    for act in [LoseRequest, LoseToOther, Say(500, "InternalError")] {
        let (bucket, store) = Bucket::start(&[act]).await;
        let failed = store.create("a", "mine".into()).await.unwrap_err();
        assert!(failed.is_unsure(), "{act:?}: {failed}");
        assert_eq!(bucket.seen(), [CREATION, LOOK]);
    }
}

#[tokio::test]
async fn a_put_that_was_not_done_is_repeated() {
    for code in [Say(409, "ConditionalRequestConflict"), Say(503, "SlowDown")] {
        let (bucket, store) = Bucket::start(&[code, Write]).await;
        assert!(store.create("a", "mine".into()).await.unwrap().is_some());
        assert_eq!(bucket.seen(), [CREATION, CREATION]);
    }
}

#[tokio::test]
async fn a_deletion_is_repeated_only_when_it_was_not_done() {
    for lost in [LoseReply, LoseRequest, Say(500, "InternalError")] {
        let (bucket, store) = Bucket::start(&[lost]).await;
        let failed = store.delete("a").await.unwrap_err();
        assert!(failed.is_unsure(), "{lost:?}: {failed}");
        assert_eq!(bucket.seen(), [DELETION], "somebody may have created it anew");
    }
    let (bucket, store) = Bucket::start(&[Say(503, "SlowDown"), Write]).await;
    assert_eq!(store.delete("a").await, Ok(()));
    assert_eq!(bucket.seen(), [DELETION, DELETION]);
    let (_, store) = Bucket::start(&[Say(404, "NoSuchKey")]).await;
    assert_eq!(store.delete("a").await, Ok(()));
    for (status, code) in [(403, "AccessDenied"), (404, "NoSuchBucket")] {
        let (_, store) = Bucket::start(&[Say(status, code)]).await;
        let failed = Failed::Busy { call: DELETE, reason: code.to_owned(), wait: None };
        assert_eq!(store.delete("a").await, Err(failed));
    }
}

#[tokio::test]
async fn only_a_condition_that_does_not_hold_is_an_answer() {
    let (_, store) = Bucket::start(&[Say(412, "PreconditionFailed")]).await;
    let tag = Tag("\"0\"".to_owned());
    assert_eq!(store.create("a", "mine".into()).await, Ok(None));
    assert_eq!(store.swap("a", "mine".into(), &tag).await, Ok(None));
    for (status, code) in
        [(403, "AccessDenied"), (400, "ExpiredToken"), (404, "NoSuchBucket"), (301, "PermanentRedirect")]
    {
        let (bucket, store) = Bucket::start(&[Say(status, code)]).await;
        let failed = Failed::Busy { call: CREATE, reason: code.to_owned(), wait: None };
        assert_eq!(store.create("a", "mine".into()).await, Err(failed));
        assert_eq!(bucket.seen(), [CREATION]);
    }
}

#[tokio::test]
async fn a_bucket_out_of_reach_has_certainly_not_acted() {
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let store = open_at(&format!("http://{away}"), "s3://bucket").await;
    let failed = store.create("a", "mine".into()).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { call: CREATE, .. }), "{failed}");
}
