// Modals: the app's windows, one upon the other; only the uppermost can be used.

import { drawBlocks } from "./blocks.js";
import { el, keepFocus, put } from "./dom.js";
import { Form } from "./forms.js";
import { icon } from "./icons.js";
import { withEmoji } from "./emoji.js";

const FIELDS = ".modal-body :is(input, textarea, select, button.several)";

/** The surface of a modal or of the Home tab. */
export function viewSurface(view, app, errors = {}) {
  const key = `view ${view.id}`;
  const form = Form.of(key);
  return {
    key,
    form,
    errors,
    world: app.world,
    fileAddress: app.fileAddress,
    click: (block, spec, value) =>
      app.act({
        act: "click",
        view_id: view.id,
        block_id: block.block_id,
        action_id: spec.action_id,
        value,
        values: form.values(view.blocks),
      }),
  };
}

export class Modals {
  #dialog = document.getElementById("modal");
  #app;
  #views = [];
  #sign = "";
  #errors = new Map();
  #busy = false;
  #closing = "";

  constructor(app) {
    this.#app = app;
    this.#dialog.addEventListener("cancel", (event) => {
      // A dialog inside or a field's own list may be what Escape was for.
      if (event.target !== this.#dialog) return;
      event.preventDefault();
      this.#close();
    });
    // The browser closes a dialog by itself on the second Escape; then the app has to be told as well.
    this.#dialog.addEventListener("close", () => this.#top && this.#close());
  }

  get #top() {
    return this.#views.at(-1);
  }

  /** Show these views, the lowest first. */
  show(views) {
    const before = this.#top?.id;
    this.#views = views;
    Form.keepOnly(
      "view ",
      new Set([...views, this.#app.home].filter(Boolean).map((one) => `view ${one.id}`)),
    );
    const top = this.#top;
    if (!top) {
      this.#sign = "";
      this.#errors.clear();
      if (this.#dialog.open) this.#dialog.close();
      return;
    }
    const sign = JSON.stringify([top, views.length, this.#errors.get(top.id)]);
    if (sign === this.#sign && this.#dialog.open) return;
    this.#sign = sign;
    const scrolled = this.#dialog.querySelector(".modal-body")?.scrollTop ?? 0;
    keepFocus(this.#dialog, () => this.#draw(top));
    if (!this.#dialog.open) this.#dialog.showModal();
    if (before === top.id) this.#dialog.querySelector(".modal-body").scrollTop = scrolled;
    else this.#first();
  }

  #first() {
    const field = this.#dialog.querySelector(FIELDS) ?? this.#dialog.querySelector(".modal-foot button");
    field?.focus({ preventScroll: true });
    this.#dialog.querySelector(".modal-body").scrollTop = 0;
  }

  #draw(view) {
    const errors = { ...view.errors, ...this.#errors.get(view.id) };
    const known = new Set(view.blocks.map((block) => block.block_id));
    const general = Object.entries(errors).filter(([id]) => !known.has(id));
    const depth = this.#views.length;
    const close = () => this.#close();
    const form = el(
      "form",
      {
        class: "modal-form",
        novalidate: true,
        on: { submit: (event) => (event.preventDefault(), this.#submit()) },
      },
      el(
        "header",
        { class: "modal-head" },
        el("h2", { id: "modal-title" }, withEmoji(view.title)),
        depth > 1 && el("span", { class: "faint" }, `window ${depth}`),
        el(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Close", on: { click: close } },
          icon("close"),
        ),
      ),
      el(
        "div",
        { class: "modal-body" },
        general.map(([, words]) => el("p", { class: "error", role: "alert" }, words)),
        drawBlocks(view.blocks, viewSurface(view, this.#app, errors)),
      ),
      el(
        "footer",
        { class: "modal-foot" },
        el(
          "button",
          { type: "button", class: "button", data: { at: "close" }, on: { click: close } },
          view.close || (view.submit ? "Cancel" : "Close"),
        ),
        view.submit &&
          el("button", { type: "submit", class: "button primary", data: { at: "submit" } }, view.submit),
      ),
    );
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    this.#dialog.replaceChildren(form);
  }

  async #submit() {
    const view = this.#top;
    if (!view?.submit || this.#busy) return;
    const button = this.#dialog.querySelector('[type="submit"]');
    button.setAttribute("aria-busy", "true");
    this.#busy = true;
    this.#errors.delete(view.id);
    try {
      const values = Form.of(`view ${view.id}`).values(view.blocks);
      const answer = await this.#app.act({ act: "submit", view_id: view.id, values });
      if (answer && Object.keys(answer.errors ?? {}).length) {
        this.#errors.set(view.id, answer.errors);
        this.show(this.#views);
        this.#dialog.querySelector('.wrong :is(input, textarea, select, button, [tabindex="-1"])')?.focus();
      } else this.show(this.#views);
    } finally {
      this.#busy = false;
      this.#dialog.querySelector('[type="submit"]')?.removeAttribute("aria-busy");
    }
  }

  async #close() {
    const view = this.#top;
    if (!view || this.#closing === view.id) return;
    this.#closing = view.id;
    await this.#app.act({ act: "close", view_id: view.id });
    this.#closing = "";
    if (this.#top && !this.#dialog.open) this.#dialog.showModal();
  }
}

/** Draw the app's Home tab. */
export function drawHome(container, home, app) {
  const sign = JSON.stringify([app.part, home]);
  if (container.dataset.sign === sign) return;
  container.dataset.sign = sign;
  keepFocus(container, () => {
    container.replaceChildren();
    put(
      container,
      home
        ? drawBlocks(home.blocks, viewSurface(home, app))
        : el("p", { class: "faint" }, "The app is drawing its Home tab …"),
    );
  });
}
