// The dialog in which a new folder gets its name.

import { api } from "../api.js";
import { show } from "../dialogs.js";
import { el } from "../dom.js";
import { toEntry } from "../entries.js";
import { filesChanged } from "../events.js";
import { t } from "../texts.js";

/** Resolves with the new folder; null if the user makes none. */
export function newFolder(parent) {
  return new Promise((resolve) => {
    let made = null;
    const field = el("input", {
      id: "folder-name",
      value: t.newFolderName,
      required: true,
      maxlength: "255",
      dir: "auto",
      spellcheck: "false",
      autocomplete: "off",
      "aria-describedby": "folder-wrong",
    });
    const wrong = el("p", { class: "wrong", role: "alert", id: "folder-wrong" });
    const make = el("button", { class: "primary", text: t.create });
    const form = el(
      "form",
      {
        on: {
          submit: async (event) => {
            event.preventDefault();
            make.disabled = true;
            wrong.textContent = "";
            try {
              made = toEntry((await api.createFolder(field.value.trim(), parent)).body);
              filesChanged();
              dialog.close();
            } catch (problem) {
              wrong.textContent = problem.message;
              field.setAttribute("aria-invalid", "true");
              field.select();
            } finally {
              make.disabled = false;
            }
          },
        },
      },
      el("label", { for: "folder-name", text: t.name }),
      field,
      wrong,
      el("div", { class: "choices" }, el("button", { type: "button", text: t.cancel, on: { click: () => dialog.close() } }), make),
    );
    const dialog = el(
      "dialog",
      { class: "naming", "aria-labelledby": "new-folder" },
      el("h2", { id: "new-folder", text: t.newFolder }),
      form,
    );
    show(dialog, () => resolve(made));
    field.select();
  });
}
