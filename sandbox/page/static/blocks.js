// Block Kit's blocks as DOM nodes. Source: Slack, "Block Kit reference: blocks".
//
// A `surface` is where blocks stand, a message or a view:
//   key     a name that stays while it is drawn again
//   world   names by id, people and channels to choose from
//   form    what the person has put into its fields
//   errors  what the app objects to, by block id
//   click   (block, element, value) tells the app

import { dataTable } from "./datatable.js";
import { el } from "./dom.js";
import { element, freshId, unknown } from "./elements.js";
import { enlarge } from "./dialogs.js";
import { markdown } from "./markdown.js";
import { followable, link, plainText, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** Whether an address leads to this server; what is no address leads nowhere. */
function isHere(address) {
  try {
    return new URL(address, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

/** A picture of this server; the page's own policy keeps every other address out, so it becomes a link. */
function picture(spec, surface, small = false) {
  const address = spec.slack_file?.id ? surface.fileAddress(spec.slack_file.id) : spec.image_url;
  if (!address || !isHere(address)) {
    const words = `Picture: ${spec.alt_text}`;
    return el("span", { class: "unknown inline" }, followable(address ?? "") ? link(address, words) : words);
  }
  const image = el("img", { src: address, alt: spec.alt_text, loading: "lazy" });
  if (small) return image;
  return el(
    "button",
    {
      type: "button",
      class: "picture",
      "aria-label": `Enlarge: ${spec.alt_text}`,
      on: { click: () => enlarge(address, spec.alt_text) },
    },
    image,
  );
}

const inContext = (part, surface) =>
  part.type === "image" ? picture(part, surface, true) : textObject(part, surface.world);

/** Texts that a reader has unfolded. */
const unfolded = new Set();

/**
 * A text that folds when it is high, unless the block says `expand`. Slack's page says that it may, and does
 * not say from which height on; a screenful of a small window is our choice.
 */
function folded(text, surface) {
  const key = `${surface.key} ${text.text}`;
  const body = el("div", { class: unfolded.has(key) ? "" : "foldable" }, textObject(text, surface.world));
  const more = el("button", { type: "button", class: "link", hidden: true }, "See more");
  more.addEventListener("click", () => {
    unfolded.add(key);
    body.classList.remove("foldable");
    more.hidden = true;
  });
  new ResizeObserver(() => {
    more.hidden = unfolded.has(key) || body.scrollHeight <= body.clientHeight + 1;
  }).observe(body);
  return [body, more];
}

function section(block, surface) {
  const { world } = surface;
  return el(
    "div",
    { class: "block section" },
    el(
      "div",
      { class: "section-main" },
      block.text && (block.expand ? textObject(block.text, world) : folded(block.text, surface)),
      block.fields && el("div", { class: "fields" }, block.fields.map((one) => textObject(one, world))),
    ),
    block.accessory &&
      el(
        "div",
        { class: "accessory" },
        block.accessory.type === "image"
          ? picture(block.accessory, surface)
          : element(block.accessory, block, surface),
      ),
  );
}

function input(block, surface) {
  const error = surface.errors?.[block.block_id];
  const required = !block.optional;
  const field = {
    id: freshId("field"),
    labelId: freshId("label"),
    hintId: block.hint ? freshId("hint") : "",
    errorId: error ? freshId("error") : "",
    error,
    required,
  };
  return el(
    "div",
    { class: error ? "block input wrong" : "block input" },
    el(
      "label",
      { for: field.id, id: field.labelId, class: "label" },
      plainText(block.label),
      required
        ? el("span", { class: "required", "aria-hidden": "true" }, " *")
        : el("span", { class: "optional" }, " (optional)"),
    ),
    element(block.element, block, surface, field),
    error && el("p", { id: field.errorId, class: "error" }, error),
    block.hint && el("p", { id: field.hintId, class: "hint" }, plainText(block.hint)),
  );
}

function table(block, surface) {
  const settings = block.column_settings ?? [];
  const cell = (value, n, tag) =>
    el(
      tag,
      { class: `align-${settings[n]?.align ?? "left"}`, scope: tag === "th" ? "col" : null },
      value.type === "rich_text" ? richText(value, surface.world) : String(value.text ?? value.value ?? ""),
    );
  const [head, ...rows] = block.rows;
  return el(
    "div",
    { class: "block table", tabindex: "0", role: "region", "aria-label": "Table" },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, head.map((value, n) => cell(value, n, "th")))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map((value, n) => cell(value, n, "td"))))),
    ),
  );
}

const KINDS = {
  section,
  input,
  table,
  data_table: dataTable,
  header: (block) => el("h3", { class: "block header" }, plainText(block.text)),
  divider: () => el("hr", { class: "block" }),
  context: (block, surface) =>
    el("div", { class: "block context" }, block.elements.map((part) => inContext(part, surface))),
  actions: (block, surface) =>
    el("div", { class: "block actions" }, block.elements.map((part) => element(part, block, surface))),
  image: (block, surface) =>
    el(
      "figure",
      { class: "block image" },
      block.title && el("figcaption", {}, plainText(block.title)),
      picture(block, surface),
    ),
  rich_text: (block, surface) => el("div", { class: "block" }, richText(block, surface.world)),
  markdown: (block) => el("div", { class: "block" }, markdown(block.text)),
  alert: (block, surface) =>
    el(
      "div",
      { class: `block alert ${block.level ?? "info"}`, role: "note" },
      textObject(block.text, surface.world),
    ),
  file: (block) => el("div", { class: "block unknown" }, `File from elsewhere: ${block.external_id ?? ""}`),
  video: (block) =>
    el(
      "div",
      { class: "block unknown" },
      "Video: ",
      link(block.title_url || block.video_url, plainText(block.title)),
    ),
};

/** Draw one block. */
export const drawBlock = (block, surface) =>
  Object.hasOwn(KINDS, block.type)
    ? KINDS[block.type](block, surface)
    : el("div", { class: "block" }, unknown(block.type));

/** Draw all blocks of a message or view. */
export const drawBlocks = (blocks, surface) =>
  el("div", { class: "blocks" }, blocks.map((one) => drawBlock(one, surface)));
