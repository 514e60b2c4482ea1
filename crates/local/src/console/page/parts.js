// Small pieces that several panes share.

import { h, webAddress } from "./view.js";

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const CALENDAR = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const COPIED_MS = 2000;
const FAULTS = [
  ["none", "works"],
  ["down", "is down"],
  ["slow", "is slow"],
  ["rate-limited", "rate-limits"],
];

const TONES = {
  // GitHub
  open: "good",
  closed: "done",
  // PagerDuty
  triggered: "bad",
  acknowledged: "warn",
  resolved: "good",
  // an alarm's life
  received: "info",
  asked: "warn",
  answered: "info",
  escalated: "bad",
  paged: "bad",
  cleared: "good",
};

/** A state as a coloured word. The word, not the colour, carries the meaning. */
export function badge(state, testid) {
  const tone = TONES[state.toLowerCase().match(/[a-z]+/)?.[0]] ?? "info";
  return h("span", { class: `badge ${tone}`, "data-testid": testid, "data-state": state }, state);
}

/** An instant (RFC 3339) as the visitor's local time of day. */
export function time(at) {
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime())) return h("span", { class: "time" }, at);
  return h("time", { class: "time", datetime: at, title: CALENDAR.format(instant) }, CLOCK.format(instant));
}

/** A link that opens elsewhere; only its label when the address is not of the web. */
export function link(href, ...label) {
  const address = webAddress(href);
  return address
    ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...label)
    : h("span", null, ...label);
}

/** A line to paste into a terminal, with a button that copies it. */
export function pasteLine(title, line) {
  return h(
    "div",
    { class: "paste" },
    h("span", { class: "label" }, title),
    h(
      "button",
      {
        type: "button",
        class: "small",
        "aria-label": `Copy: ${title}`,
        onclick: (event) => copy(event.currentTarget, line),
      },
      "Copy",
    ),
    h("pre", { tabindex: "0", role: "group", "aria-label": title }, h("code", null, line)),
  );
}

async function copy(button, text) {
  const pre = button.parentElement.querySelector("pre");
  try {
    await navigator.clipboard.writeText(text);
    button.classList.add("copied");
    announce("Copied");
    setTimeout(() => button.classList.remove("copied"), COPIED_MS);
  } catch {
    // Without leave to write the clipboard the line is at least selected, one key away from it.
    getSelection().selectAllChildren(pre);
    announce("Copying is not allowed here. The line is selected: copy it with the keyboard.");
  }
}

/** What a pane says while it has nothing to show. */
export function empty(...children) {
  return h("div", { key: "empty", class: "empty" }, ...children);
}

/** A failed action, told where it was tried. */
export function problem(text) {
  return text ? h("p", { class: "problem", role: "alert" }, text) : null;
}

/** The head of a service's pane: its name, what it holds, and the switch that makes it misbehave. */
export function paneHead(service, name, note, state, actions) {
  const real = state[service].real;
  return [
    h(
      "header",
      { key: "head", class: "pane-head" },
      h("h2", { id: `${service}-title` }, name),
      real ? null : h("span", { class: "muted" }, note),
      real ? null : faultSwitch(service, name, state, actions),
    ),
    problem(actions.problem("fault")),
  ];
}

function faultSwitch(service, name, state, actions) {
  const fault = state.faults.find((one) => one.service === service)?.kind ?? "none";
  return h(
    "select",
    {
      value: fault,
      class: fault === "none" ? "switch" : "switch on",
      "data-testid": `fault-${service}`,
      "aria-label": `How ${name} behaves`,
      title: "Make it misbehave and see what Dispatch does",
      onchange: async ({ target }) => {
        const done = await actions.run("fault", "/api/fault", { service, kind: target.value });
        if (!done) target.value = fault;
      },
    },
    FAULTS.map(([kind, label]) => h("option", { key: kind, value: kind }, label)),
  );
}

/** A pane whose service is a real account has nothing of its own to show. */
export function realAccount(name) {
  return h(
    "div",
    { key: "real", class: "empty" },
    h("p", null, h("strong", null, `A real ${name} account is connected.`)),
    h("p", null, `What Dispatch does there is seen in ${name} itself.`),
  );
}

/** Tells people who listen to the page. */
export function announce(text) {
  document.getElementById("news").textContent = text;
}

/** Scrolls inside a pane only, so that the page itself stays where the visitor put it. */
export function scrollWithin(pane, node) {
  const body = node.closest(".pane-body") ?? pane;
  if (body.scrollHeight <= body.clientHeight) return;
  const offset = node.getBoundingClientRect().top - body.getBoundingClientRect().top;
  body.scrollTo({ top: body.scrollTop + offset - 8, behavior: motion() });
}

/** How scrolling may move: not at all for people who asked for less motion. */
export function motion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
