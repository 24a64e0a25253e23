// Files and folders that the user drags within the page: onto a folder in the list, a breadcrumb, a place, or the trash.

import { bdi, el, icon } from "../dom.js";
import { t } from "../texts.js";
import { copy, move, targetOf } from "./moving.js";

/** Marks a drag of this page, and keeps other programs from taking it for text. */
const type = "application/x-filedrop";

let dragged = [];
let marked = null;

/** `browser`: the list. */
export function listenToDrags(browser) {
  document.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".row");
    if (!row || row.file.deleted_at || row.isRenaming) return;
    dragged = browser.selection.has(row.file.file_id) ? browser.selected : [row.file];
    event.dataTransfer.setData(type, "");
    event.dataTransfer.effectAllowed = "copyMove";
    event.dataTransfer.setDragImage(badge(dragged), -12, -8);
  });
  document.addEventListener("dragend", () => end());
  document.addEventListener("dragover", (event) => {
    if (!isOurs(event)) return;
    const target = targetAt(event);
    mark(target?.element ?? null);
    if (!target) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = target.isTrash || !isCopy(event) ? "move" : "copy";
  });
  document.addEventListener("drop", (event) => {
    const target = targetAt(event);
    if (!target) return;
    event.preventDefault();
    const entries = dragged;
    end();
    if (target.isTrash) browser.remove(entries);
    else if (isCopy(event)) copy(entries, target);
    else move(entries, target, (ids) => browser.left(ids));
  });
}

/** A row that left the screen does not tell that its drag has ended, so that the event itself must have the mark. */
const isOurs = (event) => dragged.length > 0 && event.dataTransfer.types.includes(type);

const isCopy = (event) => event.ctrlKey || event.altKey;

/** The place under the pointer where the dragged entries can go; null if there is none. */
function targetAt(event) {
  if (!isOurs(event)) return null;
  const element = event.target.closest?.("[data-folder], [data-trash]");
  if (!element || element.closest("dialog")) return null;
  if ("trash" in element.dataset) return { element, isTrash: true };
  const { folder, name } = element.dataset;
  if (dragged.some((entry) => entry.file_id === folder)) return null;
  if (!isCopy(event) && dragged.every((entry) => entry.folder_id === folder)) return null;
  return { element, ...targetOf(folder, element.file?.file_name ?? name) };
}

/** Shows which place the pointer is over; null: none. */
export function mark(element) {
  if (element === marked) return;
  marked?.classList.remove("over");
  marked = element;
  marked?.classList.add("over");
}

function end() {
  dragged = [];
  mark(null);
}

/** The picture beside the pointer. */
function badge(entries) {
  const [first] = entries;
  const text = entries.length === 1 ? bdi(first.file_name) : t.selected(entries.length);
  const picture = el("div", { class: "badge-drag" }, icon(first.isFolder ? "folder" : "file"), text);
  document.body.append(picture);
  // The browser takes its picture of the element in this moment.
  setTimeout(() => picture.remove());
  return picture;
}
