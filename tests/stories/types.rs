//! The other four message types.

use serde_json::{Value, json};

use crate::story::{Story, blocks_text, buttons, options, with_service};
use dispatch_local::town::Options;

fn broadcast(slack: impl Into<Value>) -> Value {
    json!({
        "type": "broadcast",
        "users": [{ "slack": "jane" }, { "slackId": "U0JOE" }],
        "body": { "github": { "title": "Keys were rotated", "body": "All of them." }, "slack": slack.into() },
    })
}

fn asking() -> Value {
    broadcast(
        json!({ "message": "Keys were rotated.", "prompt": "Still working?", "actions": { "yes": "Yes", "no": "No" } }),
    )
}

#[tokio::test]
async fn a_broadcast_without_a_prompt_tells_everyone_and_asks_nobody() {
    let story = Story::begin().await;
    story.publish(&broadcast(json!({ "message": "Keys were rotated." }))).await;

    let issue = story.issue();
    let body = issue.body.as_deref().unwrap();
    assert!(body.contains("```text\njane, U0JOE\n```") && !body.contains("@jane"), "{body}");
    for person in ["jane", "joe"] {
        let message = story.message_to(person);
        assert!(buttons(&message).is_empty());
        assert!(!blocks_text(&message).contains(&issue.url), "no link to the issue");
    }
    story.ends_with(&[("chat.postMessage", 2), ("issues/create", 1)]);
}

#[tokio::test]
async fn a_broadcast_with_a_prompt_closes_when_all_said_yes() {
    let story = Story::begin().await;
    story.publish(&asking()).await;
    assert_eq!(story.click("jane", "yes").await, 200);
    let issue = story.issue();
    assert_eq!(issue.state, "open");
    assert!(issue.comments[0].body.starts_with("1 of 2 answered."), "{}", issue.comments[0].body);

    assert_eq!(story.click("joe", "yes").await, 200);
    let issue = story.issue();
    assert_eq!((issue.state.as_str(), issue.comments.len()), ("closed", 1));
    assert!(issue.comments[0].body.starts_with("2 of 2 answered."), "{}", issue.comments[0].body);
    assert!(buttons(&story.message_to("jane")).is_empty() && buttons(&story.message_to("joe")).is_empty());
    story.ends_with(&[
        ("chat.postMessage", 2),
        ("chat.update", 2),
        ("issues/create", 1),
        ("issues/create-comment", 1),
        ("issues/update", 1),
        ("issues/update-comment", 1),
    ]);
}

#[tokio::test]
async fn a_no_in_a_broadcast_pages_naming_the_person() {
    let story = Story::begin().await;
    story.publish(&asking()).await;
    assert_eq!(story.click("joe", "no").await, 200);
    assert!(story.incident().title.contains("joe"), "{}", story.incident().title);
    assert_eq!(story.click("jane", "no").await, 200);
    let incidents = story.incidents();
    assert_eq!(incidents.len(), 2);
    assert!(incidents.iter().any(|incident| incident.title.contains("jane")), "{incidents:#?}");
    assert_eq!(story.issue().state, "open");
}

#[tokio::test]
async fn answers_of_different_people_are_kept_apart() {
    let story = Story::begin().await;
    story.publish(&asking()).await;
    assert_eq!(story.click_as("jane", "joe", "yes").await, 200);
    assert!(story.issue().comments.is_empty());
    let (one, two) = tokio::join!(story.click("jane", "yes"), story.click("joe", "yes"));
    assert_eq!((one, two), (200, 200));
    assert_eq!(story.issue().state, "closed");
}

#[tokio::test]
async fn high_priority_pages_and_does_nothing_else() {
    for (events, kind) in [(false, "high"), (true, "high-priority"), (false, "high-priority")] {
        let story = Story::with(Options { events, ..options() }).await;
        let page = json!({ "type": kind, "body": { "pagerduty": { "title": "Root was used", "body": "From afar." } } });
        story.publish(&page).await;
        story.publish(&page).await;
        let incident = story.incident();
        assert_eq!((incident.title.as_str(), incident.key.as_str()), ("Root was used", "Root was used"));
        assert_eq!(incident.by_event, events);
        assert!(story.issues().is_empty());
        assert_eq!(story.calls("chat.postMessage"), 0);
        assert_eq!(story.town.fakes.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_message_may_name_the_service_to_page() {
    for message in [
        json!({ "type": "high", "body": { "pagerduty": { "service": "PDATABASE", "title": "t", "body": "b" } } }),
        json!({ "type": "high", "pagerDutyServiceId": "PDATABASE", "body": { "pagerduty": { "service": "P0OTHER", "title": "t" } } }),
    ] {
        let story = Story::with(with_service("PDATABASE")).await;
        story.publish(&message).await;
        assert_eq!(story.incident().service_id, "PDATABASE", "{message}");
    }
}

#[tokio::test]
async fn a_page_to_a_service_that_is_not_there_still_pages() {
    let story = Story::begin().await;
    story
        .publish(
            &json!({ "type": "high", "body": { "pagerduty": { "service": "PNOWHERE", "title": "t", "body": "b" } } }),
        )
        .await;
    assert!(story.incident().details.contains("PNOWHERE"), "{}", story.incident().details);
}

#[tokio::test]
async fn low_priority_is_an_issue_that_tags_the_first_user_or_the_default() {
    let story = Story::begin().await;
    story
        .publish(&json!({ "type": "low-priority", "users": [{ "github": "@joe" }, { "github": "jane" }],
        "body": { "github": { "title": "Old key", "body": "b", "label": "hygiene" } } }))
        .await;
    story
        .publish(&json!({ "type": "low-priority", "body": { "github": { "title": "Older key", "body": "b" } } }))
        .await;
    let issues = story.issues();
    let with = |title: &str| issues.iter().find(|issue| issue.title == title).unwrap();
    assert!(with("Old key").body.as_deref().unwrap().contains("\n@joe\n"));
    assert_eq!(with("Old key").labels, ["hygiene"]);
    let default = &story.town.world.defaults.github_user.clone().unwrap();
    assert!(with("Older key").body.as_deref().unwrap().contains(&format!("@{default}")));
    story.ends_with(&[("issues/create", 2)]);
}

#[tokio::test]
async fn nag_tells_everyone_again_with_every_message_while_its_issue_is_open() {
    let story = Story::begin().await;
    let nag = json!({ "type": "nag", "users": [{ "slack": "jane", "github": "jane" }, { "slack": "joe" }],
        "body": { "github": { "title": "Disk is full", "body": "b" }, "slack": { "message": "Please delete." } } });
    story.publish(&nag).await;
    story.publish(&nag).await;
    let dms = |person: &str| story.town.fakes.slack.dm(person).len();
    assert_eq!((dms("jane"), dms("joe"), story.issues().len()), (2, 2, 1));
    assert!(!story.issue().body.unwrap().contains('@'), "nobody is mentioned");
}

#[tokio::test]
async fn a_nag_without_users_or_text_is_an_issue() {
    let story = Story::begin().await;
    story.publish(&json!({ "type": "nag", "body": { "github": { "title": "Disk is full", "body": "b" } } })).await;
    story.issue();
    story.ends_with(&[("issues/create", 1)]);
}

#[tokio::test]
async fn another_repository_holds_for_closing_too() {
    for field in ["githubRepo", "gitHubRepo"] {
        let story = Story::begin().await;
        story.town.fakes.github.add_repository("example-org/other");
        let mut alarm = crate::story::self_service(crate::story::jane());
        alarm[field] = json!("other");
        story.publish(&alarm).await;
        assert_eq!(story.click("jane", "yes").await, 200);
        assert!(story.issues().is_empty());
        assert_eq!(story.town.fakes.github.issues("example-org/other")[0].state, "closed", "{field}");
    }
}

#[tokio::test]
async fn a_repository_that_is_not_there_does_not_lose_the_alarm() {
    let story = Story::begin().await;
    let mut alarm = crate::story::self_service(crate::story::jane());
    alarm["githubRepo"] = json!("nowhere");
    story.publish(&alarm).await;
    assert!(story.issue().body.unwrap().contains("meant for `example-org/nowhere`"));
    assert_eq!(story.click("jane", "yes").await, 200);
    assert_eq!(story.issue().state, "closed");
}

#[tokio::test]
async fn a_repository_that_may_not_be_written_to_does_not_lose_the_alarm() {
    use dispatch_simulator::fake::{Fault, Kind};
    let story = Story::begin().await;
    story.town.fakes.github.add_repository("example-org/archived");
    let body = r#"{"message":"Repository was archived so is read-only."}"#.to_owned();
    let refuse = Fault::new("POST /repos/example-org/archived/issues", Kind::Answer { status: 403, body });
    story.town.fakes.github.fault(refuse.always());
    let mut alarm = crate::story::self_service(crate::story::jane());
    alarm["githubRepo"] = json!("archived");
    story.publish(&alarm).await;
    assert!(story.issue().body.unwrap().contains("meant for `example-org/archived`"));
    assert_eq!(story.town.fakes.slack.dm("jane").len(), 1);
}

#[tokio::test]
async fn every_nag_tells_its_own_people_its_own_text_whatever_was_there_before() {
    let story = Story::begin().await;
    let nag = |handle: &str, text: &str| {
        json!({ "type": "nag", "users": [{ "slack": handle }],
            "body": { "github": { "title": "Disk is full", "body": "b" }, "slack": { "message": text } } })
    };
    let low = json!({ "type": "low-priority", "body": { "github": { "title": "Disk is full" } } });
    for message in [&low, &nag("jane", "first"), &nag("joe", "second"), &low, &nag("nobody", "third")] {
        story.publish(message).await;
    }
    let texts = |person: &str| story.town.fakes.slack.dm(person).into_iter().map(|it| it.text).collect::<Vec<_>>();
    assert_eq!((texts("jane").len(), texts("joe").len()), (1, 1));
    assert!(texts("jane")[0].contains("first") && texts("joe")[0].contains("second"));
    assert_eq!(story.fallback().len(), 1);
    assert!(story.issue().comments.iter().any(|comment| comment.body.contains("nobody")));
}

#[tokio::test]
async fn a_no_that_pages_by_an_event_links_the_incident_where_rest_can_tell_it() {
    let story = Story::with(Options { events: true, ..options() }).await;
    story.publish(&crate::story::self_service(crate::story::jane())).await;
    assert_eq!(story.click("jane", "no").await, 200);
    let incident = story.incident();
    assert!(incident.by_event);
    assert!(story.issue().comments.iter().any(|comment| comment.body.contains(&incident.url)));
    assert_eq!(story.calls("createV2Event"), 1);
}
