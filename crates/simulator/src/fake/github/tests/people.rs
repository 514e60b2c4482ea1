//! Who is there, and who may do what.

use super::*;

async fn started(prepare: impl FnOnce(&mut Settings)) -> Github {
    let mut settings = Settings::default();
    prepare(&mut settings);
    Github::start(settings).await.unwrap()
}

#[tokio::test]
async fn people_and_teams_are_there_or_not() {
    let fake = started(|settings| settings.strangers = vec!["eve".to_owned()]).await;
    let rows = [
        ("/repos/example-org/alarms/assignees/jane", 204),
        ("/repos/example-org/alarms/assignees/eve", 404),
        ("/users/eve", 200),
        ("/users/nobody", 404),
        ("/orgs/example-org/teams/security", 200),
        ("/orgs/example-org/teams/ghosts", 404),
    ];
    for (path, status) in rows {
        assert_eq!(get(&fake, path).await.0, status, "{path}");
    }
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn who_may_only_read_writes_nothing() {
    let label = json!({"name": "unanswered"});
    let labels = "/repos/example-org/alarms/labels";
    let fake = started(|settings| settings.may_write = false).await;
    let (status, answer) = post(&fake, labels, label.clone()).await;
    assert_eq!((status, &answer["message"]), (403, &json!("Resource not accessible by personal access token")));
    assert_eq!(get(&fake, labels).await.0, 200);

    let fake = fresh().await;
    fake.archive(REPO, true).unwrap();
    assert_eq!(post(&fake, labels, label.clone()).await.0, 403);
    fake.archive(REPO, false).unwrap();
    assert_eq!(post(&fake, labels, label).await.0, 201);

    let fake = started(|settings| settings.sso = Some("https://example.com/sso".to_owned())).await;
    assert_eq!(get(&fake, labels).await.0, 403);
}
