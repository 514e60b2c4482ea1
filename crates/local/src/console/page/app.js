// The console page: joins the panes, the state that they show and the stream that keeps it fresh.
// Each pane draws itself from the whole state; what only the page knows (which conversation, which
// alarm, what is typed) stays inside the pane.

import { h, render } from "./view.js";
import { announce, motion, pasteLine } from "./parts.js";
import { follow } from "./live.js";
import { publisher } from "./publish.js";
import { slackPane } from "./slack.js";
import { githubPane } from "./github.js";
import { pagerdutyPane } from "./pagerduty.js";
import { alarmsStrip } from "./alarms.js";
import { clockFace } from "./clock.js";

const NEWS_MAX = 4;
const PANES = [
  ["slack", "Slack"],
  ["github", "GitHub"],
  ["pagerduty", "PagerDuty"],
  ["alarms", "Alarms"],
];

const place = (id) => document.getElementById(id);
const clock = clockFace(place("clock"));
const publish = publisher(place("publisher"));
const slack = slackPane(place("slack"));
const github = githubPane(place("github"));
const pagerduty = pagerdutyPane(place("pagerduty"));
const alarms = alarmsStrip(place("alarms"), (alarm) => github.highlight(alarm?.issue?.url));

let shown = null;
let visible = "slack";

function show(state) {
  const before = shown;
  shown = state;
  clock(state);
  queues(state);
  publish(state);
  start(state);
  slack(state);
  github.update(state);
  pagerduty.update(state);
  alarms(state);
  jump();
  if (before) tell(before, state);
}

/** How the queues stand. A dead message is one that was given up. */
function queues(state) {
  const number = (value, word, tone, title) =>
    h("dd", { class: value ? `some ${tone}` : null, title: value ? title : null }, h("b", null, value), ` ${word}`);
  render(
    place("queues"),
    state.queues.map((queue) =>
      h(
        "dl",
        { key: queue.name, class: "queue", "data-testid": `queue-${queue.name}` },
        h("dt", null, queue.name),
        number(queue.waiting, "waiting", ""),
        number(queue.in_flight, "in flight", ""),
        number(queue.dead, "dead", "bad", `To see why, and to send again: ${state.publish.redrive}`),
      ),
    ),
  );
}

/** The first thing to do, for as long as nothing was done. */
function start(state) {
  const used = Object.values(counts(state)).some(Boolean);
  render(
    place("start"),
    used
      ? null
      : h(
          "section",
          { class: "card start", "aria-labelledby": "start-title" },
          h("h2", { id: "start-title" }, "Nothing yet. Paste this line:"),
          pasteLine("AWS command line", state.publish.aws),
          pasteLine("Without the AWS command line", state.publish.send),
          h(
            "p",
            null,
            "Or ",
            h(
              "button",
              { type: "button", class: "as-link", "data-testid": "open-publisher", onclick: openPublisher },
              "publish an example from this page",
            ),
            ". Then answer it in the Slack pane.",
          ),
        ),
  );
}

function openPublisher() {
  place("publish").open = true;
  place("editor").focus();
}

/** How much each pane holds. The service of a real account shows nothing here. */
function counts({ slack, github, pagerduty, alarms }) {
  return {
    slack: slack.conversations?.reduce((sum, { messages }) => sum + messages.length, 0),
    github: github.repositories?.reduce((sum, { issues }) => sum + issues.length, 0),
    pagerduty: pagerduty.incidents?.length,
    alarms: alarms.length,
  };
}

/** The way between the panes where they stand below one another. */
function jump() {
  const held = counts(shown);
  render(
    place("jump"),
    PANES.map(([id, name]) =>
      h(
        "a",
        {
          key: id,
          href: `#${id}`,
          "aria-current": id === visible ? "true" : null,
          onclick: (event) => goTo(event, id),
        },
        name,
        held[id] ? h("span", { class: "count" }, held[id]) : null,
      ),
    ),
  );
}

function goTo(event, id) {
  event.preventDefault();
  place(id).focus({ preventScroll: true });
  place(id).scrollIntoView({ block: "start", behavior: motion() });
}

/** Says what is new, for people who listen to the page rather than look at it. */
function tell(before, after) {
  const news = [...saidIn(before, after), ...formsIn(before, after), ...issuesIn(before, after), ...pagesIn(before, after)];
  if (!news.length) return;
  const rest = news.length > NEWS_MAX ? [`and ${news.length - NEWS_MAX} more`] : [];
  announce([...news.slice(0, NEWS_MAX), ...rest].join(". "));
}

function saidIn(before, after) {
  const known = new Map(
    before.slack.conversations?.flatMap(({ id, messages }) => messages.map(({ ts, text }) => [id + ts, text])),
  );
  return (after.slack.conversations ?? []).flatMap(({ id, name, messages }) =>
    messages.filter(({ ts, text }) => known.get(id + ts) !== text).map(({ text }) => `Slack, ${name}: ${text}`),
  );
}

function formsIn(before, after) {
  const known = new Set(before.slack.views?.map(({ id }) => id));
  return (after.slack.views ?? [])
    .filter(({ id }) => !known.has(id))
    .map(({ user, view }) => `Slack opens a form for ${user}: ${view.title?.text}`);
}

function issuesIn(before, after) {
  const list = (state) =>
    (state.github.repositories ?? []).flatMap(({ name, issues }) =>
      issues.map((issue) => [`${name}#${issue.number}`, issue]),
    );
  const known = new Map(list(before));
  return list(after)
    .filter(([key, issue]) => known.get(key)?.state !== issue.state)
    .map(([, issue]) => `GitHub issue ${issue.number} is ${issue.state}: ${issue.title}`);
}

function pagesIn(before, after) {
  const known = new Map(before.pagerduty.incidents?.map(({ id, status }) => [id, status]));
  return (after.pagerduty.incidents ?? [])
    .filter(({ id, status }) => known.get(id) !== status)
    .map(({ title, status }) => `PagerDuty ${status}: ${title}`);
}

// A link to an issue or incident that this page shows leads to it here; with a modifier key it opens as usual.
document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("a[target=_blank]");
  if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (github.show(anchor.href) || pagerduty.show(anchor.href)) event.preventDefault();
});

const watcher = new IntersectionObserver(
  (entries) => {
    const entered = entries.findLast(({ isIntersecting }) => isIntersecting);
    if (!entered || !shown) return;
    visible = entered.target.id;
    jump();
  },
  { rootMargin: "-25% 0px -70% 0px" },
);
PANES.forEach(([id]) => watcher.observe(place(id)));

follow(show, (connected) => {
  const connection = place("connection");
  const text = connected ? "live" : shown ? "reconnecting" : "connecting";
  if (connection.textContent !== text) connection.textContent = text;
  connection.dataset.state = text;
});
