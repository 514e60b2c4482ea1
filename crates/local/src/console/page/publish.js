// Publishing by hand: examples to choose from, an editor, and lines ready for a terminal.

import { h, render } from "./view.js";
import { announce, pasteLine, problem } from "./parts.js";
import { Actions } from "./live.js";

/** Draws the publisher into `root`; returns the function that takes each new state. */
export function publisher(root) {
  let state = null;
  let example = null;
  let result = null;
  let hint = null;
  const drafts = new Map(); // example name -> text as the visitor left it
  const actions = new Actions(() => draw());
  const editor = () => root.querySelector("textarea");

  function draw() {
    render(
      root,
      h("div", { class: "publisher" }, examples(), writer(), problem(actions.problem("publish"))),
      terminal(state.publish),
    );
  }

  function examples() {
    return h(
      "div",
      { class: "examples", role: "group", "aria-label": "Examples" },
      state.examples.map((one) =>
        h(
          "button",
          {
            key: one.name,
            type: "button",
            class: "chip",
            "data-testid": `example-${one.name}`,
            "aria-pressed": String(one.name === example),
            onclick: () => load(one),
          },
          one.name,
        ),
      ),
    );
  }

  function writer() {
    const busy = actions.busy("publish");
    return [
      h("label", { class: "label", for: "editor" }, "Message"),
      h("textarea", {
        id: "editor",
        "data-testid": "editor",
        rows: "13",
        spellcheck: "false",
        autocomplete: "off",
        autocapitalize: "off",
        "aria-describedby": "editor-hint",
        oninput: check,
        onkeydown: shortcut,
      }),
      h(
        "div",
        { class: "line" },
        h(
          "button",
          {
            type: "button",
            class: "primary",
            "data-testid": "publish",
            "aria-disabled": busy ? "true" : null,
            onclick: publish,
          },
          busy ? "Publishing…" : "Publish",
        ),
        h(
          "span",
          { class: "muted" },
          h("kbd", null, "Ctrl"),
          " or ",
          h("kbd", null, "⌘"),
          " + ",
          h("kbd", null, "Enter"),
        ),
        h("span", { class: "result", role: "status", "data-testid": "published" }, result),
      ),
      h("p", { id: "editor-hint", class: "hint" }, hint),
    ];
  }

  /** Puts an example into the editor; what was typed over the one before is kept for its return. */
  function load(one) {
    if (example !== null) drafts.set(example, editor().value);
    example = one.name;
    editor().value = drafts.get(one.name) ?? one.message;
    editor().setSelectionRange(0, 0);
    editor().scrollTop = 0;
    check();
  }

  /** Text that is not JSON may be published: what Dispatch then does is worth seeing. It is only said beforehand. */
  function check() {
    const text = editor().value;
    result = null;
    actions.forget("publish");
    hint =
      text.trim() === "" || isJson(text)
        ? null
        : "This is not JSON. Dispatch will not lose it: it opens a low-priority issue that shows the text.";
    draw();
  }

  function shortcut(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    publish();
  }

  async function publish() {
    result = null;
    const answer = await actions.run("publish", "/api/publish", { message: editor().value, subject: null });
    if (!answer) return;
    result = "Published";
    announce("Published");
    draw();
  }

  return (next) => {
    state = next;
    draw();
    if (example === null && editor().value === "" && state.examples.length) load(state.examples[0]);
  };
}

function terminal({ aws, send, endpoint, topic }) {
  return h(
    "div",
    { class: "terminal" },
    h("p", { class: "muted" }, "Or from a terminal, as your publishers do:"),
    pasteLine("AWS command line", aws),
    pasteLine("Without the AWS command line", send),
    h(
      "dl",
      { class: "facts" },
      h("dt", null, "Endpoint"),
      h("dd", { class: "mono" }, endpoint),
      h("dt", null, "Topic"),
      h("dd", { class: "mono" }, topic),
    ),
  );
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
