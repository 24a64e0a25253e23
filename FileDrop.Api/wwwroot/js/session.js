// The API key: kept for this tab, reloads included, or on the device if the user wishes.

import { emit } from "./events.js";

const place = "filedrop.key";
let key = read();
let isLocked = false;

export const session = {
  get key() {
    return key;
  },
  /** Whether the service asked for a key and did not accept the current one, if any. */
  get isLocked() {
    return isLocked;
  },
  /** The header fields of every request. */
  headers: () => (key ? { Authorization: `Bearer ${key}` } : {}),

  signIn(newKey, remember) {
    key = newKey;
    forget();
    try {
      (remember ? localStorage : sessionStorage).setItem(place, newKey);
    } catch {
      // The browser has no storage, so the key lasts until the user leaves the page.
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
    // The browser has no storage, so there is nothing to remove.
  }
}
