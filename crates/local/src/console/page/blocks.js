// Block Kit and the older attachments as elements.
// Shapes: https://docs.slack.dev/reference/block-kit/blocks and
// https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments

import { h } from "./view.js";
import { link, time } from "./parts.js";
import { mrkdwn, plain } from "./mrkdwn.js";

const NAMED_COLOURS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

/**
 * A message's content. `context` holds `people` and `press(action_id)`, which is called
 * when the visitor presses a button, and `busy(action_id)`.
 */
export function content(message, context) {
  const blocks = message.blocks ?? [];
  const attachments = message.attachments ?? [];
  return [
    blocks.length
      ? blocks.map((block) => drawBlock(block, context))
      : h("div", { class: "text" }, mrkdwn(message.text, context.people)),
    attachments.map((attachment) => drawAttachment(attachment, context)),
  ];
}

function drawBlock(block, context) {
  switch (block.type) {
    case "section":
      return section(block, context);
    case "header":
      return h("p", { class: "block-header" }, textOf(block.text, context));
    case "divider":
      return h("hr");
    case "context":
      return h(
        "div",
        { class: "context" },
        (block.elements ?? []).map((item) => element(item, context)),
      );
    case "actions":
      return h(
        "div",
        { class: "actions" },
        (block.elements ?? []).map((item) => element(item, context)),
      );
    case "image":
      return picture(block);
    case "markdown":
      return h("p", { class: "raw" }, block.text);
    default:
      return h("p", { class: "muted" }, `[a block of type ${block.type}]`);
  }
}

function section(block, context) {
  return h(
    "div",
    { class: "section" },
    h(
      "div",
      { class: "text" },
      block.text ? textOf(block.text, context) : null,
      block.fields
        ? h(
            "div",
            { class: "fields" },
            block.fields.map((field) => h("div", null, textOf(field, context))),
          )
        : null,
    ),
    block.accessory ? element(block.accessory, context) : null,
  );
}

function element(item, context) {
  switch (item.type) {
    case "button":
      return button(item.action_id, plain(item.text?.text), item, context);
    case "image":
      return picture(item);
    case "mrkdwn":
    case "plain_text":
      return h("div", null, textOf(item, context));
    default:
      return h("span", { class: "muted" }, `[${item.type}]`);
  }
}

function textOf(text, context) {
  return text?.type === "mrkdwn" ? mrkdwn(text.text, context.people) : plain(text?.text);
}

/** The page loads nothing from elsewhere, so an image is its description and a link to it. */
function picture({ image_url: address, alt_text: description, title }) {
  return h(
    "span",
    { class: "picture" },
    "Image: ",
    link(address ?? "", description || plain(title?.text) || "without description"),
  );
}

function button(id, label, { style, url, confirm }, context) {
  const press = () => {
    if (context.busy(id) || !confirmed(confirm)) return;
    context.press(id);
  };
  const props = {
    class: `slack-button ${style === "danger" || style === "primary" ? style : ""}`,
    "data-testid": `action-${id}`,
    "aria-disabled": context.busy(id) ? "true" : null,
    onclick: press,
  };
  if (!url) return h("button", { type: "button", ...props }, label);
  const anchor = link(url, label);
  return { ...anchor, props: { ...anchor.props, ...props } };
}

function confirmed(confirm) {
  if (!confirm) return true;
  const texts = typeof confirm === "object" ? [confirm.title, confirm.text] : [];
  const words = texts
    .map((text) => text?.text ?? text)
    .filter(Boolean)
    .join("\n\n");
  return window.confirm(words || "Are you sure?");
}

function drawAttachment(attachment, context) {
  const given = NAMED_COLOURS[attachment.color] ?? `#${String(attachment.color ?? "").replace(/^#/, "")}`;
  const colour = /^#[0-9a-f]{3,8}$/i.test(given) ? given : "currentColor";
  return h(
    "div",
    { class: "attachment-outer" },
    attachment.pretext ? h("div", { class: "text" }, mrkdwn(attachment.pretext, context.people)) : null,
    h(
      "div",
      { class: "attachment", vars: { "--bar": colour } },
      attachment.author_name ? h("p", { class: "muted" }, attachment.author_name) : null,
      attachment.title ? h("p", null, h("strong", null, link(attachment.title_link ?? "", attachment.title))) : null,
      attachment.text ? h("div", { class: "text" }, mrkdwn(attachment.text, context.people)) : null,
      (attachment.fields ?? []).map((field) =>
        h("p", null, h("strong", null, field.title), h("br"), mrkdwn(field.value, context.people)),
      ),
      (attachment.blocks ?? []).map((block) => drawBlock(block, context)),
      attachment.image_url ? picture({ image_url: attachment.image_url, alt_text: attachment.fallback }) : null,
      attachment.actions?.length
        ? h(
            "div",
            { class: "actions" },
            attachment.actions.map((action) => button(action.name, action.text, action, context)),
          )
        : null,
      attachment.footer || attachment.ts
        ? h("p", { class: "muted foot" }, attachment.footer, attachment.ts ? [" ", time(instant(attachment.ts))] : null)
        : null,
    ),
  );
}

/** Slack writes an attachment's time in seconds since 1970, as a number or as text. */
function instant(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
