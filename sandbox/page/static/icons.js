// Line icons, drawn by hand on a 20 by 20 grid.

const PATHS = {
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  lock: "M5.5 9h9v7h-9zM7 9V6.8a3 3 0 0 1 6 0V9",
  hash: "M8 3 6.5 17M13.5 3 12 17M3.5 7.5h14M2.5 12.5h14",
  down: "m5.5 8 4.5 4.5L14.5 8",
  close: "m5 5 10 10M15 5 5 15",
  bolt: "M11 2.5 4.5 11.5H10l-1 6 6.5-9H10z",
  panel: "M3 4h14v12H3zM12 4v12",
  dots: "M5 10h.01M10 10h.01M15 10h.01",
  thread: "M4 4.5h12v8.5H9.5L6 16v-3H4z",
  file: "M5.5 2.5h6l3 3v12h-9zM11.5 2.5v3h3",
  picture: "M3 4h14v12H3zM3 13.5l4-4 4 4 2.5-2.5 3.5 3.5M13 7.6h.01",
  download: "M10 3v9.5M6 9l4 4 4-4M4 16.5h12",
  send: "m3.5 4 13.5 6-13.5 6 2-6zM5.5 10H11",
  eye: "M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5zM10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  home: "M3.5 9.5 10 4l6.5 5.5M5.5 8.5V16h9V8.5",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  shield: "M10 2.5 16 5v5c0 3.6-2.5 6.2-6 7.5C6.5 16.2 4 13.6 4 10V5zM7 10l2.2 2.2L13.2 8",
  shared:
    "M7.5 12.5l5-5M8.5 6l1.8-1.8a3.2 3.2 0 0 1 4.5 4.5L13 10.5M7 9.5l-1.8 1.8a3.2 3.2 0 0 0 4.5 4.5L11.5 14",
  archive: "M3 4.5h14v3H3zM4.5 7.5V16h11V7.5M8 10.5h4",
};

/** Give an icon; it says nothing to a screen reader, the control around it does. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
