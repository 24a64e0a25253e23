// Builds elements. This page never makes an element from a string of HTML.

const svg = "http://www.w3.org/2000/svg";

/** el("button", { class: "quiet", text: "Close", on: { click } }, child, …). A null or false attribute or child is left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "value" || name === "checked" || name === "indeterminate") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A name of any script: it does not reorder the text beside it, and its extension stays at its right end. */
export function bdi(name, attributes = {}) {
  const text = plain(name);
  const dot = /\.[A-Za-z0-9]{1,10}$/.exec(text)?.index ?? 0;
  if (dot === 0) return el("bdi", { dir: "auto", ...attributes, text });
  return el(
    "bdi",
    { ...attributes, dir: "ltr" },
    el("bdi", { dir: "auto", text: text.slice(0, dot) }),
    el("span", { text: text.slice(dot) }),
  );
}

/** Shows characters that reverse text as symbols, so that "gnp.exe" is not read as "exe.png". */
export const plain = (name) => name.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** A button with an icon. Its label is visible, or given to screen readers and shown on hover. */
export function iconButton(name, label, click, attributes = {}) {
  return el("button", { type: "button", class: "icon", "aria-label": label, title: label, on: { click }, ...attributes }, icon(name));
}

export function icon(name) {
  const picture = drawing("0 0 24 24", paths[name] ?? paths.file);
  picture.setAttribute("aria-hidden", "true");
  picture.setAttribute("class", "picture");
  return picture;
}

/** A picture of one path. */
export function drawing(viewBox, shape) {
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("viewBox", viewBox);
  const path = document.createElementNS(svg, "path");
  path.setAttribute("d", shape);
  picture.append(path);
  return picture;
}

/** Sets only what differs, so that a screen reader does not repeat the rest. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const paths = {
  file: "M13 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9zm0 0v6h6",
  image: "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm0 13 4.5-5 3.5 4 2.5-2.5L19 17M15 9h.01",
  video: "M4 6h11a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1zm12 5 5-3v8l-5-3",
  audio: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
  pdf: "M13 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9zm0 0v6h6M9 13h6M9 17h4",
  text: "M5 6h14M5 10h14M5 14h9M5 18h11",
  archive: "M4 8h16v11a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zM3 4h18v4H3zm7 8h4",
  folder: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  uploadFolder: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zm9 9v-6m-3 3 3-3 3 3",
  newFolder: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zm9 3v6m-3-3h6",
  inbox: "M4 13 6.5 5h11L20 13v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zm0 0h4.5l1 2.5h5l1-2.5H20",
  files: "M8 3h7l4 4v9a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zm7 0v4h4M4 7v13a1 1 0 0 0 1 1h10",
  drive: "M4 14 7 5h10l3 9v5H4zm0 0h16m-4 2.5h.01",
  move: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zm5 6h8m-3-3 3 3-3 3",
  trash: "M4 7h16M9 7V5a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2m3 0-1 12a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1L6 7m4 4v5m4-5v5",
  upload: "M12 16V4m-5 5 5-5 5 5M4 17v2a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-2",
  download: "M12 4v12m-5-5 5 5 5-5M4 17v2a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-2",
  newVersion: "M13 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9zm0 0v6h6M12 18v-6m-3 3 3-3 3 3",
  expand: "M4 9V4h5m6 0h5v5m0 6v5h-5m-6 0H4v-5",
  previous: "M15 6l-6 6 6 6",
  next: "M9 6l6 6-6 6",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 4 4",
  close: "M6 6l12 12M18 6 6 18",
  pause: "M8 5v14M16 5v14",
  play: "M7 5l12 7-12 7z",
  retry: "M20 11a8 8 0 1 0-2.3 6M20 5v6h-6",
  restore: "M4 11a8 8 0 1 1 2.3 6M4 5v6h6",
  check: "M5 12.5l4.5 4.5L19 7.5",
  pen: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  copy: "M9 9h10v11H9zM5 15V4h10",
  share:
    "M15.4 6.5 8.6 10.5m0 3 6.8 4M18 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm12 7a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  link: "M10 13.5a4 4 0 0 0 5.7.3l3-3a4 4 0 0 0-5.6-5.7l-1.4 1.4M14 10.5a4 4 0 0 0-5.7-.3l-3 3a4 4 0 0 0 5.6 5.7l1.4-1.4",
  code: "M4 4h6v6H4zm10 0h6v6h-6zM4 14h6v6H4zm10 0h2v2h-2zm4 0h2m-2 4h2v2m-6 0v-1.5m4-.5h-1",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  auto: "M12 4a8 8 0 1 0 0 16zm0 0a8 8 0 0 1 0 16",
  light: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0-13v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  key: "M14.5 13a4.5 4.5 0 1 0-4.2-3L4 16.3V20h3.7v-2.3H10v-2.3l1.7-1.7a4.5 4.5 0 0 0 2.8-.7zM15.5 8h.01",
  leave: "M10 4H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h5m4-12 4 4-4 4m4-4H9",
  cloudOff: "M4 4l16 16M8 8a5 5 0 0 0-1 9h10m3-1a4 4 0 0 0-3-6.8A5.5 5.5 0 0 0 11 6",
  keyboard: "M3 7h18v10H3zm4 4h.01M11 11h.01M15 11h.01M8 14h8",
  warn: "M12 4 2.5 20h19zM12 10v5m0 2.5v.01",
};
