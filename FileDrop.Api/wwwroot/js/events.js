// The events of the page: "route", "session", "connection", "files" (the user changed some), "changes" (of the feed), "gap" (the feed may have
// missed some), "uploads", "shares" (the page knows other ones), "links" (another tab changed some).

const bus = new EventTarget();

export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

/** Returns a function that ends the listening. */
export function on(name, handler) {
  const listen = (event) => handler(event.detail);
  bus.addEventListener(name, listen);
  return () => bus.removeEventListener(name, listen);
}

// The feed does not tell of shares, so the tabs tell each other.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("filedrop") : null;
tabs?.addEventListener("message", (event) => emit(event.data));

/** Reports that files changed here. */
export const filesChanged = () => emit("files");

/** Reports to the other tabs that shares changed here. */
export const sharesChanged = () => tabs?.postMessage("links");
