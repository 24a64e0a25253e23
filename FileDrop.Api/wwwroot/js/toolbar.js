// The bar of the selection: what can be done with the selected files and folders.

import * as actions from "./actions.js";
import { el, icon, iconButton } from "./dom.js";
import { isEverywhere, route, shownFolder } from "./route.js";
import { isMixed, root } from "./entries.js";
import { chooseFolder } from "./folders/choose.js";
import { copy, move } from "./folders/moving.js";
import { t } from "./texts.js";

export class Toolbar {
  element = el("div", { class: "chosen", role: "toolbar", "aria-label": t.selected(0), hidden: true });

  /** `browser`: the list with its selection. */
  constructor(browser) {
    this.browser = browser;
  }

  draw() {
    const { element, browser } = this;
    const { selection } = browser;
    if (selection.size === 0) {
      if (element.contains(document.activeElement)) browser.focus();
      element.hidden = true;
      return;
    }
    element.hidden = false;
    const focused = [...element.children].indexOf(document.activeElement);
    element.setAttribute("aria-label", t.selected(selection.size));
    element.replaceChildren(
      iconButton("close", t.clearSelection, () => selection.clear()),
      el("strong", { role: "status", text: t.selected(selection.size) }),
      ...(route.view === "trash" ? this.#ofTrash() : this.#ofPlace()),
    );
    element.children[focused]?.focus();
  }

  #ofTrash() {
    const { browser } = this;
    const gone = (ids) => browser.gone(ids);
    return [
      button("restore", t.restore, () => actions.restore(browser.selected, gone)),
      button("trash", t.purge, () => actions.purge(browser.selected, gone), "danger"),
    ];
  }

  #ofPlace() {
    const { browser } = this;
    const isOne = browser.selection.size === 1;
    const isFile = isOne && !browser.selected[0]?.isFolder;
    return [
      button("download", isFile ? t.download : t.downloadZip, () => actions.download(browser.selected)),
      isOne ? button("pen", t.rename, () => browser.grid.rename(browser.selection.ids[0])) : null,
      button("move", t.moveTo, () => moveSelected(browser)),
      button("copy", t.copyTo, () => copySelected(browser)),
      button("trash", t.remove, () => browser.remove(browser.selected), "danger"),
    ].filter(Boolean);
  }
}

const button = (picture, text, click, look = "") =>
  el("button", { type: "button", class: look, "aria-label": text, title: text, on: { click } }, icon(picture), el("span", { text }));

/** Where the tree of the dialog opens: the folder around the entries. */
const around = (entries) => shownFolder() ?? entries[0].folder_id ?? root;

export async function moveSelected(browser) {
  const entries = browser.chosen;
  if (entries.length === 0) return;
  const blocked = new Set(entries.filter((entry) => entry.isFolder).map((entry) => entry.file_id));
  const target = await chooseFolder({
    title: t.moveTitle(entries.length, entries[0].file_name, isMixed(entries)),
    action: t.moveHere,
    from: around(entries),
    blocked,
  });
  if (target) await move(entries, target, (ids) => !isEverywhere(route) && browser.gone(ids));
}

export async function copySelected(browser) {
  const entries = browser.chosen;
  if (entries.length === 0) return;
  const blocked = new Set(entries.filter((entry) => entry.isFolder).map((entry) => entry.file_id));
  const target = await chooseFolder({
    title: t.copyTitle(entries.length, entries[0].file_name, isMixed(entries)),
    action: t.copyHere,
    from: around(entries),
    blocked,
  });
  if (target) await copy(entries, target);
}
