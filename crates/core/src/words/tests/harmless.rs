//! No text is too long or too powerful, whatever its parts.

use serde_json::json;

use super::*;
use crate::{alarm::Person, journal::Entry};

/// Texts beyond every limit, awkward in one way or another; one of them has a mebibyte.
fn long_texts() -> impl Iterator<Item = String> {
    let awkward = ["@", "`", "~", "<", "\u{1F6A8}", "a\n", "```\n", "&", "|"];
    awkward.into_iter().map(|text| text.repeat(70_000)).chain(["x".repeat(1 << 20)])
}

#[test]
fn an_issue_keeps_within_its_limits_and_keeps_its_marker() {
    for text in long_texts() {
        let mut alarm = alarm(&broadcast());
        for field in [&mut alarm.title, &mut alarm.body, &mut alarm.request_id, &mut alarm.people[0].name] {
            field.clone_from(&text);
        }
        alarm.labels = vec![text.clone(); 200];
        alarm.mentions = vec!["jane".to_owned()];
        let journal = Journal { alarm, ..journal(&broadcast()) };
        for instead_of in [None, Some((&defaults().repo, text.as_str()))] {
            let draft = draft(&journal, instead_of);
            let start: String = text.chars().take(8).collect();
            assert!((1..=256).contains(&draft.title.chars().count()), "{start}");
            assert!(draft.title.ends_with(" … [shortened]"), "{start}");
            assert!(draft.body.chars().count() <= 65_536, "{start}: {}", draft.body.chars().count());
            assert!(draft.body.ends_with(&draft.marker) && draft.body.contains("\n\n@jane\n\n"), "{start}");
            assert!(
                draft.labels.len() == 100 && draft.labels.iter().all(|label| label.chars().count() <= 50),
                "{start}"
            );
        }
    }
}

#[test]
fn a_comment_keeps_within_its_limit_and_keeps_its_marker() {
    for text in long_texts() {
        let mut alarm = alarm(&poll());
        alarm.people[0].name.clone_from(&text);
        alarm.question.as_mut().unwrap().no.label.clone_from(&text);
        let by = Clicker { id: text.clone(), name: text.clone() };
        let receipt = Receipt { at: Address::new("pagerduty", ""), id: text.clone(), reader: None, url: None };
        let facts = [
            opened(),
            Fact::Answered { who: 0, answer: Answer::No, variant: None, by: by.clone() },
            Fact::Paged { who: 0, receipt },
            Fact::Unreached { who: 0, round: 0, reason: text.clone() },
            evidence("e1", &text),
        ];
        let facts = hostile_facts(&text).into_iter().chain(facts);
        let journal = Journal { alarm, ..journal_with(&poll(), facts) };
        let remarks = [
            Remark::Answer(0),
            Remark::Tally(1),
            Remark::Paged(0),
            Remark::Unreached,
            Remark::Evidence("e1".to_owned()),
        ];
        let remarks = remarks.into_iter().chain(hostile_remarks());
        let progress = Progress::of(&journal);
        for remark in remarks {
            let comment = comment(&journal, &progress, &remark, at(9));
            assert!(comment.chars().count() <= 65_536, "{remark:?}");
            assert!(comment.ends_with(&remark_marker(&journal.life, &remark)), "{remark:?}");
            assert!(comment.replace('\\', "").contains(" … [shortened]"), "{remark:?}");
        }
    }
}

#[test]
fn the_tally_of_two_thousand_people_fits() {
    let mut alarm = alarm(&poll());
    alarm.people = (0..2_000).map(|n| Person { name: format!("somebody_{n}"), address: None }).collect();
    let mut journal = Journal { alarm, ..journal(&poll()) };
    journal.entries = (0..2_000).map(|who| Entry { at: at(1), fact: answered(who, Answer::Yes) }).collect();
    let comment = comment(&journal, &Progress::of(&journal), &Remark::Tally(2_000), at(9));
    assert!(comment.starts_with("2000 of 2000 answered."));
    assert!(comment.chars().count() <= 65_536);
    assert!(comment.ends_with(" … [shortened]\n\n<!-- dispatch:5eed:tally -->"));
}

#[test]
fn a_code_block_that_the_cut_leaves_open_is_closed() {
    let mut message = self_service();
    message["body"]["github"]["body"] = json!(format!("Log:\n```\n{}```", "line\n".repeat(20_000)));
    let body = draft(&journal(&message), None).body;
    assert!(body.chars().count() <= 65_536);
    assert!(body.contains(" … [shortened]\n```\n\n@jane\n\n"), "{}", &body[65_000..]);
}

/// Names that mean something to GitHub or to Slack.
const HOSTILE: [&str; 10] = [
    "@example-org/everybody",
    "<!channel>",
    "[x](https://example.com)",
    "<img src=x>",
    "**b** `c` ~~d~~",
    "a | b\n# c",
    "example-org/alarms#1",
    "&commat;jane &#64;jane",
    "https://example.com",
    "www.example.com",
];

#[test]
fn an_untrusted_name_neither_mentions_nor_marks_up_on_the_issue() {
    for name in HOSTILE {
        let mut alarm = alarm(&poll());
        alarm.people[0].name = name.to_owned();
        alarm.request_id = name.to_owned();
        let by = Clicker { id: "U0".to_owned(), name: name.to_owned() };
        let facts = [
            opened(),
            Fact::Unreached { who: 0, round: 0, reason: name.to_owned() },
            Fact::Answered { who: 0, answer: Answer::No, variant: None, by },
        ];
        let facts = hostile_facts(name).into_iter().chain(facts);
        let journal = Journal { alarm, ..journal_with(&poll(), facts) };
        let progress = Progress::of(&journal);
        let remarks = [Remark::Answer(0), Remark::Tally(1), Remark::Paged(0), Remark::Unreached];
        let remarks = remarks.into_iter().chain(hostile_remarks());
        // What people write stands in a block that does nothing, and which it cannot leave.
        let block = format!("\n\n{}", crate::text::code_block(name));
        let mut texts: Vec<_> =
            remarks.map(|remark| comment(&journal, &progress, &remark, at(9)).replacen(&block, "", 1)).collect();
        texts.push(draft(&journal, None).body.split_once("<sub>").unwrap().1.to_owned());
        for text in texts {
            let text = text.split_once("\n\n<!--").unwrap().0.replace("</sub>", "");
            let harmless =
                text.replace("\\<", "").replace("\\[", "").replace("\\`", "").replace("\\~", "").replace("\\*", "");
            assert!(!harmless.contains(['<', '[', '~']), "{name}: {text}");
            for (at, _) in text.match_indices(['@', '#']) {
                assert!(text[at + 1..].starts_with('\u{200B}'), "{name}: {text}");
            }
            for (at, _) in text.match_indices('&') {
                assert!(text[..at].ends_with('\\'), "{name}: {text}");
            }
            assert!(!text.contains("://") || text.contains("\\://"), "{name}: {text}");
            assert!(!text.contains("www.") && !text.contains("**b"), "{name}: {text}");
        }
    }
}

/// What people do beside answering, and what they write then.
fn hostile_facts(text: &str) -> Vec<Fact> {
    let by = Clicker { id: "U0".to_owned(), name: text.to_owned() };
    let (why, text) = (Some(text.to_owned()), text.to_owned());
    let receipt = Receipt { at: Address::new("pagerduty", ""), id: "Q0".to_owned(), reader: None, url: None };
    vec![
        silent(0, &[0, 1]),
        Fact::Climbed { wave: 0, rung: 0, receipt },
        Fact::Snoozed { who: 0, until: at(90), why: why.clone(), by: by.clone() },
        Fact::Passed { who: 0, to: None, by: by.clone() },
        Fact::Reason { who: 0, text: text.clone(), by },
        Fact::Incident { page: "Q0".to_owned(), change: Change::Taken, by: Some(text), occurred: None },
        Fact::Withdrawn { message: "m2".to_owned(), note: why },
    ]
}

fn hostile_remarks() -> [Remark; 6] {
    [
        Remark::Silent { wave: 0, rung: 0 },
        Remark::Snoozed(0),
        Remark::Passed(0),
        Remark::Reason(0),
        Remark::Incident(0),
        Remark::Withdrawn,
    ]
}

/// The texts of a notice that are read as Slack's markup.
fn markup(notice: &Notice) -> Vec<String> {
    let texts = notice.paragraphs.iter().chain(&notice.footer);
    texts.filter(|text| matches!(text, Text::Markup(_))).map(|text| text.as_str().to_owned()).collect()
}

#[test]
fn what_silence_says_in_slack_neither_mentions_nor_links() {
    for name in HOSTILE {
        let mut alarm = alarm(&waiting());
        alarm.message = Some("Fine.".to_owned());
        alarm.people[0].name = name.to_owned();
        alarm.deputies[0].name = name.to_owned();
        for rung in &mut alarm.chain {
            rung.name = name.to_owned();
        }
        let facts = [opened(), reached(0, 0), remind_due(0)].into_iter();
        let facts = facts.chain(hostile_facts(name).into_iter().filter(|fact| !matches!(fact, Fact::Withdrawn { .. })));
        let facts = facts.chain([Fact::Ended { by: Some(name.to_owned()) }]);
        let journal = Journal { alarm, ..journal_with(&waiting(), facts) };
        let progress = Progress::of(&journal);
        let stages =
            [Stage::Snoozed(0), Stage::Silent(0), Stage::Passed, Stage::Incident(0), Stage::Outcome(0), Stage::Ended];
        let mut notices: Vec<_> =
            stages.into_iter().map(|stage| outcome(&journal, &issue(), &progress, 0, stage)).collect();
        notices.extend(
            [remind(&journal, &issue(), &progress, 0, 0), climb(&journal, &issue(), &progress, 0, 1)]
                .into_iter()
                .flatten(),
        );
        notices.push(seek(&journal, &issue(), 0));
        notices.push(reach(&journal, &issue(), &progress, 3, 0));
        let by = Clicker { id: "U0".to_owned(), name: name.to_owned() };
        for why in [Reply::NotYours, Reply::Over, Reply::Passed, Reply::NoSnooze, Reply::Late(Answer::Yes)] {
            notices.push(reply(Some(&journal), 0, Some(&issue()), &why, &by));
        }
        for text in notices.iter().flat_map(markup) {
            assert!(!text.replace("<!date^", "").contains('<'), "{name}: {text}");
        }
    }
}

#[test]
fn a_form_shows_the_question_and_its_mass_mentions_are_defused() {
    let mut message = waiting();
    message["body"]["slack"]["prompt"] = json!("<!channel> Was this you?");
    let journal = journal_with(&message, [opened(), reached(0, 0)]);
    let ticket = Ticket { key: journal.key.clone(), life: journal.life.clone(), who: 0 };
    let form = reason_form(&journal, &ticket, Answer::No);
    assert_eq!(form.intro.unwrap().as_str(), "&lt;!channel> Was this you?\nYour answer *no* is kept already.");
    assert_eq!(form.value, ticket.to_string());
}

#[test]
fn an_untrusted_name_neither_mentions_nor_links_in_slack() {
    for name in HOSTILE {
        let mut alarm = alarm(&self_service());
        alarm.people[0].name = name.to_owned();
        let by = Clicker { id: "U0".to_owned(), name: name.to_owned() };
        let answered = Fact::Answered { who: 0, answer: Answer::No, variant: None, by: by.clone() };
        let journal = Journal { alarm, ..journal_with(&self_service(), [opened(), reached(0, 0), answered]) };
        let progress = Progress::of(&journal);
        let stands = Reply::Stands(progress.people[0].answer.clone().unwrap());
        let mut texts = vec![outcome(&journal, &issue(), &progress, 0, Stage::Answered).footer.unwrap()];
        for why in [Reply::NotYours, stands] {
            texts.extend(reply(Some(&journal), 0, None, &why, &by).paragraphs);
        }
        for text in texts {
            let dates_aside = text.as_str().replace("<!date^", "");
            assert!(!dates_aside.contains('<'), "{dates_aside}");
        }
    }
}

#[test]
fn mass_mentions_of_the_sender_are_defused_everywhere() {
    let mut message = self_service();
    let bad = "<!channel> <!here> <!everyone> <!subteam^S1>";
    message["body"]["slack"] = json!({
        "message": bad, "prompt": bad, "actions": { "yes": "y", "no": "n", "yes_response": bad, "no_response": bad }
    });
    message["body"]["github"]["body"] = json!("@example-org/everybody @example-org/security @jane @all");
    let journal = journal_with(&message, [opened(), reached(0, 0), answered(0, Answer::No)]);
    let progress = Progress::of(&journal);
    for notice in [asking(&journal, 0, 0), outcome(&journal, &issue(), &progress, 0, Stage::Answered)] {
        for text in notice.paragraphs.iter().chain(&notice.prompt) {
            assert!(!text.as_str().contains("<!"), "{text:?}");
        }
    }
    let body = draft(&journal, None).body;
    assert!(body.starts_with("@\u{200B}example-org/everybody @example-org/security @jane @\u{200B}all\n\n@jane\n\n"));
}

#[test]
fn nothing_of_the_alarm_leaves_in_the_notes_that_others_read() {
    let mut message = self_service();
    let secret = "SECRET";
    message["requestId"] = json!(secret);
    message["dedupKey"] = json!(secret);
    message["users"][0] = json!({ "slack": "jane", "email": "secret@example.com" });
    message["body"]["github"] = json!({ "title": secret, "body": secret, "labels": [secret] });
    message["body"]["slack"] =
        json!({ "message": secret, "prompt": secret, "actions": { "yes": secret, "no": secret } });
    message["answerTimeout"] = json!("PT1H");
    message["escalation"] = json!([{ "channel": "#security" }, { "group": "S012AB3CD" }]);
    let journal = journal_with(&message, [opened(), unreached(0, 0), silent(0, &[0])]);
    let by = Clicker { id: "U9".to_owned(), name: "joe".to_owned() };
    let progress = Progress::of(&journal);
    let note = fallback(&journal, &issue(), &progress, 0);
    let told = [0, 1].map(|rung| climb(&journal, &issue(), &progress, 0, rung).unwrap());
    for notice in told.iter().chain([&seek(&journal, &issue(), 0)]) {
        assert!(!format!("{notice:?}").to_lowercase().contains("secret"), "{notice:?}");
    }
    let private = reply(Some(&journal), 0, Some(&issue()), &Reply::NotYours, &by);
    for notice in [&note, &private] {
        assert!(!format!("{notice:?}").to_lowercase().contains("secret"), "{notice:?}");
    }
    assert!(!format!("{note:?}").contains("jane"), "{note:?}");
    assert_eq!(private.link, None);
}
