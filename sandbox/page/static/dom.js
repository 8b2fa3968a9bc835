// Small helpers around the DOM. All text goes in as text nodes, so nothing that people or the app
// write can ever become markup.

const PROPERTIES = new Set([
  "value",
  "checked",
  "disabled",
  "hidden",
  "selected",
  "multiple",
  "required",
  "readOnly",
]);

/** Make an element: attributes, `on` for listeners, `data` for data-*; null and false leave things out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") Object.entries(value).forEach(([event, heard]) => node.addEventListener(event, heard));
    else if (name === "data") Object.assign(node.dataset, value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  put(node, children);
  return node;
}

/** The class attribute: a name, and those whose condition holds. */
export const classes = (name, conditions) =>
  [name, ...Object.keys(conditions).filter((one) => conditions[one])].join(" ");

/** Append children: nodes, strings, nested arrays; null and false are left out. */
export function put(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

const signatures = new WeakMap();

/**
 * Make the children of `parent` show `items` ({key, sign, draw}): what did not change keeps its node, and
 * with it its focus, its selection and its opened parts.
 */
export function reconcile(parent, items) {
  const standing = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstChild;
  for (const { key, sign, draw } of items) {
    let node = standing.get(key);
    standing.delete(key);
    if (!node || signatures.get(node) !== sign) {
      const fresh = draw();
      fresh.dataset.key = key;
      signatures.set(fresh, sign);
      if (node) {
        if (place === node) place = fresh;
        keepFocus(node, () => node.replaceWith(fresh), fresh);
      }
      node = fresh;
    }
    if (place === node) place = node.nextSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of standing.values()) node.remove();
}

/** Run `change`, which draws `root` anew, and give the focus back to the control with the same data-at. */
export function keepFocus(root, change, after = root) {
  const active = document.activeElement;
  const at = active && root.contains(active) ? active.dataset.at : undefined;
  const scrolled = active?.scrollTop;
  let span = null;
  try {
    span = at === undefined ? null : [active.selectionStart, active.selectionEnd];
  } catch {
    span = null; // number and date fields have no selection to ask for
  }
  change();
  if (at === undefined) return;
  const again = [...after.querySelectorAll("[data-at]")].find((node) => node.dataset.at === at);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (scrolled) again.scrollTop = scrolled;
  if (span && span[0] !== null && span[0] !== undefined) again.setSelectionRange(...span);
}

/** Let many calls become one: `work` runs again only when the run before has ended. */
export function coalesced(work) {
  let running = null;
  let again = null;
  return function run() {
    if (!running) {
      running = work().finally(() => (running = null));
      return running;
    }
    again ??= running.then(
      () => ((again = null), run()),
      () => ((again = null), run()),
    );
    return again;
  };
}

let toastTimer = 0;

/** Say something in the corner for a few seconds. */
export function toast(words, kind = "") {
  const corner = document.getElementById("toasts");
  // Shown anew each time, so that it lies above a dialog that was opened since.
  corner.hidePopover();
  corner.showPopover();
  corner.replaceChildren(el("div", { class: `toast ${kind}` }, words));
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => corner.hidePopover(), 7000);
}
