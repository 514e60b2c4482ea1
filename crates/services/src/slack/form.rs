//! How a form looks in Slack: a modal.
//!
//! <https://docs.slack.dev/surfaces/modals>

use dispatch_core::{
    notice::{Ask, Choices, Form},
    text::{cut, one_line, shorten},
};
use serde::Serialize;

use super::message::{LABEL_MAX as OPTION_MAX, NOTHING, SECTION_MAX, Words, markup};

/// Both `block_id` and `action_id` of what is chosen.
pub const CHOICE: &str = "choice";
/// Both `block_id` and `action_id` of what is written.
pub const TEXT: &str = "text";

const TITLE_MAX: usize = 24;
const LABEL_MAX: usize = 2_000;
const HINT_MAX: usize = 150;
const VALUE_MAX: usize = 3_000;
const WRITTEN_MAX: u32 = 3_000;
const OPTION_VALUE_MAX: usize = 150;
/// More than these are a list that opens.
/// <https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element>
const RADIO_MAX: usize = 10;
const OPTIONS_MAX: usize = 100;

/// What a form becomes. <https://docs.slack.dev/reference/views/modal-views>
#[derive(Debug, Serialize)]
pub(super) struct View {
    r#type: &'static str,
    callback_id: &'static str,
    private_metadata: String,
    title: Words,
    submit: Words,
    blocks: Vec<Block>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Section { text: Words },
    Input { block_id: &'static str, label: Words, element: Element, optional: bool },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Element {
    RadioButtons {
        action_id: &'static str,
        options: Vec<Choice>,
        initial_option: Choice,
    },
    StaticSelect {
        action_id: &'static str,
        options: Vec<Choice>,
        initial_option: Choice,
    },
    PlainTextInput {
        action_id: &'static str,
        multiline: bool,
        max_length: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        placeholder: Option<Words>,
    },
}

#[derive(Clone, Debug, Serialize)]
struct Choice {
    text: Words,
    value: String,
}

impl View {
    /// Renders within Slack's limits; what is too long is shortened visibly.
    pub(super) fn of(form: &Form) -> Self {
        let intro = form.intro.as_ref().and_then(|intro| markup(intro, SECTION_MAX));
        let mut blocks: Vec<Block> = intro.map(section).into_iter().collect();
        blocks.extend(form.choices.as_ref().and_then(choices));
        blocks.extend(form.text.as_ref().map(text));
        if blocks.is_empty() {
            blocks.push(section(NOTHING.to_owned()));
        }
        View {
            r#type: "modal",
            callback_id: form.kind,
            private_metadata: cut(&form.value, VALUE_MAX).to_owned(),
            title: words(&form.title, "Dispatch", TITLE_MAX),
            submit: words(&form.submit, "Send", TITLE_MAX),
            blocks,
        }
    }
}

fn section(text: String) -> Block {
    Block::Section { text: Words::Mrkdwn { text } }
}

/// Slack refuses a field without words.
fn words(text: &str, instead: &str, limit: usize) -> Words {
    let line = one_line(text);
    let line = if line.is_empty() { instead } else { &line };
    Words::PlainText { text: shorten(line, limit).into_owned(), emoji: true }
}

/// `None` when there is nothing to choose from.
fn choices(choices: &Choices) -> Option<Block> {
    let options = choices.options.iter().filter(|(value, _)| !value.trim().is_empty()).take(OPTIONS_MAX);
    let options: Vec<Choice> = options
        .map(|(value, label)| Choice {
            text: words(label, value, OPTION_MAX),
            value: cut(value, OPTION_VALUE_MAX).to_owned(),
        })
        .collect();
    let initial_option = options.first()?.clone();
    let element = match options.len() {
        ..=RADIO_MAX => Element::RadioButtons { action_id: CHOICE, options, initial_option },
        _ => Element::StaticSelect { action_id: CHOICE, options, initial_option },
    };
    let label = words(&choices.label, "Please choose", LABEL_MAX);
    Some(Block::Input { block_id: CHOICE, label, element, optional: false })
}

fn text(ask: &Ask) -> Block {
    let hint = (!one_line(&ask.hint).is_empty()).then(|| words(&ask.hint, "", HINT_MAX));
    let element =
        Element::PlainTextInput { action_id: TEXT, multiline: true, max_length: WRITTEN_MAX, placeholder: hint };
    let label = words(&ask.label, "Please write", LABEL_MAX);
    Block::Input { block_id: TEXT, label, element, optional: ask.optional }
}

#[cfg(test)]
mod tests;
