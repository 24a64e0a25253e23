// The last action that can be undone, for Ctrl+Z and for the button in its message.

import { on } from "./events.js";
import { toast } from "./toasts.js";
import { t } from "./texts.js";

let last = null;
// Another key has other files.
on("session", () => (last = null));

/** Reports an action, with a button that undoes it. */
export function undoable(text, undo) {
  const run = () => {
    if (last === run) last = null;
    close();
    return undo();
  };
  last = run;
  const close = toast(text, { action: t.undo, run });
}

/** Undoes the last action, once; false if there is none. */
export function undoLast() {
  if (last === null) return false;
  last();
  return true;
}
