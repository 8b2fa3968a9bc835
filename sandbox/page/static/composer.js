// The message field: Enter sends, "/" and "@" offer what can be typed.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const drafts = new Map();
const MOST_HINTS = 8;

const starts = (text, typed) => text.toLowerCase().startsWith(typed.toLowerCase());

/** What can be typed at the caret: {from, items: [{insert, label, note}], pick}; null for nothing. */
function offered(before, app) {
  const slash = /^\/\S*$/.exec(before);
  if (slash) {
    const items = app.commands
      .filter((one) => starts(one.command, before) && one.command !== before)
      .map((one) => ({ insert: `${one.command} `, label: one.command, note: one.description }));
    return { from: 0, items, eager: true };
  }
  const verb = /^(\/\S+)\s+(\S*)$/.exec(before);
  if (verb && app.commands.some((one) => one.command === verb[1])) {
    const items = app.verbs
      .filter((one) => starts(one.text, verb[2]) && one.text !== verb[2])
      .map((one) => ({ insert: `${one.text} `, label: one.hint || one.text, note: "" }));
    return { from: before.length - verb[2].length, items, eager: true };
  }
  const who = /^\/\S+\s+(\S+)\s+(\S*)$/.exec(before);
  const takesUser = (verb) => app.verbs.some((one) => one.text === verb && one.hint.includes("<user"));
  if (who && takesUser(who[1]) && !who[2].startsWith("@")) {
    const items = app.tenantUsers
      .filter((one) => (starts(one.upn, who[2]) || starts(one.name, who[2])) && one.upn !== who[2])
      .map((one) => ({ insert: one.upn, label: one.upn, note: one.name }));
    return { from: before.length - who[2].length, items, eager: false };
  }
  const at = /(?:^|\s)@([\w.-]*)$/.exec(before);
  if (at) {
    const items = app.people
      .filter((one) => (starts(one.handle, at[1]) || starts(one.name, at[1])) && one.handle !== at[1])
      .map((one) => ({ insert: `@${one.handle} `, label: `@${one.handle}`, note: one.name }));
    return { from: before.length - at[1].length - 1, items, eager: at[1] !== "" };
  }
  return null;
}

/** Write a plain message as Slack's own client sends it: entities, and ids instead of names. */
function escaped(text, app) {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return safe.replace(/(?<![\w;])@([a-z0-9][a-z0-9._-]*[a-z0-9])/g, (whole, handle) => {
    const found = app.people.find((one) => one.handle === handle);
    return found ? `<@${found.id}>` : whole;
  });
}

export class Composer {
  #app;
  #root;
  #target = null;
  #hints = null;
  #active = -1;
  #text;
  #list;
  #send;
  #foot;

  constructor(root, app, id) {
    this.#app = app;
    this.#root = root;
    const listId = `${id}-hints`;
    this.#text = el("textarea", {
      id,
      rows: 1,
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": listId,
      autocomplete: "off",
    });
    this.#list = el(
      "ul",
      { id: listId, class: "hints", role: "listbox", "aria-label": "What can be typed", hidden: true },
    );
    this.#send = el(
      "button",
      { type: "button", class: "icon-button send", "aria-label": "Send" },
      icon("send"),
    );
    const slash = el(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Type a slash command", title: "Slash command" },
      "/",
    );
    const at = el(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Mention someone", title: "Mention" },
      "@",
    );
    slash.addEventListener("click", () => this.insert("/"));
    at.addEventListener("click", () => this.insert("@"));
    this.#foot = el(
      "div",
      { class: "composer-foot" },
      slash,
      at,
      el(
        "span",
        { class: "keys" },
        el("kbd", {}, "Enter"),
        " sends, ",
        el("kbd", {}, "Shift Enter"),
        " new line",
      ),
      this.#send,
    );
    root.replaceChildren(this.#list, el("div", { class: "composer-box" }, this.#text, this.#foot));
    this.#send.addEventListener("click", () => this.#submit());
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("click", () => this.#offer());
    this.#text.addEventListener("blur", () => this.#hide());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Write to this conversation from now on; what was typed for another one is kept there. */
  aim(target) {
    const key = JSON.stringify([this.#app.part, target?.channel, target?.thread ?? ""]);
    const words = target?.closed || `Message ${target?.name ?? ""}`;
    this.#text.disabled = Boolean(target?.closed);
    this.#root.classList.toggle("closed", Boolean(target?.closed));
    this.#text.placeholder = words;
    this.#text.setAttribute("aria-label", words);
    if (this.#target?.key === key) {
      this.#target = { ...target, key };
      return;
    }
    this.#target = { ...target, key };
    this.#text.value = drafts.get(key) ?? "";
    this.#hide();
    this.#fit();
  }

  /** Put this text into the field, in place of what is there. */
  fill(text) {
    this.#text.value = text;
    this.#text.focus();
    this.#changed();
  }

  insert(sign) {
    const { value } = this.#text;
    this.#text.focus();
    if (sign === "/") this.fill(value.startsWith("/") ? value : `/${value}`);
    else this.fill(value && !value.endsWith(" ") ? `${value} ${sign}` : value + sign);
  }

  focus() {
    this.#text.focus();
  }

  #changed() {
    drafts.set(this.#target.key, this.#text.value);
    this.#fit();
    this.#offer();
  }

  #fit() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(this.#text.scrollHeight, 200)}px`;
    this.#send.disabled = !this.#text.value.trim();
  }

  #offer() {
    const { value, selectionStart } = this.#text;
    const found = selectionStart === value.length ? offered(value, this.#app) : null;
    if (!found?.items.length) {
      this.#hide();
      return;
    }
    this.#hints = { ...found, items: found.items.slice(0, MOST_HINTS) };
    this.#active = found.eager ? 0 : -1;
    this.#list.replaceChildren(
      ...this.#hints.items.map((item, n) =>
        el(
          "li",
          {
            id: `${this.#list.id}-${n}`,
            role: "option",
            on: {
              mousedown: (event) => {
                event.preventDefault(); // the field keeps the focus
                this.#choose(n);
              },
            },
          },
          el("span", { class: "hint-label" }, item.label),
          el("span", { class: "hint-note" }, item.note),
        ),
      ),
    );
    this.#list.hidden = false;
    this.#text.setAttribute("aria-expanded", "true");
    this.#mark();
  }

  #mark() {
    [...this.#list.children].forEach((node, n) => {
      node.setAttribute("aria-selected", String(n === this.#active));
      if (n === this.#active) node.scrollIntoView({ block: "nearest" });
    });
    if (this.#active < 0) this.#text.removeAttribute("aria-activedescendant");
    else this.#text.setAttribute("aria-activedescendant", `${this.#list.id}-${this.#active}`);
  }

  #hide() {
    this.#hints = null;
    this.#list.hidden = true;
    this.#text.setAttribute("aria-expanded", "false");
    this.#text.removeAttribute("aria-activedescendant");
  }

  #choose(n) {
    const { from, items } = this.#hints;
    this.fill(this.#text.value.slice(0, from) + items[n].insert);
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.#hints) {
      const count = this.#hints.items.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        const from = this.#active < 0 && step < 0 ? 0 : this.#active;
        this.#active = (from + step + count) % count;
        this.#mark();
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        this.#hide();
        return;
      }
      if (event.key === "Tab" && !event.shiftKey) {
        event.preventDefault();
        this.#choose(Math.max(this.#active, 0));
        return;
      }
      if (event.key === "Enter" && !event.shiftKey && this.#active >= 0) {
        event.preventDefault();
        this.#choose(this.#active);
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  async #submit() {
    const typed = this.#text.value.trim();
    const { channel, thread, key, closed } = this.#target;
    if (!typed || closed) return;
    this.#text.value = "";
    drafts.delete(key);
    this.#fit();
    this.#hide();
    const text = typed.startsWith("/") ? typed : escaped(typed, this.#app);
    const answer = await this.#app.act(
      { act: "say", channel, text, ...(thread ? { thread_ts: thread } : {}) },
      { channel, thread },
    );
    if (answer?.error) {
      // What could not be sent is not lost, unless someone already types something else.
      if (!drafts.get(key)) drafts.set(key, typed);
      if (this.#target.key === key && !this.#text.value) {
        this.#text.value = typed;
        this.#fit();
      }
    } else this.#app.stayAtEnd(Boolean(thread));
  }
}
