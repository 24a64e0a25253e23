// Announces changes to screen readers that the screen shows without text.

import { el } from "./dom.js";

export const announcer = el("p", { class: "unseen", role: "status", "aria-live": "polite" });

export function announce(text) {
  announcer.textContent = text;
}
