// A modal of Slack's: the fields of a form, for the person for whom it is open.
// Shapes: https://docs.slack.dev/reference/views/modal-views

import { h } from "./view.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { problem } from "./parts.js";

/** One open view, as the state tells it. What is typed stays in the page until it is sent. */
export function drawForm({ id, user, view, errors }, people, actions) {
  const key = `form ${id}`;
  const busy = actions.busy(key);
  const send = (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...new FormData(event.currentTarget)].filter(([, value]) => value !== ""));
    actions.run(key, "/api/slack/submit", { user, values });
  };
  return h(
    "form",
    {
      key,
      class: "modal",
      role: "dialog",
      "aria-label": plain(view.title?.text),
      "aria-busy": busy ? "true" : null,
      "data-testid": "form",
      onsubmit: send,
    },
    h("h3", null, plain(view.title?.text)),
    view.blocks.map((block) => drawBlock(block, id, errors[block.block_id], people)),
    problem(actions.problem(key)),
    h(
      "div",
      { class: "hands" },
      h("button", { type: "submit", "data-testid": "form-submit" }, plain(view.submit?.text ?? "Submit")),
      h(
        "button",
        {
          type: "button",
          "data-testid": "form-cancel",
          onclick: () => actions.run(key, "/api/slack/cancel", { user }),
        },
        plain(view.close?.text ?? "Cancel"),
      ),
    ),
  );
}

function drawBlock(block, id, error, people) {
  if (block.type === "section") return h("div", { class: "text" }, mrkdwn(block.text?.text ?? "", people));
  if (block.type !== "input") return h("p", { class: "muted" }, `[a block of type ${block.type}]`);
  const label = plain(block.label?.text) + (block.optional ? " (optional)" : "");
  return [field(block, label, `${id} ${block.block_id}`), problem(error)];
}

function field({ block_id: name, element, optional }, label, key) {
  const options = element.options ?? [];
  const initial = element.initial_option?.value;
  const required = optional ? null : true;
  switch (element.type) {
    case "radio_buttons":
      return h(
        "fieldset",
        { key },
        h("legend", { class: "label" }, label),
        options.map(({ text, value }) =>
          h(
            "label",
            { key: value, class: "option" },
            h("input", { type: "radio", name, value, required, first: { defaultChecked: value === initial } }),
            h("span", null, plain(text?.text)),
          ),
        ),
      );
    case "static_select":
      return h(
        "label",
        { key, class: "field" },
        h("span", { class: "label" }, label),
        h(
          "select",
          { name, required, value: initial ?? "" },
          options.map(({ text, value }) => h("option", { key: value, value }, plain(text?.text))),
        ),
      );
    default:
      return h(
        "label",
        { key, class: "field" },
        h("span", { class: "label" }, label),
        h("textarea", {
          name,
          required,
          rows: "3",
          maxlength: element.max_length ? String(element.max_length) : null,
          placeholder: element.placeholder?.text ?? null,
          "data-testid": `field-${name}`,
        }),
      );
  }
}
