// Block Kit's interactive elements. Source: Slack, "Block Kit reference: block elements".
//
// An element draws itself from its JSON and from what the person has put in before. Within an `input` block
// it only remembers; elsewhere, and with `dispatch_action`, it also tells the app at once.

import { confirmed } from "./dialogs.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu, openPicker } from "./menus.js";
import { followable, plainText, textObject } from "./mrkdwn.js";

let count = 0;
/** An id for this page only, to tie labels and fields together. */
export const freshId = (what) => `${what}-${(count += 1)}`;

const groupsOf = (spec) =>
  spec.option_groups?.map((group) => ({ label: plainText(group.label), options: group.options })) ?? [
    { label: "", options: spec.options ?? [] },
  ];

class Element {
  constructor(spec, block, surface, field) {
    Object.assign(this, { spec, block, surface, field });
    this.tells = block.type !== "input" || block.dispatch_action === true;
    // Blocks without an id of their own get a new one with every edit, so only those of inputs count.
    const home = block.type === "input" ? block.block_id : "";
    this.at = [surface.key, home, spec.action_id, spec.value].join(" ");
  }

  /** The attributes that tie a control to its label, hint and error. */
  get common() {
    const described = [this.field?.hintId, this.field?.errorId].filter(Boolean).join(" ");
    return {
      id: this.field?.id,
      "aria-describedby": described || null,
      "aria-invalid": this.field?.error ? "true" : null,
      "aria-required": this.field?.required ? "true" : null,
      "aria-label": this.field ? null : plainText(this.spec.placeholder) || this.spec.action_id,
      data: { at: this.at },
    };
  }

  value(initial) {
    return this.surface.form.get(this.block, this.spec) ?? initial;
  }

  remember(value) {
    this.surface.form.set(this.block, this.spec, value);
  }

  /** Tell the app, after asking where the element has a `confirm`; false when the person said no. */
  async tell(node, value) {
    if (this.spec.confirm && !(await confirmed(this.spec.confirm, this.surface.world))) return false;
    node.setAttribute("aria-busy", "true");
    try {
      await this.surface.click(this.block, this.spec, value);
    } finally {
      node.removeAttribute("aria-busy");
    }
    return true;
  }

  /** Remember a choice and tell it; a choice that the person takes back goes to `undo`. */
  async choose(node, value, undo) {
    const before = this.surface.form.get(this.block, this.spec);
    this.remember(value);
    if (this.tells && !(await this.tell(node, value))) {
      this.remember(before);
      undo();
    }
  }
}

function button(it) {
  const { spec } = it;
  const style = spec.style === "primary" ? "primary" : spec.style === "danger" ? "danger" : "";
  const attributes = {
    class: `button ${style}`,
    "aria-label": spec.accessibility_label,
    data: { at: it.at, action: spec.action_id },
  };
  const href = spec.url && followable(spec.url);
  if (href) {
    // Slack opens the address and tells the app as well.
    const open = el(
      "a",
      { ...attributes, href, rel: "noopener noreferrer", target: "_blank" },
      plainText(spec.text),
    );
    open.addEventListener("click", () => it.tell(open, spec.value));
    return open;
  }
  const node = el("button", { ...attributes, type: "button" }, plainText(spec.text));
  node.addEventListener(
    "click",
    () => node.getAttribute("aria-busy") !== "true" && it.tell(node, spec.value),
  );
  return node;
}

/** A native menu of one choice: it works by keyboard, on phones and with screen readers by itself. */
function menu(it, groups, chosen) {
  const node = el("select", { ...it.common, class: "field" });
  const blank = plainText(it.spec.placeholder) || "Choose …";
  if (!chosen || it.block.optional)
    node.append(el("option", { value: "", selected: !chosen }, chosen ? "–" : blank));
  for (const { label, options } of groups) {
    const home = label ? node.appendChild(el("optgroup", { label })) : node;
    for (const option of options)
      home.append(el("option", { value: option.value, selected: option.value === chosen }, option.label));
  }
  let last = node.value;
  node.addEventListener("change", async () => {
    await it.choose(node, node.value || undefined, () => (node.value = last));
    last = node.value;
  });
  return node;
}

const staticSelect = (it) =>
  menu(
    it,
    groupsOf(it.spec).map(({ label, options }) => ({
      label,
      options: options.map((one) => ({ value: one.value, label: plainText(one.text) })),
    })),
    it.value(it.spec.initial_option?.value),
  );

const peopleOptions = (world) => world.users.map(({ id, name, note }) => ({ value: id, label: name, note }));
const channelOptions = (world) =>
  world.channels.filter((one) => !one.direct).map(({ id, name }) => ({ value: id, label: `#${name}` }));

const usersSelect = (it) =>
  menu(it, [{ options: peopleOptions(it.surface.world) }], it.value(it.spec.initial_user));
const channelsSelect = (it) =>
  menu(
    it,
    [{ options: channelOptions(it.surface.world) }],
    it.value(it.spec.initial_channel ?? it.spec.initial_conversation),
  );

function several(it, groups, initial) {
  const words = new Map(groups.flatMap((group) => group.options).map((one) => [one.value, one.label]));
  const node = el(
    "button",
    { ...it.common, type: "button", class: "field several", "aria-haspopup": "listbox" },
  );
  const show = (values, where = node) =>
    where.replaceChildren(
      ...(values.length
        ? values.map((value) => el("span", { class: "chip" }, words.get(value) ?? value))
        : [el("span", { class: "faint" }, plainText(it.spec.placeholder) || "Choose …")]),
      icon("down"),
    );
  // A fresh drawing may replace the node while its list is open.
  const standing = () => [...document.querySelectorAll(".several")].find((one) => one.dataset.at === it.at);
  show(it.value(initial));
  node.addEventListener("click", () =>
    openPicker(node, groups, it.value(initial), {
      label: it.spec.action_id,
      most: it.spec.max_selected_items,
      onChange: (values) => {
        it.remember(values);
        show(values, standing());
      },
      onClose: (values, changed) => changed && it.tells && it.tell(node, values),
    }),
  );
  return node;
}

const multiStatic = (it) =>
  several(
    it,
    groupsOf(it.spec).map(({ label, options }) => ({
      label,
      options: options.map((one) => ({
        value: one.value,
        label: plainText(one.text),
        note: one.description && plainText(one.description),
      })),
    })),
    (it.spec.initial_options ?? []).map((one) => one.value),
  );

const multiUsers = (it) =>
  several(it, [{ options: peopleOptions(it.surface.world) }], it.spec.initial_users ?? []);

function overflow(it) {
  const node = el(
    "button",
    {
      type: "button",
      class: "button icon-only",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      data: { at: it.at },
    },
    icon("dots"),
  );
  const items = it.spec.options.map((one) => ({
    label: plainText(one.text),
    note: one.description && plainText(one.description),
    run: () => {
      const href = one.url && followable(one.url);
      if (href) window.open(href, "_blank", "noopener,noreferrer");
      it.tell(node, one.value);
    },
  }));
  node.addEventListener("click", () => openMenu(node, items, "More actions"));
  return node;
}

/** Checkboxes and radio buttons: a group of labelled boxes. */
function boxes(it, kind) {
  const many = kind === "checkbox";
  const initial = many
    ? (it.spec.initial_options ?? []).map((one) => one.value)
    : it.spec.initial_option?.value;
  const name = freshId("choice");
  const node = el("div", {
    class: "choices",
    role: many ? "group" : "radiogroup",
    id: it.field?.id,
    "aria-labelledby": it.field?.labelId,
    "aria-label": it.field ? null : it.spec.action_id,
    "aria-describedby": it.common["aria-describedby"],
    tabindex: it.field ? "-1" : null,
  });
  const is = (value) => (many ? it.value(initial).includes(value) : it.value(initial) === value);
  const sync = () => node.querySelectorAll("input").forEach((box) => (box.checked = is(box.value)));
  for (const option of it.spec.options) {
    const box = el("input", {
      type: kind,
      name,
      value: option.value,
      checked: is(option.value),
      data: { at: `${it.at} ${option.value}` },
    });
    box.addEventListener("change", () => {
      const ticked = [...node.querySelectorAll("input:checked")].map((one) => one.value);
      it.choose(node, many ? ticked : option.value, sync);
    });
    node.append(
      el(
        "label",
        { class: "choice" },
        box,
        el(
          "span",
          {},
          textObject(option.text, it.surface.world),
          option.description && el("small", {}, textObject(option.description, it.surface.world)),
        ),
      ),
    );
  }
  return node;
}

function typed(it, type, { mode } = {}) {
  const { spec } = it;
  const attributes = {
    ...it.common,
    class: "field",
    placeholder: spec.placeholder && plainText(spec.placeholder),
    minlength: spec.min_length,
    maxlength: spec.max_length,
    min: spec.min_value,
    max: spec.max_value,
    step: type === "number" ? (spec.is_decimal_allowed ? "any" : "1") : null,
    inputmode: mode,
    autocomplete: "off",
    spellcheck: spec.multiline ? null : "false",
    value: it.value(spec.initial_value ?? ""),
  };
  const node = spec.multiline
    ? el("textarea", { ...attributes, rows: 3 })
    : el("input", { ...attributes, type });
  const room = spec.max_length && el("span", { class: "room-left", "aria-hidden": "true" });
  const count = () => room && (room.textContent = `${node.value.length} / ${spec.max_length}`);
  const triggers = spec.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let timer = 0;
  node.addEventListener("input", () => {
    it.remember(node.value);
    count();
    if (!it.tells || !triggers.includes("on_character_entered")) return;
    clearTimeout(timer);
    timer = setTimeout(() => it.tell(node, node.value), 300);
  });
  node.addEventListener("keydown", (event) => {
    const enter = event.key === "Enter" && !event.shiftKey;
    if (!it.tells || !enter || !triggers.includes("on_enter_pressed")) return;
    event.preventDefault();
    it.tell(node, node.value);
  });
  count();
  return room ? el("div", { class: "with-room" }, node, room) : node;
}

/** Dates and times; `read` and `write` change between the field's text and what Slack sends. */
function moment(it, type, initial, { read = (x) => x, write = (x) => x } = {}) {
  const node = el(
    "input",
    { ...it.common, class: "field moment", type, value: write(it.value(initial) ?? "") },
  );
  let last = node.value;
  node.addEventListener("change", async () => {
    await it.choose(node, read(node.value), () => (node.value = last));
    last = node.value;
  });
  return node;
}

const two = (number) => String(number).padStart(2, "0");
const local = (seconds) => {
  if (seconds === "") return "";
  const at = new Date(Number(seconds) * 1000);
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
};

const KINDS = {
  button,
  static_select: staticSelect,
  multi_static_select: multiStatic,
  users_select: usersSelect,
  multi_users_select: multiUsers,
  channels_select: channelsSelect,
  conversations_select: channelsSelect,
  overflow,
  checkboxes: (it) => boxes(it, "checkbox"),
  radio_buttons: (it) => boxes(it, "radio"),
  plain_text_input: (it) => typed(it, "text"),
  email_text_input: (it) => typed(it, "email", { mode: "email" }),
  url_text_input: (it) => typed(it, "url", { mode: "url" }),
  number_input: (it) => typed(it, "number", { mode: "decimal" }),
  datepicker: (it) => moment(it, "date", it.spec.initial_date),
  timepicker: (it) => moment(it, "time", it.spec.initial_time),
  datetimepicker: (it) =>
    moment(it, "datetime-local", it.spec.initial_date_time, {
      read: (text) => (text ? Math.round(new Date(text).getTime() / 1000) : ""),
      write: local,
    }),
};

/** A box that names what this page cannot draw, so that nothing is left out silently. */
export const unknown = (kind) => el("div", { class: "unknown" }, `${kind}: this page cannot show it`);

/** Draw an element; `field` ties it to the label of its input block. */
export function element(spec, block, surface, field = null) {
  const draw = Object.hasOwn(KINDS, spec.type) ? KINDS[spec.type] : () => unknown(spec.type);
  return draw(new Element(spec, block, surface, field));
}
