//! Messages, as anybody may publish them.

use dispatch_core::{
    alarm::{Alarm, Page, Repo, Signal},
    journal::{Answer, Journal, LifeId},
    life::{rehearse, rehearse_answer},
    notice::Notice,
    source::{Letter, accept},
    text::defuse_github,
    words,
};

use super::{journal, world};

/// GitHub's limits, in characters, and how many labels.
const TITLE_MAX: usize = 256;
const BODY_MAX: usize = 65_536;
const LABEL_MAX: usize = 50;
const LABELS_MAX: usize = 100;

/// Slack's limit for the value of a button, in characters.
const VALUE_MAX: usize = 2_000;

/// How much of an unreadable text must be shown at least, in characters.
const SHOWN_MIN: usize = 200;

/// The text becomes a page, an alarm or a resume; what cannot be read is shown; and every text that is made of it
/// keeps to the limits of those who take it.
pub fn holds(letter: &Letter<'_>) {
    let read = accept(letter, &world::defaults());
    let unreadable = read.warning.is_some();
    match read.signal {
        Signal::Page(page) => page_holds(letter, &page, unreadable),
        Signal::Alarm(alarm) => alarm_holds(letter, &alarm, unreadable),
        Signal::Resume { key, .. } => assert!(!unreadable && letter.text.contains(key.as_str())),
        Signal::Resolve(resolve) => {
            assert!(!unreadable && (resolve.key.is_some() || resolve.page.is_some()));
            assert!(resolve.page.is_none_or(|(_, key)| !key.contains('\0')));
        }
    }
}

fn page_holds(letter: &Letter<'_>, page: &Page, unreadable: bool) {
    if unreadable {
        assert!(seen(&page.details).contains(&beginning(letter.text)), "the page does not show the message");
    }
    assert!(!page.key.is_empty() && !page.title.trim().is_empty());
    assert!(!page.key.contains('\0') && !page.to.rest().contains('\0'));
    notice_holds(&words::page(page));
}

fn alarm_holds(letter: &Letter<'_>, alarm: &Alarm, unreadable: bool) {
    let life = LifeId("5eed".repeat(8));
    let journal = Journal::begin(alarm.clone(), life, &[letter.id.to_owned()], world::now());
    let elsewhere = Repo::new("example-org", "elsewhere");
    for draft in [words::draft(&journal, None), words::draft(&journal, Some((&elsewhere, &alarm.title)))] {
        assert!((1..=TITLE_MAX).contains(&draft.title.chars().count()), "title: {}", draft.title);
        assert!(draft.body.chars().count() <= BODY_MAX, "body");
        assert!(draft.body.ends_with(&draft.marker), "the marker is cut off");
        assert!(draft.labels.len() <= LABELS_MAX);
        assert!(draft.labels.iter().all(|label| (1..=LABEL_MAX).contains(&label.chars().count())), "labels");
        assert!(!draft.title.contains(['\0', '\n']) && !draft.body.contains('\0'), "NUL");
        if unreadable {
            assert!(seen(&draft.body).contains(&beginning(letter.text)), "the issue does not show the message");
        }
    }
    let bytes = journal.to_bytes().expect("a journal can be written");
    assert_eq!(Journal::from_bytes(&bytes).expect("and read"), journal);
    for answer in [Answer::Yes, Answer::No] {
        let mut journal = journal.clone();
        let mut steps = rehearse(&mut journal, world::now());
        steps.extend(rehearse_answer(&mut journal, answer, world::now()));
        let steps = journal::some(steps);
        for text in journal::texts(&journal, &steps) {
            assert!(!text.contains('\0'), "NUL: {text:.200}");
        }
        for notice in journal::notices(&journal, &steps) {
            notice_holds(&notice);
        }
        for comment in journal::comments(&journal, &steps) {
            assert!((1..=BODY_MAX).contains(&comment.chars().count()), "comment");
            assert!(comment.ends_with("-->"), "the marker is cut off");
        }
    }
}

/// What a person or a pager is told has no text that their service would refuse.
fn notice_holds(notice: &Notice) {
    let texts = [&notice.prompt, &notice.footer].into_iter().flatten().chain(&notice.paragraphs);
    let texts = texts.map(dispatch_core::notice::Text::as_str).chain([notice.key.as_str(), notice.headline.as_str()]);
    let labels = notice.buttons.iter().map(|button| button.label.as_str());
    for text in texts.chain(labels) {
        assert!(!text.contains('\0'), "NUL: {text:.200}");
    }
    assert!(!notice.headline.contains('\n'), "a headline has one line");
    assert!(notice.buttons.iter().all(|button| (1..=VALUE_MAX).contains(&button.value.chars().count())));
}

/// The beginning of a text, as it is shown.
fn beginning(text: &str) -> String {
    seen(text.trim()).chars().take(SHOWN_MIN).collect()
}

/// The text without what nobody sees, and without what is defused in it. No service takes a NUL.
fn seen(text: &str) -> String {
    defuse_github(&text.replace('\0', "\u{FFFD}"), &[]).replace('\u{200B}', "")
}
