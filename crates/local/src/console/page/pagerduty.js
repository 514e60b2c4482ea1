// The PagerDuty pane: who was paged about what, and the hands of the person on call.

import { h, render, webAddress } from "./view.js";
import { badge, empty, link, motion, paneHead, problem, realAccount, time } from "./parts.js";
import { Actions } from "./live.js";

/** Draws the pane into `root`. `update` takes each new state; `show` goes to the incident of an address, if it exists. */
export function pagerdutyPane(root) {
  let state = null;
  const actions = new Actions(() => draw());

  function draw() {
    const { real, incidents } = state.pagerduty;
    const unresolved = (incidents ?? []).filter(({ status }) => status !== "resolved").length;
    const head = paneHead("pagerduty", "PagerDuty", `${unresolved} unresolved`, state, actions);
    if (real) return render(root, head, realAccount("PagerDuty"));
    const newest = incidents.toSorted((a, b) => b.number - a.number);
    return render(
      root,
      head,
      h(
        "div",
        { key: "body", class: "pane-body", tabindex: "0", role: "group", "aria-label": "PagerDuty incidents" },
        newest.length ? newest.map(drawIncident) : nothing(),
      ),
    );
  }

  function drawIncident(incident) {
    return h(
      "article",
      {
        key: incident.id,
        class: `item ${incident.status}`,
        tabindex: "-1",
        "data-testid": "incident",
        "data-url": webAddress(incident.url),
        "aria-label": `Incident ${incident.number}`,
      },
      h("h3", null, incident.title, " ", h("span", { class: "number" }, `#${incident.number}`)),
      h(
        "p",
        { class: "line" },
        badge(incident.status, "incident-status"),
        incident.changed_by ? h("span", { class: "muted" }, `by ${incident.changed_by}`) : null,
        h("span", { class: "muted" }, `${incident.urgency} urgency`),
        time(incident.created_at),
      ),
      h(
        "dl",
        { class: "facts" },
        h("dt", null, "Service"),
        h("dd", null, incident.service.name, " ", h("span", { class: "muted mono" }, incident.service.id)),
        incident.key ? [h("dt", null, "Key"), h("dd", { class: "mono" }, incident.key)] : null,
      ),
      incident.details ? h("p", { class: "raw" }, incident.details) : null,
      incident.links.length
        ? h(
            "ul",
            { class: "links" },
            incident.links.map((item) => h("li", { key: item.href }, link(item.href, item.text || item.href))),
          )
        : null,
      h(
        "div",
        { class: "hands" },
        incident.status === "triggered" ? hand(incident, "acknowledge", "Acknowledge") : null,
        incident.status !== "resolved" ? hand(incident, "resolve", "Resolve") : null,
        problem(actions.problem(incident.id)),
      ),
    );
  }

  function hand(incident, verb, label) {
    return h(
      "button",
      {
        key: verb,
        type: "button",
        class: "small",
        "data-testid": `incident-${verb}`,
        "aria-disabled": actions.busy(incident.id) ? "true" : null,
        "aria-label": `${label}: incident ${incident.number}`,
        onclick: () => actions.run(incident.id, `/api/pagerduty/${verb}`, { id: incident.id }),
      },
      label,
    );
  }

  return {
    update(next) {
      state = next;
      draw();
    },
    show(url) {
      const address = webAddress(url);
      const node = address
        ? [...root.querySelectorAll("article")].find((article) => article.dataset.url === address)
        : undefined;
      node?.focus({ preventScroll: true });
      node?.scrollIntoView({ block: "nearest", behavior: motion() });
      return node !== undefined;
    },
  };
}

function nothing() {
  return empty(
    h("p", null, "Nobody was paged."),
    h("p", null, "An answer of no, silence past the deadline or a high-priority alarm pages here."),
  );
}
