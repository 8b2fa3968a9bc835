// The `markdown` block: the common part of Markdown, line by line.

import { el } from "./dom.js";
import { link } from "./mrkdwn.js";

const INLINE = new RegExp(
  [
    /`([^`]+)`/,
    /\[([^\]]+)\]\(([^)\s]+)\)/,
    /\*\*([^*]+)\*\*|__([^_]+)__/,
    /\*([^*\s][^*]*)\*|_([^_\s][^_]*)_/,
    /~~([^~]+)~~/,
  ]
    .map((one) => one.source)
    .join("|"),
);

function styled([, code, words, address, strong, strongToo, em, emToo, gone]) {
  if (code) return el("code", {}, code);
  if (address) return link(address, words);
  if (strong || strongToo) return el("strong", {}, inline(strong || strongToo));
  return em || emToo ? el("em", {}, inline(em || emToo)) : el("s", {}, inline(gone));
}

// A loop, as one message may hold thousands of styled words: it goes deeper only where one lies in another.
function inline(text) {
  const out = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    out.push(rest.slice(0, match.index), styled(match));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...out, rest];
}

/** Draw Markdown as DOM nodes. */
export function markdown(text) {
  const out = el("div", { class: "mrkdwn markdown" });
  let list = null;
  let fence = null;
  for (const row of text.split("\n")) {
    if (row.startsWith("```")) {
      if (fence === null) fence = [];
      else {
        out.append(el("pre", {}, fence.join("\n")));
        fence = null;
      }
      continue;
    }
    if (fence !== null) {
      fence.push(row);
      continue;
    }
    const item = /^\s*(?:([-*+])|\d+[.)])\s+(.*)/.exec(row);
    const heading = /^(#{1,6})\s+(.*)/.exec(row);
    if (item) {
      const tag = item[1] ? "UL" : "OL";
      if (list?.tagName !== tag) out.append((list = el(tag)));
      list.append(el("li", {}, inline(item[2])));
      continue;
    }
    list = null;
    if (heading) out.append(el("p", { class: "heading" }, inline(heading[2])));
    else if (row.startsWith(">")) out.append(el("blockquote", {}, inline(row.replace(/^>\s?/, ""))));
    else if (/^(-{3,}|\*{3,})$/.test(row.trim())) out.append(el("hr"));
    else if (row.trim()) out.append(el("p", {}, inline(row)));
  }
  if (fence?.length) out.append(el("pre", {}, fence.join("\n")));
  return out;
}
