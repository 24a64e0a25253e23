// The field in which a file gets another name, in the list and in the details.

import { el, iconButton } from "./dom.js";
import { t } from "./texts.js";

/**
 * Makes the field. Enter, the button and leaving the field keep the name; Escape discards it.
 * Calls `done(name, byKey)` once: `name` is null without a change, `byKey` false if the user went elsewhere.
 */
export function nameField(file, done) {
  const field = el("input", {
    class: "rename",
    value: file.file_name,
    "aria-label": t.renameOf(file.file_name),
    dir: "auto",
    spellcheck: "false",
    autocomplete: "off",
  });
  let isOpen = true;
  const end = (name, byKey) => {
    if (!isOpen) return;
    isOpen = false;
    done(name && name !== file.file_name ? name : null, byKey);
  };
  const keep = (byKey) => end(field.value.trim(), byKey);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    // The focus moves, and the rest of the key press would hit the newly focused element.
    event.preventDefault();
    if (event.key === "Enter") keep(true);
    else end(null, true);
  });
  // The window lost the focus but keeps its focused element, so the user comes back to the field.
  field.addEventListener("blur", () => document.hasFocus() && keep(false));
  const save = iconButton("check", t.keepName, () => keep(true), { tabindex: "-1" });
  // Pressing the button must not take the focus from the field: leaving the field ends the renaming.
  save.addEventListener("pointerdown", (event) => event.preventDefault());
  const element = el("span", { class: "renaming" }, field, save);
  // The row around the field ignores clicks in it.
  for (const type of ["click", "dblclick", "pointerdown"]) element.addEventListener(type, (event) => event.stopPropagation());
  return {
    element,
    keep: () => keep(false),
    focus: () => {
      field.focus();
      const dot = file.isFolder ? 0 : file.file_name.lastIndexOf(".");
      field.setSelectionRange(0, dot > 0 ? dot : file.file_name.length);
    },
  };
}
