//! How each vendor asks for patience, and that it is heard.

use super::{
    server::Act::Say,
    time::{go, world},
    *,
};

const SLOW: &str = r#"{"ok":false,"error":"ratelimited"}"#;
const CONTENT: &str = r#"{"message":"You have exceeded a secondary rate limit. Please wait."}"#;
const THROTTLED: &str = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
const PUBLISHED: &str = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
const SLOW_DOWN: &str = "<Error><Code>SlowDown</Code></Error>";

/// What a vendor says, how many seconds that asks for, and whether those who come later are kept out.
const ROWS: [(&str, Act, u64, bool); 16] = [
    ("github", Answer("429 Slow\r\nretry-after: 30"), 30, true),
    ("github", Answer("403 Slow\r\nretry-after: 30\r\nx-ratelimit-remaining: 17"), 30, true),
    ("github", Answer(RESET), 30, true),
    ("github", Answer(RESET_403), 30, true),
    ("github", Say("403 Slow\r\nx-ratelimit-remaining: 17", CONTENT), 60, true),
    ("github", Answer("429 Slow"), 60, true),
    ("slack", Say("429 Slow\r\nretry-after: 30", SLOW), 30, true),
    ("slack", Say("200 OK\r\nretry-after: 30", SLOW), 30, false),
    ("pagerduty", Answer("429 Slow\r\nratelimit-reset: 30\r\nratelimit-remaining: 0"), 30, true),
    ("pagerduty", Answer("429 Slow\r\nretry-after: 30"), 30, true),
    ("pagerduty", Answer(DATE), 30, true),
    ("sns", Say("400 Slow\r\nretry-after: 30", THROTTLED), 30, false),
    ("sns", Say("429 Slow\r\nretry-after: 30", THROTTLED), 30, true),
    ("kms", Say("400 Slow\r\nretry-after: 30", r#"{"__type":"ThrottlingException"}"#), 30, false),
    ("s3 read", Say("503 Slow\r\nretry-after: 30", SLOW_DOWN), 30, false),
    ("s3 create", Say("503 Slow\r\nretry-after: 30", SLOW_DOWN), 30, false),
];
/// 1795255230 is 10:00:30 on that day.
const RESET: &str =
    "429 Slow\r\ndate: Sat, 21 Nov 2026 10:00:00 GMT\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1795255230";
const RESET_403: &str =
    "403 Slow\r\ndate: Sat, 21 Nov 2026 10:00:00 GMT\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1795255230";
const DATE: &str = "429 Slow\r\ndate: Sat, 21 Nov 2026 10:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 10:00:30 GMT";

#[tokio::test]
async fn every_way_to_ask_for_patience_is_heard() {
    for (way, act, seconds, shuts) in ROWS {
        let server = Server::play(Box::leak(Box::new([act]))).await;
        let world = world(&server).await;
        let failed = go(way, &world).await.unwrap_err();
        assert!(
            matches!(failed, Failed::Busy { wait, .. } if wait == Some(Duration::from_secs(seconds))),
            "{way} {act:?}: {failed:?}"
        );
        assert_eq!(server.lines().len(), 1, "{way} {act:?}");
        let again = go(way, &world).await.unwrap_err();
        assert!(matches!(again, Failed::Busy { wait: Some(_), .. }), "{way} {act:?}: {again:?}");
        assert_eq!(server.lines().len(), if shuts { 1 } else { 2 }, "{way} {act:?}");
    }
}

/// Slack's limit on a channel and S3's on a prefix come without a time, and pass in a moment.
#[tokio::test]
async fn a_limit_without_a_time_is_waited_for_inside_the_call() {
    let posted = r#"{"ok":true,"channel":"D1","ts":"1.2"}"#;
    let rows = [
        ("slack", Say("200 OK", r#"{"ok":false,"error":"rate_limited"}"#), Say("200 OK", posted)),
        ("slack", Say("429 Slow", SLOW), Say("200 OK", posted)),
        ("pagerduty", Answer("429 Slow"), Answer("202 Accepted")),
        ("sns", Say("400 Slow", THROTTLED), Say("200 OK", PUBLISHED)),
        ("s3 create", Say("503 Slow", SLOW_DOWN), Answer("200 OK\r\netag: \"1\"")),
    ];
    for (way, slow, fine) in rows {
        let server = Server::play(Box::leak(Box::new([slow, fine]))).await;
        let sent = go(way, &world(&server).await).await;
        assert_eq!((sent, server.lines().len()), (Ok(()), 2), "{way} {slow:?}");
    }
}

/// A message on the topic may come twice, but it must come.
#[tokio::test]
async fn what_the_aws_sdk_sends_is_repeated_when_its_reply_is_lost() {
    for lost in [Drop, Answer("500 Oh"), Say("503 Oh", "<html>")] {
        let server = Server::play(Box::leak(Box::new([lost, lost, Say("200 OK", PUBLISHED)]))).await;
        let sent = go("sns", &world(&server).await).await;
        assert_eq!((sent, server.lines().len()), (Ok(()), 3), "{lost:?}");
    }
    let server = Server::play(&[Drop]).await;
    assert!(go("sns", &world(&server).await).await.unwrap_err().is_unsure());
    assert_eq!(server.lines().len(), 3, "and the SDK does not repeat on top");
}

#[tokio::test]
async fn a_limit_on_one_vendor_keeps_nobody_from_another() {
    let server = Server::play(&[Say("429 Slow\r\nretry-after: 30", SLOW), Answer("202 Accepted")]).await;
    let world = world(&server).await;
    assert!(go("slack", &world).await.is_err());
    assert_eq!(go("pagerduty", &world).await, Ok(()));
    assert!(go("slack", &world).await.is_err());
    assert_eq!(server.lines().len(), 2);
}
