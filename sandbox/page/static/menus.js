// Menus that open at a control: lists of things to do, and lists of things to tick.
// They are popovers, so the browser closes them on Escape or on a click elsewhere and keeps them on top.

import { el } from "./dom.js";

function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8));
  const below = at.bottom + 4;
  const top = below + size.height > innerHeight - 8 ? Math.max(8, at.top - size.height - 4) : below;
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}

function open(anchor, menu) {
  // A popover of an open dialog must lie inside it, else the dialog makes it inert.
  (anchor.closest("dialog") ?? document.body).append(menu);
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    anchor.setAttribute("aria-expanded", "false");
    menu.remove();
  });
  menu.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place(menu, anchor);
}

function walk(menu, role) {
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll(role)];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  });
}

/** Open a menu of {label, note, run, danger, current} below a control; a string is a heading. */
export function openMenu(anchor, items, label) {
  const menu = el("div", { class: "menu", popover: "auto", role: "menu", "aria-label": label });
  for (const item of items) {
    if (typeof item === "string") {
      menu.append(el("div", { class: "menu-head", role: "presentation" }, item));
      continue;
    }
    const run = () => {
      menu.hidePopover();
      anchor.focus({ preventScroll: true });
      item.run();
    };
    menu.append(
      el(
        "button",
        {
          type: "button",
          role: item.current === undefined ? "menuitem" : "menuitemradio",
          "aria-checked": item.current === undefined ? null : String(item.current),
          class: item.danger ? "danger" : null,
          on: { click: run },
        },
        item.mark,
        el("span", { class: "menu-label" }, item.label),
        item.note && el("span", { class: "menu-note" }, item.note),
      ),
    );
  }
  walk(menu, "button");
  open(anchor, menu);
  (menu.querySelector('[aria-checked="true"]') ?? menu.querySelector("button"))?.focus();
}

/**
 * Open a list to tick several things in. `groups` are {label, options: [{value, label, note}]}; `onChange`
 * gets the values with every tick, `onClose` at the end whether any changed.
 */
export function openPicker(anchor, groups, chosen, { label, most = Infinity, onChange, onClose }) {
  const menu = el("div", { class: "menu picker", popover: "auto", role: "group", "aria-label": label });
  const before = JSON.stringify(chosen);
  let now = [...chosen];
  const find = el("input", { type: "search", class: "field", placeholder: "Find", "aria-label": "Find" });
  const list = el("div", { class: "picker-list" });
  for (const group of groups) {
    if (group.label) list.append(el("div", { class: "menu-head" }, group.label));
    for (const { value, label: words, note } of group.options) {
      const box = el("input", { type: "checkbox", checked: now.includes(value) });
      box.addEventListener("change", () => {
        now = box.checked ? [...now, value] : now.filter((one) => one !== value);
        if (now.length > most) {
          now = now.filter((one) => one !== value);
          box.checked = false;
        }
        onChange(now);
      });
      list.append(
        el(
          "label",
          { class: "choice", data: { find: words.toLowerCase() } },
          box,
          el("span", {}, words, note && el("small", {}, note)),
        ),
      );
    }
  }
  find.addEventListener("input", () => {
    for (const row of list.querySelectorAll(".choice"))
      row.hidden = !row.dataset.find.includes(find.value.trim().toLowerCase());
  });
  if (list.childElementCount > 7) menu.append(find);
  menu.append(list);
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "closed") onClose?.(now, JSON.stringify(now) !== before);
  });
  walk(menu, "input");
  open(anchor, menu);
  menu.querySelector("input")?.focus();
}
