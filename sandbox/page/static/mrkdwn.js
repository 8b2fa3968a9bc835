// Slack's own markup as DOM nodes. Source: Slack, "Formatting text for app surfaces".

import { el, put } from "./dom.js";
import { withEmoji } from "./emoji.js";

const TOKEN = /<([^<>\n]+)>|`([^`\n]+)`/;
const BARE = /(?:https?:\/\/|mailto:)[^\s<>|]+[^\s<>|.,;:!?'")\]]/;
const STYLES = [
  ["*", "strong"],
  ["_", "em"],
  ["~", "s"],
];
/** A line that begins with a mark hangs, so that its second line stands below its first word. */
const BULLET = /^([\p{So}\p{Sm}•–?-]\uFE0F?|\d{1,3}\.)\s(.*)$/u;

/** Undo the three entities that Slack knows, the ampersand last so that `&amp;lt;` stays `&lt;`. */
export const unescaped = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** Give the address where it may be followed, else null. */
export function followable(address) {
  try {
    const parsed = new URL(address);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A link that opens elsewhere; an address of another kind is shown as plain text. */
export function link(address, words) {
  const href = followable(address);
  if (!href) return el("span", {}, words);
  return el("a", { href, rel: "noopener noreferrer", target: "_blank" }, words);
}

export const mention = (id, world, sign = "@") =>
  el(
    "span",
    { class: id === world.me ? "mention mine" : "mention", title: id },
    sign + (world.names[id] ?? id),
  );

/** Slack's date tokens in the reader's own time zone. */
export function dated(seconds, pattern, fallback, url) {
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return el("span", {}, fallback);
  const format = (options) => new Intl.DateTimeFormat("en-GB", options).format(moment);
  const days = Math.round(
    (new Date().setHours(0, 0, 0, 0) - new Date(moment).setHours(0, 0, 0, 0)) / 86_400_000,
  );
  const pretty = { 0: "today", 1: "yesterday", "-1": "tomorrow" }[days];
  const forms = {
    date_num: () => format({ year: "numeric", month: "2-digit", day: "2-digit" }),
    date: () => format({ year: "numeric", month: "long", day: "numeric" }),
    date_short: () => format({ year: "numeric", month: "short", day: "numeric" }),
    date_long: () => format({ weekday: "long", year: "numeric", month: "long", day: "numeric" }),
    time: () => format({ hour: "2-digit", minute: "2-digit" }),
    time_secs: () => format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: () => ago(moment),
  };
  for (const name of ["date", "date_short", "date_long"])
    forms[`${name}_pretty`] = () => pretty ?? forms[name]();
  const text = pattern.replace(
    /\{([a-z_]+)\}/g,
    (whole, name) => (Object.hasOwn(forms, name) ? forms[name]() : whole),
  );
  const node = el("time", { datetime: moment.toISOString(), title: unescaped(fallback) }, text);
  return url ? link(url, node) : node;
}

function ago(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
  for (const [unit, length] of [["day", 86_400], ["hour", 3600], ["minute", 60]])
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  return relative.format(Math.round(seconds), "second");
}

function angle(inside, world) {
  const [target, ...more] = inside.split("|");
  const label = more.join("|");
  if (target.startsWith("@")) return mention(target.slice(1), world);
  if (target.startsWith("#")) return mention(target.slice(1), world, "#");
  if (target.startsWith("!subteam^")) return mention(target.slice(9), world);
  if (target.startsWith("!date^")) {
    const [, seconds, pattern = "", url] = target.split("^");
    return dated(seconds, pattern, label, url);
  }
  if (target.startsWith("!"))
    return el("span", { class: "mention mine" }, `@${target.slice(1).split("^")[0]}`);
  const address = unescaped(target);
  // What is no address stays as it was written, brackets and all, unless it brought words of its own.
  return link(address, unescaped(label || (followable(address) ? target : `<${target}>`)));
}

/** Find the first pair of a style's marks that stand at the edges of words. */
function styled(text) {
  let best = null;
  for (const [mark, tag] of STYLES) {
    for (let open = text.indexOf(mark); open >= 0; open = text.indexOf(mark, open + 1)) {
      if (best && open >= best.open) break;
      const before = text[open - 1];
      if ((before && /[\p{L}\p{N}]/u.test(before)) || !text[open + 1] || /\s/.test(text[open + 1])) continue;
      let close = text.indexOf(mark, open + 1);
      while (close > 0) {
        const after = text[close + 1];
        if (close > open + 1 && !/\s/.test(text[close - 1]) && !(after && /[\p{L}\p{N}]/u.test(after))) break;
        close = text.indexOf(mark, close + 1);
      }
      if (close > 0) {
        best = { open, close, tag };
        break;
      }
    }
  }
  return best;
}

// Mentions, links and code are cut out first and stand as private characters while styles are looked for:
// nothing inside them is markup, yet a style may well lie around them.
const FIRST_HELD = 0xf0000;

function leaf(text, held) {
  return [...text]
    .reduce((parts, sign) => {
      const kept = held[sign.codePointAt(0) - FIRST_HELD];
      if (kept) parts.push(kept);
      else if (typeof parts.at(-1) === "string") parts[parts.length - 1] += sign;
      else parts.push(sign);
      return parts;
    }, [])
    .map((part) => (typeof part === "string" ? withEmoji(unescaped(part)) : part));
}

function inner(text, held) {
  const out = [];
  let rest = text;
  for (let found = styled(rest); found; found = styled(rest)) {
    out.push(leaf(rest.slice(0, found.open), held));
    out.push(el(found.tag, {}, inner(rest.slice(found.open + 1, found.close), held)));
    rest = rest.slice(found.close + 1);
  }
  return [...out, leaf(rest, held)];
}

function inline(text, world, verbatim) {
  const held = [];
  const hold = (node) => String.fromCodePoint(FIRST_HELD + held.push(node) - 1);
  let rest = text.replace(/[\u{F0000}-\u{FFFFD}]/gu, "");
  let flat = "";
  for (let match = TOKEN.exec(rest); match; match = TOKEN.exec(rest)) {
    flat += rest.slice(0, match.index);
    flat += hold(match[1] === undefined ? el("code", {}, unescaped(match[2])) : angle(match[1], world));
    rest = rest.slice(match.index + match[0].length);
  }
  flat += rest;
  if (!verbatim)
    flat = flat.replace(
      new RegExp(BARE, "g"),
      (address) => hold(link(unescaped(address), unescaped(address))),
    );
  return inner(flat, held);
}

function lines(text, world, verbatim) {
  const out = [];
  let quote = null;
  const rows = text.split("\n");
  rows.forEach((row, n) => {
    const quoted = /^(?:&gt;|>)\s?/.exec(row);
    if (quoted) {
      if (!quote) out.push((quote = el("blockquote", {})));
      else put(quote, el("br"));
      put(quote, inline(row.slice(quoted[0].length), world, verbatim));
      return;
    }
    const wasQuote = quote !== null;
    quote = null;
    const bullet = BULLET.exec(row);
    if (bullet)
      out.push(el(
        "span",
        { class: "bullet" },
        el("span", {}, `${bullet[1]} `),
        el("span", {}, inline(bullet[2], world, verbatim)),
      ));
    else {
      // A hanging line is a block of its own, so it needs no break before the next one.
      const before = n > 0 && !wasQuote && !BULLET.test(rows[n - 1]);
      if (before) out.push(el("br"));
      out.push(...[inline(row, world, verbatim)].flat(Infinity));
    }
  });
  return out;
}

/** Draw mrkdwn; `world` has `names` by id and `me`. With `verbatim` bare addresses stay text. */
export function mrkdwn(text, world, { verbatim = false } = {}) {
  const node = el("div", { class: "mrkdwn" });
  String(text)
    .split("```")
    .forEach((part, n, all) => {
      const fenced = n % 2 === 1;
      if (fenced && n < all.length - 1)
        put(node, el("pre", {}, unescaped(part.replace(/^\n|\n$/g, ""))));
      else if (fenced) put(node, lines("```" + part, world, verbatim));
      else if (part) put(node, lines(n ? part.replace(/^\n/, "") : part, world, verbatim));
    });
  return node;
}

/** Draw a text object, `plain_text` or `mrkdwn`. */
export function textObject(value, world) {
  if (value?.type === "mrkdwn") return mrkdwn(value.text, world, { verbatim: value.verbatim });
  return el("span", { class: "plain" }, plainText(value));
}

/** The words of a `plain_text` object, for places that take only a string. */
export const plainText = (value) =>
  value?.emoji === false ? value.text : withEmoji(String(value?.text ?? ""));
