// The API key: in this tab's memory, or on the device if the person says so.

import { emit } from "./events.js";

const place = "filedrop.key";
let key = read();

/** Whether the service asked for a key and the one at hand, if any, was not good enough. */
export let isLocked = false;

export const session = {
  get key() {
    return key;
  },
  /** What every request carries. */
  headers: () => (key ? { Authorization: `Bearer ${key}` } : {}),

  signIn(newKey, remember) {
    key = newKey;
    try {
      if (remember) localStorage.setItem(place, newKey);
      else localStorage.removeItem(place);
    } catch {
      // Not kept, then: it lives as long as the tab.
    }
    isLocked = false;
    emit("session");
  },

  signOut() {
    key = null;
    try {
      localStorage.removeItem(place);
    } catch {
      // There was nothing.
    }
    emit("session");
  },

  /** The service answered 401. */
  lock() {
    if (isLocked) return;
    isLocked = true;
    emit("session");
  },
};

function read() {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}
