// The `data_table` block: a table that each reader sorts and leafs through. Source: Slack, "Data table block".

import { el } from "./dom.js";
import { richText } from "./richtext.js";

const ROWS_A_PAGE = 5;

/** How a reader left a table: column, direction and page, by surface and place; it outlives a new drawing. */
const left = new Map();

const words = (cell) => String(cell.text ?? cell.value ?? "");

function compare(column, rows) {
  const numbers = rows.every((row) => row[column].type === "raw_number");
  return numbers
    ? (one, other) => one[column].value - other[column].value
    : (one, other) => words(one[column]).localeCompare(words(other[column]));
}

export function dataTable(block, surface) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? ROWS_A_PAGE;
  const pages = Math.ceil(rows.length / size);
  const key = `${surface.key} ${block.block_id}`;
  const state = left.get(key) ?? { column: -1, down: false, page: 0 };
  left.set(key, state);
  const named = block.row_header_column_index ?? 0;
  const body = el("tbody");
  const foot = el("span", { class: "pages", role: "status" });
  const cell = (value, n) =>
    el(
      n === named ? "th" : "td",
      { scope: n === named ? "row" : null, class: value.type === "raw_number" ? "number" : null },
      value.type === "rich_text" ? richText(value, surface.world) : words(value),
    );
  const titles = head.map((value, n) =>
    el(
      "th",
      { scope: "col" },
      el("button", { type: "button", class: "sort", on: { click: () => sort(n) } }, words(value)),
    ),
  );
  const step = (label, by) =>
    el("button", { type: "button", class: "link", on: { click: () => turn(by) } }, label);
  const before = step("Previous", -1);
  const after = step("Next", 1);

  function draw() {
    const sorted = state.column < 0 ? rows : rows.toSorted(compare(state.column, rows));
    if (state.down) sorted.reverse();
    const shown = sorted.slice(state.page * size, (state.page + 1) * size);
    body.replaceChildren(...shown.map((row) => el("tr", {}, row.map(cell))));
    titles.forEach((title, n) => {
      const way = state.down ? "descending" : "ascending";
      title.setAttribute("aria-sort", n === state.column ? way : "none");
    });
    before.disabled = state.page === 0;
    after.disabled = state.page >= pages - 1;
    foot.textContent = `Page ${state.page + 1} of ${pages}`;
  }

  function sort(column) {
    state.down = state.column === column && !state.down;
    state.column = column;
    state.page = 0;
    draw();
  }

  function turn(by) {
    state.page += by;
    draw();
  }

  draw();
  return el(
    "div",
    { class: "block data-table" },
    el(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": block.caption },
      el(
        "table",
        {},
        el("caption", {}, block.caption),
        el("thead", {}, el("tr", {}, titles)),
        body,
      ),
    ),
    pages > 1 && el("div", { class: "leaf" }, before, foot, after),
  );
}
