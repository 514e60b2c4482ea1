//! What is said while nobody answers, word for word.

use super::*;

const WHEN: &str = "<!date^1795233601^{date_short_pretty} at {time_secs}|2026-11-21 04:00:01 UTC>";

fn life(facts: impl IntoIterator<Item = Fact>) -> Journal {
    journal_with(&waiting(), [opened(), reached(0, 0)].into_iter().chain(facts))
}

fn texts(notice: &Notice) -> Vec<&str> {
    notice.paragraphs.iter().map(Text::as_str).collect()
}

fn footer(journal: &Journal, who: Who, stage: Stage) -> String {
    outcome(journal, &issue(), &Progress::of(journal), who, stage).footer.unwrap().as_str().to_owned()
}

#[test]
fn the_reminder_stands_in_the_thread_of_the_question() {
    let journal = life([remind_due(0)]);
    let notice = remind(&journal, &issue(), &Progress::of(&journal), 0, 0).unwrap();
    assert_eq!(notice.headline, "Reminder: Two-factor off: jane");
    let text = format!("This question still waits for your answer. Without an answer by {WHEN} this goes on to sam.");
    assert_eq!(texts(&notice), [text]);
    assert_eq!(notice.thread.unwrap().id, "17.00");
    assert_eq!(notice.key, format!("{}.5eed.0.remind.0", journal.key));
}

#[test]
fn a_channel_is_told_who_was_silent_and_a_group_is_mentioned() {
    let journal = life([silent(0, &[0])]);
    let progress = Progress::of(&journal);
    let channel = climb(&journal, &issue(), &progress, 0, 1).unwrap();
    assert_eq!(texts(&channel), ["jane did not answer an alarm in time. Please look at the issue."]);
    let group = climb(&journal, &issue(), &progress, 0, 2).unwrap();
    let text = "<!subteam^S012AB3CD> jane did not answer an alarm in time. Please look at the issue.";
    assert_eq!(texts(&group), [text]);
    assert_ne!(channel.key, group.key);
}

#[test]
fn the_page_says_that_nobody_answered() {
    let journal = life([remind_due(0), Fact::Reminded { who: 0, nth: 0 }, silent(0, &[0])]);
    let notice = climb(&journal, &issue(), &Progress::of(&journal), 0, 4).unwrap();
    assert_eq!(
        notice.headline,
        "jane did not answer (example-org/alarms#12, dispatch 6cf9397c71e2): Two-factor off: jane"
    );
    let expected = [
        "Nobody answered \"Did you do this?\" by 2026-11-21 03:00:05 UTC.",
        "jane: asked in Slack, reminded once",
        "Alarm: Two-factor off: jane",
        "Two-factor authentication was turned off.",
        "Audit log: https://github.com/example-org/alarms/issues/12",
        "Request id: 6cf9397c71e2",
    ];
    assert_eq!(texts(&notice), expected);
    assert_eq!(notice.key, "6cf9397c71e2");
}

#[test]
fn the_page_names_whoever_was_asked_in_the_place_of_somebody_else() {
    let page = |facts: Vec<Fact>| {
        let journal = life(facts.into_iter().chain([silent(0, &[0])]));
        let notice = climb(&journal, &issue(), &Progress::of(&journal), 0, 4).unwrap();
        (notice.headline.clone(), texts(&notice)[1].to_owned())
    };
    let (headline, asked) = page(vec![passed(0, Some(0)), reached(1, 0), Fact::Reminded { who: 0, nth: 0 }]);
    assert!(headline.starts_with("joe did not answer ("), "{headline}");
    assert_eq!(asked, "joe, in the place of jane: asked in Slack, reminded once");
    let (headline, asked) = page(vec![passed(0, Some(0))]);
    assert!(headline.starts_with("joe did not answer ("), "{headline}");
    assert_eq!(asked, "joe, in the place of jane: not asked yet");
    let (headline, asked) = page(vec![passed(0, None)]);
    assert!(headline.starts_with("jane did not answer ("), "{headline}");
    assert_eq!(asked, "jane: asked in Slack, and says that somebody else is meant");
}

#[test]
fn pages_for_silence_have_keys_of_their_own_where_several_are_asked() {
    for request_id in ["r1".to_owned(), "r".repeat(300)] {
        let mut message = poll();
        message["requestId"] = json!(request_id);
        let journal = journal_with(&message, [opened(), silent(0, &[0]), silent(1, &[1])]);
        let progress = Progress::of(&journal);
        let silences = [0, 1].map(|wave| climb(&journal, &issue(), &progress, wave, 0).unwrap().key);
        let noes = [0, 1].map(|who| page_for_no(&journal, &issue(), &progress, who).key);
        let keys: std::collections::BTreeSet<_> = silences.iter().chain(&noes).map(|key| cut(key, 255)).collect();
        assert_eq!(keys.len(), 4, "{keys:?}");
    }
}

#[test]
fn whoever_is_asked_in_the_place_of_others_reads_why() {
    let journal = life([passed(0, Some(0)), silent(0, &[0])]);
    let told = |who| asking(&journal, who, 0).paragraphs.last().unwrap().as_str().to_owned();
    assert_eq!(told(1), "You are asked because jane says that somebody else is meant.");
    assert_eq!(told(3), "You are asked because joe did not answer in time.");
    let actions = |journal: &Journal, who| -> Vec<String> {
        asking(journal, who, 0).buttons.into_iter().map(|button| button.action).collect()
    };
    assert_eq!(actions(&life([]), 0), ["yes", "no", "wrong", "snooze"]);
    // Too late to pass it on or to put it off.
    assert_eq!(actions(&journal, 0), ["yes", "no"]);
    assert_eq!(actions(&journal, 3), ["yes", "no"]);
}

#[test]
fn further_answers_have_buttons_and_words_of_their_own() {
    let mut message = waiting();
    message["body"]["slack"]["actions"]["more"] = json!([
        { "label": "Somebody else", "counts": "no", "response": "Thank you." },
        { "label": "A test", "counts": "yes" },
    ]);
    let by = clicker("jane");
    let given = |answer, variant| Fact::Answered { who: 0, answer, variant: Some(variant), by: by.clone() };
    let journal = journal_with(&message, [opened(), reached(0, 0), given(Answer::No, 0)]);
    let buttons = asking(&journal, 0, 0).buttons;
    let buttons: Vec<_> =
        buttons.iter().map(|button| (button.action.as_str(), button.label.as_str(), button.danger)).collect();
    assert_eq!(buttons[2..4], [("more.0", "Somebody else", true), ("more.1", "A test", false)]);
    assert!(comment_on(&journal, &Remark::Answer(0)).contains("answered **no** (`Somebody else`)"));
    let shown = outcome(&journal, &issue(), &Progress::of(&journal), 0, Stage::Answered);
    assert_eq!(shown.prompt.unwrap().as_str(), "Did you do this?\n> Thank you.");
    let page = page_for_no(&journal, &issue(), &Progress::of(&journal), 0);
    assert!(page.paragraphs[0].as_str().starts_with("jane answered \"Somebody else\" to"));
}

#[test]
fn the_comments() {
    let facts = [
        snoozed(0, 60),
        passed(0, Some(0)),
        passed(0, None),
        silent(0, &[0]),
        climbed(0, 4, "pagerduty"),
        incident("Q0", Change::Taken),
        incident("Q0", Change::Left),
        answered(0, Answer::Yes),
        reason(0, "I was asleep."),
        withdrawn(),
    ];
    let journal = life(facts);
    // Whoever has the question by then, and the Slack user who pressed the button.
    let (jane, joe) = ("**jane** (Slack user jane, `U0`)", "**joe** (Slack user jane, `U0`)");
    let page = "[incident](https://example.pagerduty.com/incidents/Q0)";
    let rows = [
        (
            Remark::Snoozed(0),
            format!("{jane} put off the reminder until 2026-11-21 03:01:00 UTC.\n\n```text\nIn a meeting.\n```"),
        ),
        (
            Remark::Passed(0),
            format!("{jane} says that somebody else is meant, at 2026-11-21 03:00:04 UTC. joe is asked."),
        ),
        (
            Remark::Passed(1),
            format!(
                "{joe} says that somebody else is meant, at 2026-11-21 03:00:05 UTC. Nobody else is named; \
                 the fallback channel has a note."
            ),
        ),
        (Remark::Silent { wave: 0, rung: 4 }, format!("Still no answer. PagerDuty service P1 was paged: {page}.")),
        (Remark::Incident(0), format!("The page was acknowledged by sam at 2026-11-21 03:00:08 UTC: {page}.")),
        (
            Remark::Incident(1),
            format!("The page is left as it is, because it cannot be seen whether somebody has taken it: {page}."),
        ),
        (Remark::Reason(0), format!("{joe} says why:\n\n```text\nI was asleep.\n```")),
        (
            Remark::Withdrawn,
            "It is over, says the system that raised the alarm, at 2026-11-21 03:00:12 UTC. This closes the issue.\
             \n\n```text\nThe disk is fine.\n```"
                .to_owned(),
        ),
    ];
    for (remark, expected) in rows {
        let comment = comment_on(&journal, &remark);
        assert_eq!(comment.split("\n\n<!--").next(), Some(expected.as_str()), "{remark:?}");
    }
    let late = comment_on(&journal, &Remark::Answer(0));
    assert!(late.contains("This came after the deadline. A page that nobody has taken is resolved"), "{late}");
}

#[test]
fn each_step_of_an_escalation_is_told_with_what_came_of_it() {
    let refused = Fact::GaveUp { step: Step::Climb { wave: 0, rung: 2 }, reason: "no_such_group".to_owned() };
    let journal = life([silent(0, &[0]), reached(3, 0), climbed(0, 1, "slack"), refused, unreached(6, 0)]);
    let told = |journal: &Journal, rung| {
        let comment = comment_on(journal, &Remark::Silent { wave: 0, rung });
        comment.split("\n\n<!--").next().unwrap().to_owned()
    };
    assert_eq!(told(&journal, 0), "No answer from jane by 2026-11-21 03:00:03 UTC. sam is asked in Slack.");
    assert_eq!(told(&journal, 1), "Still no answer. \\#\u{200B}security was told in Slack.");
    assert_eq!(told(&journal, 2), "Still no answer. the user group S012AB3CD could not be reached.");
    assert_eq!(told(&journal, 3), "Still no answer. whoever is on call could not be asked (user\\_not\\_found).");
    let early = life([silent(0, &[0]), answered(0, Answer::Yes)]);
    assert_eq!(
        told(&early, 0),
        "No answer from jane by 2026-11-21 03:00:03 UTC. The answer came before anybody else heard of it."
    );
}

#[test]
fn what_a_question_shows_meanwhile() {
    let journal = life([snoozed(0, 3_601), silent(0, &[0]), climbed(0, 4, "pagerduty"), incident("Q0", Change::Taken)]);
    let when = |second: i64| slack_time(at(second));
    assert_eq!(footer(&journal, 0, Stage::Snoozed(0)), format!("You will be reminded at {}.", when(3_601)));
    let silence = "No answer in time, so PagerDuty service P1 was paged. You can still answer.";
    assert_eq!(footer(&journal, 0, Stage::Silent(4)), silence);
    assert_eq!(footer(&journal, 0, Stage::Silent(0)), "No answer in time, so sam is asked. You can still answer.");
    assert_eq!(footer(&journal, 0, Stage::Incident(0)), format!("{silence} · the page was acknowledged by sam"));
    assert_eq!(footer(&journal, 0, Stage::Passed), "You said that this is not for you; somebody else is asked.");
    let over = "The issue was closed: no answer is needed any more.";
    assert_eq!(footer(&journal, 0, Stage::Ended), over);
    let closed = life([ended()]);
    assert_eq!(footer(&closed, 0, Stage::Ended), "joe closed the issue: no answer is needed any more.");
    let taken_back = life([withdrawn()]);
    let text = format!("It is over, says the system that raised it · {}", when(3));
    assert_eq!(footer(&taken_back, 0, Stage::Ended), text);
    let late = life([silent(0, &[0]), answered(0, Answer::Yes)]);
    assert!(footer(&late, 0, Stage::Answered).ends_with(" · recorded, but late"));

    let buttons = |stage| outcome(&journal, &issue(), &Progress::of(&journal), 0, stage).buttons.len();
    assert_eq!([Stage::Silent(4), Stage::Incident(0), Stage::Passed, Stage::Ended].map(buttons), [2, 2, 0, 0]);
}

#[test]
fn a_form_for_a_snooze_needs_time_that_is_left() {
    let journal = life([]);
    let ticket = Ticket { key: journal.key.clone(), life: journal.life.clone(), who: 0 };
    let progress = Progress::of(&journal);
    assert!(snooze_form(&journal, &progress, &ticket, at(60)).is_none());
    let mut message = waiting();
    message["answerTimeout"] = json!("P1W");
    let journal = journal_with(&message, [opened(), reached(0, 0)]);
    let form = snooze_form(&journal, &Progress::of(&journal), &ticket, at(60)).unwrap();
    let options = form.choices.unwrap().options;
    let options: Vec<_> = options.iter().map(|(name, words)| (name.as_str(), words.as_str())).collect();
    assert_eq!(options, [("1h", "1 hour"), ("4h", "4 hours"), ("tomorrow", "until tomorrow, 9:00")]);
}
