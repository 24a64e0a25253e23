// Short messages at the edge, told to screen readers too, some with something to do about it.

import { el, iconButton } from "./dom.js";
import { t } from "./texts.js";

const life = 8000;
const place = el("div", { class: "toasts", role: "status", "aria-live": "polite" });

export const toastPlace = place;

/** Gives what takes it away again. */
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
  // As long as somebody is at it, it stays.
  const leave = () => (message.matches(":hover, :focus-within") ? setTimeout(leave, life) : end());
  setTimeout(leave, action ? 2 * life : life);
  return end;
}

export const toastProblem = (problem) => toast(problem.message, { isError: true });
