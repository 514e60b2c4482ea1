//! The time that the run has left rules over the policy, on each way that a request can take.

use std::{collections::HashMap, future::Future};

use dispatch_core::{
    alarm::{Address, Issue, IssueNumber, Repo},
    notice::Notice,
};
use dispatch_engine::world::until;

use super::*;
use crate::{Services, aws::Aws, connect as make, kms::Kms, read};

/// Ends a test that would hang.
const PATIENT: Duration = Duration::from_secs(60);

async fn within<T>(left: Duration, work: impl Future<Output = T>) -> T {
    timeout(PATIENT, until(Instant::now() + left, work)).await.unwrap()
}

/// Every client, and all of them lead to `server`.
pub(super) async fn world(server: &Server) -> (Services, Kms) {
    let url = format!("http://{}", server.address);
    let mut values: HashMap<_, _> = [
        ("GITHUB_OWNER", "example-org"),
        ("GITHUB_REPO", "alarms"),
        ("GITHUB_TOKEN", "a-github-token"),
        ("SLACK_BOT_TOKEN", "a-slack-token"),
        ("SLACK_SIGNING_SECRET", "a-signing-secret"),
        ("SLACK_DEFAULT_CHANNEL", "security"),
        ("PAGERDUTY_ROUTING_KEY", "0123456789abcdef0123456789abcdef"),
        ("DISPATCH_STORE_URL", "s3://bucket"),
        ("DISPATCH_TOPIC_ARN", "arn:aws:sns:eu-central-1:000000000000:dispatch"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "an-aws-secret"),
    ]
    .into();
    for name in ["GITHUB_API_URL", "SLACK_API_URL", "PAGERDUTY_API_URL", "PAGERDUTY_EVENTS_URL", "AWS_ENDPOINT_URL"] {
        values.insert(name, &url);
    }
    let settings = read(|name| values.get(name).map(|&value| value.to_owned())).await.unwrap();
    let kms = Kms::connect(&Aws::connect(&settings).await.unwrap());
    (make(&settings).await.unwrap(), kms)
}

/// The ways: each takes a client of its own to the server, through whatever stands between.
pub(super) const WAYS: [&str; 7] = ["github", "slack", "pagerduty", "sns", "kms", "s3 read", "s3 create"];

pub(super) async fn go(way: &str, (services, kms): &(Services, Kms)) -> Result<(), Failed> {
    let [slack, pagerduty] = services.destinations.as_slice() else { panic!("two destinations") };
    let issue = Issue { repo: Repo::new("example-org", "alarms"), number: IssueNumber(1), url: String::new() };
    let notice = Notice { key: "key".to_owned(), ..Notice::default() };
    match way {
        "github" => services.audit.comment(&issue, "text").await.map(drop),
        "slack" => slack.deliver(&Address::new("slack", "U0JANE"), &notice).await.map(drop),
        "pagerduty" => pagerduty.deliver(&Address::new("pagerduty", ""), &notice).await.map(drop),
        "sns" => services.topic.publish("text").await,
        "kms" => kms.decrypt("eA==").await.map(drop),
        "s3 read" => services.store.read("a").await.map(drop),
        "s3 create" => services.store.create("a", "x".into()).await.map(drop),
        _ => panic!("{way}"),
    }
}

#[tokio::test]
async fn a_service_that_hangs_costs_what_the_run_has_left() {
    for way in WAYS {
        let server = Server::play(&[Hang]).await;
        let world = world(&server).await;
        let failed = within(Duration::from_millis(200), go(way, &world)).await.unwrap_err();
        let Failed::Unreachable { reason, .. } = &failed else { panic!("{way}: {failed:?}") };
        let ms =
            reason.strip_prefix("no reply within ").and_then(|reason| reason.strip_suffix(" ms")).unwrap_or(reason);
        assert!(ms.parse::<u64>().is_ok_and(|ms| ms <= 200), "{way}: {failed}");
        assert_eq!(server.lines().len(), 1, "{way}");
    }
}

#[tokio::test]
async fn without_time_nothing_is_sent() {
    for way in WAYS {
        let server = Server::play(&[Hang]).await;
        let world = world(&server).await;
        let failed = within(Duration::ZERO, go(way, &world)).await.unwrap_err();
        assert!(
            matches!(&failed, Failed::Busy { wait: None, reason, .. } if reason == "no time left"),
            "{way}: {failed:?}"
        );
        assert_eq!(server.lines().len(), 0, "{way}");
    }
}

/// The policy alone would wait a second and try again.
#[tokio::test]
async fn a_wait_that_the_run_has_no_time_for_is_given_back() {
    let server = Server::play(&[Answer("429 Slow\r\nretry-after: 1"), Answer("201 Created")]).await;
    let failed = within(Duration::from_secs(2), create(&server)).await.unwrap_err();
    assert_eq!(
        failed,
        Failed::Busy { call: CALL, reason: "status 429".to_owned(), wait: Some(Duration::from_secs(1)) }
    );
    assert_eq!(server.lines().len(), 1);
    assert_eq!(within(PATIENT, create(&server)).await.unwrap().status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_limit_that_the_run_has_no_time_for_sends_nothing() {
    let server = Server::play(&[Answer("201 Created")]).await;
    let http = Http::with_policy(swift()).unwrap();
    http.gates.shut(CALL, Duration::from_secs(1));
    let request = Request::new(Method::POST, server.url("/"));
    let sent = http.send(CALL, request, Repeat::OnlyIfNotActedOn, Verdict::of_status);
    let failed = within(Duration::from_secs(2), sent).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { wait: Some(_), .. }), "{failed:?}");
    assert_eq!(server.lines().len(), 0);
}
