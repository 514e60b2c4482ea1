//! What becomes of an alarm when GitHub does not do as it was asked.

use super::*;

fn answer(status: u16, body: &str) -> Kind {
    Kind::Answer { status, body: body.to_owned() }
}

/// Opens an issue while GitHub misbehaves all the time.
async fn open_against(kind: Kind) -> (Town, Failed) {
    let town = Town::new().await;
    town.fake.fault(Fault::new("issues/create", kind).always());
    let failed = town.github.open(&Draft { labels: Vec::new(), ..draft() }).await.unwrap_err();
    (town, failed)
}

#[tokio::test]
async fn what_an_operator_must_mend_brings_the_alarm_back() {
    for (status, message) in [(401, "Bad credentials"), (403, "Resource not accessible by integration")] {
        let (town, failed) = open_against(answer(status, &format!(r#"{{"message":"{message}"}}"#))).await;
        let reason = format!("{status} {message}");
        assert_eq!(failed, Failed::Forbidden { call: "github issues.create", reason });
        assert_eq!(town.operations().len(), 1);
    }
}

#[tokio::test]
async fn limits_are_waited_for() {
    let minute = Some(Duration::from_secs(60));
    for kind in [
        Kind::SecondaryLimit { retry_after_s: Some(60) },
        Kind::SecondaryLimit { retry_after_s: None },
        Kind::RateLimited { retry_after_s: Some(60) },
        Kind::RateLimited { retry_after_s: None },
    ] {
        let (town, failed) = open_against(kind.clone()).await;
        assert!(matches!(failed, Failed::Busy { wait, .. } if wait == minute), "{kind:?}: {failed:?}");
        assert_eq!(town.operations().len(), 1);
    }
}

#[tokio::test]
async fn a_short_wait_is_waited_inside_the_call() {
    let town = Town::new().await;
    town.fake.fault(Fault::new("issues/create", Kind::SecondaryLimit { retry_after_s: Some(0) }));
    town.github.open(&draft()).await.unwrap();
    assert_eq!(town.fake.issues(REPO).len(), 1);
}

#[tokio::test]
async fn what_github_will_never_do_is_refused() {
    let gone = answer(410, r#"{"message":"Issues are disabled for this repo"}"#);
    let moved = answer(301, r#"{"message":"Moved Permanently"}"#);
    for (kind, status) in [(gone, "410 Issues are disabled"), (moved, "301 "), (answer(404, ""), "404")] {
        let (town, failed) = open_against(kind).await;
        assert!(matches!(&failed, Failed::Refused { reason, .. } if reason.starts_with(status)), "{failed:?}");
        assert_eq!(town.operations().len(), 1);
    }
    let town = Town::new().await;
    let elsewhere = Draft { repo: Repo::new("example-org", "nowhere"), ..draft() };
    assert!(town.github.open(&elsewhere).await.unwrap_err().is_final());
}

#[tokio::test]
async fn a_refusal_tells_in_githubs_words_and_never_in_ours() {
    let town = Town::new().await;
    let failed = town.github.open(&Draft { title: String::new(), ..draft() }).await.unwrap_err();
    assert!(matches!(&failed, Failed::Refused { reason, .. } if reason.contains("title")), "{failed:?}");

    let body = r#"{"message":"Validation Failed","errors":[{"resource":"Issue","code":"custom","field":"body",
        "message":"body is too long","value":"a secret text"},"a sentence"]}"#;
    let (_, failed) = open_against(answer(422, body)).await;
    let reason = "422 Validation Failed: Issue body custom body is too long, a sentence".to_owned();
    assert_eq!(failed, Failed::Refused { call: "github issues.create", reason });
}

#[tokio::test]
async fn a_creation_without_a_clear_answer_is_not_repeated() {
    for kind in [Kind::Drop, Kind::LoseReply, Kind::Malformed, answer(502, "<html>"), answer(500, "{}")] {
        let (town, failed) = open_against(kind.clone()).await;
        assert!(failed.is_unsure(), "{kind:?}: {failed:?}");
        assert_eq!(town.operations().len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn after_a_lost_reply_the_comment_is_found() {
    let town = Town::new().await;
    let issue = town.github.open(&draft()).await.unwrap();
    town.fake.fault(Fault::new("issues/create-comment", Kind::LoseReply));
    assert!(town.github.comment(&issue, MARKER).await.unwrap_err().is_unsure());
    let comment = town.github.find_comment(&issue, MARKER, long_ago()).await.unwrap().unwrap();
    assert_eq!(town.fake.issue(REPO, 1).unwrap().comments[0].id, comment);
}

#[tokio::test]
async fn reads_and_edits_survive_a_bad_moment() {
    let town = Town::new().await;
    let issue = town.github.open(&draft()).await.unwrap();
    let comment = town.github.comment(&issue, MARKER).await.unwrap();
    let moment = || {
        town.fake.fault(Fault::new("*", Kind::LoseReply));
        town.fake.fault(Fault::new("*", answer(503, "")));
    };
    moment();
    assert!(town.github.is_open(&issue).await.unwrap());
    moment();
    assert!(town.github.find(&repo(), MARKER, "an alarm", long_ago()).await.unwrap().is_some());
    moment();
    assert!(town.github.search(&repo(), "2FA is off", false, &key()).await.unwrap().is_some());
    moment();
    town.github.edit_comment(&issue, comment, "edited").await.unwrap();
    moment();
    town.github.close(&issue.repo, issue.number).await.unwrap();
    assert_eq!(town.fake.issue(REPO, 1).unwrap().state, "closed");
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn no_failure_and_no_debug_text_holds_a_secret() {
    let kinds = [
        Kind::Drop,
        Kind::Malformed,
        Kind::RateLimited { retry_after_s: None },
        answer(401, r#"{"message":"Bad credentials"}"#),
        answer(422, "not JSON"),
        answer(500, "{}"),
    ];
    for kind in kinds {
        let (town, failed) = open_against(kind).await;
        let told = format!("{failed} {failed:?} {:?}", town.github);
        for secret in ["ghp_", "jane turned off", "2FA"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}
