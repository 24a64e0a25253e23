// The bar of the selection: actions on the selected files and folders.

import * as actions from "./actions.js";
import { el, icon, iconButton } from "./dom.js";
import { route, shownFolder } from "./route.js";
import { folderIds, named, root } from "./entries.js";
import { chooseFolder } from "./folders/choose.js";
import { copy, move } from "./folders/moving.js";
import { share } from "./sharing/dialog.js";
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
      counter(selection.size),
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
      button("share", t.sharing.share, () => share(browser.selected), "sharing-only"),
      isOne ? button("pen", t.rename, () => browser.grid.rename(browser.selection.ids[0])) : null,
      button("move", t.moveTo, () => moveSelected(browser)),
      button("copy", t.copyTo, () => copySelected(browser)),
      button("trash", t.remove, () => browser.remove(browser.selected), "danger"),
    ].filter(Boolean);
  }
}

/** The number of selected entries; a phone has no room for the word behind it. */
function counter(n) {
  const [many, word] = t.selectedParts(n);
  return el("strong", { role: "status" }, many, el("span", { text: word }));
}

const button = (picture, text, click, look = "") =>
  el("button", { type: "button", class: look, "aria-label": text, title: text, on: { click } }, icon(picture), el("span", { text }));

/** The folder at which the dialog's tree opens: the one around the entries. */
const around = (entries) => shownFolder() ?? entries[0].folder_id ?? root;

/** Asks for a folder to move or copy entries into; null without entries or a choice. */
const targetFor = (entries, title, action) =>
  entries.length === 0
    ? null
    : chooseFolder({ title: title(...named(entries)), action, from: around(entries), blocked: folderIds(entries) });

export async function moveSelected(browser) {
  const entries = browser.chosen;
  const target = await targetFor(entries, t.moveTitle, t.moveHere);
  if (target) await move(entries, target, (ids) => browser.left(ids));
}

async function copySelected(browser) {
  const entries = browser.chosen;
  const target = await targetFor(entries, t.copyTitle, t.copyHere);
  if (target) await copy(entries, target);
}
