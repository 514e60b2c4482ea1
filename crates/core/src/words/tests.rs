//! Every text once, word for word.

mod harmless;
mod markers;
mod silence;
mod timeline;

use serde_json::json;

use super::*;
use crate::{
    alarm::{Address, Repo},
    journal::{Answer, Change, Clicker, Fact, Remark, Stage, Step},
    life::Answered,
    notice::Receipt,
    testing::*,
};

const KEY: &str = "KEY";

/// The text with the alarm's key replaced, which says nothing to a reader.
fn unkeyed(journal: &Journal, text: &str) -> String {
    text.replace(journal.key.as_str(), KEY)
}

fn comment_on(journal: &Journal, remark: &Remark) -> String {
    unkeyed(journal, &comment(journal, &Progress::of(journal), remark, at(60)))
}

fn asking(journal: &Journal, who: Who, round: usize) -> Notice {
    reach(journal, &issue(), &Progress::of(journal), who, round)
}

#[test]
fn the_issue() {
    let mut message = self_service();
    message["body"]["github"]["labels"] = json!(["2fa"]);
    let journal = journal(&message);
    let Draft { title, body, labels, marker } = draft(&journal, None);
    assert_eq!(title, "Two-factor off: jane");
    assert_eq!(unkeyed(&journal, &marker), "<!-- dispatch:KEY:5eed -->");
    assert_eq!(labels, ["2fa"]);
    assert_eq!(
        unkeyed(&journal, &body),
        "jane turned off two-factor authentication.\n\n@jane\n\n<sub>dispatch 6cf9397c71e2</sub>\n\n<!-- dispatch:KEY:5eed -->"
    );
}

#[test]
fn the_issue_of_a_broadcast_lists_people_without_mentioning_them() {
    let mut message = broadcast();
    message["requestId"] = json!("r1");
    let journal = journal(&message);
    assert_eq!(
        unkeyed(&journal, &draft(&journal, None).body),
        "Keys are old.\n\n```text\njane, joe\n```\n\n<sub>dispatch r1</sub>\n\n<!-- dispatch:KEY:5eed -->"
    );
}

#[test]
fn the_issue_in_another_repository_than_meant() {
    let mut message = low_priority();
    message["requestId"] = json!("r1");
    let journal = journal(&message);
    let meant = Repo::new("example-org", "gone");
    assert_eq!(
        unkeyed(&journal, &draft(&journal, Some((&meant, "Not Found"))).body),
        "In 30 days.\n\n@example-org/security\n\nThis alarm was meant for `example-org/gone`, which could not take it: Not Found.\
         \n\n<sub>dispatch r1</sub>\n\n<!-- dispatch:KEY:5eed -->"
    );
}

#[test]
fn the_question() {
    let journal = journal(&self_service());
    let notice = asking(&journal, 0, 0);
    let button = |action: &str, label: &str, danger| Button {
        action: action.to_owned(),
        label: label.to_owned(),
        value: format!("v1.{}.5eed.0", journal.key),
        danger,
    };
    let expected = Notice {
        key: format!("{}.5eed.0.0", journal.key),
        headline: "Two-factor off: jane".to_owned(),
        paragraphs: vec![Text::Markup("Two-factor authentication was turned off.".to_owned())],
        link: Some(Link { url: issue().url, text: "example-org/alarms#12".to_owned() }),
        prompt: Some(Text::Markup("Did you do this?".to_owned())),
        buttons: vec![button("yes", "Yes, I did", false), button("no", "No", true)],
        ..Notice::default()
    };
    assert_eq!(notice, expected);
}

#[test]
fn what_people_are_told_has_no_link_and_no_buttons() {
    for message in [broadcast(), nag()] {
        let notice = asking(&journal(&message), 1, 0);
        assert_eq!(notice.paragraphs, [Text::Markup("Please rotate your keys.".to_owned())]);
        assert!(notice.link.is_none() && notice.prompt.is_none() && notice.buttons.is_empty());
    }
}

#[test]
fn the_note_in_the_fallback_channel() {
    let journal = journal_with(&poll(), [opened(), unreached(0, 0), unreached(1, 0)]);
    let notice = fallback(&journal, &issue(), &Progress::of(&journal), 0);
    assert_eq!(notice.headline, "Dispatch could not reach some people");
    let text = "2 people could not be asked about an alarm. Please look at the issue and reach them another way.";
    assert_eq!(notice.paragraphs, [Text::Plain(text.to_owned())]);
    assert_eq!(notice.link.unwrap().text, "example-org/alarms#12");

    let journal = journal_with(&broadcast(), [opened(), reached(0, 0), unreached(1, 0)]);
    let notice = fallback(&journal, &issue(), &Progress::of(&journal), 0);
    assert_eq!(notice.headline, "Dispatch could not reach a person");
    let text = "One person could not be told about an alarm. Please look at the issue and reach them another way.";
    assert_eq!(notice.paragraphs, [Text::Plain(text.to_owned())]);
}

#[test]
fn the_page_of_a_high_priority_message() {
    let notice = page(&page_of(&high_priority()));
    assert_eq!((notice.key.as_str(), notice.headline.as_str()), ("Root login", "Root login"));
    assert_eq!(notice.paragraphs, [Text::Plain("From abroad.".to_owned())]);
}

#[test]
fn the_page_for_a_no() {
    let journal = journal_with(&self_service(), [opened(), reached(0, 0), answered(0, Answer::No)]);
    let notice = page_for_no(&journal, &issue(), &Progress::of(&journal), 0);
    assert_eq!(notice.key, "6cf9397c71e2");
    assert_eq!(
        notice.headline,
        "jane answered no (example-org/alarms#12, dispatch 6cf9397c71e2): Two-factor off: jane"
    );
    let paragraphs: Vec<_> = notice.paragraphs.iter().map(Text::as_str).collect();
    let expected = [
        "jane answered \"No\" to \"Did you do this?\" at 2026-11-21 03:00:03 UTC.",
        "Alarm: Two-factor off: jane",
        "Two-factor authentication was turned off.",
        "Audit log: https://github.com/example-org/alarms/issues/12",
        "Request id: 6cf9397c71e2",
    ];
    assert_eq!(paragraphs, expected);
}

#[test]
fn each_no_has_a_key_of_its_own_however_long_the_request_id_is() {
    for request_id in ["r1".to_owned(), "r".repeat(300)] {
        let mut message = poll();
        message["requestId"] = json!(request_id);
        let journal = journal_with(&message, [opened(), answered(0, Answer::No), answered(1, Answer::No)]);
        let progress = Progress::of(&journal);
        let keys = [0, 1].map(|who| cut(&page_for_no(&journal, &issue(), &progress, who).key, 255).to_owned());
        assert_ne!(keys[0], keys[1]);
        assert!(keys[1].ends_with("/2"));
    }
}

#[test]
fn the_comment_on_an_answer() {
    let yes = journal_with(&self_service(), [opened(), reached(0, 0), answered(0, Answer::Yes)]);
    assert_eq!(
        comment_on(&yes, &Remark::Answer(0)),
        "**jane** (Slack user jane, `U0`) answered **yes** (`Yes, I did`) at 2026-11-21 03:00:03 UTC.\n\n\
         This closes the issue.\n\n<!-- dispatch:5eed:answer:0 -->"
    );
    let no = journal_with(&self_service(), [opened(), reached(0, 0), answered(0, Answer::No)]);
    assert_eq!(
        comment_on(&no, &Remark::Answer(0)),
        "**jane** (Slack user jane, `U0`) answered **no** (`No`) at 2026-11-21 03:00:03 UTC.\n\n\
         The person on call is being paged; the issue stays open.\n\n<!-- dispatch:5eed:answer:0 -->"
    );
}

#[test]
fn the_tally() {
    let mut message = poll();
    message["users"].as_array_mut().unwrap().push(json!({ "slack": "sam" }));
    let journal =
        journal_with(&message, [opened(), reached(0, 0), reached(1, 0), unreached(2, 0), answered(1, Answer::No)]);
    assert_eq!(
        comment_on(&journal, &Remark::Tally(1)),
        "1 of 3 answered.\n\n| who | answer | when |\n| --- | --- | --- |\n\
         | jane | no answer yet |  |\n\
         | joe | **no** | 2026-11-21 03:00:05 UTC |\n\
         | sam | could not be asked |  |\n\n<!-- dispatch:5eed:tally -->"
    );
}

#[test]
fn the_comment_on_a_page() {
    let journal = journal_with(&self_service(), [opened(), answered(0, Answer::No), paged(0)]);
    assert_eq!(
        comment_on(&journal, &Remark::Paged(0)),
        "PagerDuty was paged because jane answered no: [incident](https://example.pagerduty.com/incidents/Q0).\
         \n\n<!-- dispatch:5eed:paged:0 -->"
    );
    let receipt = Receipt { at: Address::new("pagerduty", ""), id: "6cf9397c71e2".to_owned(), reader: None, url: None };
    let journal = journal_with(&self_service(), [opened(), Fact::Paged { who: 0, receipt }]);
    assert!(comment_on(&journal, &Remark::Paged(0)).contains(": incident with key `6cf9397c71e2`."));
}

#[test]
fn the_comment_on_who_could_not_be_reached() {
    let journal = journal_with(&self_service(), [opened(), unreached(0, 0), Fact::FellBack { round: 0 }]);
    assert_eq!(
        comment_on(&journal, &Remark::Unreached),
        "Could not be asked in Slack:\n\n- jane: user\\_not\\_found\n\nA note without details went to the fallback channel.\
         \n\n<!-- dispatch:5eed:unreached -->"
    );
    let journal = journal_with(&broadcast(), [opened(), unreached(1, 0)]);
    assert_eq!(
        comment_on(&journal, &Remark::Unreached),
        "Could not be told in Slack:\n\n- joe: user\\_not\\_found\n\nThe fallback channel could not be reached either.\
         \n\n<!-- dispatch:5eed:unreached -->"
    );
}

#[test]
fn the_comment_on_repeats() {
    let journal = journal(&low_priority());
    assert_eq!(
        comment_on(&journal, &Remark::Repeats(1)),
        "This alarm was raised once more up to 2026-11-21 03:01:00 UTC. While the issue is open, repeats are counted here.\
         \n\n<!-- dispatch:5eed:repeats -->"
    );
    assert!(comment_on(&journal, &Remark::Repeats(8)).starts_with("This alarm was raised 8 more times up to"));
}

#[test]
fn the_comment_on_another_unreadable_message() {
    let new = evidence("e1", "``` @example-org/everybody");
    let journal = journal_with(&low_priority(), [opened(), repeated(2), new]);
    assert_eq!(
        comment_on(&journal, &Remark::Evidence("e1".to_owned())),
        "Another message could not be read for the same reason:\n\n````text\n``` @example-org/everybody\n````\
         \n\n<!-- dispatch:5eed:evidence:e1 -->"
    );
}

#[test]
fn a_comment_that_counts_is_found_again_by_one_marker() {
    let life = crate::journal::LifeId("5eed".to_owned());
    assert_eq!(remark_marker(&life, &Remark::Tally(1)), remark_marker(&life, &Remark::Tally(2)));
    assert_eq!(remark_marker(&life, &Remark::Repeats(1)), remark_marker(&life, &Remark::Repeats(2)));
    assert_ne!(remark_marker(&life, &Remark::Answer(0)), remark_marker(&life, &Remark::Answer(1)));
}

#[test]
fn the_outcome_takes_the_place_of_the_question() {
    let facts = [opened(), reached(0, 0), answered(0, Answer::No), paged(0)];
    let journal = journal_with(&self_service(), facts);
    let show = |journal: &Journal, stage| outcome(journal, &issue(), &Progress::of(journal), 0, stage);
    let notice = show(&journal, Stage::Paged);
    assert!(notice.buttons.is_empty());
    assert_eq!(notice.tone, Tone::Bad);
    assert_eq!(notice.paragraphs, asking(&journal, 0, 0).paragraphs);
    assert_eq!(notice.prompt, Some(Text::Markup("Did you do this?\n> On it.".to_owned())));
    let when = "<!date^1795230003^{date_short_pretty} at {time_secs}|2026-11-21 03:00:03 UTC>";
    let page = "the person on call was paged: <https://example.pagerduty.com/incidents/Q0|incident>";
    assert_eq!(notice.footer, Some(Text::Markup(format!("jane answered no · {when} · {page}"))));

    let footer = format!("jane answered no · {when} · the person on call is being paged");
    assert_eq!(show(&journal, Stage::Answered).footer, Some(Text::Markup(footer)));

    let yes = journal_with(&self_service(), [opened(), reached(0, 0), answered(0, Answer::Yes)]);
    let notice = show(&yes, Stage::Answered);
    assert_eq!((notice.tone, notice.prompt.unwrap().as_str()), (Tone::Good, "Did you do this?\n> Thanks."));
    assert_eq!(notice.footer, Some(Text::Markup(format!("jane answered yes · {when} · acknowledged"))));
}

#[test]
fn the_private_notes() {
    let journal = journal(&self_service());
    let by = Clicker { id: "U9".to_owned(), name: "joe".to_owned() };
    let stands = Answered { answer: Answer::Yes, by: clicker("jane"), variant: None, at: at(3) };
    let rows = [
        (Reply::NotYours, "Only jane can answer this question. Nothing was changed.", false),
        (
            Reply::Stands(stands),
            "jane answered yes at <!date^1795230003^{date_short_pretty} at {time_secs}|2026-11-21 03:00:03 UTC>. \
             The first answer stands; this click changed nothing.",
            true,
        ),
        (Reply::Over, "This alarm is over, so the click changed nothing.", true),
    ];
    for (why, text, links) in rows {
        let notice = reply(Some(&journal), 0, Some(&issue()), &why, &by);
        assert_eq!(notice.headline, "This click changed nothing");
        assert_eq!(notice.paragraphs, [Text::Markup(text.to_owned())]);
        assert_eq!((notice.only_for.as_deref(), notice.link.is_some()), (Some("U9"), links));
    }
    let nobody = reply(None, 0, None, &Reply::NotYours, &by);
    assert!(nobody.paragraphs[0].as_str().starts_with("Only the person asked can answer"));
}
