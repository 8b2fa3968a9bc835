// The page: who you are, where you look, and drawing it again whenever something changed.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { coalesced, el, put, toast } from "./dom.js";
import { Guide } from "./guide.js";
import { icon } from "./icons.js";
import { openMenu } from "./menus.js";
import { avatar, drawMessages } from "./messages.js";
import { Modals, drawHome } from "./modals.js";
import { Panel } from "./panel.js";
import { drawRooms, kindOf } from "./rooms.js";

const $ = (id) => document.getElementById(id);
const NARROW = matchMedia("(max-width: 900px)");
const NEAR = 80;
const PERMALINK = /^\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/;

const titleOf = (channel) => (channel.direct ? channel.name : `#${channel.name}`);
const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;

/** The lists that are read at their end, where new messages come. */
const following = new WeakSet();

/** Keep a list at its end, if it is there, while its size changes and pictures in it arrive. */
function stayAtEnd(list) {
  let height = list.clientHeight;
  const follow = () => following.has(list) && (list.scrollTop = list.scrollHeight);
  // A list that became smaller reports a scroll as well, and before its new size; no one moved then.
  list.addEventListener("scroll", () => {
    if (list.clientHeight !== height) return;
    if (atEnd(list)) following.add(list);
    else following.delete(list);
  });
  list.addEventListener("load", follow, true);
  new ResizeObserver(() => {
    height = list.clientHeight;
    follow();
  }).observe(list);
}

class App {
  part = "responder";
  people = [];
  commands = [];
  shortcuts = [];
  verbs = [];
  tenantUsers = [];
  appName = "";
  bot = "";
  seen = null;
  place = { kind: "channel", id: "" };
  thread = null;
  #stop = () => {};
  #read = {};
  #notices = [];
  #noticeCount = 0;
  #wanted = null;

  async start() {
    const offered = await api.people();
    this.people = offered.people;
    this.commands = offered.commands;
    this.shortcuts = offered.shortcuts;
    this.verbs = offered.verbs;
    this.appName = offered.app.name;
    this.bot = offered.app.bot_user_id;
    this.modals = new Modals(this);
    this.composer = new Composer($("composer"), this, "composer-text");
    this.guide = new Guide($("guide"), this);
    this.panel = new Panel($("panel"), this);
    this.#threadParts();
    this.#tools();
    this.refresh = coalesced(() => this.#refresh());
    const asked = new URLSearchParams(location.hash.slice(1));
    this.#wanted = asked.get("in");
    if (this.#wanted === "home") this.place = { kind: "home" };
    this.togglePanel(!NARROW.matches);
    const who = this.people.find((one) => one.part === asked.get("as")) ?? this.people[0];
    await this.become(who.part);
  }

  // --- what others ask of it

  get world() {
    return {
      names: this.seen.names,
      me: this.seen.me.id,
      users: this.people,
      channels: this.seen.channels,
    };
  }

  get home() {
    return this.seen?.home;
  }

  nameOf = (id) => this.seen.names[id] ?? id;
  fileAddress = (id) => api.fileAddress(this.part, id, true);

  /** How many messages of a channel this person has not looked at. */
  unread(channel) {
    const last = this.#read[channel.id] ?? "";
    if (channel.unread_ts <= last) return 0;
    return (this.seen.messages[channel.id] ?? [])
      .flatMap((one) => [one, ...one.replies])
      .filter((one) => one.ts > last && one.user !== this.seen.me.id).length;
  }

  /** Let the person do something, show what the workspace says to that, and look at everything again. */
  async act(what, where = null) {
    const part = this.part;
    let answer = null;
    try {
      answer = await api.act(part, what);
    } catch (error) {
      answer = { error: "failed", says: error.message, errors: {} };
    }
    if (part !== this.part) return answer;
    if (answer.says && where) this.#notice(where, answer.says);
    else if (answer.says) toast(answer.says, answer.error ? "bad" : "");
    else if (answer.error) toast(`That did not work: ${answer.error}.`, "bad");
    await this.refresh();
    return answer;
  }

  /** Be someone else from now on. */
  async become(part) {
    this.#stop();
    this.part = part;
    this.seen = null;
    this.thread = null;
    this.#notices = [];
    this.#read = JSON.parse(sessionStorage.getItem(`read ${part}`) ?? "{}");
    $("log").replaceChildren();
    delete $("home").dataset.sign;
    $("who").replaceChildren(el("span", { class: "who-text" }, "…"));
    await this.refresh();
    this.#stop = api.listen(part, {
      onVersion: (version) => (version === null || version !== this.seen?.version) && this.refresh(),
      onTenant: () => this.panel.refresh(),
      onState: (state) => this.#live(state),
    });
    if (this.place.kind === "home") this.act({ act: "home" });
  }

  /** Look at a channel or at the Home tab. */
  go(place) {
    const same = place.kind === this.place.kind && place.id === this.place.id;
    this.place = place;
    this.#drawer(null);
    if (!same) {
      this.closeThread();
      $("log").replaceChildren();
    }
    this.#draw({ toEnd: !same });
    if (place.kind === "home") this.act({ act: "home" });
    else if (!NARROW.matches) this.composer.focus();
  }

  goNamed(name) {
    const found = this.seen.channels.find((one) => one.name === name);
    if (!found) {
      toast(`${this.seen.me.name} cannot open #${name}.`, "bad");
      return false;
    }
    this.go({ kind: "channel", id: found.id });
    return true;
  }

  /** Go to one message, into its thread where it is a reply; false when this person does not see it. */
  goTo(channel, ts) {
    const tops = this.seen.messages[channel];
    const top = tops?.find((one) => one.ts === ts || one.replies.some((reply) => reply.ts === ts));
    if (!top) return false;
    this.go({ kind: "channel", id: channel });
    if (top.ts !== ts) this.openThread(channel, top.ts);
    const node = (top.ts === ts ? $("log") : $("thread")).querySelector(`[data-ts="${ts}"]`);
    node?.scrollIntoView({ block: "start" });
    node?.classList.add("found");
    setTimeout(() => node?.classList.remove("found"), 2500);
    return true;
  }

  openThread(channel, ts) {
    this.thread = { channel, ts, whole: false };
    this.#threadList.replaceChildren();
    this.#draw({});
    following.delete(this.#threadList);
    this.#threadList.scrollTop = 0;
    this.threadComposer.focus();
  }

  showWhole = () => {
    this.thread.whole = true;
    this.#draw({});
  };

  closeThread() {
    if (!this.thread) return;
    const { ts } = this.thread;
    this.thread = null;
    this.#draw({});
    $("log").querySelector(`[data-at="thread ${ts}"]`)?.focus();
  }

  stayAtEnd(inThread) {
    const list = inThread ? this.#threadList : $("log");
    following.add(list);
    list.scrollTop = list.scrollHeight;
  }

  dropNotice(notice) {
    this.#notices = this.#notices.filter((one) => one !== notice);
    this.#draw({});
  }

  togglePanel(open) {
    const panel = $("panel");
    panel.hidden = !open;
    $("stage").classList.toggle("with-panel", open);
    $("toggle-panel").setAttribute("aria-expanded", String(open));
    if (NARROW.matches) this.#drawer(open ? "panel" : null);
    if (open) {
      if (NARROW.matches) panel.querySelector("button")?.focus();
      this.panel.refresh();
    }
  }

  // --- inside

  #notice({ channel, thread }, words) {
    this.#noticeCount += 1;
    this.#notices.push({ id: this.#noticeCount, channel, thread, words });
  }

  async #refresh() {
    const part = this.part;
    let seen;
    try {
      seen = await api.seen(part);
    } catch (error) {
      toast(error.message, "bad");
      return;
    }
    if (part !== this.part) return;
    const first = this.seen === null;
    this.seen = seen;
    this.#draw({ toEnd: first });
  }

  #draw({ toEnd = false }) {
    const { seen } = this;
    if (!seen) return;
    if (this.place.kind === "channel" && !seen.channels.some((one) => one.id === this.place.id)) {
      const wanted = seen.channels.find((one) => one.id === this.#wanted || one.name === this.#wanted);
      this.place = { kind: "channel", id: (wanted ?? seen.channels[0]).id };
    }
    history.replaceState(null, "", `#as=${this.part}&in=${this.place.id ?? this.place.kind}`);
    const me = this.people.find((one) => one.part === this.part);
    $("who").replaceChildren(
      avatar(me.id, this, "tiny"),
      el(
        "span",
        { class: "who-text" },
        el("span", { class: "who-lead" }, "You are: "),
        el("strong", {}, me.name),
        el("span", { class: "who-note" }, ` (${me.note})`),
      ),
      icon("down"),
    );
    this.#drawPlace(toEnd);
    this.#drawThread();
    drawRooms($("rooms"), this);
    this.modals.show(seen.modals);
    this.guide.update(seen);
  }

  #drawPlace(toEnd) {
    const home = this.place.kind === "home";
    const log = $("log");
    $("home").hidden = !home;
    log.hidden = home;
    $("composer").hidden = home;
    const channel = this.seen.channels.find((one) => one.id === this.place.id);
    this.#drawHead(channel);
    const where = home ? `${this.appName} Home` : titleOf(channel);
    document.title = `${where} · Contoso workspace (sandbox)`;
    if (home) {
      $("jump").hidden = true;
      drawHome($("home"), this.seen.home, this);
      return;
    }
    const follow = toEnd || atEnd(log);
    const messages = this.seen.messages[channel.id] ?? [];
    const before = log.lastElementChild?.dataset.key;
    drawMessages(log, messages, this, {
      notices: this.#notices.filter((one) => one.channel === channel.id && !one.thread),
      intro: { key: "intro", sign: channel.id, draw: () => this.#intro(channel) },
    });
    if (follow) this.stayAtEnd(false);
    else if (log.lastElementChild?.dataset.key !== before) $("jump").hidden = false;
    const name = titleOf(channel);
    const closed = channel.archived
      ? `${name} is archived`
      : channel.read_only
        ? `${channel.name} takes no messages here; use its commands in a channel`
        : "";
    this.composer.aim({ channel: channel.id, name, closed });
    if (!document.hidden) this.#mark(channel);
  }

  #mark(channel) {
    if ((this.#read[channel.id] ?? "") >= channel.unread_ts) return;
    this.#read[channel.id] = channel.unread_ts;
    sessionStorage.setItem(`read ${this.part}`, JSON.stringify(this.#read));
  }

  #intro(channel) {
    const name = titleOf(channel);
    const words = channel.direct
      ? "What the app tells only you."
      : channel.archived
        ? "This channel is archived: it is read-only."
        : channel.shared
          ? "A channel that is shared with another organization."
          : channel.private
            ? "A private channel: only its members see it."
            : "A public channel: everyone in the workspace can read it.";
    return el("div", { class: "intro" }, el("h2", {}, name), el("p", { class: "faint" }, words));
  }

  #drawHead(channel) {
    const sign = JSON.stringify([this.place, channel?.name]);
    const head = $("place-head");
    if (head.dataset.sign === sign) return;
    head.dataset.sign = sign;
    head.replaceChildren();
    const app = !channel || channel.direct;
    put(
      head,
      app ? avatar(this.bot, this, "small") : icon(kindOf(channel)),
      el("h1", {}, channel?.name ?? this.appName),
      app && el("span", { class: "badge" }, "APP"),
      !channel && el("span", { class: "faint" }, "Home"),
      channel?.shared && el("span", { class: "tag" }, "shared"),
    );
  }

  #threadList = el("div", { class: "log", role: "log", "aria-label": "Replies", tabindex: "0" });

  #threadParts() {
    const composer = el("div", { class: "composer" });
    $("thread").replaceChildren(
      el(
        "header",
        { class: "side-head" },
        el("h2", {}, "Thread"),
        el(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": "Close the thread",
            on: { click: () => this.closeThread() },
          },
          icon("close"),
        ),
      ),
      this.#threadList,
      composer,
    );
    this.threadComposer = new Composer(composer, this, "thread-text");
  }

  #drawThread() {
    const messages = this.seen.messages[this.thread?.channel] ?? [];
    const top = messages.find((one) => one.ts === this.thread.ts);
    const pane = $("thread");
    pane.hidden = !top;
    $("stage").classList.toggle("with-thread", Boolean(top));
    if (!top) {
      this.thread = null;
      return;
    }
    const channel = this.seen.channels.find((one) => one.id === top.channel);
    this.threadComposer.aim({
      channel: top.channel,
      thread: top.ts,
      name: "the thread",
      closed: channel.archived || channel.read_only ? "No one can write here" : "",
    });
    const list = this.#threadList;
    const follow = list.childElementCount > 0 && atEnd(list);
    drawMessages(
      list,
      [{ ...top, replies: [] }, ...top.replies],
      this,
      {
        inThread: true,
        clip: !this.thread.whole,
        notices: this.#notices.filter((one) => one.channel === channel.id && one.thread === top.ts),
      },
    );
    if (follow) this.stayAtEnd(true);
  }

  /** On a phone the sides are drawers; at most one is open. */
  #drawer(name) {
    $("stage").classList.toggle("rooms-open", name === "rooms");
    $("stage").classList.toggle("panel-open", name === "panel");
    $("open-rooms").setAttribute("aria-expanded", String(name === "rooms"));
    $("veil").hidden = name === null;
    if (NARROW.matches && name !== "panel") {
      $("panel").hidden = true;
      $("stage").classList.remove("with-panel");
      $("toggle-panel").setAttribute("aria-expanded", "false");
    }
    if (name === "rooms") $("rooms").querySelector("button")?.focus();
  }

  #live(state) {
    const sign = $("live");
    sign.dataset.state = state;
    sign.textContent = { live: "live", lost: "disconnected", waiting: "connecting …" }[state];
  }

  #tools() {
    $("open-rooms").append(icon("menu"));
    $("toggle-panel").append(icon("panel"));
    $("shortcuts").append(icon("bolt"), el("span", { class: "tool-text" }, "Shortcuts"));
    $("open-rooms").addEventListener(
      "click",
      () => this.#drawer($("stage").classList.contains("rooms-open") ? null : "rooms"),
    );
    $("veil").addEventListener("click", () => this.#drawer(null));
    $("toggle-panel").addEventListener("click", () => this.togglePanel($("panel").hidden));
    $("who").addEventListener("click", () =>
      openMenu(
        $("who"),
        [
          "Be someone else",
          ...this.people.map((one) => ({
            label: one.name,
            note: one.note,
            mark: avatar(one.id, this, "tiny"),
            current: one.part === this.part,
            run: () => one.part !== this.part && this.become(one.part),
          })),
          "This person's browser",
          {
            label: "Reload",
            note: "private answers and open windows go",
            run: () => this.act({ act: "reload" }),
          },
        ],
        "You are",
      ),
    );
    $("shortcuts").addEventListener("click", () =>
      openMenu(
        $("shortcuts"),
        [
          "Shortcuts of apps",
          ...this.shortcuts
            .filter((one) => one.type === "global")
            .map((one) => ({
              label: one.name,
              note: this.appName,
              run: () => this.act({ act: "shortcut", callback_id: one.callback_id }),
            })),
          "This page",
          { label: "Show what to try", note: "the strip above the messages", run: () => this.guide.show() },
        ],
        "Shortcuts",
      ),
    );
    $("jump").addEventListener("click", () => this.stayAtEnd(false));
    for (const list of [$("log"), this.#threadList]) stayAtEnd(list);
    $("log").addEventListener("scroll", () => atEnd($("log")) && ($("jump").hidden = true));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (document.querySelector("dialog[open], .menu")) return;
      if (!$("veil").hidden) this.#drawer(null);
      else if ($("thread").contains(document.activeElement)) this.closeThread();
    });
    document.addEventListener("visibilitychange", () => !document.hidden && this.#draw({}));
    NARROW.addEventListener("change", () => this.togglePanel(!NARROW.matches));
    // Links to messages stay in the page; the workspace's own address has no page to show.
    document.addEventListener("click", (event) => {
      const anchor = event.target.closest?.("a[href]");
      if (!anchor) return;
      const address = new URL(anchor.href);
      const found = ["127.0.0.1", "localhost"].includes(address.hostname) && PERMALINK.exec(address.pathname);
      if (!found) return;
      event.preventDefault();
      const gone = !this.goTo(found[1], `${found[2]}.${found[3]}`);
      if (gone) toast(`${this.seen.me.name} cannot see this message.`, "bad");
    });
  }
}

const app = new App();
app.start().catch((error) => toast(error.message, "bad"));
