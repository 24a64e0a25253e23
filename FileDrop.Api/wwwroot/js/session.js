// The API key: kept for this tab, reloads included, or on the device if the person says so.

import { emit } from "./events.js";

const place = "filedrop.key";
let key = read();
let isLocked = false;

export const session = {
  get key() {
    return key;
  },
  /** Whether the service asked for a key and the one at hand, if any, was not good enough. */
  get isLocked() {
    return isLocked;
  },
  /** What every request carries. */
  headers: () => (key ? { Authorization: `Bearer ${key}` } : {}),

  signIn(newKey, remember) {
    key = newKey;
    forget();
    try {
      (remember ? localStorage : sessionStorage).setItem(place, newKey);
    } catch {
      // The browser keeps nothing, so the key lives until the page is left.
    }
    isLocked = false;
    emit("session");
  },

  signOut() {
    key = null;
    forget();
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
    return sessionStorage.getItem(place) ?? localStorage.getItem(place);
  } catch {
    return null;
  }
}

function forget() {
  try {
    sessionStorage.removeItem(place);
    localStorage.removeItem(place);
  } catch {
    // The browser keeps nothing, so there is nothing to remove.
  }
}
