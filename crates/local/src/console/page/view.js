// Draws descriptions of elements onto the page and changes only what differs, so that focus,
// scroll positions, open disclosures and typed text outlive every update.

const KEY = Symbol("key");
const PROPS = Symbol("props");

/**
 * Describes one element. Besides attributes, `props` may hold
 * `key` (identity among its siblings), `on…` (a handler), `value` (of a control; written only when the
 * description changes, so a choice under way is left alone), `first` (properties set once, at birth),
 * `vars` (CSS custom properties) and `html` (markup that the server made safe; nothing else may go there).
 */
export function h(tag, props, ...children) {
  const present = (child) => child !== null && child !== undefined && child !== false && child !== "";
  return { tag, props: props ?? {}, children: children.flat(Infinity).filter(present) };
}

/** Makes the content of `root` look like `children`. */
export function render(root, ...children) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const homes = focused ? ancestors(focused, root) : [];
  place(root, h("", null, ...children).children);
  if (focused && !focused.isConnected) {
    const home = homes.find((node) => node.isConnected && node.hasAttribute("tabindex"));
    home?.focus({ preventScroll: true });
  }
}

function ancestors(node, root) {
  const found = [];
  for (let at = node.parentElement; at && at !== root.parentElement; at = at.parentElement) found.push(at);
  return found;
}

function place(parent, wanted) {
  const take = matcher([...parent.childNodes]);
  const pairs = wanted.map((child) => [take(child) ?? create(child), child]);
  const staying = new Set(pairs.map(([node]) => node));
  for (const node of [...parent.childNodes]) {
    if (!staying.has(node)) node.remove();
  }
  // What no longer belongs is gone first, so a node that stays in order is never moved: moving drops its focus.
  let cursor = parent.firstChild;
  for (const [node, child] of pairs) {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
    update(node, child);
  }
}

/** Finds the old node for a description: by key, or else the next one of the same kind. */
function matcher(nodes) {
  const keyed = new Map();
  const loose = [];
  for (const node of nodes) {
    if (node[KEY] === undefined) loose.push(node);
    else keyed.set(node[KEY], node);
  }
  return (child) => {
    const name = child.tag ? child.tag.toUpperCase() : "#text";
    if (child.props?.key !== undefined) {
      const node = keyed.get(child.props.key);
      keyed.delete(child.props.key);
      return node?.nodeName === name ? node : undefined;
    }
    const at = loose.findIndex((node) => node.nodeName === name);
    return at < 0 ? undefined : loose.splice(0, at + 1)[at];
  };
}

function create(child) {
  if (!child.tag) return document.createTextNode("");
  const node = document.createElement(child.tag);
  node[KEY] = child.props.key;
  Object.assign(node, child.props.first);
  return node;
}

function update(node, child) {
  if (!child.tag) {
    const text = String(child);
    if (node.data !== text) node.data = text;
    return;
  }
  const before = node[PROPS] ?? {};
  node[PROPS] = child.props;
  if (child.props.html === undefined) place(node, child.children);
  for (const name of Object.keys(before)) {
    if (!(name in child.props)) write(node, name, null);
  }
  for (const [name, value] of Object.entries(child.props)) {
    if (before[name] !== value) write(node, name, value);
  }
}

function write(node, name, value) {
  if (name === "key" || name === "first") return;
  if (name.startsWith("on")) node[name] = value;
  else if (name === "html") writeHtml(node, value ?? "");
  else if (name === "value" && node.tagName !== "OPTION") node.value = value ?? "";
  else if (name === "vars") Object.entries(value ?? {}).forEach(([key, text]) => node.style.setProperty(key, text));
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

function writeHtml(node, html) {
  node.innerHTML = html;
  for (const anchor of node.querySelectorAll("a[href]")) {
    if (webAddress(anchor.getAttribute("href"))) {
      anchor.target = "_blank";
      anchor.rel = "noopener noreferrer";
    } else {
      anchor.removeAttribute("href");
    }
  }
}

/** The address in its normal form if it is http or https, else null. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
