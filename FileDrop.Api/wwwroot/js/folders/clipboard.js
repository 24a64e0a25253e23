// Cut, copy and paste of files and folders. The clipboard names them, so that they can be pasted in another tab, and so that
// pasting a picture or a text, copied later elsewhere, keeps its usual effect.

import { announce } from "../announce.js";
import { named } from "../entries.js";
import { on } from "../events.js";
import { shownFolder } from "../route.js";
import { session } from "../session.js";
import { toast } from "../toasts.js";
import { t } from "../texts.js";
import { copy, move, targetOf } from "./moving.js";

const type = "application/x-filedrop";

/** The ids of the rows that are shown as cut. */
export const cut = new Set();
on("session", () => cut.clear());

/** The last cut that was pasted: its entries are moved once. */
let spent = null;

/** `browser`: the list. */
export function listenToClipboard(browser) {
  // Browsers that ask first whether there is something to copy or cut.
  for (const name of ["beforecopy", "beforecut"])
    document.addEventListener(name, (event) => entriesOf(event, browser).length > 0 && event.preventDefault());
  for (const name of ["copy", "cut"]) document.addEventListener(name, (event) => take(event, browser, name === "cut"));
  document.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData(type);
    if (!text || isField(event.target) || session.isLocked) return;
    event.preventDefault();
    // The paste is not one of files from the device.
    event.stopImmediatePropagation();
    if (text === spent) return;
    const what = JSON.parse(text);
    if (what.isCut && shownFolder() !== null) spent = text;
    paste(what, browser);
  });
}

const isField = (element) => Boolean(element.closest?.("input, textarea, select, dialog"));

/** The entries that a copy means: the selected ones or the current one; none while the user selects text. */
function entriesOf(event, browser) {
  if (isField(event.target) || !getSelection().isCollapsed || document.body.classList.contains("closed")) return [];
  return browser.chosen.filter((entry) => !entry.deleted_at);
}

function take(event, browser, isCut) {
  const entries = entriesOf(event, browser);
  if (entries.length === 0) return;
  event.preventDefault();
  const marks = entries.map(({ file_id, file_name, folder_id, isFolder }) => ({ file_id, file_name, folder_id, isFolder }));
  event.clipboardData.setData(type, JSON.stringify({ isCut, entries: marks }));
  event.clipboardData.setData("text/plain", entries.map((entry) => entry.file_name).join("\n"));
  spent = null;
  cut.clear();
  if (isCut) for (const entry of entries) cut.add(entry.file_id);
  browser.grid.draw();
  const words = isCut ? t.cut : t.copiedItems;
  announce(words(...named(entries)));
}

async function paste({ isCut, entries }, browser) {
  const folder = shownFolder();
  if (folder === null) {
    toast(t.pasteNowhere, { isError: true });
    return;
  }
  const target = targetOf(folder, browser.crumbs.name);
  if (!isCut) return copy(entries, target);
  cut.clear();
  browser.grid.draw();
  return move(entries, target);
}
