//! Forms that open for whoever has just clicked.

use dispatch_core::notice::{Ask, Choices};

use super::*;

fn form() -> Form {
    let option = |value: &str| (value.to_owned(), format!("{value} from now"));
    Form {
        kind: Form::SNOOZE,
        value: "v1.ticket".to_owned(),
        title: "Ask me later".to_owned(),
        submit: "Snooze".to_owned(),
        intro: Some(Text::Plain("Nobody is paged before that.".to_owned())),
        choices: Some(Choices { label: "When?".to_owned(), options: vec![option("1h"), option("4h")] }),
        text: Some(Ask { label: "Why?".to_owned(), optional: true, hint: String::new() }),
    }
}

/// What comes with a click of jane's.
async fn trigger(world: &fake::Slack, slack: &Slack) -> String {
    let asked = slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    let click = world.click(asked.at.rest(), &asked.id, "jane", "yes").unwrap();
    click.payload()["trigger_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_opens_once_for_a_click() {
    let (world, slack) = start().await;
    let trigger = trigger(&world, &slack).await;
    slack.open(&trigger, &form()).await.unwrap();
    let sent = world.submit("jane", &[(CHOICE, "4h"), (TEXT, "on a train")]).unwrap().payload();
    assert_eq!(
        (&sent["view"]["callback_id"], &sent["view"]["private_metadata"]),
        (&"snooze".into(), &"v1.ticket".into())
    );
    let values = &sent["view"]["state"]["values"];
    assert_eq!(values[CHOICE][CHOICE]["selected_option"]["value"], "4h");
    assert_eq!(values[TEXT][TEXT]["value"], "on a train");
    for (trigger, why) in [(trigger.as_str(), "exchanged_trigger_id"), ("1.2.x", "invalid_trigger_id")] {
        let failed = slack.open(trigger, &form()).await.unwrap_err();
        assert_eq!(failed, Failed::Refused { call: Method::ViewsOpen.call(), reason: why.to_owned() });
    }
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_form_that_may_be_open_is_not_opened_again() {
    for (kind, tries) in [
        (Kind::LoseReply, 1),
        (Kind::SlackError("fatal_error".to_owned()), 1),
        (Kind::RateLimited { retry_after_s: Some(0) }, 2),
    ] {
        let (world, slack) = start().await;
        let trigger = trigger(&world, &slack).await;
        world.fault(Fault::new("views.open", kind.clone()));
        let opened = slack.open(&trigger, &form()).await;
        assert_eq!(opened.is_err_and(|failed| failed.is_unsure()), tries == 1, "{kind:?}");
        assert_eq!(calls(&world, "views.open"), tries, "{kind:?}");
    }
    let (world, slack) = start().await;
    world.fault(Fault::new("views.open", Kind::SlackError("expired_trigger_id".to_owned())));
    assert!(slack.open("1.2.x", &form()).await.unwrap_err().is_final());
}

#[tokio::test]
async fn whatever_a_form_says_slack_takes_it() {
    let long = || "<&> x ".repeat(1_000);
    let option = |n: usize| (format!("{n}{}", long()), long());
    for options in [0, 1, 10, 11, 200] {
        let (world, slack) = start().await;
        let form = Form {
            kind: Form::REASON,
            value: long(),
            title: long(),
            submit: long(),
            intro: Some(Text::Plain(long())),
            choices: Some(Choices { label: long(), options: (0..options).map(option).collect() }),
            text: Some(Ask { label: long(), optional: false, hint: long() }),
        };
        for form in [form, Form { choices: Some(Choices::default()), text: Some(Ask::default()), ..Form::default() }] {
            slack.open(&trigger(&world, &slack).await, &form).await.unwrap();
        }
        slack.open(&trigger(&world, &slack).await, &Form::default()).await.unwrap();
        assert_eq!(world.violations(), [""; 0]);
    }
}
