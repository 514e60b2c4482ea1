//! How a notice looks in Slack: Block Kit, and a plain text that says the same.
//!
//! <https://docs.slack.dev/reference/block-kit>

use dispatch_core::{
    notice::{Button, Link, Notice, Text, Tone},
    text::{SHORTENED, escape, one_line, shorten},
};
use serde::Serialize;

/// Below the 4,000 characters at which Slack splits a message or refuses its change.
const TEXT_MAX: usize = 3_000;
/// What follows the paragraphs in the plain text: it is kept when they are cut.
const TAIL_MAX: usize = 1_500;
pub(super) const SECTION_MAX: usize = 3_000;
const CONTEXT_MAX: usize = 1_000;
pub(super) const LABEL_MAX: usize = 75;
/// All paragraphs together. Slack refuses messages whose blocks hold much more than this.
const BODY_MAX: usize = 7_500;
const PARAGRAPHS_MAX: usize = 5;
/// Slack refuses a message without any text.
pub(super) const NOTHING: &str = "(no text)";

/// Slack takes 25; more than these break into lines wherever there is room.
/// <https://docs.slack.dev/reference/block-kit/blocks/actions-block>
const ROW_MAX: usize = 5;

/// The `block_id` of the first row of buttons; further rows have a number behind it.
pub const ANSWER: &str = "answer";

/// What a notice becomes.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    /// For notifications and screen readers; the blocks take its place everywhere else.
    text: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Section { text: Words },
    Context { elements: [Words; 1] },
    Actions { block_id: String, elements: Vec<Element> },
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Words {
    Mrkdwn { text: String },
    PlainText { text: String, emoji: bool },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Element {
    Button {
        action_id: String,
        text: Words,
        value: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        style: Option<&'static str>,
        accessibility_label: String,
    },
}

impl Message {
    /// Renders within Slack's limits; what is too long is shortened visibly.
    pub(super) fn of(notice: &Notice) -> Self {
        let headline = escape_within(&one_line(&notice.headline), SECTION_MAX);
        let mut paragraphs = paragraphs(&notice.paragraphs);
        if paragraphs.is_empty() {
            paragraphs.push(if headline.is_empty() { NOTHING.to_owned() } else { headline.clone() });
        }
        let link = notice.link.as_ref().map(link);
        let prompt = notice.prompt.as_ref().and_then(|prompt| markup(prompt, SECTION_MAX));
        let mut footer = notice.footer.as_ref().and_then(|footer| markup(footer, CONTEXT_MAX));
        if let Some(mark) = mark(notice.tone)
            && let Some(line) = footer.as_mut().or(paragraphs.first_mut())
        {
            *line = shorten(&format!("{mark} {line}"), SECTION_MAX).into_owned();
        }

        let tail = [&link, &prompt, &footer].into_iter().flatten();
        let text = plain(&headline, &paragraphs, tail.map(String::as_str));
        let mut paragraphs = paragraphs.into_iter().map(section);
        let mut blocks: Vec<Block> = paragraphs.next().into_iter().collect();
        blocks.extend(link.map(section));
        blocks.extend(paragraphs);
        blocks.extend(prompt.map(section));
        blocks.extend(rows(&notice.buttons).into_iter().enumerate().map(|(row, buttons)| Block::Actions {
            block_id: if row == 0 { ANSWER.to_owned() } else { format!("{ANSWER}.{row}") },
            elements: buttons.into_iter().map(|button| element(button, &notice.headline)).collect(),
        }));
        blocks.extend(footer.map(|text| Block::Context { elements: [Words::Mrkdwn { text }] }));
        Message { text, blocks }
    }
}

/// The paragraphs that say something, in Slack's markup and within its limits.
fn paragraphs(texts: &[Text]) -> Vec<String> {
    let spoken = texts.iter().filter(|text| !text.as_str().trim().is_empty()).count();
    let limit = SECTION_MAX.min(BODY_MAX / spoken.clamp(1, PARAGRAPHS_MAX));
    let mut paragraphs: Vec<_> = texts.iter().filter_map(|text| markup(text, limit)).collect();
    if paragraphs.len() > PARAGRAPHS_MAX {
        let rest = paragraphs.split_off(PARAGRAPHS_MAX - 1).join("\n\n");
        paragraphs.push(shorten(&rest, limit).into_owned());
    }
    paragraphs
}

/// `None` when there is nothing to say: Slack refuses empty texts.
pub(super) fn markup(text: &Text, limit: usize) -> Option<String> {
    match text {
        text if text.as_str().trim().is_empty() => None,
        Text::Plain(text) => Some(escape_within(text, limit)),
        Text::Markup(text) => Some(shorten(text, limit).into_owned()),
    }
}

/// Escapes, then keeps to the limit without cutting an `&amp;` in two.
fn escape_within(text: &str, limit: usize) -> String {
    let escaped = escape(text);
    if escaped.chars().nth(limit).is_none() {
        return escaped;
    }
    let mut room = limit.saturating_sub(SHORTENED.chars().count());
    let mut kept = String::new();
    for c in text.chars() {
        let c = escape(c.encode_utf8(&mut [0; 4]));
        let Some(left) = room.checked_sub(c.chars().count()) else { break };
        room = left;
        kept.push_str(&c);
    }
    format!("{}{SHORTENED}", kept.trim_end())
}

/// A colour-blind, sleepy reader must see at once how it ended.
fn mark(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Neutral => None,
        Tone::Good => Some("✅"),
        Tone::Bad => Some("🚨"),
    }
}

fn link(link: &Link) -> String {
    let url = escape(&link.url).replace('|', "%7C");
    let text = escape_within(&one_line(&link.text), CONTEXT_MAX);
    if text.is_empty() { format!("<{url}>") } else { format!("<{url}|{text}>") }
}

fn section(text: String) -> Block {
    Block::Section { text: Words::Mrkdwn { text } }
}

/// All buttons in one row where they fit; otherwise those that answer nothing have rows of their own.
fn rows(buttons: &[Button]) -> Vec<Vec<&Button>> {
    if (1..=ROW_MAX).contains(&buttons.len()) {
        return vec![buttons.iter().collect()];
    }
    let (others, answers): (Vec<_>, Vec<_>) =
        buttons.iter().partition(|button| matches!(button.action.as_str(), "wrong" | "snooze"));
    let rows = answers.chunks(ROW_MAX).chain(others.chunks(ROW_MAX));
    rows.map(<[_]>::to_vec).collect()
}

/// Colour is kept for the two answers that every question has.
fn style(button: &Button) -> Option<&'static str> {
    match button.action.as_str() {
        "wrong" | "snooze" => None,
        more if more.starts_with("more.") => None,
        _ if button.danger => Some("danger"),
        _ => Some("primary"),
    }
}

/// A button without words would be refused, so it is named after what it does.
fn element(button: &Button, headline: &str) -> Element {
    let label = one_line(&button.label);
    let label = if label.is_empty() { &button.action } else { &label };
    let spoken = one_line(&format!("{label}: {headline}"));
    Element::Button {
        action_id: button.action.clone(),
        text: Words::PlainText { text: shorten(label, LABEL_MAX).into_owned(), emoji: true },
        value: button.value.clone(),
        style: style(button),
        accessibility_label: shorten(spoken.trim_end_matches(':'), LABEL_MAX).into_owned(),
    }
}

/// All that matters, top to bottom. The headline comes first unless the first paragraph says it.
fn plain<'a>(headline: &str, paragraphs: &[String], tail: impl Iterator<Item = &'a str>) -> String {
    let repeats = paragraphs.first().is_some_and(|first| first.contains(headline));
    let lead = (!repeats).then_some(headline).into_iter();
    let lead = lead.chain(paragraphs.iter().map(String::as_str)).collect::<Vec<_>>().join("\n");
    let tail = tail.collect::<Vec<_>>().join("\n");
    let tail = shorten(&tail, TAIL_MAX);
    let room = TEXT_MAX - tail.chars().count() - 1;
    format!("{}\n{tail}", shorten(&lead, room)).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
