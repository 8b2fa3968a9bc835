// The strip above the messages: what to try next, following the story of one case.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const CHECK = "/compromise check adele.vance@contoso.example";
const KEPT = "guide";

/** Everything a person sees, flat: messages, replies, and the blocks of open windows. */
function facts(seen) {
  const messages = Object.values(seen.messages)
    .flat()
    .flatMap((one) => [one, ...one.replies]);
  const text = messages.map((one) => `${one.text} ${JSON.stringify(one.blocks)}`).join("\n");
  return {
    says: (words) => text.includes(words),
    button: (id) => text.includes(`"action_id":"${id}"`),
    modal: (id) => seen.modals.some((one) => one.callback_id === id),
  };
}

const become = (part, name) => ({ part, label: `Become ${name}`, run: (app) => app.become(part) });

// The last step that holds is shown; a step once reached stays, also for someone who sees less.
const STEPS = [
  {
    holds: () => true,
    words: [
      "A colleague's mailbox may be compromised. Type ",
      el("code", {}, CHECK),
      " in #incident-room.",
    ],
    acts: [
      { label: "Type it for me", run: (app) => app.goNamed("incident-room") && app.composer.fill(CHECK) },
    ],
  },
  {
    holds: (see) => see.says("Investigating"),
    words: ["The bot is collecting evidence from Microsoft 365. Watch its card fill; a check is read-only."],
    acts: [],
  },
  {
    holds: (see) => see.button("contain"),
    words: ["Read the card and the evidence in its thread. Then press “Contain account” on it, or “Contain now” for the smallest plan."],
    acts: [],
  },
  {
    holds: (see) => see.modal("propose"),
    words: [
      "What the findings call for is preselected. Give a reason and press Propose: still nothing is changed.",
    ],
    acts: [],
  },
  {
    holds: (see) => see.says("Waiting for approval"),
    words: ["Whoever proposes cannot approve alone. Become an approver, read the card and press Approve."],
    acts: [become("approver", "Alex Wilber")],
  },
  {
    holds: (see) => see.says("approved by <@"),
    words: ["One person has approved. Become the other approver and press Approve as well."],
    acts: [become("approver", "Alex Wilber"), become("second_approver", "Lidia Holloway")],
  },
  {
    holds: (see) => see.says("In progress"),
    words: ["Two people approved, so the bot acts. Watch the account on the right change line by line."],
    acts: [{ label: "Show the panel", run: (app) => app.togglePanel(true) }],
  },
  {
    holds: (see) => see.says("Carried out"),
    words: [
      "The plan is carried out. Be the attacker and forward the mail again, then let 1 hour pass: the bot ",
      "rechecks it and tells the whole channel. Or ask as someone who is not allowed to.",
    ],
    acts: [
      {
        label: "Make trouble",
        run: (app) => {
          app.togglePanel(true);
          app.panel.open("levers");
        },
      },
      {
        label: "Ask as Pat Guest",
        run: async (app) => {
          await app.become("guest");
          app.goNamed("with-fabrikam") && app.composer.fill(CHECK);
        },
      },
      become("responder", "Megan Bowen"),
    ],
  },
];

export class Guide {
  #root;
  #app;
  #reached = -1;
  #drawn = "";

  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    root.hidden = sessionStorage.getItem(KEPT) === "dismissed";
  }

  /** Show the strip again after it was dismissed. */
  show() {
    sessionStorage.removeItem(KEPT);
    this.#root.hidden = false;
    this.#draw();
  }

  update(seen) {
    const see = facts(seen);
    const now = STEPS.findLastIndex((step) => step.holds(see));
    const sign = `${Math.max(now, this.#reached)} ${this.#app.part}`;
    if (sign === this.#drawn) return;
    this.#drawn = sign;
    this.#reached = Math.max(now, this.#reached);
    this.#draw();
  }

  #dismiss() {
    sessionStorage.setItem(KEPT, "dismissed");
    this.#root.hidden = true;
    this.#app.composer.focus();
  }

  #draw() {
    const step = STEPS[Math.max(this.#reached, 0)];
    const acts = step.acts.filter((one) => one.part !== this.#app.part);
    this.#root.replaceChildren(
      el(
        "div",
        { class: "guide-main" },
        el("span", { class: "guide-step" }, `Try it · ${this.#reached + 1} of ${STEPS.length}`),
        el("p", {}, step.words),
        acts.length > 0 &&
          el(
            "div",
            { class: "guide-acts" },
            acts.map((one) => el(
              "button",
              { type: "button", class: "button", on: { click: () => one.run(this.#app) } },
              one.label,
            )),
          ),
      ),
      el(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": "Dismiss what to try",
          on: { click: () => this.#dismiss() },
        },
        icon("close"),
      ),
    );
  }
}
