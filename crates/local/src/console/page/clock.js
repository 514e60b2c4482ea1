// The clock of the town: what time it is there, how long until something, and the buttons that put it forward.

import { h, render } from "./view.js";
import { problem } from "./parts.js";
import { Actions } from "./live.js";

const BEAT_MS = 250;
const STEPS = [
  ["minute", "+1 min", { seconds: 60 }],
  ["hour", "+1 h", { seconds: 3600 }],
  ["next", "to the next timer", {}],
];
const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];
const FACE = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const CALENDAR = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** The last time that the server told, and when that was by the browser's own count. */
let told = { at: Date.now(), when: performance.now(), speed: 1 };

/** The time in the town, in milliseconds since 1970. */
function now() {
  return told.at + (performance.now() - told.when) * told.speed;
}

/** How long until an instant (RFC 3339), kept up to date: "in 1 h 59 min 30 s". */
export function countdown(at) {
  return h("time", { class: "left", datetime: at, title: CALENDAR.format(new Date(at)), "data-until": at }, left(at));
}

/** The same in words, in at most three units. */
function left(at) {
  let rest = Math.ceil((Date.parse(at) - now()) / 1000);
  if (!(rest > 0)) return "due now";
  const parts = UNITS.map(([unit, seconds]) => {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    return count ? `${count} ${unit}` : null;
  });
  return `in ${parts.filter(Boolean).slice(0, 3).join(" ")}`;
}

/** Draws the clock into `root`; returns the function that takes each new state. */
export function clockFace(root) {
  let clock = null;
  const actions = new Actions(() => draw());

  function draw() {
    render(
      root,
      h("time", { key: "face", class: "face", "data-testid": "clock" }, FACE.format(now())),
      clock.speed > 1 ? h("span", { key: "speed", class: "muted" }, `${clock.speed}× as fast`) : null,
      clock.moves ? STEPS.map(button) : null,
      problem(actions.problem("jump")),
    );
  }

  function button([name, label, order]) {
    const idle = name === "next" && !clock.next;
    return h(
      "button",
      {
        key: name,
        type: "button",
        class: "small",
        "data-testid": `jump-${name}`,
        "aria-disabled": idle || actions.busy("jump") ? "true" : null,
        "aria-label": `Put the clock forward: ${label}`,
        title: idle ? "No timer is running" : null,
        onclick: () => (idle ? null : actions.run("jump", "/api/clock/jump", order)),
      },
      label,
    );
  }

  setInterval(() => {
    if (!clock) return;
    const face = root.querySelector(".face");
    write(face, FACE.format(now()));
    document.querySelectorAll("[data-until]").forEach((node) => write(node, left(node.dataset.until)));
  }, BEAT_MS);

  return (state) => {
    clock = state.clock;
    told = { at: Date.parse(clock.now), when: performance.now(), speed: clock.speed };
    draw();
  };
}

function write(node, text) {
  if (node?.firstChild && node.firstChild.data !== text) node.firstChild.data = text;
}
