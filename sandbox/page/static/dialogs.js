// The small dialogs: "are you sure", and a picture in full size. `showModal` keeps the focus inside.

import { el } from "./dom.js";
import { icon } from "./icons.js";
import { plainText, textObject } from "./mrkdwn.js";

/** Ask what a `confirm` object asks; resolves to true when the person says yes. */
export function confirmed(confirm, world) {
  const dialog = document.getElementById("confirm");
  return new Promise((resolve) => {
    let answer = false;
    const say = (yes) => () => {
      answer = yes;
      dialog.close();
    };
    const yes = el(
      "button",
      {
        type: "button",
        class: `button ${confirm.style === "danger" ? "danger solid" : "primary"}`,
        on: { click: say(true) },
      },
      plainText(confirm.confirm),
    );
    const no = el(
      "button",
      { type: "button", class: "button", on: { click: say(false) } },
      plainText(confirm.deny),
    );
    dialog.replaceChildren(
      el("h2", { id: "confirm-title" }, plainText(confirm.title)),
      el("div", { class: "modal-body" }, textObject(confirm.text, world)),
      el("div", { class: "modal-foot" }, no, yes),
    );
    dialog.addEventListener("close", () => resolve(answer), { once: true });
    dialog.showModal();
    // The careful answer has the focus: Enter out of habit changes nothing.
    no.focus();
  });
}

/** Show a picture in full size. */
export function enlarge(address, words) {
  const dialog = document.getElementById("lightbox");
  const close = () => dialog.close();
  const actual = el("button", { type: "button", class: "link", "aria-pressed": "false" }, "Actual size");
  actual.addEventListener("click", () => {
    const now = dialog.classList.toggle("actual");
    actual.setAttribute("aria-pressed", String(now));
  });
  dialog.classList.remove("actual");
  dialog.replaceChildren(
    el(
      "div",
      { class: "lightbox-head" },
      el("span", {}, words),
      actual,
      el(
        "button",
        { type: "button", class: "icon-button", "aria-label": "Close", on: { click: close } },
        icon("close"),
      ),
    ),
    el("img", { src: address, alt: words }),
  );
  dialog.onclick = (event) => event.target === dialog && close();
  dialog.showModal();
}
