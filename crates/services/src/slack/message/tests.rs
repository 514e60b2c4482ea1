use serde_json::{Value, json};

use super::*;

fn question() -> Notice {
    let button = |action: &str, label: &str, danger| Button {
        action: action.to_owned(),
        label: label.to_owned(),
        value: format!("{action}-1"),
        danger,
    };
    Notice {
        key: "key".to_owned(),
        headline: "2FA turned off".to_owned(),
        paragraphs: vec![
            Text::Markup("*2FA* was turned off for <@U0JANE>".to_owned()),
            Text::Plain("a < b & c".to_owned()),
        ],
        link: Some(Link { url: "https://example.com/1?a=1&b=|".to_owned(), text: "example-org/alarms#1".to_owned() }),
        prompt: Some(Text::Markup("Was this you?".to_owned())),
        buttons: vec![button("yes", "Yes", false), button("no", "No", true)],
        ..Notice::default()
    }
}

fn render(notice: &Notice) -> (String, Vec<Value>) {
    let message = serde_json::to_value(Message::of(notice)).unwrap();
    (message["text"].as_str().unwrap().to_owned(), message["blocks"].as_array().unwrap().clone())
}

/// The words of all sections, top to bottom.
fn sections(blocks: &[Value]) -> Vec<String> {
    let sections = blocks.iter().filter(|block| block["type"] == "section");
    sections.map(|block| block["text"]["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_question_is_one_message_with_link_and_two_buttons() {
    let (text, blocks) = render(&question());
    let link = "<https://example.com/1?a=1&amp;b=%7C|example-org/alarms#1>";
    let first = "*2FA* was turned off for <@U0JANE>";
    assert_eq!(sections(&blocks), [first, link, "a &lt; b &amp; c", "Was this you?"]);
    let actions = json!({"type": "actions", "block_id": "answer", "elements": [
        {"type": "button", "action_id": "yes", "value": "yes-1", "style": "primary",
         "text": {"type": "plain_text", "text": "Yes", "emoji": true}, "accessibility_label": "Yes: 2FA turned off"},
        {"type": "button", "action_id": "no", "value": "no-1", "style": "danger",
         "text": {"type": "plain_text", "text": "No", "emoji": true}, "accessibility_label": "No: 2FA turned off"},
    ]});
    assert_eq!(blocks[4], actions);
    assert_eq!(blocks.len(), 5);
    assert_eq!(text, format!("2FA turned off\n{first}\na &lt; b &amp; c\n{link}\nWas this you?"));
}

#[test]
fn an_outcome_shows_at_once_how_it_ended() {
    let footer = Some(Text::Markup("jane answered yes".to_owned()));
    let good = Notice { buttons: Vec::new(), footer, tone: Tone::Good, ..question() };
    let (text, blocks) = render(&good);
    let context = json!({"type": "context", "elements": [{"type": "mrkdwn", "text": "✅ jane answered yes"}]});
    assert_eq!(blocks.last(), Some(&context));
    assert!(blocks.iter().all(|block| block["type"] != "actions"));
    assert!(text.ends_with("Was this you?\n✅ jane answered yes"));

    let bad = Notice { footer: None, tone: Tone::Bad, ..question() };
    assert_eq!(sections(&render(&bad).1)[0], "🚨 *2FA* was turned off for <@U0JANE>");
}

#[test]
fn empty_texts_are_left_out() {
    let empty = || Text::Plain(" \n".to_owned());
    let notice = Notice {
        paragraphs: vec![empty(), Text::Plain("a".to_owned()), empty()],
        prompt: Some(empty()),
        footer: Some(empty()),
        ..Notice::default()
    };
    let (text, blocks) = render(&notice);
    assert_eq!((text.as_str(), sections(&blocks), blocks.len()), ("a", vec!["a".to_owned()], 1));
}

#[test]
fn a_notice_always_says_something() {
    let headline = Notice { headline: "<only>\nthis".to_owned(), ..Notice::default() };
    let (text, blocks) = render(&headline);
    assert_eq!((text.as_str(), sections(&blocks)), ("&lt;only&gt; this", vec!["&lt;only&gt; this".to_owned()]));
    assert_eq!(render(&Notice::default()).0, NOTHING);
}

#[test]
fn more_buttons_than_fit_a_row_have_two_and_colour_is_for_yes_and_no() {
    let named = |count: usize| {
        let actions = ["yes", "no", "more.0", "more.1", "more.2", "wrong", "snooze"];
        let buttons = actions.into_iter().rev().take(count).rev();
        buttons.map(|action| Button {
            action: action.to_owned(),
            label: action.to_owned(),
            value: String::new(),
            danger: action != "yes",
        })
    };
    let rows = |count| {
        let (_, blocks) = render(&Notice { buttons: named(count).collect(), ..Notice::default() });
        let actions = blocks.into_iter().filter(|block| block["type"] == "actions");
        let row = |block: Value| {
            let elements = block["elements"].as_array().unwrap().clone();
            let words = elements.iter().map(|button| match button.get("style") {
                Some(style) => format!("{}:{}", button["action_id"].as_str().unwrap(), style.as_str().unwrap()),
                None => button["action_id"].as_str().unwrap().to_owned(),
            });
            (block["block_id"].as_str().unwrap().to_owned(), words.collect::<Vec<_>>().join(" "))
        };
        actions.map(row).collect::<Vec<_>>()
    };
    let row = |id: &str, words: &str| (id.to_owned(), words.to_owned());
    let answers = "yes:primary no:danger more.0 more.1 more.2";
    assert_eq!(rows(7), [row("answer", answers), row("answer.1", "wrong snooze")]);
    assert_eq!(rows(5), [row("answer", "more.0 more.1 more.2 wrong snooze")]);
    assert_eq!(rows(0), []);
}

#[test]
fn a_button_without_words_is_named_after_what_it_does() {
    let mut notice = question();
    notice.buttons[0].label = " ".to_owned();
    notice.headline = String::new();
    notice.buttons[1].label = "x".repeat(100);
    let elements = &render(&notice).1[4]["elements"];
    assert_eq!((&elements[0]["text"]["text"], &elements[0]["accessibility_label"]), (&json!("yes"), &json!("yes")));
    let label = elements[1]["text"]["text"].as_str().unwrap();
    assert!(label.ends_with(SHORTENED) && label.chars().count() == LABEL_MAX, "{label}");
}

#[test]
fn long_texts_keep_to_the_limits_and_the_question_survives() {
    let long = |c: &str| Text::Plain(c.repeat(10_000));
    let footer = Some(long("f"));
    let notice = Notice { paragraphs: vec![long("<"), long("é")], footer, tone: Tone::Bad, ..question() };
    let (text, blocks) = render(&notice);
    assert!(text.chars().count() <= TEXT_MAX);
    assert!(text.contains("[shortened]\n<https://") && text.contains("\nWas this you?\n🚨 fff"), "{text}");
    let sections = sections(&blocks);
    assert!(sections[0].starts_with("&lt;&lt;") && sections[0].ends_with(&format!("&lt;{SHORTENED}")));
    assert!(sections.iter().all(|text| text.chars().count() <= SECTION_MAX));
    assert!(sections.iter().any(|text| text.ends_with(SHORTENED)));
}

#[test]
fn many_paragraphs_become_a_handful() {
    let paragraphs = (0..60).map(|n| Text::Plain(format!("{n} {}", "x".repeat(2_000)))).collect();
    let (_, blocks) = render(&Notice { paragraphs, ..Notice::default() });
    let sections = sections(&blocks);
    assert_eq!(sections.len(), PARAGRAPHS_MAX);
    assert!(sections.iter().map(|text| text.chars().count()).sum::<usize>() <= BODY_MAX);
    assert!(sections[4].starts_with("4 ") && sections[4].ends_with(SHORTENED));
}
