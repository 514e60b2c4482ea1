//! Chance, waits and limits.

use futures::future::join_all;

use super::*;

/// Sends one call through a client that lives on.
async fn call(http: &Http, server: &Server, name: &'static str) -> Result<Reply, Failed> {
    let request = Request::new(Method::POST, server.url("/"));
    http.send(name, request, Repeat::OnlyIfNotActedOn, Verdict::of_status).await
}

fn client() -> Http {
    Http::with_policy(swift()).unwrap()
}

fn rest(result: Result<Reply, Failed>) -> Duration {
    match result {
        Err(Failed::Busy { wait: Some(wait), .. }) => wait,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn waits_differ_and_their_bound_doubles() {
    let policy = Policy { backoff: Duration::from_millis(100), wait_max: Duration::from_millis(300), ..swift() };
    let http = Http::with_policy(policy).unwrap();
    for (tries, bound) in [(1, 100), (2, 200), (3, 300), (4, 300), (u32::MAX, 300)] {
        let waits: Vec<_> = (0..200).map(|_| http.backoff(tries)).collect();
        let bound = Duration::from_millis(bound);
        assert!(waits.iter().all(|wait| *wait <= bound), "{tries}");
        // One in 2^200 runs of this test would not see it.
        assert!(waits.iter().any(|wait| *wait > bound / 2) && waits.iter().any(|wait| *wait < bound / 2), "{tries}");
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    let asked = Duration::from_millis(250);
    let waits: Vec<_> = (0..200).filter_map(|_| http.and_more(asked, deadline)).collect();
    assert!(waits.len() == 200 && waits.iter().all(|wait| *wait >= asked && *wait <= asked + http.policy.backoff));
    assert!(waits.iter().any(|wait| *wait != waits[0]), "many that were asked to wait do not return at once");
}

#[tokio::test]
async fn an_absurd_wait_is_given_back_and_nothing_more() {
    let server = Server::play(&[Answer("429 Slow\r\nretry-after: 18446744073709551615")]).await;
    assert_eq!(rest(create(&server).await), Duration::from_secs(u64::MAX));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_limit_is_remembered_by_every_clone_for_its_call_alone() {
    for limit in ["429 Slow\r\nretry-after: 30", "403 Slow\r\nretry-after: 30"] {
        let script: &[Act] = Box::leak(Box::new([Answer(limit), Answer("201 Created")]));
        let server = Server::play(script).await;
        let http = client();
        let judge = |reply: &Reply| match reply.status.is_success() {
            true => Verdict::Fine,
            false => Verdict::Busy { reason: "slow".to_owned(), wait: None },
        };
        let request = || Request::new(Method::POST, server.url("/"));
        let first = http.send("a", request(), Repeat::OnlyIfNotActedOn, judge).await;
        assert_eq!(rest(first), Duration::from_secs(30));
        let later = rest(call(&http.clone(), &server, "a").await);
        assert!(later <= Duration::from_secs(30) && later > Duration::ZERO, "{later:?}");
        assert_eq!(server.lines().len(), 1, "it was not sent");
        assert!(call(&http, &server, "b").await.is_ok());
        assert!(call(&client(), &server, "a").await.is_ok(), "another client is another service");
    }
}

#[tokio::test]
async fn what_is_merely_broken_or_names_no_time_keeps_nobody_out() {
    let wait = Some(Duration::from_secs(30));
    for (act, wait) in [
        (Answer("503 Oh\r\nretry-after: 30"), wait),
        (Answer("200 OK"), wait),
        (Answer("400 Oh\r\nretry-after: 30"), wait),
        (Answer("429 Slow"), None),
        (Answer("403 No"), None),
        (Drop, None),
    ] {
        let server = Server::play(Box::leak(Box::new([act]))).await;
        let http = Http::with_policy(Policy { tries: 1, ..swift() }).unwrap();
        for sent in 1..=3 {
            let request = Request::new(Method::POST, server.url("/"));
            let judge = |_: &Reply| Verdict::Busy { reason: "busy".to_owned(), wait };
            assert!(http.send(CALL, request, Repeat::OnlyIfNotActedOn, judge).await.is_err());
            assert_eq!(server.lines().len(), sent, "{act:?}");
        }
    }
}

#[tokio::test]
async fn a_short_limit_is_waited_for_by_those_who_come_later() {
    let server = Server::play(&[Answer("429 Slow\r\nretry-after: 1"), Answer("201 Created")]).await;
    let http = Http::with_policy(Policy { tries: 1, ..swift() }).unwrap();
    assert_eq!(rest(call(&http, &server, "a").await), Duration::from_secs(1));
    let later = join_all((0..5).map(|_| call(&http, &server, "a"))).await;
    assert!(later.iter().all(Result::is_ok), "{later:?}");
    assert_eq!(server.lines().len(), 6);
}

/// One of them asks, and is told; the others are not sent at all.
#[tokio::test]
async fn when_a_limit_is_over_one_call_tries_it_first() {
    let server =
        Server::play(&[Answer("429 Slow\r\nretry-after: 1"), Answer("429 Slow\r\nretry-after: 30"), Answer("201 Oh")])
            .await;
    let http = Http::with_policy(Policy { tries: 1, ..swift() }).unwrap();
    assert_eq!(rest(call(&http, &server, "a").await), Duration::from_secs(1));
    let later = join_all((0..5).map(|_| call(&http, &server, "a"))).await;
    assert!(later.into_iter().all(|later| rest(later) > Duration::from_secs(20)));
    assert_eq!(server.lines().len(), 2);
}

/// Whoever cannot wait for another try is given the answer to the one before, not the state of the gate.
#[tokio::test]
async fn an_answer_in_doubt_stays_in_doubt_when_a_limit_comes_in_between() {
    let server = Server::play(&[Answer("503 Oh")]).await;
    let http = client();
    let judge = |reply: &Reply| {
        http.gates.shut(CALL, Duration::from_secs(30));
        Verdict::of_status(reply)
    };
    let request = Request::new(Method::GET, server.url("/"));
    let failed = http.send(CALL, request, Repeat::Freely, judge).await.unwrap_err();
    assert!(failed.is_unsure(), "{failed:?}");
    assert_eq!(server.lines().len(), 1);
}
