// The `rich_text` block. Source: Slack, "Rich text block".

import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { dated, link, mention } from "./mrkdwn.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

function styled(node, style = {}) {
  return Object.entries(STYLES).reduce(
    (inner, [name, tag]) => (style[name] ? el(tag, {}, inner) : inner),
    node,
  );
}

function piece(part, world) {
  switch (part.type) {
    case "text":
      return styled(document.createTextNode(part.text), part.style);
    case "link":
      return styled(link(part.url, part.text || part.url), part.style);
    case "user":
      return styled(mention(part.user_id, world), part.style);
    case "usergroup":
      return styled(mention(part.usergroup_id, world), part.style);
    case "channel":
      return styled(mention(part.channel_id, world, "#"), part.style);
    case "broadcast":
      return el("span", { class: "mention mine" }, `@${part.range}`);
    case "emoji":
      return document.createTextNode(emoji(part.name) ?? `:${part.name}:`);
    case "date":
      return dated(
        part.timestamp,
        part.format ?? "{date_short_pretty} {time}",
        part.fallback ?? "",
        part.url,
      );
    case "color":
      return el("code", {}, part.value);
    default:
      return el("span", { class: "unknown inline" }, String(part.type));
  }
}

const pieces = (elements, world) => (elements ?? []).map((part) => piece(part, world));

function section(part, world) {
  switch (part.type) {
    case "rich_text_section":
      return el("div", { class: "rich-line" }, pieces(part.elements, world));
    case "rich_text_list": {
      const tag = part.style === "ordered" ? "ol" : "ul";
      const start = part.offset ? part.offset + 1 : null;
      const items = part.elements.map((item) => el("li", {}, section(item, world)));
      return el(tag, { start, class: `indent-${Math.min(part.indent ?? 0, 5)}` }, items);
    }
    case "rich_text_preformatted":
      return el("pre", { tabindex: "0" }, pieces(part.elements, world));
    case "rich_text_quote":
      return el("blockquote", {}, pieces(part.elements, world));
    default:
      return el("div", { class: "unknown" }, String(part.type));
  }
}

/** Draw the elements of a rich text block or cell. */
export const richText = (block, world) =>
  el("div", { class: "mrkdwn rich" }, block.elements.map((part) => section(part, world)));
