// What happens on the page, for whoever cares: "route", "session", "connection", "files" (something changed), "uploads".

const bus = new EventTarget();

export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

export const on = (name, handler) => bus.addEventListener(name, (event) => handler(event.detail));

// Other tabs of this page hear of changes at once instead of by their next look.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("filedrop") : null;
tabs?.addEventListener("message", () => emit("files"));

/** Something about the files changed here. */
export function filesChanged() {
  emit("files");
  tabs?.postMessage("files");
}
