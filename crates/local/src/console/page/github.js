// The GitHub pane: the audit log as people read it, and the hands of a person who closes or reopens.

import { h, render, webAddress } from "./view.js";
import { badge, empty, motion, paneHead, problem, realAccount, scrollWithin, time } from "./parts.js";
import { Actions } from "./live.js";

const UNFOLDED = 3; // of the issues that are there at first sight, the newest few stand open

/**
 * Draws the pane into `root`. `update` takes each new state; `highlight` marks the issue of an
 * address and scrolls the pane to it; `show` also takes the visitor there and says whether it exists.
 */
export function githubPane(root) {
  let state = null;
  let marked = null;
  const actions = new Actions(() => draw());

  function draw() {
    const { real, repositories } = state.github;
    const head = paneHead("github", "GitHub", count(repositories ?? []), state, actions);
    if (real) return render(root, head, realAccount("GitHub"));
    const shown = repositories.filter(({ issues }) => issues.length);
    return render(
      root,
      head,
      h(
        "div",
        { key: "body", class: "pane-body", tabindex: "0", role: "group", "aria-label": "GitHub issues" },
        shown.length ? shown.map(drawRepository) : nothing(),
      ),
    );
  }

  function drawRepository(repository) {
    const issues = repository.issues.toSorted((a, b) => b.number - a.number);
    return h(
      "div",
      { key: repository.name, class: "repository" },
      h("p", { class: "muted mono" }, repository.name),
      issues.map((issue, at) => drawIssue(repository, issue, at < UNFOLDED)),
    );
  }

  function drawIssue(repository, issue, unfolded) {
    const key = `${repository.name}#${issue.number}`;
    const address = webAddress(issue.url);
    return h(
      "article",
      {
        key,
        class: address && address === marked ? "item marked" : "item",
        tabindex: "-1",
        "data-testid": `issue-${issue.number}`,
        "data-url": address,
        "aria-label": `Issue ${issue.number}`,
      },
      h(
        "details",
        { first: { open: unfolded } },
        summary(issue),
        remark(issue, "opened"),
        issue.comments.map((comment, at) => h("div", { key: at, class: "comment" }, remark(comment, "commented"))),
        h("div", { class: "hands" }, hand(repository, issue, key), problem(actions.problem(key))),
      ),
    );
  }

  function hand(repository, issue, key) {
    const [verb, label] = issue.state === "open" ? ["close", "Close by hand"] : ["reopen", "Reopen by hand"];
    return h(
      "button",
      {
        type: "button",
        class: "small",
        "aria-disabled": actions.busy(key) ? "true" : null,
        "data-testid": `issue-${verb}`,
        "aria-label": `${label}: issue ${issue.number}`,
        onclick: () => actions.run(key, `/api/github/${verb}`, { repository: repository.name, number: issue.number }),
      },
      label,
    );
  }

  function find(address) {
    return address ? [...root.querySelectorAll("article")].find((node) => node.dataset.url === address) : undefined;
  }

  return {
    update(next) {
      state = next;
      draw();
    },
    highlight(url) {
      marked = webAddress(url ?? "");
      draw();
      const node = find(marked);
      if (node) scrollWithin(root, node);
    },
    show(url) {
      const node = find(webAddress(url));
      if (!node) return false;
      marked = node.dataset.url;
      draw();
      node.querySelector("details").open = true;
      node.focus({ preventScroll: true });
      node.scrollIntoView({ block: "nearest", behavior: motion() });
      return true;
    },
  };
}

function summary({ number, title, state, state_reason: reason, labels, comments }) {
  return h(
    "summary",
    null,
    h("h3", null, title, " ", h("span", { class: "number" }, `#${number}`)),
    h(
      "span",
      { class: "line" },
      badge(state, "issue-state"),
      state === "closed" && reason ? h("span", { class: "muted" }, reason.replaceAll("_", " ")) : null,
      labels.map((label) => h("span", { key: label, class: "label-chip" }, label)),
      comments.length
        ? h("span", { class: "muted" }, comments.length === 1 ? "1 comment" : `${comments.length} comments`)
        : null,
    ),
  );
}

function remark({ user, created_at, body_html }, verb) {
  return h(
    "div",
    { class: "remark" },
    h("p", { class: "byline" }, h("strong", null, user), h("span", { class: "muted" }, verb), time(created_at)),
    h("div", { class: "markdown", html: body_html }),
  );
}

function nothing() {
  return empty(
    h("p", null, "No issues yet."),
    h("p", null, "Every alarm that is more than a bare page keeps its log here."),
  );
}

function count(repositories) {
  const open = repositories.flatMap(({ issues }) => issues).filter(({ state }) => state === "open").length;
  return `${open} open`;
}
