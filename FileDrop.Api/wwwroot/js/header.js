// The top of the page: places, search, uploads, used space, colours, sign-out.

import { api } from "./api.js";
import { showKeys } from "./dialogs.js";
import { el, icon, iconButton, setText } from "./dom.js";
import { on } from "./events.js";
import { size } from "./format.js";
import { addressOf, go, placeState, route, uploadFolder, views } from "./route.js";
import { session } from "./session.js";
import { chosen } from "./uploads/gather.js";
import { queue } from "./uploads/queue.js";
import { t } from "./texts.js";

const pause = 150;
const pictures = { folder: "folder", files: "files", unsorted: "inbox", shared: "share", trash: "trash" };

export const search = el("input", {
  type: "search",
  placeholder: t.search,
  "aria-label": t.search,
  autocomplete: "off",
  spellcheck: "false",
  enterkeyhint: "search",
});
const clear = iconButton(
  "close",
  t.clearSearch,
  () => {
    search.value = "";
    find();
    search.focus();
  },
  { class: "icon clear" },
);
const places = el("nav", { "aria-label": t.views });
const used = el("div", { class: "usage", hidden: true }, el("span"), el("meter", { "aria-label": t.usageMeter, hidden: true }));
const out = iconButton("leave", t.signOut, () => session.signOut(), { hidden: true });
const files = picker({ multiple: true });
const folder = picker({ webkitdirectory: true });

let timer = 0;
search.addEventListener("input", () => {
  clear.hidden = !search.value;
  clearTimeout(timer);
  timer = setTimeout(find, pause);
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !search.value) return;
  event.stopPropagation();
  search.value = "";
  find();
});

export const header = el(
  "header",
  { class: "top" },
  el(
    "a",
    {
      class: "brand",
      href: "/",
      "aria-label": t.title,
      on: { click: link(placeState("folder")) },
    },
    el("img", { src: "icon.svg", alt: "", width: "28", height: "28" }),
    el("span", { text: t.title }),
  ),
  places,
  el("div", { class: "search" }, icon("search"), search, clear),
  el("div", { class: "tools" }, used, iconButton("keyboard", t.shortcuts, showKeys, { class: "icon wide" }), themeButton(), out),
  el(
    "div",
    { class: "upload" },
    el("button", { type: "button", class: "primary", on: { click: chooseFiles } }, icon("upload"), el("span", { text: t.upload })),
    iconButton("uploadFolder", t.uploadFolder, () => folder.click()),
  ),
  files,
  folder,
);

export function chooseFiles() {
  files.click();
}

export function drawHeader() {
  if (document.activeElement !== search) search.value = route.q;
  clear.hidden = !search.value;
  places.replaceChildren(
    ...views.map((view) => {
      const state = placeState(view);
      return el(
        "a",
        {
          href: addressOf(state),
          class: view === "shared" ? "sharing-only" : null,
          title: t.places[view],
          "aria-current": route.view !== view ? null : route.folder === state.folder ? "page" : "true",
          "data-folder": view === "folder" ? state.folder : null,
          "data-trash": view === "trash",
          draggable: "false",
          on: { click: link(state) },
        },
        icon(pictures[view]),
        el("span", { text: t.places[view] }),
      );
    }),
  );
  out.hidden = !session.key || session.isLocked;
}

/** Not every service reports its usage; then nothing is shown. */
export async function drawUsage() {
  try {
    const { body } = await api.usage();
    const [text, meter] = used.children;
    setText(text, t.usage(size(body.bytes_used), body.bytes_limit ? size(body.bytes_limit) : null));
    meter.hidden = !body.bytes_limit;
    if (body.bytes_limit) [meter.max, meter.high, meter.value] = [body.bytes_limit, body.bytes_limit * 0.9, body.bytes_used];
    used.hidden = false;
  } catch {
    used.hidden = true;
  }
}

on("session", drawHeader);

function find() {
  clearTimeout(timer);
  // The first letter is a step for the back button; the later ones are not.
  const place = route.view === "shared" ? placeState("folder") : {};
  go({ ...place, q: search.value, file: "" }, { replace: route.q !== "" });
}

/** A link that a plain click follows without reloading the page. */
function link(state) {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    search.value = "";
    go(state);
  };
}

function picker(attributes) {
  const field = el("input", { type: "file", hidden: true, ...attributes });
  field.addEventListener("change", () => {
    queue.add(chosen(field.files), uploadFolder());
    field.value = "";
  });
  return field;
}

function themeButton() {
  const root = document.documentElement;
  const themes = ["auto", "light", "dark"];
  const labels = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark };
  const button = iconButton("auto", t.themeAuto, () => set(themes[(themes.indexOf(root.dataset.theme ?? "auto") + 1) % 3]));
  const set = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem("filedrop.theme", theme);
    } catch {
      // No storage: the choice lasts until the tab closes.
    }
    show(theme);
  };
  const show = (theme) => {
    button.replaceChildren(icon(theme));
    button.setAttribute("aria-label", labels[theme]);
    button.title = labels[theme];
  };
  show(root.dataset.theme ?? "auto");
  return button;
}
