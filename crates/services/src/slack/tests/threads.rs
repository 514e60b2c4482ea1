//! What answers an earlier message stands in its thread, and is looked for there.

use super::*;

fn reminder(thread: Receipt) -> Notice {
    Notice { key: "key.1.reminder".to_owned(), thread: Some(thread), ..question() }
}

#[tokio::test]
async fn a_reminder_stands_in_the_thread_of_its_question_and_is_found_there() {
    for rest in ["@jane", "#security"] {
        let (world, slack) = start().await;
        let asked = slack.deliver(&to(rest), &question()).await.unwrap();
        let reminder = reminder(asked.clone());
        // Whoever was asked may have another handle by now: the thread alone says where.
        let reminded = slack.deliver(&to("@nobody"), &reminder).await.unwrap();
        assert_eq!((&reminded.at, &reminded.reader), (&asked.at, &asked.reader), "{rest}");
        let said = world.messages(asked.at.rest());
        assert_eq!((said.len(), said[1].thread_ts.as_ref()), (2, Some(&asked.id)), "{rest}");
        let find = async |notice| slack.find(&to(rest), notice, Timestamp::UNIX_EPOCH).await;
        assert_eq!(find(&reminder).await, Ok(Some(reminded)), "{rest}");
        assert_eq!(calls(&world, "conversations.history"), 0, "{rest}");
        let other = Notice { key: "key.1.other".to_owned(), ..reminder.clone() };
        assert_eq!(find(&other).await, Ok(None), "{rest}");
        assert_eq!(world.violations(), [""; 0]);
    }
}

#[tokio::test]
async fn a_reminder_whose_reply_was_lost_is_found() {
    let (world, slack) = start().await;
    let asked = slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    let reminder = reminder(asked);
    world.fault(Fault::new("chat.postMessage", Kind::LoseReply));
    slack.deliver(&to("U0JANE"), &reminder).await.unwrap_err();
    let found = slack.find(&to("U0JANE"), &reminder, Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
    assert_eq!(found.id, world.dm("jane")[1].ts);
    world.revoke_scope("im:history");
    assert_eq!(slack.find(&to("U0JANE"), &reminder, Timestamp::UNIX_EPOCH).await, Ok(None));
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_private_note_may_stand_in_a_thread() {
    let (world, slack) = start().await;
    let asked = slack.deliver(&to("#security"), &question()).await.unwrap();
    let note = Notice { only_for: Some("U0JOE".to_owned()), ..reminder(asked.clone()) };
    let receipt = slack.deliver(&to("U0JOE"), &note).await.unwrap();
    let shown = &world.messages("security")[1];
    assert_eq!((shown.ephemeral_to.as_deref(), shown.thread_ts.as_ref()), (Some("U0JOE"), Some(&asked.id)));
    assert_eq!((receipt.at, receipt.reader.as_deref()), (asked.at, Some("U0JOE")));
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_thread_that_is_gone_is_refused() {
    let (_world, slack) = start().await;
    let mut asked = slack.deliver(&to("U0JANE"), &question()).await.unwrap();
    asked.id = "1712345678.000100".to_owned();
    let failed = slack.deliver(&to("U0JANE"), &reminder(asked.clone())).await.unwrap_err();
    assert!(failed.is_final() && reason(&failed) == "cannot_reply_to_message", "{failed}");
    assert_eq!(slack.find(&to("U0JANE"), &reminder(asked), Timestamp::UNIX_EPOCH).await, Ok(None));
}
