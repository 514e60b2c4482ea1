//! Who sees what.

use super::*;

#[tokio::test]
async fn a_deleted_issue_is_gone_and_its_number_is_not_given_again() {
    let fake = fresh().await;
    for title in ["a", "b"] {
        fake.open_by_hand(REPO, title, "", false).unwrap();
    }
    fake.delete_by_hand(REPO, 2).unwrap();
    assert!(fake.delete_by_hand(REPO, 2).is_err());
    assert_eq!(post(&fake, ISSUES, json!({"title": "c"})).await.1["number"], 3);
    assert_eq!(numbers(&get(&fake, ISSUES).await.1), [3, 1]);
    let statuses = [1, 2, 3, 4].map(async |number| get(&fake, &format!("{ISSUES}/{number}")).await.0);
    assert_eq!(futures::future::join_all(statuses).await, [200, 410, 200, 404]);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn a_repository_is_private_until_it_is_made_public() {
    let fake = fresh().await;
    let seen = async || {
        let about = get(&fake, "/repos/example-org/alarms").await.1;
        (about["private"].clone(), about["visibility"].clone())
    };
    assert_eq!(seen().await, (json!(true), json!("private")));
    fake.make_public(REPO, true).unwrap();
    assert_eq!(seen().await, (json!(false), json!("public")));
    fake.make_public(REPO, false).unwrap();
    assert_eq!(seen().await, (json!(true), json!("private")));
}
