// One row of the list.

import { bdi, el, icon, iconButton, plain, setText } from "./dom.js";
import { kind, shortType, size, time } from "./format.js";
import { t } from "./texts.js";

/** The time that a list sorted by `sort` shows. */
export const timeOf = (sort, view) =>
  view === "trash" && sort !== "created_at" && sort !== "updated_at" ? "deleted_at" : sort === "created_at" ? "created_at" : "updated_at";

export function makeRow(file) {
  const row = el("div", { role: "row", class: "row", id: `row-${file.file_id}` });
  row.cells = {
    check: el("div", { role: "gridcell", class: "check" }, el("span", { class: "box", "aria-hidden": "true" }, icon("check"))),
    name: el("div", { role: "gridcell", class: "name" }),
    size: el("div", { role: "gridcell", class: "size" }),
    type: el("div", { role: "gridcell", class: "type" }),
    time: el("div", { role: "gridcell", class: "time" }),
  };
  row.append(...Object.values(row.cells));
  return row;
}

/** Shows a file's present state; an unchanged one costs next to nothing. */
export function fillRow(row, file, column) {
  if (row.file === file && row.column === column) return;
  const { cells } = row;
  if (!row.isRenaming && (cells.name.textContent !== plain(file.file_name) || row.file?.file_type !== file.file_type)) {
    const look = kind(file.file_type);
    cells.check.dataset.kind = look;
    cells.check.querySelector(".kind")?.remove();
    cells.check.append(el("span", { class: `kind ${look}`, "aria-hidden": "true" }, icon(look)));
    cells.name.replaceChildren(bdi(file.file_name, { title: plain(file.file_name), dir: "auto" }));
  }
  setText(cells.size, size(file.file_size));
  setText(cells.type, shortType(file));
  cells.type.title = file.file_type;
  cells.time.replaceChildren(time(file[column] ?? file.updated_at));
  [row.file, row.column] = [file, column];
}

/** Turns a row's name into a field. `done(name)` with null: given up. */
export function renameIn(row, done) {
  const {
    file,
    cells: { name },
  } = row;
  const field = el("input", {
    class: "rename",
    value: file.file_name,
    "aria-label": t.renameOf(file.file_name),
    dir: "auto",
    spellcheck: "false",
  });
  row.isRenaming = true;
  const end = (value) => {
    if (!row.isRenaming) return;
    row.isRenaming = false;
    name.replaceChildren(bdi(value ?? file.file_name, { dir: "auto" }));
    done(value);
  };
  const keep = () => end(field.value.trim() && field.value !== file.file_name ? field.value.trim() : null);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.isComposing) keep();
    if (event.key === "Escape") end(null);
  });
  field.addEventListener("blur", () => end(null));
  for (const type of ["click", "dblclick", "pointerdown"]) field.addEventListener(type, (event) => event.stopPropagation());
  // Pressing this must not take the focus from the field: leaving the field is giving up.
  const save = iconButton("check", t.rename, keep, { tabindex: "-1" });
  save.addEventListener("pointerdown", (event) => event.preventDefault());
  save.addEventListener("click", (event) => event.stopPropagation());
  name.replaceChildren(el("span", { class: "renaming" }, field, save));
  field.focus();
  field.setSelectionRange(0, file.file_name.lastIndexOf(".") > 0 ? file.file_name.lastIndexOf(".") : file.file_name.length);
}
