// The alarms with their journals: what happened to each, step by step.

import { h, render } from "./view.js";
import { badge, empty, link, time } from "./parts.js";
import { countdown } from "./clock.js";

/**
 * Draws the strip into `root`; returns the function that takes each new state.
 * `onSelect` gets the alarm that the visitor selects, or null when none is selected any more.
 */
export function alarmsStrip(root, onSelect) {
  let state = null;
  let selected = null;

  function draw() {
    const newest = state.alarms.toSorted((a, b) => began(b).localeCompare(began(a)));
    render(
      root,
      h(
        "header",
        { key: "head", class: "pane-head" },
        h("h2", { id: "alarms-title" }, "Alarms"),
        h("span", { class: "muted" }, "each with its journal"),
      ),
      newest.length
        ? h("ol", { key: "list", class: "alarms" }, newest.map(drawAlarm))
        : empty(
            h("p", null, "No alarms yet."),
            h("p", null, "Each alarm that you publish gets a timeline here: received, asked, answered, done."),
          ),
    );
  }

  function drawAlarm(alarm) {
    const chosen = alarm.key === selected;
    return h(
      "li",
      {
        key: alarm.key,
        class: chosen ? "alarm marked" : "alarm",
        tabindex: "-1",
        "data-testid": "alarm",
        "data-key": alarm.key,
      },
      h(
        "h3",
        null,
        h(
          "button",
          {
            type: "button",
            class: "title",
            "aria-pressed": String(chosen),
            title: alarm.issue ? "Highlight its issue" : null,
            onclick: () => select(alarm),
          },
          alarm.title,
        ),
      ),
      h(
        "p",
        { class: "line" },
        badge(alarm.state, "alarm-state"),
        alarm.done && !alarm.timers.length ? h("span", { class: "muted" }, "done") : null,
        alarm.repeats ? h("span", { class: "muted" }, `repeated ${alarm.repeats}×`) : null,
        alarm.issue ? link(alarm.issue.url, `issue #${alarm.issue.number}`) : null,
        h("span", { class: "muted mono", title: alarm.key }, alarm.key.slice(0, 8)),
      ),
      alarm.timers.length
        ? h(
            "ol",
            { key: "timers", class: "timers", "aria-label": "What comes next", "data-testid": "timers" },
            alarm.timers.map((timer) =>
              h(
                "li",
                { key: timer.what + timer.at, "data-testid": `timer-${timer.what}` },
                countdown(timer.at),
                h("span", { class: "words" }, timer.text),
              ),
            ),
          )
        : null,
      h(
        "ol",
        { class: "timeline" },
        alarm.entries.map((entry, at) =>
          h(
            "li",
            { key: at, class: entry.what.toLowerCase().match(/[a-z]+/)?.[0] },
            time(entry.at),
            h("span", { class: "what" }, entry.what),
            h("span", { class: "words" }, entry.text),
          ),
        ),
      ),
    );
  }

  function select(alarm) {
    selected = selected === alarm.key ? null : alarm.key;
    draw();
    onSelect(selected === null ? null : alarm);
  }

  return (next) => {
    state = next;
    draw();
  };
}

function began(alarm) {
  return alarm.entries[0]?.at ?? "";
}
