// Keys that work wherever one is on the page, as long as nothing is being typed.

import { showKeys } from "./dialogs.js";
import { chooseFiles, search } from "./header.js";
import { route } from "./route.js";

export function listenToKeys(browser, detail) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return leave(event.target, browser, detail);
    if (event.target.closest("input, textarea, select, dialog") || document.body.classList.contains("closed")) return;
    const run = { "/": () => search.focus(), u: chooseFiles, U: chooseFiles, "?": showKeys }[event.key];
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
