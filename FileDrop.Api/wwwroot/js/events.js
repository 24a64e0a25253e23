// The events of the page: "route", "session", "connection", "files" (something changed), "uploads".

const bus = new EventTarget();

export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

export const on = (name, handler) => bus.addEventListener(name, (event) => handler(event.detail));

// Other tabs of this page learn of changes at once, not at their next refresh.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("filedrop") : null;
tabs?.addEventListener("message", () => emit("files"));

/** Reports that files changed here. */
export function filesChanged() {
  emit("files");
  tabs?.postMessage("files");
}
