// Keys that work anywhere on the page, except while the user types.

import { undoLast } from "./actions.js";
import { showKeys } from "./dialogs.js";
import { chooseFiles, search } from "./header.js";
import { route } from "./route.js";

export function listenToKeys(browser, detail) {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select, dialog");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey && !event.altKey && !isTyping) {
      if (undoLast()) event.preventDefault();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return leave(event.target, browser, detail);
    if (isTyping || document.body.classList.contains("closed")) return;
    const large = () => detail.showLarge();
    const rename = () => detail.rename();
    const run = { "/": () => search.focus(), u: chooseFiles, U: chooseFiles, v: large, V: large, F2: rename, "?": showKeys }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}

/** One step out: of a field, of the selection, of the details. */
function leave(target, browser, detail) {
  if (target.matches("input[type=search]")) browser.grid.element.focus();
  else if (browser.selection.size > 0) browser.selection.clear();
  else if (route.file) detail.close();
}
