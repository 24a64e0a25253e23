// Short messages at the edge, read by screen readers too, some with an action.

import { el, iconButton, setText } from "./dom.js";
import { t } from "./texts.js";

const life = 8000;
const place = el("div", { class: "toasts", role: "status", "aria-live": "polite" });

export const toastPlace = place;

/** Returns a function that removes the message. */
export function toast(text, { action, run, isError = false } = {}) {
  const message = el("div", { class: isError ? "toast error" : "toast" }, el("span", { text }));
  const end = () => message.remove();
  if (action) {
    message.append(
      el("button", {
        type: "button",
        class: "quiet",
        text: action,
        on: {
          click: () => {
            end();
            run();
          },
        },
      }),
    );
  }
  message.append(iconButton("close", t.dismiss, end));
  place.append(message);
  while (place.childElementCount > 3) place.firstElementChild.remove();
  // The message stays while the pointer or the focus is on it.
  const leave = () => (message.matches(":hover, :focus-within") ? setTimeout(leave, life) : end());
  setTimeout(leave, action ? 2 * life : life);
  return end;
}

/** A message that stays while something runs. Returns { say(text), end() }. */
export function running(text) {
  const words = el("span", { text });
  const message = el("div", { class: "toast" }, words);
  place.append(message);
  return { say: (now) => setText(words, now), end: () => message.remove() };
}

export const toastProblem = (problem) => toast(problem.message, { isError: true });
