// Tells screen readers what has no text on the screen.

import { el } from "./dom.js";

export const announcer = el("p", { class: "unseen", role: "status", "aria-live": "polite" });

export function announce(text) {
  announcer.textContent = text;
}
