// The Slack pane: conversations, the thread of the chosen one, and whom the visitor acts as.

import { h, render } from "./view.js";
import { empty, paneHead, problem, realAccount, time } from "./parts.js";
import { content } from "./blocks.js";
import { drawForm } from "./form.js";
import { handleOf } from "./mrkdwn.js";
import { Actions } from "./live.js";

const SEEN = "dispatch-seen";
const BOTTOM_PX = 48;

/** Draws the pane into `root`; returns the function that takes each new state. */
export function slackPane(root) {
  let state = null;
  let chosen = null;
  const actingAs = new Map(); // conversation id -> person id, where the visitor chose
  const answers = new Map(); // conversation and message -> what triage answered
  const seen = recall();
  const actions = new Actions(() => draw());

  function draw() {
    const slack = state.slack;
    const head = paneHead("slack", "Slack", `fallback ${slack.channel}`, state, actions);
    if (slack.real) return render(root, head, realAccount("Slack"));
    const current = slack.conversations.find(({ id }) => id === chosen) ?? newest(slack.conversations);
    if (current?.messages.length) chosen = current.id;
    if (!document.hidden) look(current);
    const thread = root.querySelector(".thread");
    const sameThread = thread?.dataset.id === current?.id;
    const atBottom = !thread || thread.scrollHeight - thread.scrollTop - thread.clientHeight < BOTTOM_PX;
    render(
      root,
      head,
      h(
        "div",
        { key: "split", class: "split" },
        conversations(slack, current),
        current ? drawThread(current) : nothing(),
      ),
    );
    if (current && (!sameThread || atBottom)) toBottom();
  }

  function toBottom() {
    const thread = root.querySelector(".thread");
    thread.scrollTop = thread.scrollHeight;
  }

  function choose(id) {
    chosen = id;
    draw();
    toBottom();
  }

  function look(conversation) {
    const last = conversation?.messages.at(-1)?.ts;
    if (!last || seen[conversation.id] === last) return;
    seen[conversation.id] = last;
    remember(seen);
  }

  function conversations(slack, current) {
    return h(
      "nav",
      { key: "list", class: "conversations", "aria-label": "Slack conversations" },
      h(
        "ul",
        { onkeydown: walk },
        slack.conversations.map((conversation) => {
          const unread = conversation.messages.filter(({ ts }) => ts > (seen[conversation.id] ?? "")).length;
          return h(
            "li",
            { key: conversation.id },
            h(
              "button",
              {
                type: "button",
                "data-testid": `conversation-${conversation.name}`,
                class: unread ? "unread" : null,
                "aria-current": conversation === current ? "true" : null,
                onclick: () => choose(conversation.id),
              },
              h("span", { class: "name" }, nameOf(conversation)),
              unread ? h("span", { class: "count" }, unread, h("span", { class: "unseen" }, " unread")) : null,
            ),
          );
        }),
      ),
    );
  }

  function drawThread(conversation) {
    const owner = state.slack.people.find(({ id }) => id === conversation.with);
    const user = actorOf(conversation);
    const name = nameOf(conversation);
    const messages = inThreads(conversation.messages).map((message) => drawMessage(conversation, message, user));
    return h(
      "div",
      { key: "thread", class: "talk" },
      h(
        "div",
        { class: "talk-head" },
        h("h3", null, name, owner?.deleted ? h("span", { class: "badge bad" }, "deactivated") : null),
        actor(conversation, user),
      ),
      owner && user !== owner.id ? stranger(owner, user) : null,
      h(
        "div",
        {
          key: conversation.id,
          class: "thread pane-body",
          "data-id": conversation.id,
          tabindex: "0",
          role: "group",
          "aria-label": `Messages, ${name}`,
        },
        messages.length ? h("ol", null, messages) : silence(),
      ),
      state.slack.views.filter((view) => view.user === user).map((view) => drawForm(view, state.slack.people, actions)),
    );
  }

  function stranger(owner, user) {
    const handle = handleOf(state.slack.people, user);
    return h(
      "p",
      { class: "hint" },
      `You act as @${handle}. Only @${owner.handle} was asked, so a click changes nothing here.`,
    );
  }

  function actor(conversation, user) {
    const people = state.slack.people.filter((person) => !person.deleted || person.id === conversation.with);
    const act = ({ target }) => {
      actingAs.set(conversation.id, target.value);
      draw();
    };
    return h(
      "label",
      { class: "actor" },
      h("span", null, "acting as"),
      h(
        "select",
        { key: `${conversation.id} ${people.length}`, value: user, "data-testid": "acting-as", onchange: act },
        people.map(({ id, handle }) => h("option", { key: id, value: id }, `@${handle}`)),
      ),
    );
  }

  function actorOf(conversation) {
    return (
      actingAs.get(conversation.id) ?? conversation.with ?? state.slack.people.find(({ deleted }) => !deleted)?.id ?? ""
    );
  }

  function drawMessage(conversation, message, user) {
    const key = `${conversation.id} ${message.ts}`;
    const context = {
      people: state.slack.people,
      busy: () => actions.busy(key),
      press: (action_id) => press(key, { channel: conversation.id, ts: message.ts, user, action_id }),
    };
    const only = message.ephemeral_to;
    return h(
      "li",
      {
        key: message.ts + (only ?? ""),
        class: ["message", only && "ephemeral", message.thread_ts && "reply"].filter(Boolean).join(" "),
        tabindex: "-1",
        "data-testid": "message",
      },
      h("span", { class: "avatar", "aria-hidden": "true" }, "D"),
      h(
        "div",
        { class: "message-body" },
        only ? h("p", { class: "only" }, `Only visible to @${handleOf(state.slack.people, only) ?? only}`) : null,
        byline(message),
        h("div", { class: "content", "aria-busy": actions.busy(key) ? "true" : null }, content(message, context)),
        problem(actions.problem(key)),
        answers.has(key) ? h("p", { class: "muted foot" }, answers.get(key)) : null,
      ),
    );
  }

  async function press(key, click) {
    answers.delete(key);
    const answer = await actions.run(key, "/api/slack/click", click);
    if (!answer) return;
    answers.set(
      key,
      `Click by @${handleOf(state.slack.people, click.user) ?? click.user}: answered ${answer.status ?? 200} in ${answer.ms ?? "?"} ms`,
    );
    draw();
  }

  document.addEventListener("visibilitychange", () => state && draw());
  return (next) => {
    state = next;
    draw();
  };
}

function byline({ at, edited }) {
  return h(
    "p",
    { class: "byline" },
    h("strong", null, "Dispatch"),
    h("span", { class: "app" }, "APP"),
    time(at),
    edited ? h("span", { class: "muted" }, "(edited)") : null,
  );
}

/** Each message with what was answered in its thread behind it, in the order of what began the threads. */
function inThreads(messages) {
  const roots = messages.filter(({ thread_ts: thread }) => !thread);
  return roots.flatMap((root) => [root, ...messages.filter(({ thread_ts: thread }) => thread === root.ts)]);
}

function silence() {
  return empty(h("p", null, "No messages yet."), h("p", null, "What Dispatch tells or asks here shows up by itself."));
}

function nothing() {
  return empty(
    h("p", null, "No conversations yet."),
    h("p", null, "Publish an alarm: the person it names is asked here."),
  );
}

/** Where to look first: the conversation that was spoken in last, or simply the first. */
function newest(conversations) {
  const last = ({ messages }) => messages.at(-1)?.ts ?? "";
  return conversations.reduce((best, one) => (best && last(best) >= last(one) ? best : one), undefined);
}

function nameOf({ kind, name }) {
  return kind === "im" ? `@${name.replace(/^@/, "")}` : `#${name.replace(/^#/, "")}`;
}

/** Arrow keys walk the list; Tab works as everywhere. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  buttons[buttons.indexOf(document.activeElement) + step]?.focus();
}

// What was read stays read when the page is loaded again in the same tab.
function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(SEEN)) ?? {};
  } catch {
    return {};
  }
}

function remember(seen) {
  try {
    sessionStorage.setItem(SEEN, JSON.stringify(seen));
  } catch {
    // Storage may be switched off; then everything is unread after a reload.
  }
}
