//! Block Kit, held to its limits. <https://docs.slack.dev/reference/block-kit/blocks>
//!
//! Blocks and elements that Dispatch does not use are refused, although Slack knows more.

use serde_json::{Value, json};

use super::choices;
use crate::fake::fields::{Fields, Flaw, Problem, flaw, join};

/// Where blocks are shown, which decides how many and which there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    Message,
    Modal,
}

impl Surface {
    fn blocks_max(self) -> usize {
        match self {
            Self::Message => 50,
            Self::Modal => 100,
        }
    }
}

/// Checks blocks and returns them with the ids that Slack gives where none were sent.
pub(super) fn checked(blocks: &[Value], surface: Surface, path: &str) -> Result<Vec<Value>, Flaw> {
    if blocks.len() > surface.blocks_max() {
        return Err(flaw(path, Problem::TooLong(surface.blocks_max())));
    }
    let mut ids: Vec<String> = Vec::new();
    for (place, value) in blocks.iter().enumerate() {
        let fields = Fields::of(value, &join(path, &place.to_string()))?;
        block(&fields, surface)?;
        if let Some(id) = fields.text_within("block_id", 255)? {
            if ids.iter().any(|other| other == id) {
                return Err(fields.flaw("block_id", Problem::Wrong(format!("{id} is used twice"))));
            }
            ids.push(id.to_owned());
        }
    }
    Ok(with_ids(blocks))
}

fn block(fields: &Fields<'_>, surface: Surface) -> Result<(), Flaw> {
    match fields.words("type", 255)? {
        "section" => section(fields),
        "actions" => {
            fields.only(&["type", "block_id", "elements"])?;
            elements(fields, 25, &|element| interactive(element, &["button", "static_select"]))
        }
        "context" => {
            fields.only(&["type", "block_id", "elements"])?;
            elements(fields, 10, &context_element)
        }
        "header" => {
            fields.only(&["type", "block_id", "text"])?;
            plain(fields, "text", 150)
        }
        "divider" => fields.only(&["type", "block_id"]),
        "image" => {
            fields.only(&["type", "block_id", "image_url", "alt_text", "title"])?;
            image(fields)?;
            optional(fields, "title", |fields| plain(fields, "title", 2_000))
        }
        "markdown" => {
            fields.only(&["type", "block_id", "text"])?;
            fields.words("text", 12_000).map(drop)
        }
        "input" if surface == Surface::Modal => input(fields),
        other => Err(fields.flaw("type", Problem::Wrong(format!("{other} is not a block that may stand here")))),
    }
}

fn section(fields: &Fields<'_>) -> Result<(), Flaw> {
    fields.only(&["type", "block_id", "text", "fields", "accessory", "expand"])?;
    fields.flag("expand")?;
    if !fields.has("text") && !fields.has("fields") {
        return Err(fields.flaw("text", Problem::Missing));
    }
    optional(fields, "text", |fields| text(fields, "text", 3_000))?;
    if let Some(items) = fields.list("fields", 10)? {
        if items.is_empty() {
            return Err(fields.flaw("fields", Problem::Missing));
        }
        for (place, item) in items.iter().enumerate() {
            let path = join(&fields.path_of("fields"), &place.to_string());
            text_object(&Fields::of(item, &path)?, 2_000)?;
        }
    }
    match fields.object("accessory")? {
        Some(element) if element.text("type")? == Some("image") => image_element(&element),
        Some(element) => interactive(&element, &["button", "static_select"]),
        None => Ok(()),
    }
}

fn input(fields: &Fields<'_>) -> Result<(), Flaw> {
    fields.only(&["type", "block_id", "label", "element", "hint", "optional", "dispatch_action"])?;
    plain(fields, "label", 2_000)?;
    optional(fields, "hint", |fields| plain(fields, "hint", 2_000))?;
    fields.flag("optional")?;
    fields.flag("dispatch_action")?;
    interactive(&fields.required_object("element")?, &["plain_text_input", "radio_buttons", "static_select"])
}

/// Checks each element of a block, and that no two share an `action_id`.
fn elements(fields: &Fields<'_>, limit: usize, check: &dyn Fn(&Fields<'_>) -> Result<(), Flaw>) -> Result<(), Flaw> {
    let items = fields.list("elements", limit)?.unwrap_or_default();
    if items.is_empty() {
        return Err(fields.flaw("elements", Problem::Missing));
    }
    let mut ids = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let element = Fields::of(item, &join(&fields.path_of("elements"), &place.to_string()))?;
        check(&element)?;
        if let Some(id) = element.text("action_id")? {
            if ids.contains(&id) {
                return Err(element.flaw("action_id", Problem::Wrong(format!("{id} is used twice in its block"))));
            }
            ids.push(id);
        }
    }
    Ok(())
}

fn context_element(element: &Fields<'_>) -> Result<(), Flaw> {
    if element.text("type")? == Some("image") {
        return image_element(element);
    }
    text_object(element, 3_000)
}

fn image_element(element: &Fields<'_>) -> Result<(), Flaw> {
    element.only(&["type", "image_url", "alt_text"])?;
    image(element)
}

fn image(fields: &Fields<'_>) -> Result<(), Flaw> {
    fields.words("image_url", 3_000)?;
    fields.words("alt_text", 2_000).map(drop)
}

/// Checks an element that sends something when it is used.
fn interactive(element: &Fields<'_>, allowed: &[&str]) -> Result<(), Flaw> {
    let kind = element.words("type", 255)?;
    if !allowed.contains(&kind) {
        return Err(element.flaw("type", Problem::Wrong(format!("{kind} is not an element that may stand here"))));
    }
    optional(element, "action_id", |element| element.words("action_id", 255).map(drop))?;
    optional(element, "confirm", confirm)?;
    match kind {
        "button" => button(element),
        "static_select" => choices::select(element),
        "radio_buttons" => choices::radio(element),
        _ => text_input(element),
    }
}

fn button(element: &Fields<'_>) -> Result<(), Flaw> {
    element.only(&["type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"])?;
    plain(element, "text", 75)?;
    element.text_within("value", 2_000)?;
    element.text_within("url", 3_000)?;
    element.text_within("accessibility_label", 75)?;
    element.choice("style", &["primary", "danger"]).map(drop)
}

fn text_input(element: &Fields<'_>) -> Result<(), Flaw> {
    element.only(&[
        "type",
        "action_id",
        "initial_value",
        "multiline",
        "min_length",
        "max_length",
        "placeholder",
        "focus_on_load",
    ])?;
    element.flag("multiline")?;
    element.whole("min_length")?;
    element.whole("max_length")?;
    element.text_within("initial_value", 3_000)?;
    optional(element, "placeholder", |element| plain(element, "placeholder", 150))
}

fn confirm(element: &Fields<'_>) -> Result<(), Flaw> {
    let dialog = element.required_object("confirm")?;
    dialog.only(&["title", "text", "confirm", "deny", "style"])?;
    plain(&dialog, "title", 100)?;
    text(&dialog, "text", 300)?;
    plain(&dialog, "confirm", 30)?;
    plain(&dialog, "deny", 30)?;
    dialog.choice("style", &["primary", "danger"]).map(drop)
}

/// Runs a check only when the member is there.
pub(super) fn optional(
    fields: &Fields<'_>,
    name: &str,
    check: impl Fn(&Fields<'_>) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    if fields.has(name) { check(fields) } else { Ok(()) }
}

/// A text object that must be plain.
pub(super) fn plain(fields: &Fields<'_>, name: &str, limit: usize) -> Result<(), Flaw> {
    let object = fields.required_object(name)?;
    object.required_choice("type", &["plain_text"])?;
    text_object(&object, limit)
}

/// A text object of either kind.
fn text(fields: &Fields<'_>, name: &str, limit: usize) -> Result<(), Flaw> {
    text_object(&fields.required_object(name)?, limit)
}

fn text_object(object: &Fields<'_>, limit: usize) -> Result<(), Flaw> {
    match object.required_choice("type", &["plain_text", "mrkdwn"])? {
        "plain_text" => object.only(&["type", "text", "emoji"])?,
        _ => object.only(&["type", "text", "verbatim"])?,
    }
    object.flag("emoji")?;
    object.flag("verbatim")?;
    object.words("text", limit).map(drop)
}

/// Gives blocks and their elements the ids that were not sent.
fn with_ids(blocks: &[Value]) -> Vec<Value> {
    let mut blocks = blocks.to_vec();
    for (place, block) in blocks.iter_mut().enumerate() {
        let Some(members) = block.as_object_mut() else { continue };
        members.entry("block_id").or_insert_with(|| json!(format!("b{place}")));
        let elements = members.get_mut("elements").and_then(Value::as_array_mut).into_iter().flatten().enumerate();
        for (place, element) in elements.filter(|(_, element)| element.get("type") == Some(&json!("button"))) {
            give_id(element, place);
        }
        if let Some(element) = members.get_mut("element") {
            give_id(element, 0);
        }
    }
    blocks
}

fn give_id(element: &mut Value, place: usize) {
    if let Some(members) = element.as_object_mut() {
        members.entry("action_id").or_insert_with(|| json!(format!("a{place}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw_of(block: Value) -> Option<String> {
        checked(&[block], Surface::Message, "blocks").err().map(|flaw| flaw.to_string())
    }

    fn button(change: &Value) -> Value {
        let mut button = json!({"type": "button", "action_id": "yes", "text": {"type": "plain_text", "text": "Yes"}});
        for (name, value) in change.as_object().unwrap() {
            button[name] = value.clone();
        }
        json!({"type": "actions", "elements": [button]})
    }

    #[test]
    fn blocks_at_their_limits_pass() {
        let text = "x".repeat(3_000);
        assert_eq!(flaw_of(json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})), None);
        assert_eq!(flaw_of(button(&json!({"value": "x".repeat(2_000), "style": "danger"}))), None);
        assert_eq!(flaw_of(json!({"type": "divider"})), None);
    }

    #[test]
    fn what_slack_refuses_is_refused_with_its_place() {
        let cases = [
            (
                json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3_001)}}),
                "blocks.0.text.text is too long (maximum is 3000)",
            ),
            (json!({"type": "section", "text": {"type": "mrkdwn", "text": ""}}), "blocks.0.text.text is missing"),
            (
                json!({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": true}}),
                "blocks.0.text.emoji is not known",
            ),
            (json!({"type": "section"}), "blocks.0.text is missing"),
            (
                button(&json!({"text": {"type": "mrkdwn", "text": "Yes"}})),
                "blocks.0.elements.0.text.type is not one of plain_text",
            ),
            (
                button(&json!({"text": {"type": "plain_text", "text": "x".repeat(76)}})),
                "blocks.0.elements.0.text.text is too long (maximum is 75)",
            ),
            (button(&json!({"value": "x".repeat(2_001)})), "blocks.0.elements.0.value is too long (maximum is 2000)"),
            (button(&json!({"value": 7})), "blocks.0.elements.0.value is not a string"),
            (button(&json!({"style": "default"})), "blocks.0.elements.0.style is not one of primary, danger"),
            (button(&json!({"name": "yes"})), "blocks.0.elements.0.name is not known"),
            (
                button(&json!({"action_id": "x".repeat(256)})),
                "blocks.0.elements.0.action_id is too long (maximum is 255)",
            ),
            (json!({"type": "actions", "elements": []}), "blocks.0.elements is missing"),
        ];
        for (block, expected) in cases {
            assert_eq!(flaw_of(block.clone()).as_deref(), Some(expected), "{block}");
        }
    }

    #[test]
    fn ids_are_unique_and_given_where_missing() {
        let yes = json!({"type": "button", "action_id": "yes", "text": {"type": "plain_text", "text": "Yes"}});
        let twice = json!({"type": "actions", "elements": [yes, yes]});
        assert!(flaw_of(twice).unwrap().contains("used twice"));
        let divider = json!({"type": "divider", "block_id": "same"});
        assert!(checked(&[divider.clone(), divider], Surface::Message, "blocks").is_err());
        let given = checked(&[json!({"type": "divider"})], Surface::Message, "blocks").unwrap();
        assert_eq!(given[0]["block_id"], "b0");
    }

    #[test]
    fn a_message_holds_fifty_blocks() {
        let blocks = vec![json!({"type": "divider"}); 51];
        assert!(checked(&blocks, Surface::Message, "blocks").is_err());
        assert!(checked(&blocks, Surface::Modal, "blocks").is_ok());
    }
}
