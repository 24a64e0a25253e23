// One row of the list.

import { bdi, el, icon, plain, setText } from "./dom.js";
import { kind, shortType, size, time } from "./format.js";
import { nameField } from "./rename.js";
import { linkTo } from "./route.js";
import { t } from "./texts.js";

/** The time that a list sorted by `sort` shows. */
export const timeOf = (sort, view) =>
  view === "trash" && sort !== "created_at" && sort !== "updated_at" ? "deleted_at" : sort === "created_at" ? "created_at" : "updated_at";

/** With a finger, a long press selects; a row that could be dragged would start moving instead. */
const isTouch = matchMedia("(pointer: coarse)");

export function makeRow(file) {
  const row = el("div", { role: "row", class: "row", id: `row-${file.file_id}` });
  if (!file.deleted_at) {
    row.draggable = !isTouch.matches;
    if (file.isFolder) row.dataset.folder = file.file_id;
  }
  row.box = el("span", { role: "checkbox", "aria-checked": "false", class: "box" }, icon("check"));
  row.mark = el("span", { class: "mark", role: "img", hidden: true }, icon("link"));
  row.cells = {
    check: el("div", { role: "gridcell", class: "check" }, row.box),
    name: el("div", { role: "gridcell", class: "name" }),
    size: el("div", { role: "gridcell", class: "size" }),
    type: el("div", { role: "gridcell", class: "type" }),
    time: el("div", { role: "gridcell", class: "time" }),
  };
  row.append(...Object.values(row.cells));
  return row;
}

/** Shows a file's current state; an unchanged file costs almost nothing. */
export function fillRow(row, file, column) {
  if (row.file === file && row.column === column) return;
  const { cells } = row;
  if (!row.isRenaming && (cells.name.textContent !== plain(file.file_name) || row.file?.file_type !== file.file_type)) {
    const look = kind(file);
    cells.check.dataset.kind = look;
    cells.check.querySelector(".kind")?.remove();
    cells.check.append(el("span", { class: `kind ${look}`, "aria-hidden": "true" }, icon(look)));
    row.box.setAttribute("aria-label", t.selectFile(file.file_name));
    drawName(row, file);
  }
  setText(cells.size, file.isFolder ? sizeOf(file) : size(file.file_size));
  if (file.isFolder && file.deleted_at) cells.size.title = t.carried(file.files, file.folders);
  setText(cells.type, shortType(file));
  cells.type.title = file.file_type;
  cells.time.replaceChildren(time(file[column] ?? file.updated_at));
  [row.file, row.column] = [file, column];
}

/** A folder has no size; one in the trash says how much went there with it. */
const sizeOf = (folder) => (folder.deleted_at ? t.itemsIn(folder.files + folder.folders) : "");

export function markRow(row, { isSelected, isCurrent, isOpen, isCut, mark }) {
  row.setAttribute("aria-selected", isSelected);
  row.box.setAttribute("aria-checked", isSelected);
  row.classList.toggle("current", isCurrent);
  row.classList.toggle("open", isOpen);
  row.classList.toggle("cut", isCut);
  if (row.mark.title === mark) return;
  row.mark.title = mark;
  row.mark.setAttribute("aria-label", mark);
  row.mark.hidden = mark === "";
}

/** A link, so that the browser's own ways to open it work too: another tab, the middle button, the menu. */
function drawName(row, file) {
  const link = el("a", { class: "link", href: linkTo(file), tabindex: "-1", draggable: "false" }, bdi(file.file_name));
  link.title = plain(file.file_name);
  row.cells.name.replaceChildren(link, row.mark);
}

/** Turns a row's name into a field; see `nameField` for `done`. */
export function renameIn(row, done) {
  const { file, cells } = row;
  const field = nameField(file, (name, byKey) => {
    row.isRenaming = false;
    drawName(row, { ...file, file_name: name ?? file.file_name });
    done(name, byKey);
  });
  row.isRenaming = true;
  cells.name.replaceChildren(field.element);
  field.focus();
}
