// A list of messages: who, when, the blocks, the files, the thread below, and what can be done with each.

import { drawBlocks } from "./blocks.js";
import { classes, el, reconcile } from "./dom.js";
import { drawFile } from "./files.js";
import { Form } from "./forms.js";
import { icon } from "./icons.js";
import { openMenu } from "./menus.js";
import { link, mrkdwn } from "./mrkdwn.js";

const TOGETHER = 5 * 60;
const HUES = 8;
/** From how many characters of blocks on a message is shortened at the top of its thread. */
const LONG = 1500;

const moment = (ts) => new Date(Number(ts) * 1000);
const format = (options) => {
  const made = new Intl.DateTimeFormat("en-GB", options);
  return (ts) => made.format(moment(ts));
};
const clock = format({ hour: "2-digit", minute: "2-digit" });
const day = format({ weekday: "long", day: "numeric", month: "long" });
const whole = format({ dateStyle: "full", timeStyle: "medium" });

function dayName(ts) {
  const now = Date.now() / 1000;
  if (day(ts) === day(now)) return "Today";
  return day(ts) === day(now - 86_400) ? "Yesterday" : day(ts);
}

/** The picture of someone: initials on one of a few colors, for the app its own mark. */
export function avatar(user, app, size = "") {
  const name = app.nameOf(user);
  if (user === app.bot)
    return el("span", { class: `avatar bot ${size}`, "aria-hidden": "true" }, icon("shield"));
  const hue = [...user].reduce((sum, sign) => (sum * 31 + sign.codePointAt(0)) % 997, 7) % HUES;
  const initials = name
    .split(/[\s.-]+/)
    .map((word) => word[0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
  return el("span", { class: `avatar hue-${hue} ${size}`, "aria-hidden": "true" }, initials);
}

function attachment(one, surface) {
  const title = one.title && one.title_link ? link(one.title_link, one.title) : one.title;
  const node = el(
    "div",
    { class: "attachment" },
    one.pretext && mrkdwn(one.pretext, surface.world),
    title && el("strong", {}, title),
    one.text && mrkdwn(one.text, surface.world),
    one.fields?.map((item) => el(
      "div",
      {},
      el("strong", {}, item.title),
      mrkdwn(item.value ?? "", surface.world),
    )),
    one.blocks && drawBlocks(one.blocks, surface),
  );
  if (/^#?[0-9a-f]{6}$/i.test(one.color ?? "")) node.style.borderColor = `#${one.color.replace("#", "")}`;
  return node;
}

function surfaceOf(message, app) {
  const { channel, ts } = message;
  const key = `message ${app.part} ${channel} ${ts}`;
  const form = Form.of(key);
  return {
    key,
    form,
    world: app.world,
    errors: {},
    fileAddress: app.fileAddress,
    click: (block, spec, value) =>
      app.act({
        act: "click",
        channel,
        ts,
        block_id: block.block_id,
        action_id: spec.action_id,
        value,
        values: form.values(message.blocks),
      }),
  };
}

function more(message, app, anchor, inThread) {
  const items = app.shortcuts
    .filter((one) => one.type === "message")
    .map((one) => ({
      label: one.name,
      note: app.appName,
      run: () => app.act({
        act: "shortcut",
        callback_id: one.callback_id,
        channel: message.channel,
        ts: message.ts,
      }),
    }));
  if (!inThread)
    items.push({ label: "Reply in thread", run: () => app.openThread(message.channel, message.ts) });
  items.push({
    label: "Copy text",
    run: () => navigator.clipboard.writeText(
      anchor.closest(".message").querySelector(".message-content").innerText,
    ),
  });
  openMenu(anchor, items, "Message actions");
}

function toolbar(message, app, inThread) {
  const dots = el(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      data: { at: `more ${message.ts}` },
    },
    icon("dots"),
  );
  dots.addEventListener("click", () => more(message, app, dots, inThread));
  const reply = el(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "Reply in thread",
      data: { at: `reply ${message.ts}` },
      on: { click: () => app.openThread(message.channel, message.ts) },
    },
    icon("thread"),
  );
  return el("div", { class: "message-tools" }, !inThread && reply, dots);
}

function threadLink(message, app) {
  const count = message.replies.length;
  const last = message.replies.at(-1);
  const authors = [...new Set(message.replies.map((one) => one.user))].slice(0, 4);
  return el(
    "button",
    {
      type: "button",
      class: "thread-link",
      data: { at: `thread ${message.ts}` },
      on: { click: () => app.openThread(message.channel, message.ts) },
    },
    el("span", { class: "faces" }, authors.map((user) => avatar(user, app, "tiny"))),
    el("strong", {}, `${count} ${count === 1 ? "reply" : "replies"}`),
    el("span", { class: "faint" }, `last at ${clock(last.ts)}`),
  );
}

function drawMessage(message, app, { continued, inThread, root, clipped }) {
  const surface = surfaceOf(message, app);
  const mine = message.user === app.bot;
  return el(
    "article",
    {
      class: classes("message", { continued, clipped, ephemeral: message.ephemeral }),
      // An edited message is read by those who go to it; it would else interrupt at every step of a check.
      "aria-live": message.edited ? "off" : null,
      "aria-label": `${app.nameOf(message.user)}, ${clock(message.ts)}`,
      data: { ts: message.ts },
    },
    continued
      ? el("time", { class: "gutter-time", datetime: moment(message.ts).toISOString() }, clock(message.ts))
      : avatar(message.user, app),
    el(
      "div",
      { class: "message-body" },
      message.ephemeral && el("p", { class: "private" }, icon("eye"), "Only visible to you"),
      !continued &&
        el(
          "div",
          { class: "message-head" },
          el("strong", {}, app.nameOf(message.user)),
          mine && el("span", { class: "badge" }, "APP"),
          el(
            "time",
            { datetime: moment(message.ts).toISOString(), title: whole(message.ts) },
            clock(message.ts),
          ),
        ),
      el(
        "div",
        { class: "message-content" },
        message.blocks.length
          ? drawBlocks(message.blocks, surface)
          : message.text && mrkdwn(message.text, app.world),
        message.attachments?.map((one) => attachment(one, surface)),
        message.files.map((one) => drawFile(one, app.part)),
      ),
      message.edited && el("span", { class: "edited" }, "(edited)"),
      clipped &&
        el(
          "button",
          { type: "button", class: "link", data: { at: "whole" }, on: { click: app.showWhole } },
          "Show the whole message",
        ),
      !inThread && message.replies.length > 0 && threadLink(message, app),
    ),
    !message.ephemeral && toolbar(message, app, inThread || root),
  );
}

/** Draw a message, or a box in its place: one that cannot be drawn must not keep the others from view. */
function drawMessageOrBox(message, app, how) {
  try {
    return drawMessage(message, app, how);
  } catch {
    const box = el("div", { class: "block unknown" }, "This message cannot be shown.");
    return el(
      "article",
      { class: classes("message", { ephemeral: message.ephemeral }), data: { ts: message.ts } },
      el("span", { "aria-hidden": "true" }),
      el("div", { class: "message-body" }, box),
    );
  }
}

/** A line that only this page knows, such as the workspace's own refusal of a command. */
function drawNotice(notice, app) {
  return el(
    "article",
    { class: "message ephemeral notice" },
    el("span", { class: "avatar plain-avatar", "aria-hidden": "true" }, icon("eye")),
    el(
      "div",
      { class: "message-body" },
      el("p", { class: "private" }, "Only visible to you"),
      el("div", { class: "message-content" }, notice.words),
    ),
    el(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Dismiss",
        on: { click: () => app.dropNotice(notice) },
      },
      icon("close"),
    ),
  );
}

/** Show messages (and notices) in a container; those whose JSON stayed the same keep their nodes. */
export function drawMessages(
  container,
  messages,
  app,
  { inThread = false, clip = false, notices = [], intro = null } = {},
) {
  const items = intro ? [intro] : [];
  let before = null;
  messages.forEach((message, n) => {
    const root = inThread && n === 0;
    // The answers are what a thread is opened for; a long card would push them out of sight.
    const clipped = root && clip && messages.length > 1 && JSON.stringify(message.blocks).length > LONG;
    if (!inThread && (!before || dayName(before.ts) !== dayName(message.ts))) {
      const name = dayName(message.ts);
      items.push({
        key: `day ${name}`,
        sign: name,
        draw: () => el("div", { class: "day", role: "separator", "aria-label": name }, el("span", {}, name)),
      });
      before = null;
    }
    const continued =
      before !== null &&
      before.user === message.user &&
      before.ephemeral === message.ephemeral &&
      Number(message.ts) - Number(before.ts) < TOGETHER;
    const shown = { ...message, replies: message.replies.map(({ ts, user }) => ({ ts, user })) };
    items.push({
      key: message.ts,
      sign: JSON.stringify([app.part, continued, inThread, clipped, shown]),
      draw: () => drawMessageOrBox(message, app, { continued, inThread, root, clipped }),
    });
    before = message;
    if (root && messages.length > 1) {
      const count = messages.length - 1;
      const words = `${count} ${count === 1 ? "reply" : "replies"}`;
      items.push({
        key: "replies",
        sign: words,
        draw: () => el("div", { class: "day small" }, el("span", {}, words)),
      });
      before = null;
    }
  });
  for (const notice of notices)
    items.push({ key: `notice ${notice.id}`, sign: "", draw: () => drawNotice(notice, app) });
  reconcile(container, items);
}
