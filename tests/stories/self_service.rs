//! Ask the one person who should know.

use serde_json::json;

use crate::story::{Story, blocks_text, buttons, jane, self_service};

#[tokio::test]
async fn a_question_is_one_message_with_text_link_prompt_and_two_buttons() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;

    let issue = story.issue();
    assert_eq!(issue.title, "2FA was turned off");
    assert_eq!(issue.labels, ["auth"]);
    assert!(issue.body.as_deref().unwrap().starts_with("For `jane`.\n\n@jane\n"), "{:?}", issue.body);

    let messages = story.town.fakes.slack.dm("jane");
    assert_eq!(messages.len(), 1);
    let text = blocks_text(&messages[0]);
    for part in ["2FA was turned off for your account.", "Did you turn it off?", &issue.url] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let buttons = buttons(&messages[0]);
    let told: Vec<_> =
        buttons.iter().map(|button| (&button["action_id"], &button["text"]["text"], &button["style"])).collect();
    assert_eq!(
        told,
        [
            (&json!("yes"), &json!("Yes, that was me"), &json!("primary")),
            (&json!("no"), &json!("No, it was not"), &json!("danger")),
        ]
    );
    story.ends_with(&[("chat.postMessage", 1), ("issues/create", 1)]);
}

#[tokio::test]
async fn yes_is_written_on_the_issue_and_closes_it() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    assert_eq!(story.click("jane", "yes").await, 200);

    let issue = story.issue();
    assert_eq!((issue.state.as_str(), issue.state_reason.as_deref()), ("closed", Some("completed")));
    assert_eq!(issue.comments.len(), 1);
    let comment = &issue.comments[0].body;
    for part in ["**jane**", "U0JANE", "answered **yes**", "Yes, that was me", " UTC"] {
        assert!(comment.contains(part), "{part} in {comment}");
    }
    let message = story.message_to("jane");
    assert!(buttons(&message).is_empty() && message.edited);
    assert!(blocks_text(&message).contains("Thank you."), "{}", blocks_text(&message));
    story.ends_with(&[
        ("chat.postMessage", 1),
        ("chat.update", 1),
        ("issues/create", 1),
        ("issues/create-comment", 1),
        ("issues/update", 1),
    ]);
}

#[tokio::test]
async fn no_pages_once_and_the_issue_gets_the_link_and_stays_open() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    assert_eq!(story.click("jane", "no").await, 200);

    let incident = story.incident();
    assert!(incident.title.contains("jane") && incident.title.contains("req-1"), "{}", incident.title);
    assert!(incident.title.contains("example-org/alarms#1"), "{}", incident.title);
    assert_eq!(incident.key, "req-1");
    let issue = story.issue();
    assert!(incident.details.contains(&issue.url), "{}", incident.details);
    assert_eq!(issue.state, "open");
    let comments: String = issue.comments.iter().map(|comment| comment.body.as_str()).collect();
    assert!(comments.contains("answered **no**") && comments.contains(&incident.url), "{comments}");
    let message = story.message_to("jane");
    assert!(buttons(&message).is_empty());
    let text = blocks_text(&message);
    assert!(text.contains("We are on our way.") && text.contains(&incident.url), "{text}");
    assert_eq!((story.calls("createIncident"), story.calls("issues/create-comment")), (1, 2));
}

#[tokio::test]
async fn only_the_person_asked_may_answer() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let before = story.message_to("jane");
    assert_eq!(story.click_as("joe", "jane", "yes").await, 200);

    assert_eq!(story.issue().state, "open");
    assert_eq!(story.issue().comments.len(), 0);
    assert_eq!(story.message_to("jane"), before);
    // Joe is not in Jane's conversation, so the note goes to his own.
    let note = story.message_to("joe");
    assert!(note.text.contains("Only jane can answer") && !note.text.contains("2FA"), "{}", note.text);
    story.ends_with(&[("chat.postEphemeral", 1), ("chat.postMessage", 2), ("issues/create", 1)]);
}

#[tokio::test]
async fn the_first_answer_stands_and_later_clicks_are_told_so() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let question = story.message_to("jane");
    let click = |button| story.town.fakes.slack.click(&question.channel, &question.ts, "jane", button).unwrap();
    for click in [click("yes"), click("no"), click("yes")] {
        assert_eq!(story.send(&click).await, 200);
    }

    assert_eq!(story.issue().state, "closed");
    assert!(story.incidents().is_empty());
    let notes: Vec<_> = story.town.fakes.slack.messages(&question.channel).into_iter().skip(1).collect();
    assert_eq!(notes.len(), 2);
    for note in notes {
        assert!(
            note.text.contains("jane answered yes at") && note.text.contains("The first answer stands"),
            "{}",
            note.text
        );
    }
    story.ends_with(&[
        ("chat.postEphemeral", 2),
        ("chat.postMessage", 1),
        ("chat.update", 1),
        ("issues/create", 1),
        ("issues/create-comment", 1),
        ("issues/update", 1),
    ]);
}

#[tokio::test]
async fn two_answers_at_the_same_instant_leave_one() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let question = story.message_to("jane");
    let yes = story.town.fakes.slack.click(&question.channel, &question.ts, "jane", "yes").unwrap();
    let no = story.town.fakes.slack.click(&question.channel, &question.ts, "jane", "no").unwrap();
    let (one, two) = tokio::join!(story.send(&yes), story.send(&no));
    assert_eq!((one, two), (200, 200));

    let paged = !story.incidents().is_empty();
    let closed = story.issue().state == "closed";
    assert!(paged != closed, "paged {paged}, closed {closed}");
}

#[tokio::test]
async fn people_are_found_by_id_by_e_mail_and_by_handle() {
    for user in [json!({ "slackId": "U0JANE" }), json!({ "email": "jane@example.com" }), json!({ "slack": "@jane" })] {
        let story = Story::begin().await;
        story.publish(&self_service(user.clone())).await;
        assert_eq!(story.town.fakes.slack.dm("jane").len(), 1, "{user}");
        assert_eq!(story.click("jane", "yes").await, 200);
        assert_eq!(story.issue().state, "closed", "{user}");
        assert_eq!(story.calls("users.list"), usize::from(user.get("slack").is_some()));
        assert_eq!(story.calls("users.lookupByEmail"), usize::from(user.get("email").is_some()));
    }
}

#[tokio::test]
async fn who_cannot_be_reached_is_named_on_the_issue_and_not_in_the_channel() {
    for user in
        [json!({ "slack": "nobody", "github": "jane" }), json!({ "github": "jane" }), json!({ "slackId": "U0GONE" })]
    {
        let story = Story::begin().await;
        story.publish(&self_service(user.clone())).await;

        let notes = story.fallback();
        assert_eq!(notes.len(), 1, "{user}");
        let text = format!("{} {}", notes[0].text, blocks_text(&notes[0]));
        let issue = story.issue();
        assert!(text.contains(&issue.url) && buttons(&notes[0]).is_empty(), "{text}");
        for secret in ["2FA", "Did you", "nobody", "U0GONE"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(issue.comments.len(), 1);
        assert!(issue.comments[0].body.contains("Could not be asked"), "{}", issue.comments[0].body);
        story.ends_with(&[
            ("chat.postMessage", 1 + story.calls("chat.postMessage") - 1),
            ("issues/create", 1),
            ("issues/create-comment", 1),
        ]);
    }
}

#[tokio::test]
async fn a_person_who_has_left_is_replaced_by_the_channel() {
    let story = Story::begin().await;
    story.town.fakes.slack.deactivate("jane").unwrap();
    story.publish(&self_service(jane())).await;
    assert_eq!((story.fallback().len(), story.town.fakes.slack.dm("jane").len()), (1, 0));
}

#[tokio::test]
async fn texts_over_every_limit_are_shortened_visibly_and_mentions_do_no_harm() {
    let story = Story::begin().await;
    let long = "x".repeat(200_000);
    let mut alarm = self_service(jane());
    alarm["body"]["github"]["title"] = json!(long);
    alarm["body"]["github"]["body"] = json!(format!("@example-org/everybody {long}"));
    alarm["body"]["github"]["labels"] = json!([long]);
    alarm["body"]["slack"]["message"] = json!(format!("<!channel> {long}"));
    alarm["body"]["slack"]["prompt"] = json!(long);
    alarm["body"]["slack"]["actions"] = json!({ "yes": long, "no": long, "yes_response": long });
    story.publish(&alarm).await;
    assert_eq!(story.click("jane", "yes").await, 200);

    let issue = story.issue();
    assert_eq!(issue.state, "closed");
    assert!(issue.title.ends_with("… [shortened]"), "{}", issue.title);
    assert!(!issue.body.as_deref().unwrap().contains("@example-org/everybody"));
    assert!(!blocks_text(&story.message_to("jane")).contains("<!channel"));
}
