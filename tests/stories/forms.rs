//! Further buttons, and forms that they open: what goes out keeps Slack's contract, and what comes back is read.

use dispatch_core::{
    alarm::Address,
    notice::{Ask, Button, Choices, Form, Notice, Receipt, Text},
};
use serde_json::json;

use crate::story::{Story, buttons, jane, self_service};

/// A question with every button that one can have, about the alarm that stands.
fn every_button(value: &str) -> Notice {
    let actions = ["yes", "no", "more.0", "more.1", "more.2", "wrong", "snooze"];
    let button = |action: &str| Button {
        action: action.to_owned(),
        label: format!("Press {action}"),
        value: value.to_owned(),
        danger: action == "no",
    };
    Notice {
        key: "every-button".to_owned(),
        headline: "2FA was turned off".to_owned(),
        prompt: Some(Text::Plain("Was it you?".to_owned())),
        buttons: actions.into_iter().map(button).collect(),
        ..Notice::default()
    }
}

fn form(kind: &'static str, value: &str) -> Form {
    let options = vec![("1h".to_owned(), "For an hour".to_owned()), ("4h".to_owned(), "For four hours".to_owned())];
    let choices = Choices { label: "For how long?".to_owned(), options };
    Form {
        kind,
        value: value.to_owned(),
        title: "Dispatch".to_owned(),
        submit: "Send".to_owned(),
        intro: Some(Text::Plain("It goes on the issue.".to_owned())),
        choices: (kind == Form::SNOOZE).then_some(choices),
        text: Some(Ask { label: "Why?".to_owned(), optional: true, hint: "One line will do".to_owned() }),
    }
}

#[tokio::test]
async fn a_button_opens_a_form_whose_answer_comes_back() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let value = buttons(&story.message_to("jane"))[0]["value"].as_str().unwrap().to_owned();
    let to = Address::new("slack", "U0JANE");
    let destination = story.town.world.destination(&to).unwrap();
    destination.deliver(&to, &every_button(&value)).await.unwrap();
    let question = story.message_to("jane");
    assert_eq!(buttons(&question).len(), 7);
    for button in ["more.2", "snooze"] {
        assert_eq!(story.click_message("jane", &question, button).await, 200, "{button}");
    }
    for (button, kind, values) in
        [("snooze", Form::SNOOZE, &[("choice", "4h"), ("text", "on a train")][..]), ("no", Form::REASON, &[])]
    {
        let slack = &story.town.fakes.slack;
        let click = slack.click(&question.channel, &question.ts, "jane", button).unwrap();
        let trigger = click.payload()["trigger_id"].as_str().unwrap().to_owned();
        destination.open(&trigger, &form(kind, &value)).await.unwrap();
        assert_eq!(story.submit("jane", values).await, Ok(()), "{kind}");
        assert!(slack.views().iter().all(|view| !view.is_open), "{kind} is closed");
    }
    assert_eq!(story.issue().state, "open");
    story.ends_with(&[
        ("chat.postEphemeral", 1),
        ("chat.postMessage", 2),
        ("chat.update", 1),
        ("issues/create", 1),
        ("issues/create-comment", 1),
        ("views.open", 3),
    ]);
}

#[tokio::test]
async fn a_form_that_dispatch_does_not_know_stays_open() {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    let question = story.message_to("jane");
    let slack = &story.town.fakes.slack;
    for (kind, value) in [(Form::SNOOZE, "no ticket"), ("other", "v1.x")] {
        let click = slack.click(&question.channel, &question.ts, "jane", "no").unwrap();
        let trigger = click.payload()["trigger_id"].as_str().unwrap().to_owned();
        let to = Address::new("slack", "U0JANE");
        story.town.world.destination(&to).unwrap().open(&trigger, &form(kind, value)).await.unwrap();
        assert!(story.submit("jane", &[]).await.is_err(), "{kind}");
        slack.cancel("jane").unwrap();
    }
    assert!(story.incidents().is_empty());
}

#[tokio::test]
async fn a_reminder_stands_in_the_thread_and_is_found_there() {
    let story = Story::begin().await;
    story.publish(&self_service(json!({ "slackId": "U0JANE" }))).await;
    let question = story.message_to("jane");
    let at = Address::new("slack", &question.channel);
    let thread = Receipt { at, id: question.ts.clone(), reader: Some("U0JANE".to_owned()), url: None };
    let reminder = Notice { key: "reminder".to_owned(), thread: Some(thread), ..Notice::default() };
    let to = Address::new("slack", "U0JANE");
    let destination = story.town.world.destination(&to).unwrap();
    let receipt = destination.deliver(&to, &reminder).await.unwrap();
    assert_eq!(story.message_to("jane").thread_ts, Some(question.ts));
    assert_eq!(destination.find(&to, &reminder, jiff::Timestamp::UNIX_EPOCH).await, Ok(Some(receipt)));
    assert_eq!(destination.zone("U0JANE").await, Ok(Some("Europe/Berlin".to_owned())));
    assert_eq!(story.calls("conversations.replies"), 1);
}
