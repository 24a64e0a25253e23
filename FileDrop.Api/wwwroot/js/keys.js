// Keys that work anywhere on the page, except while the user types.

import { showKeys } from "./dialogs.js";
import { chooseFiles, search } from "./header.js";
import { route } from "./route.js";
import { share } from "./sharing/dialog.js";
import { moveSelected } from "./toolbar.js";
import { undoLast } from "./undo.js";

export function listenToKeys(browser, detail) {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select, dialog");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey && !event.altKey && !isTyping) {
      if (undoLast()) event.preventDefault();
      return;
    }
    if (!isTyping && ((event.altKey && event.key === "ArrowUp") || (event.key === "Backspace" && !event.altKey))) {
      event.preventDefault();
      browser.up();
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return leave(event.target, browser, detail);
    if (isTyping || document.body.classList.contains("closed")) return;
    const large = () => detail.showLarge();
    const rename = () => detail.rename();
    const add = () => browser.addFolder();
    const move = () => route.view !== "trash" && moveSelected(browser);
    const link = () => route.view !== "trash" && share(browser.chosen);
    const run = {
      "/": () => search.focus(),
      u: chooseFiles,
      U: chooseFiles,
      v: large,
      V: large,
      F2: rename,
      n: add,
      N: add,
      m: move,
      M: move,
      s: link,
      S: link,
      "?": showKeys,
    }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}

/** One step out: of a field, of the selection, of the details. */
function leave(target, browser, detail) {
  if (target.matches("input[type=search]")) route.view === "shared" ? target.blur() : browser.focus();
  else if (browser.selection.size > 0) browser.selection.clear();
  else if (route.file) detail.close();
}
