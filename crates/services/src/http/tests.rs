use http::{Method, header};
use tokio::net::TcpListener;
use url::Url;

use super::{connect::USER_AGENT, *};

use self::server::{
    Act::{self, Answer, Begin, Drop, Hang},
    Server,
};

mod limits;
mod server;
mod time;
mod vendors;

const CALL: &str = "test call";

fn swift() -> Policy {
    Policy {
        call: Duration::from_secs(5),
        total: Duration::from_secs(15),
        wait_max: Duration::from_secs(1),
        backoff: Duration::from_millis(2),
        ..Policy::default()
    }
}

async fn send(server: &Server, policy: Policy, method: Method, repeat: Repeat) -> Result<Reply, Failed> {
    let mut request = Request::new(method.clone(), server.url("/thing?token=secret"));
    request.headers_mut().insert(header::AUTHORIZATION, "Bearer secret".parse().unwrap());
    if method == Method::POST {
        *request.body_mut() = Some("secret body".into());
    }
    let result = Http::with_policy(policy).unwrap().send(CALL, request, repeat, Verdict::of_status).await;
    if let Err(failed) = &result {
        assert!(!format!("{failed} {failed:?}").contains("secret"), "{failed:?}");
    }
    result
}

async fn create(server: &Server) -> Result<Reply, Failed> {
    send(server, swift(), Method::POST, Repeat::OnlyIfNotActedOn).await
}

async fn fetch(server: &Server) -> Result<Reply, Failed> {
    send(server, swift(), Method::GET, Repeat::Freely).await
}

/// A server that answers everything, and counts its connections.
async fn counting() -> (Url, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let connections = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let listener = axum::serve::ListenerExt::tap_io(listener, {
        let connections = Arc::clone(&connections);
        move |_| _ = connections.fetch_add(1, Ordering::Relaxed)
    });
    let answer = axum::Router::new().fallback(async || "{}");
    tokio::spawn(async move { axum::serve(listener, answer).await });
    (url, connections)
}

#[tokio::test]
async fn whoever_was_greeted_is_called_through_the_same_connection() {
    let (url, connections) = counting().await;
    let http = Http::new().unwrap();
    http.greet(url.clone()).await;
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    for _ in 0..3 {
        let request = Request::new(Method::GET, url.clone());
        http.clone().send(CALL, request, Repeat::Freely, Verdict::of_status).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn nobody_is_greeted_where_others_could_listen() {
    let (mut url, connections) = counting().await;
    // Leads here, too, but nothing says so.
    url.set_host(Some("0.0.0.0")).unwrap();
    Http::new().unwrap().greet(url).await;
    assert_eq!(connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_reply_is_handed_over_whole() {
    let server = Server::play(&[Answer("201 Created\r\nx-of-interest: 7")]).await;
    let reply = create(&server).await.unwrap();
    assert_eq!(
        (reply.status, &reply.body[..], reply.header("X-Of-Interest")),
        (StatusCode::CREATED, &b"{}"[..], Some("7"))
    );
    let request = server.seen.lock().unwrap()[0].clone();
    assert!(request.contains(&format!("user-agent: {USER_AGENT}\r\n")), "{request}");
}

#[tokio::test]
async fn without_a_connection_nothing_was_done() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server { address: listener.local_addr().unwrap(), seen: Arc::default() };
    drop(listener);
    let failed = create(&server).await.unwrap_err();
    assert!(matches!(&failed, Failed::Busy { wait: None, reason, .. } if reason.contains("refused")), "{failed:?}");
}

#[tokio::test]
async fn a_creation_is_not_repeated_when_its_reply_is_lost() {
    for act in [&[Drop] as &[Act], &[Answer("500 Oh")], &[Answer("502 Oh")], &[Answer("503 Oh\r\nretry-after: 0")]] {
        let server = Server::play(act).await;
        let failed = create(&server).await.unwrap_err();
        assert!(failed.is_unsure(), "{failed:?}");
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_read_is_repeated_until_its_tries_are_spent() {
    let server = Server::play(&[Drop, Answer("503 Oh"), Answer("200 OK")]).await;
    assert_eq!(fetch(&server).await.unwrap().status, StatusCode::OK);
    assert_eq!(server.lines().len(), 3);

    let server = Server::play(&[Answer("500 Oh")]).await;
    assert!(fetch(&server).await.unwrap_err().is_unsure());
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn silence_ends_with_the_time_out_of_the_call() {
    let server = Server::play(&[Hang]).await;
    let policy = Policy { call: Duration::from_millis(50), ..swift() };
    let failed = send(&server, policy, Method::POST, Repeat::OnlyIfNotActedOn).await.unwrap_err();
    assert_eq!(failed, Failed::Unreachable { call: CALL, reason: "no reply within 50 ms".to_owned() });
}

#[tokio::test]
async fn a_reply_that_never_ends_is_none() {
    let server = Server::play(&[Begin]).await;
    let policy = Policy { call: Duration::from_millis(50), ..swift() };
    let failed = send(&server, policy, Method::POST, Repeat::OnlyIfNotActedOn).await.unwrap_err();
    assert_eq!(failed, Failed::Unreachable { call: CALL, reason: "no reply within 50 ms".to_owned() });
}

/// The listener takes the connection and never says a word of TLS, which is before any request.
#[tokio::test]
async fn a_connection_that_does_not_stand_in_time_carried_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let policy = Policy { connect: Duration::from_millis(50), tries: 1, ..swift() };
    let request = Request::new(Method::POST, url);
    let sent = Http::with_policy(policy).unwrap();
    let failed = sent.send(CALL, request, Repeat::OnlyIfNotActedOn, Verdict::of_status).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { wait: None, .. }), "{failed:?}");
}

#[tokio::test]
async fn nothing_is_sent_without_tls() {
    let url: Url = "http://example.com/thing".parse().unwrap();
    let (http, request) = (Http::new().unwrap(), Request::new(Method::GET, url));
    let sent = http.send(CALL, request, Repeat::Freely, Verdict::of_status).await;
    assert_eq!(sent, Err(Failed::Refused { call: CALL, reason: "nothing is sent there without TLS".to_owned() }));
}

#[tokio::test]
async fn the_total_bounds_all_tries() {
    let server = Server::play(&[Hang]).await;
    let policy = Policy { total: Duration::from_secs(1), call: Duration::from_millis(100), tries: 1000, ..swift() };
    let start = std::time::Instant::now();
    assert!(send(&server, policy, Method::GET, Repeat::Freely).await.unwrap_err().is_unsure());
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!((2..=10).contains(&server.lines().len()));
}

#[tokio::test]
async fn a_wait_that_leaves_no_time_for_a_try_is_given_back() {
    let server = Server::play(&[Answer("429 Slow\r\nretry-after: 1")]).await;
    let policy = Policy { total: Duration::from_secs(2), ..swift() };
    let failed = send(&server, policy, Method::POST, Repeat::OnlyIfNotActedOn).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { wait: Some(_), .. }), "{failed:?}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_limited_creation_waits_as_asked_and_goes_through() {
    let server = Server::play(&[Answer("429 Slow\r\nretry-after: 0"), Answer("429 Slow"), Answer("201 Created")]).await;
    assert_eq!(create(&server).await.unwrap().status, StatusCode::CREATED);
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn a_long_wait_is_given_back_at_once() {
    let server = Server::play(&[Answer("429 Slow\r\nretry-after: 6")]).await;
    let wait = Some(Duration::from_secs(6));
    assert_eq!(create(&server).await, Err(Failed::Busy { call: CALL, reason: "status 429".to_owned(), wait }));
    assert_eq!(server.lines().len(), 1);

    let server = Server::play(&[Answer(
        "429 Slow\r\ndate: Sat, 21 Nov 2026 10:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 10:01:30 GMT",
    )])
    .await;
    let wait = Some(Duration::from_secs(90));
    assert_eq!(fetch(&server).await, Err(Failed::Busy { call: CALL, reason: "status 429".to_owned(), wait }));
}

#[tokio::test]
async fn what_an_operator_must_mend_is_not_repeated() {
    let server = Server::play(&[Answer("401 Who")]).await;
    let request = Request::new(Method::GET, server.url("/"));
    let judge = |_: &Reply| Verdict::Busy { reason: "bad credentials".to_owned(), wait: None };
    let result = Http::with_policy(swift()).unwrap().send(CALL, request, Repeat::Freely, judge).await;
    assert!(matches!(result, Err(Failed::Busy { wait: None, .. })), "{result:?}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_redirect_keeps_the_method_and_the_body() {
    let server = Server::play(&[Answer("307 Moved\r\nlocation: /there"), Answer("201 Created")]).await;
    assert_eq!(create(&server).await.unwrap().status, StatusCode::CREATED);
    assert_eq!(server.lines(), ["POST /thing?token=secret HTTP/1.1", "POST /there HTTP/1.1"]);
    assert!(server.seen.lock().unwrap()[1].ends_with("secret body"));

    let server = Server::play(&[Answer("301 Moved\r\nlocation: /there"), Answer("200 OK")]).await;
    assert_eq!(fetch(&server).await.unwrap().status, StatusCode::OK);
    assert_eq!(server.lines()[1], "GET /there HTTP/1.1");
}

#[tokio::test]
async fn a_redirect_that_could_harm_is_not_followed() {
    let server = Server::play(&[Answer("301 Moved\r\nlocation: /there")]).await;
    let refused = Failed::Refused { call: CALL, reason: "status 301".to_owned() };
    assert_eq!(create(&server).await, Err(refused));
    assert_eq!(server.lines().len(), 1);

    // Another name of the same machine, where nobody listens: following would end in no connection.
    let server = Server::play(&[Answer("302 Moved\r\nlocation: http://localhost:1/there")]).await;
    assert!(fetch(&server).await.unwrap_err().is_final());

    let server = Server::play(&[Answer("302 Moved\r\nlocation: /thing")]).await;
    assert!(fetch(&server).await.unwrap_err().is_final());
    assert_eq!(server.lines().len(), 4);
}
