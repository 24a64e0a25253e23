// The events of the page: "route", "session", "connection", "files" (something changed), "uploads",
// "shares" (the page knows other ones), "links" (another tab changed some).

const bus = new EventTarget();

export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

/** Returns a function that ends the listening. */
export function on(name, handler) {
  const listen = (event) => handler(event.detail);
  bus.addEventListener(name, listen);
  return () => bus.removeEventListener(name, listen);
}

// Other tabs of this page learn of changes at once, not at their next refresh.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("filedrop") : null;
tabs?.addEventListener("message", (event) => emit(event.data));

/** Reports that files changed here. */
export function filesChanged() {
  emit("files");
  tabs?.postMessage("files");
}

/** Reports to the other tabs that shares changed here. */
export const sharesChanged = () => tabs?.postMessage("links");
