// The question about a taken name.

import { show } from "./dialogs.js";
import { bdi, el } from "./dom.js";
import { t } from "./texts.js";

/**
 * Asks how to resolve a taken name. Resolves with { choice, isForAll }: the choice is "replace", "rename", "skip", or null if the dialog was closed.
 * @param name the taken name.
 * @param about replace: the label of the button that replaces, null without one; text: the effect of the choices; hasMore: whether others may follow.
 */
export function askAboutName(name, { replace, text, hasMore }) {
  return new Promise((resolve) => {
    const all = el("input", { type: "checkbox" });
    const choose = (choice, label, look = "") =>
      el("button", { type: "button", class: look, text: label, on: { click: () => dialog.close(choice) } });
    const dialog = el(
      "dialog",
      { class: "conflict", "aria-labelledby": "conflict", "aria-describedby": "conflict-text" },
      el("h2", { id: "conflict" }, ...t.taken(bdi(name))),
      el("p", { id: "conflict-text", text }),
      hasMore ? el("label", { class: "choice" }, all, el("span", { text: t.forAll })) : null,
      el(
        "div",
        { class: "choices" },
        choose("skip", t.skipIt),
        replace ? choose("replace", replace) : null,
        choose("rename", t.keepBoth, "primary"),
      ),
    );
    show(dialog, () => resolve({ choice: dialog.returnValue || null, isForAll: all.checked }));
    dialog.querySelector(".primary").focus();
  });
}

/** A function that asks about one name after the other, until one answer is for all. Closing the dialog skips the rest. */
export function asker(replace, text) {
  let rule = null;
  return async (name, hasMore) => {
    if (rule !== null) return rule;
    const { choice, isForAll } = await askAboutName(name, { replace, text, hasMore });
    if (isForAll || choice === null) rule = choice ?? "skip";
    return choice ?? "skip";
  };
}
