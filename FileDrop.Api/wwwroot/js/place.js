// The place of a file, as a link to its folder.

import { api } from "./api.js";
import { bdi, el, plain } from "./dom.js";
import { nameless, root } from "./entries.js";
import { addressOf, go, placeState } from "./route.js";
import { t } from "./texts.js";

/** A link that gets the folder's path as soon as it is known; `signal` ends the question. */
export function placeOf(file, signal) {
  const state = file.folder_id ? placeState("folder", file.folder_id) : placeState("unsorted");
  const isKnown = !file.folder_id || nameless(file.folder_id) === root;
  const link = el("a", { href: addressOf(state) }, isKnown ? t.places[state.view] : "…");
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ ...state, file: file.file_id });
  });
  if (!isKnown) fill(link, file, signal);
  return link;
}

async function fill(link, file, signal) {
  try {
    const { body } = await api.filePath(file.file_id, signal);
    const names = body.folders.map((folder) => folder.name);
    link.replaceChildren(...names.flatMap((name, i) => [i > 0 ? " / " : "", bdi(name)]));
    link.title = plain(names.join(" / "));
  } catch {
    // The file is gone, which the panel says itself.
  }
}
