//! Slack's Block Kit: what blocks hold, and how much of it. How many blocks there may be and how long their ids are
//! is in the contract's schema.
//!
//! Only the blocks and elements that Dispatch has a use for are known; another one is a finding.
//! <https://docs.slack.dev/reference/block-kit/blocks>

use std::collections::BTreeSet;

use serde_json::Value;

use super::Findings;

const ID_CHARS_MAX: usize = 255;
const SECTION_CHARS_MAX: usize = 3_000;
const FIELDS_MAX: usize = 10;
const FIELD_CHARS_MAX: usize = 2_000;
const HEADER_CHARS_MAX: usize = 150;
const CONTEXT_ELEMENTS_MAX: usize = 10;
const ACTIONS_ELEMENTS_MAX: usize = 25;
const MARKDOWN_CHARS_MAX: usize = 12_000;
const ALT_CHARS_MAX: usize = 2_000;
const ADDRESS_CHARS_MAX: usize = 3_000;
const INPUT_LABEL_CHARS_MAX: usize = 2_000;
const BUTTON_CHARS_MAX: usize = 75;
const BUTTON_VALUE_CHARS_MAX: usize = 2_000;
const OPTIONS_MAX: usize = 100;
const RADIO_OPTIONS_MAX: usize = 10;
const OVERFLOW_OPTIONS_MAX: usize = 5;
const OPTION_CHARS_MAX: usize = 75;
const OPTION_VALUE_CHARS_MAX: usize = 150;
const PLACEHOLDER_CHARS_MAX: usize = 150;
const MODAL_WORD_CHARS_MAX: usize = 24;

/// Which texts a place takes.
#[derive(Clone, Copy, PartialEq)]
enum Text {
    Plain,
    Any,
}

/// Checks a modal.
pub(super) fn check_view(view: &Value, place: &str, findings: &mut Findings) {
    for name in ["title", "submit", "close"] {
        if let Some(text) = view.get(name) {
            check_text(text, &format!("{place}/{name}"), Text::Plain, MODAL_WORD_CHARS_MAX, findings);
        }
    }
    if let Some(blocks) = view.get("blocks") {
        check_blocks(blocks, &format!("{place}/blocks"), findings);
    }
}

/// Checks the blocks of a message or a modal.
pub(super) fn check_blocks(blocks: &Value, place: &str, findings: &mut Findings) {
    let mut ids = BTreeSet::new();
    for (at, block) in blocks.as_array().into_iter().flatten().enumerate() {
        let place = format!("{place}/{at}");
        if let Some(id) = block.get("block_id").and_then(Value::as_str)
            && !ids.insert(id)
        {
            findings.add(format_args!("{place}/block_id"), "is used by another block");
        }
        check_block(block, &place, findings);
    }
}

fn check_block(block: &Value, place: &str, findings: &mut Findings) {
    match kind(block) {
        "section" => check_section(block, place, findings),
        "header" => {
            named(block, place, &["text"], findings);
            text(block, "text", place, Text::Plain, HEADER_CHARS_MAX, findings);
        }
        "divider" => named(block, place, &[], findings),
        "context" => check_elements(block, place, CONTEXT_ELEMENTS_MAX, check_remark, findings),
        "actions" => check_elements(block, place, ACTIONS_ELEMENTS_MAX, check_element, findings),
        "image" => check_image(block, place, &["title"], findings),
        "input" => check_input(block, place, findings),
        "markdown" => {
            named(block, place, &["text"], findings);
            string(block, "text", place, MARKDOWN_CHARS_MAX, findings);
        }
        other => findings.add(place, format_args!("a block of type {other:?} is not known here")),
    }
}

fn check_section(block: &Value, place: &str, findings: &mut Findings) {
    named(block, place, &["text", "fields", "accessory", "expand"], findings);
    if block.get("text").is_none() && block.get("fields").is_none() {
        findings.add(place, "expected a text or fields");
    }
    optional_text(block, "text", place, Text::Any, SECTION_CHARS_MAX, findings);
    let fields = block.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    at_most(fields, &format!("{place}/fields"), FIELDS_MAX, findings);
    for (at, field) in fields.iter().enumerate() {
        check_text(field, &format!("{place}/fields/{at}"), Text::Any, FIELD_CHARS_MAX, findings);
    }
    if let Some(accessory) = block.get("accessory") {
        let place = format!("{place}/accessory");
        match kind(accessory) {
            "image" => check_image(accessory, &place, &[], findings),
            _ => check_element(accessory, &place, findings),
        }
    }
}

fn check_elements(
    block: &Value,
    place: &str,
    elements_max: usize,
    check: impl Fn(&Value, &str, &mut Findings),
    findings: &mut Findings,
) {
    named(block, place, &["elements"], findings);
    let elements = block.get("elements").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if elements.is_empty() {
        findings.add(format_args!("{place}/elements"), "is empty");
    }
    at_most(elements, &format!("{place}/elements"), elements_max, findings);
    let mut ids = BTreeSet::new();
    for (at, element) in elements.iter().enumerate() {
        let place = format!("{place}/elements/{at}");
        check(element, &place, findings);
        if let Some(id) = element.get("action_id").and_then(Value::as_str)
            && !ids.insert(id)
        {
            findings.add(format_args!("{place}/action_id"), "is used by another element of the block");
        }
    }
}

/// An element of a context block: a text or a picture.
fn check_remark(element: &Value, place: &str, findings: &mut Findings) {
    match kind(element) {
        "image" => check_image(element, place, &[], findings),
        _ => check_text(element, place, Text::Any, SECTION_CHARS_MAX, findings),
    }
}

fn check_image(image: &Value, place: &str, extra: &[&str], findings: &mut Findings) {
    named(image, place, &[&["image_url", "alt_text"], extra].concat(), findings);
    string(image, "image_url", place, ADDRESS_CHARS_MAX, findings);
    string(image, "alt_text", place, ALT_CHARS_MAX, findings);
    optional_text(image, "title", place, Text::Plain, ALT_CHARS_MAX, findings);
}

fn check_input(block: &Value, place: &str, findings: &mut Findings) {
    named(block, place, &["label", "element", "hint", "optional", "dispatch_action"], findings);
    text(block, "label", place, Text::Plain, INPUT_LABEL_CHARS_MAX, findings);
    optional_text(block, "hint", place, Text::Plain, INPUT_LABEL_CHARS_MAX, findings);
    match block.get("element") {
        Some(element) => check_element(element, &format!("{place}/element"), findings),
        None => findings.add(format_args!("{place}/element"), "missing"),
    }
}

/// An element that people act on.
fn check_element(element: &Value, place: &str, findings: &mut Findings) {
    if element.get("action_id").is_some() {
        string(element, "action_id", place, ID_CHARS_MAX, findings);
    }
    optional_text(element, "placeholder", place, Text::Plain, PLACEHOLDER_CHARS_MAX, findings);
    match kind(element) {
        "button" => check_button(element, place, findings),
        "static_select" => check_options(element, place, OPTIONS_MAX, findings),
        "radio_buttons" | "checkboxes" => check_options(element, place, RADIO_OPTIONS_MAX, findings),
        "overflow" => check_options(element, place, OVERFLOW_OPTIONS_MAX, findings),
        "plain_text_input" | "users_select" | "conversations_select" | "channels_select" | "datepicker" => {}
        other => findings.add(place, format_args!("an element of type {other:?} is not known here")),
    }
}

fn check_button(button: &Value, place: &str, findings: &mut Findings) {
    let names = ["text", "action_id", "value", "url", "style", "confirm", "accessibility_label"];
    named(button, place, &names, findings);
    text(button, "text", place, Text::Plain, BUTTON_CHARS_MAX, findings);
    for (name, chars_max) in
        [("value", BUTTON_VALUE_CHARS_MAX), ("url", ADDRESS_CHARS_MAX), ("accessibility_label", BUTTON_CHARS_MAX)]
    {
        if button.get(name).is_some() {
            string(button, name, place, chars_max, findings);
        }
    }
    check_style(button, place, findings);
    if let Some(confirm) = button.get("confirm") {
        check_confirm(confirm, &format!("{place}/confirm"), findings);
    }
}

fn check_confirm(confirm: &Value, place: &str, findings: &mut Findings) {
    named(confirm, place, &["title", "text", "confirm", "deny", "style"], findings);
    text(confirm, "title", place, Text::Plain, 100, findings);
    text(confirm, "text", place, Text::Any, 300, findings);
    text(confirm, "confirm", place, Text::Plain, 30, findings);
    text(confirm, "deny", place, Text::Plain, 30, findings);
    check_style(confirm, place, findings);
}

fn check_style(owner: &Value, place: &str, findings: &mut Findings) {
    if let Some(style) = owner.get("style")
        && style != "primary"
        && style != "danger"
    {
        findings.add(format_args!("{place}/style"), format_args!("expected primary or danger, found {style}"));
    }
}

fn check_options(element: &Value, place: &str, options_max: usize, findings: &mut Findings) {
    let options = element.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if options.is_empty() {
        findings.add(format_args!("{place}/options"), "is empty");
    }
    at_most(options, &format!("{place}/options"), options_max, findings);
    for (at, option) in options.iter().enumerate() {
        let place = format!("{place}/options/{at}");
        text(option, "text", &place, Text::Any, OPTION_CHARS_MAX, findings);
        string(option, "value", &place, OPTION_VALUE_CHARS_MAX, findings);
    }
    if element.get("initial_option").is_some_and(|first| !options.contains(first)) {
        findings.add(format_args!("{place}/initial_option"), "is not one of the options");
    }
}

fn kind(value: &Value) -> &str {
    value.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Checks a text object that must be there.
fn text(owner: &Value, name: &str, place: &str, takes: Text, chars_max: usize, findings: &mut Findings) {
    match owner.get(name) {
        Some(text) => check_text(text, &format!("{place}/{name}"), takes, chars_max, findings),
        None => findings.add(format_args!("{place}/{name}"), "missing"),
    }
}

/// Checks a text object if it is there.
fn optional_text(owner: &Value, name: &str, place: &str, takes: Text, chars_max: usize, findings: &mut Findings) {
    if owner.get(name).is_some() {
        text(owner, name, place, takes, chars_max, findings);
    }
}

fn check_text(text: &Value, place: &str, takes: Text, chars_max: usize, findings: &mut Findings) {
    match (kind(text), takes) {
        ("plain_text", _) => named(text, place, &["text", "emoji"], findings),
        ("mrkdwn", Text::Any) => named(text, place, &["text", "verbatim"], findings),
        (other, Text::Plain) => findings.add(place, format_args!("expected plain_text, found {other:?}")),
        (other, Text::Any) => findings.add(place, format_args!("expected plain_text or mrkdwn, found {other:?}")),
    }
    string(text, "text", place, chars_max, findings);
}

/// Checks a string that must be there, neither empty nor too long.
fn string(owner: &Value, name: &str, place: &str, chars_max: usize, findings: &mut Findings) {
    let place = format!("{place}/{name}");
    match owner.get(name).and_then(Value::as_str) {
        Some("") => findings.add(place, "is empty"),
        Some(text) => findings.within(&place, text, chars_max),
        None => findings.add(place, "expected text"),
    }
}

/// Finds the properties that are neither among these nor what every block and element may have.
fn named(owner: &Value, place: &str, names: &[&str], findings: &mut Findings) {
    for name in owner.as_object().into_iter().flat_map(serde_json::Map::keys) {
        if name != "type" && name != "block_id" && !names.contains(&name.as_str()) {
            findings.add(format_args!("{place}/{name}"), "no such property");
        }
    }
}

fn at_most(list: &[Value], place: &str, items_max: usize, findings: &mut Findings) {
    if list.len() > items_max {
        findings.add(place, format_args!("{} entries, at most {items_max} are taken", list.len()));
    }
}
