// Slack's own markup ("mrkdwn") as elements. Every piece of a message becomes text or a known
// element; nothing of it is ever read as HTML.

import { h, webAddress } from "./view.js";
import { link } from "./parts.js";

const FENCE = /```\n?([\s\S]*?)\n?```/;
const QUOTE = /^(?:>|&gt;) ?/;

// In order: code, <control>, *bold*, _italic_, ~strike~, :emoji:. A mark counts only at the edge of a word.
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<control>[^<>\\n]+)>",
    "(?<![\\w*])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\w*])",
    "(?<![\\w_])_(?<italic>[^\\s_](?:[^_\\n]*[^\\s_])?)_(?![\\w_])",
    "(?<![\\w~])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\w~])",
    ":(?<emoji>[a-z_]+):",
  ].join("|"),
);

const EMOJI = {
  bell: "🔔",
  eyes: "👀",
  fire: "🔥",
  hourglass: "⌛",
  information_source: "ℹ️",
  lock: "🔒",
  mega: "📣",
  no_entry: "⛔",
  pager: "📟",
  rotating_light: "🚨",
  speech_balloon: "💬",
  wave: "👋",
  warning: "⚠️",
  heavy_check_mark: "✔️",
  white_check_mark: "✅",
  x: "❌",
};

/** Marked-up text as children for `h`. `people` are those of the workspace, to name who is mentioned. */
export function mrkdwn(text, people) {
  const pieces = String(text ?? "").split(FENCE); // odd places hold what stood between fences
  return pieces.map((piece, at) =>
    at % 2 ? h("pre", null, h("code", null, unescape(piece))) : paragraphs(piece, people),
  );
}

/** Text without markup, as Slack's plain_text objects have it. */
export function plain(text) {
  return String(text ?? "").replace(/:([a-z_]+):/g, (whole, name) => EMOJI[name] ?? whole);
}

function paragraphs(text, people) {
  const groups = [];
  for (const line of text.split("\n")) {
    const quoted = QUOTE.test(line);
    const last = groups.at(-1);
    const content = quoted ? line.replace(QUOTE, "") : line;
    if (last?.quoted === quoted) last.lines.push(content);
    else groups.push({ quoted, lines: [content] });
  }
  return groups.map(({ quoted, lines }) => {
    const content = lines.flatMap((line, at) => (at ? [h("br"), ...inline(line, people)] : inline(line, people)));
    if (!quoted && lines.every((line) => line === "")) return null;
    return h(quoted ? "blockquote" : "p", null, content);
  });
}

function inline(text, people) {
  const match = INLINE.exec(text);
  if (!match) return [unescape(text)];
  const before = unescape(text.slice(0, match.index));
  return [before, mark(match, people), ...inline(text.slice(match.index + match[0].length), people)];
}

function mark(match, people) {
  const { code, control, bold, italic, strike, emoji } = match.groups;
  if (code) return h("code", null, unescape(code));
  if (control) return controlled(control, people);
  if (bold) return h("strong", null, inline(bold, people));
  if (italic) return h("em", null, inline(italic, people));
  if (strike) return h("s", null, inline(strike, people));
  return EMOJI[emoji] ?? match[0];
}

/** What stands between angle brackets: a mention, a channel, a date, a link. */
function controlled(control, people) {
  const [target, ...rest] = control.split("|");
  const label = unescape(rest.join("|"));
  if (target.startsWith("@")) return mention(`@${handleOf(people, target.slice(1)) ?? (label || target.slice(1))}`);
  if (target.startsWith("#")) return mention(`#${label || target.slice(1)}`);
  if (target.startsWith("!date^")) return h("span", null, label || target);
  if (target.startsWith("!")) return mention(label || `@${target.slice(1)}`);
  const address = unescape(target);
  if (webAddress(address)) return link(address, label || address);
  if (address.startsWith("mailto:")) return h("span", null, label || address.slice("mailto:".length));
  return unescape(`<${control}>`);
}

function mention(text) {
  return h("span", { class: "mention" }, text);
}

/** The handle of a person, or undefined for somebody unknown. */
export function handleOf(people, id) {
  return people.find((person) => person.id === id)?.handle;
}

// Slack escapes these three and no others; "&amp;" goes last, so that "&amp;lt;" stays "&lt;".
function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
