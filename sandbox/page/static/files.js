// Files below a message: name, size, a preview where there is one, and the way to download them.

import * as api from "./api.js";
import { enlarge } from "./dialogs.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";

const LINES = 5;
const LINES_OPENED = 400;
const texts = new Map();

/** A size as people say it: ``532 bytes``, ``196 KB``. */
function spoken(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function textPreview(file, part) {
  const show = el(
    "pre",
    { class: "file-text", tabindex: "0", "aria-label": `First lines of ${file.name}` },
    "…",
  );
  const more = el(
    "button",
    { type: "button", class: "link", "aria-expanded": "false", hidden: true },
    "Show more",
  );
  let opened = false;
  const key = `${part} ${file.id}`;
  if (!texts.has(key)) texts.set(key, api.fileText(part, file.id));
  texts.get(key).then(
    (text) => {
      const lines = text.replace(/\s+$/, "").split(/\r?\n/);
      const draw = () => {
        const most = opened ? LINES_OPENED : LINES;
        show.textContent = lines.slice(0, most).join("\n") + (lines.length > most ? "\n…" : "");
        show.classList.toggle("opened", opened);
        more.textContent = opened ? "Show less" : `Show more (${lines.length} lines)`;
        more.setAttribute("aria-expanded", String(opened));
      };
      more.hidden = lines.length <= LINES;
      more.addEventListener("click", () => {
        opened = !opened;
        draw();
      });
      draw();
    },
    (error) => {
      texts.delete(key);
      show.textContent = error.message;
    },
  );
  return el("div", { class: "file-preview" }, show, more);
}

function imagePreview(file, part) {
  const address = api.fileAddress(part, file.id, true);
  return el(
    "button",
    {
      type: "button",
      class: "picture",
      "aria-label": `Enlarge ${file.name}`,
      on: { click: () => enlarge(address, file.title || file.name) },
    },
    el("img", { src: address, alt: file.title || file.name, loading: "lazy" }),
  );
}

/** Draw one file as this person sees it. */
export function drawFile(file, part) {
  const kind = /\.([a-z0-9]{1,5})$/i.exec(file.name)?.[1] ?? "file";
  return el(
    "div",
    { class: "file" },
    el(
      "div",
      { class: "file-head" },
      el(
        "span",
        { class: "file-icon", "aria-hidden": "true" },
        icon(file.kind === "image" ? "picture" : "file"),
        el("span", {}, kind),
      ),
      el(
        "span",
        { class: "file-name" },
        el("strong", {}, file.title || file.name),
        el(
          "small",
          {},
          file.title && file.title !== file.name ? `${file.name} · ${spoken(file.size)}` : spoken(file.size),
        ),
      ),
      el(
        "a",
        {
          class: "icon-button",
          href: api.fileAddress(part, file.id),
          download: file.name,
          "aria-label": `Download ${file.name}`,
        },
        icon("download"),
      ),
    ),
    file.kind === "image" && imagePreview(file, part),
    file.kind === "text" && textPreview(file, part),
  );
}
