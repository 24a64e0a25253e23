// Questions, and the list of keyboard shortcuts.

import { el } from "./dom.js";
import { t } from "./texts.js";

/** Asks before an action that cannot be undone. */
export function confirmed(question, action, text = t.cannotUndo) {
  return new Promise((resolve) => {
    const dialog = el(
      "dialog",
      { "aria-labelledby": "question", "aria-describedby": "question-text" },
      el("h2", { id: "question", text: question }),
      el("p", { id: "question-text", text }),
      el(
        "div",
        { class: "choices" },
        el("button", { type: "button", text: t.cancel, on: { click: () => dialog.close() } }),
        el("button", { type: "button", class: "danger", text: action, on: { click: () => dialog.close("yes") } }),
      ),
    );
    show(dialog, () => resolve(dialog.returnValue === "yes"));
  });
}

export function showKeys() {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "keys" },
    el("h2", { id: "keys", text: t.shortcuts }),
    el(
      "dl",
      { class: "keys" },
      ...t.keys.map(([key, what]) =>
        el("div", {}, el("dt", {}, ...key.split(" ").map((one) => el("kbd", { text: one }))), el("dd", { text: what })),
      ),
    ),
    el("div", { class: "choices" }, el("button", { type: "button", text: t.close, on: { click: () => dialog.close() } })),
  );
  show(dialog, () => {});
}

/** Shows a dialog until it is closed. Escape and a click beside it close it too. */
export function show(dialog, closed) {
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
}
