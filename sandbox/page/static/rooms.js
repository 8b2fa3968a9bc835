// The left side: channels, the conversation with the app, and the app's Home tab.

import { el, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./messages.js";

/** The icon of a channel, by what kind it is. */
export const kindOf = (channel) =>
  channel.archived ? "archive" : channel.private ? "lock" : channel.shared ? "shared" : "hash";
const KINDS = { archive: "archived", lock: "private", shared: "shared with others", hash: "" };

function row({ key, name, tail, mark, note, unread, current, open }) {
  return {
    key,
    sign: JSON.stringify([name, unread, current, note]),
    draw: () =>
      el(
        "button",
        {
          type: "button",
          class: unread ? "room unread" : "room",
          "aria-current": current ? "page" : null,
          data: { at: key },
          on: { click: open },
        },
        mark(),
        el("span", { class: "room-name" }, name, note && el("span", { class: "sr" }, `, ${note}`)),
        tail && el("span", { class: "room-tail" }, tail),
        unread > 0 && el("span", { class: "count" }, String(unread), el("span", { class: "sr" }, " unread")),
      ),
  };
}

const heading = (words) => ({ key: `head ${words}`, sign: words, draw: () => el("h2", {}, words) });

/** Draw the list of places that this person can open. */
export function drawRooms(container, app) {
  const channel = (one) =>
    row({
      key: one.id,
      name: one.name,
      mark: () => (one.direct ? avatar(app.bot, app, "tiny") : icon(kindOf(one))),
      note: one.direct ? "" : KINDS[kindOf(one)],
      unread: app.unread(one),
      current: app.place.kind === "channel" && app.place.id === one.id,
      open: () => app.go({ kind: "channel", id: one.id }),
    });
  const channels = app.seen.channels;
  reconcile(container, [
    heading("Channels"),
    ...channels.filter((one) => !one.direct && !one.archived).map(channel),
    ...channels.filter((one) => !one.direct && one.archived).map(channel),
    heading("Direct messages"),
    ...channels.filter((one) => one.direct).map(channel),
    heading("Apps"),
    row({
      key: "home",
      name: app.appName,
      tail: "Home",
      mark: () => icon("home"),
      unread: 0,
      current: app.place.kind === "home",
      open: () => app.go({ kind: "home" }),
    }),
  ]);
}
