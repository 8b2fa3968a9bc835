// The right side: one account of the played Microsoft 365 tenant, its audit log, and the levers.

import * as api from "./api.js";
import { classes, coalesced, el, reconcile } from "./dom.js";
import { icon } from "./icons.js";

const PAUSE = 600;
const GONE_FOR = 20_000;
const FIRST = "adele.vance@contoso.example";

const ATTACKS = [
  ["forward_again", "Forward the mail again"],
  ["rule_again", "Make the hiding rule again"],
  ["sign_in_again", "Sign in again"],
];
const SPANS = [
  [60, "1 minute"],
  [900, "15 minutes"],
  [3600, "1 hour"],
  [86_400, "1 day"],
];

const time = new Intl.DateTimeFormat(
  "en-GB",
  { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
);
const exact = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const when = (text) => (text ? time.format(new Date(text)) : "never");

/** Any entry of a list as one line. */
const words = (item) =>
  typeof item === "string" ? item : Object.values(item).filter((one) => typeof one === "string").join(" · ");

/** What stays the same about an entry while its state changes. */
const identity = (one) => one.name || JSON.stringify(one);

const pill = (text, mood) => el("span", { class: `pill ${mood}` }, text);

/** The single facts: [name, text, mood]. */
const facts = (user) => [
  ["Sign-in", user.sign_in, user.sign_in === "blocked" ? "safe" : "plain"],
  ["Password changed", when(user.password_changed)],
  ["Sessions revoked", when(user.sessions_revoked)],
  [
    "Sending mail",
    user.restricted_from_sending ? "restricted" : "allowed",
    user.restricted_from_sending ? "risky" : "plain",
  ],
  ["Automatic reply", user.auto_reply ? "on" : "off", user.auto_reply ? "risky" : "plain"],
];

const rule = (one) =>
  el(
    "span",
    {},
    el("strong", {}, one.name || "(no name)"),
    " ",
    pill(one.enabled ? "on" : "off", one.enabled ? "plain" : "safe"),
    one.hidden && pill("hidden", "risky"),
    el("small", {}, one.does),
  );

/** The lists: [name, entries, how one is drawn, what stands there for none]. */
const lists = (user) => [
  [
    "Forwarding",
    user.forwarding,
    (one) => el("span", {}, pill("forwards", "risky"), words(one)),
    "no mail is forwarded",
  ],
  ["Inbox rules", user.inbox_rules, rule],
  ["Sweep rules", user.sweep_rules],
  ["Delegates", user.delegates],
  ["Apps with access", user.grants],
  ["Sign-in methods", user.methods],
  ["Administrator roles", user.roles],
  ["Devices", user.devices],
  ["Mail protocols", user.protocols],
];

export class Panel {
  #root;
  #app;
  #user = FIRST;
  #tab = "account";
  #shown = null;
  #before = new Map();
  #gone = new Map();
  #parts = {};
  refresh;

  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    this.refresh = coalesced(async () => {
      if (root.hidden) return;
      try {
        this.#shown = await api.tenant(this.#user);
      } catch (error) {
        this.#parts.says.textContent = error.message;
        return;
      }
      this.#draw();
      // During a check something changes at every moment; the eye needs less.
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    });
    this.#build();
  }

  #build() {
    const who = el("select", { class: "field", "aria-label": "Account" });
    who.addEventListener("change", () => {
      this.#user = who.value;
      this.#before.clear();
      this.#gone.clear();
      this.#parts.facts.replaceChildren();
      this.#parts.lists.replaceChildren();
      this.refresh();
    });
    const tab = (name, label) =>
      el(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "aria-controls": `pane-${name}`,
          on: { click: () => this.open(name) },
        },
        label,
      );
    const pane = (name, ...inside) =>
      el(
        "div",
        {
          class: "pane",
          role: "tabpanel",
          id: `pane-${name}`,
          "aria-labelledby": `tab-${name}`,
          tabindex: "0",
        },
        ...inside,
      );
    const says = el("p", { class: "says", role: "status" });
    const lever = (label, what, className = "") =>
      el(
        "button",
        {
          type: "button",
          class: `button ${className}`,
          on: { click: (event) => this.#pull(event.currentTarget, what()) },
        },
        label,
      );
    this.#parts = {
      who,
      says,
      clock: el("span", { class: "faint" }),
      facts: el("dl", { class: "facts" }),
      lists: el("div", {}),
      trail: el("ol", { class: "trail" }),
      faults: el("div", { class: "levers" }),
      clear: lever("Make everything work again", () => ({ act: "clear_faults" })),
    };
    const tabs = el(
      "div",
      { class: "tabs", role: "tablist" },
      tab("account", "Account"),
      tab("trail", "Audit log"),
      tab("levers", "Make trouble"),
    );
    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const names = ["account", "trail", "levers"];
      const next = names[(names.indexOf(this.#tab) + step + names.length) % names.length];
      this.open(next);
      this.#root.querySelector(`#tab-${next}`).focus();
    });
    this.#root.replaceChildren(
      el(
        "header",
        { class: "side-head" },
        el("h2", {}, "Microsoft 365", el("span", { class: "tag" }, "played")),
        el(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": "Close the panel",
            on: { click: () => this.#app.togglePanel(false) },
          },
          icon("close"),
        ),
      ),
      el("div", { class: "panel-who" }, who, this.#parts.clock),
      tabs,
      el(
        "div",
        { class: "panes" },
        pane("account", this.#parts.facts, this.#parts.lists),
        pane(
          "trail",
          el("p", { class: "faint" }, "The tenant's audit log, newest first."),
          this.#parts.trail,
        ),
        pane(
          "levers",
          el("h3", {}, "Be the attacker"),
          el(
            "div",
            { class: "levers" },
            ATTACKS.map(([name, label]) => lever(
              label,
              () => ({ act: "attack", name, user: this.#user }),
              "danger",
            )),
          ),
          el("h3", {}, "Let time pass"),
          el(
            "div",
            { class: "levers row" },
            SPANS.map(([seconds, label]) => lever(label, () => ({ act: "let_pass", seconds }))),
          ),
          el("h3", {}, "Make something fail"),
          this.#parts.faults,
          this.#parts.clear,
        ),
      ),
      says,
    );
    this.open("account");
  }

  /** Show one of the panes: `account`, `trail` or `levers`. */
  open(name) {
    this.#tab = name;
    this.#parts.says.replaceChildren();
    for (const tab of this.#root.querySelectorAll('[role="tab"]')) {
      const chosen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) tab.classList.remove("news");
    }
    for (const pane of this.#root.querySelectorAll(".pane")) pane.hidden = pane.id !== `pane-${name}`;
  }

  async #pull(button, what) {
    button.setAttribute("aria-busy", "true");
    try {
      this.#say((await api.tenantAct(what)).says);
    } catch (error) {
      this.#say(error.message);
    } finally {
      button.removeAttribute("aria-busy");
    }
    this.refresh();
    this.#app.refresh();
  }

  #say(text) {
    this.#parts.says.replaceChildren(el("span", {}, text));
  }

  #draw() {
    const { users, user, trail, calls, faults, known_faults: known, now } = this.#shown;
    const { who } = this.#parts;
    this.#app.tenantUsers = users;
    if (who.childElementCount !== users.length)
      who.replaceChildren(
        ...users.map(({ upn }) => el("option", { value: upn, selected: upn === user.upn }, upn)),
      );
    this.#parts.clock.textContent = `${when(now)} · ${calls.reads} questions, ${calls.writes} changes`;
    this.#drawFacts(user);
    this.#drawLists(user);
    this.#drawTrail(trail);
    this.#drawFaults(known, faults);
  }

  #drawFacts(user) {
    const first = !this.#parts.facts.childElementCount;
    reconcile(
      this.#parts.facts,
      facts(user).map(([name, text, mood]) => ({
        key: name,
        sign: JSON.stringify([text, mood]),
        draw: () => el(
          "div",
          { class: first ? "fact" : "fact flash" },
          el("dt", {}, name),
          el("dd", {}, mood ? pill(text, mood) : text),
        ),
      })),
    );
  }

  #drawLists(user) {
    for (const [name, entries, draw = (one) => el("span", {}, words(one)), none = "none"] of lists(user)) {
      let part = this.#parts.lists.querySelector(`[data-list="${name}"]`);
      if (!part) {
        part = el(
          "section",
          { class: "facts-list", data: { list: name } },
          el("h3", {}, name, el("span", { class: "count-of" })),
          el("ul"),
        );
        this.#parts.lists.append(part);
      }
      const signs = entries.map((one) => JSON.stringify(one));
      const before = this.#before.get(name);
      this.#before.set(name, new Map(signs.map((sign, n) => [sign, entries[n]])));
      // What went away stays for a while, struck out: that it is gone is the news.
      const kept = new Set(entries.map(identity));
      const standing = (one) => one.until > Date.now() && !signs.includes(one.sign);
      const gone = (this.#gone.get(name) ?? []).filter(standing);
      for (const [sign, entry] of before ?? []) {
        const known = kept.has(identity(entry)) || gone.some((one) => one.sign === sign);
        if (!known) gone.push({ sign, entry, until: Date.now() + GONE_FOR });
      }
      this.#gone.set(name, gone);
      if (gone.length) setTimeout(this.refresh, GONE_FOR + 100);
      part.querySelector(".count-of").textContent = entries.length ? String(entries.length) : "";
      const items = entries.map((one, n) => ({
        key: signs[n],
        sign: "",
        draw: () => el("li", { class: before && !before.has(signs[n]) ? "flash" : null }, draw(one)),
      }));
      for (const one of gone)
        items.push({
          key: `gone ${one.sign}`,
          sign: "gone",
          draw: () => el(
            "li",
            { class: "gone flash" },
            el("span", { class: "sr" }, "gone: "),
            draw(one.entry),
          ),
        });
      if (!items.length)
        items.push({ key: "none", sign: "none", draw: () => el("li", { class: "faint" }, none) });
      reconcile(part.querySelector("ul"), items);
    }
  }

  #drawTrail(trail) {
    const first = !this.#parts.trail.childElementCount;
    const times = new Map();
    const items = trail
      .toReversed()
      .map((one) => {
        const sign = JSON.stringify(one);
        times.set(sign, (times.get(sign) ?? 0) + 1);
        return { one, key: `${sign} ${times.get(sign)}` };
      })
      .toReversed();
    const newest = this.#parts.trail.firstElementChild?.dataset.key;
    reconcile(
      this.#parts.trail,
      items.map(({ one, key }) => ({
        key,
        sign: "",
        draw: () =>
          el(
            "li",
            {
              class: classes("entry", {
                flash: !first,
                "by-app": one.by_app,
                "by-attacker": one.by_attacker,
              }),
            },
            el(
              "div",
              { class: "trail-head" },
              el("strong", {}, one.who),
              one.by_app && el("span", { class: "badge" }, "APP"),
              el(
                "time",
                { datetime: one.at, title: one.at },
                `${when(one.at)}:${exact.format(new Date(one.at)).slice(-2)}`,
              ),
            ),
            el("div", {}, one.what),
            one.on && el("small", {}, one.on),
          ),
      })),
    );
    if (!first && items[0]?.key !== newest && this.#tab !== "trail")
      this.#root.querySelector("#tab-trail").classList.add("news");
  }

  #drawFaults(known, faults) {
    const left = new Map(faults.map((one) => [one.name, one.left]));
    this.#parts.clear.disabled = !faults.length;
    reconcile(
      this.#parts.faults,
      known.map(({ name, label }) => {
        const on = left.has(name);
        return {
          key: name,
          sign: JSON.stringify([label, on, left.get(name)]),
          draw: () =>
            el(
              "button",
              {
                type: "button",
                class: on ? "button on" : "button",
                data: { at: `fault ${name}` },
                on: { click: (event) => this.#pull(event.currentTarget, { act: "fault", name }) },
              },
              label,
              on && pill(left.get(name) ? `${left.get(name)} left` : "on", "risky"),
            ),
        };
      }),
    );
  }
}
