// The dialog in which the user chooses a folder to move or copy to.

import { show } from "../dialogs.js";
import { el, icon } from "../dom.js";
import { on } from "../events.js";
import { t } from "../texts.js";
import { newFolder } from "./create.js";
import { targetOf } from "./moving.js";
import { FolderTree } from "./tree.js";

/**
 * Resolves with { id, name }; null if the user chooses none.
 * @param title the question; action: the button; from: the folder to open first; blocked: the ids that cannot be chosen.
 */
export function chooseFolder({ title, action, from, blocked = new Set() }) {
  return new Promise((resolve) => {
    const tree = new FolderTree(blocked);
    let chosen = null;
    const choose = () => {
      if (!tree.selected || tree.selected.isBlocked) return;
      const { entry } = tree.selected;
      chosen = targetOf(entry.file_id, entry.file_name);
      dialog.close();
    };
    const go = el("button", { type: "button", class: "primary", text: action, on: { click: choose } });
    const make = el(
      "button",
      {
        type: "button",
        class: "make",
        disabled: true,
        on: {
          click: async () => {
            const folder = await newFolder(tree.selected.entry.file_id);
            if (folder) await tree.add(folder);
          },
        },
      },
      icon("newFolder"),
      el("span", { text: t.newFolder }),
    );
    const dialog = el(
      "dialog",
      { class: "choosing", "aria-labelledby": "choosing" },
      el("h2", { id: "choosing", text: title }),
      tree.element,
      el("div", { class: "choices" }, make, el("button", { type: "button", text: t.cancel, on: { click: () => dialog.close() } }), go),
    );
    tree.addEventListener("change", () => {
      go.setAttribute("aria-disabled", String(tree.selected.isBlocked));
      make.disabled = tree.selected.isBlocked;
    });
    tree.element.addEventListener("keydown", (event) => event.key === "Enter" && choose());
    const stop = on("changes", (changes) => tree.take(changes));
    show(dialog, () => {
      stop();
      resolve(chosen);
    });
    tree.show(from);
  });
}
