// A share in words.

import { el } from "../dom.js";
import { nameless, root } from "../entries.js";
import { size, time } from "../format.js";
import { placeState } from "../route.js";
import { t } from "../texts.js";

/** The name of the shared thing. Of things that do not exist any more the service keeps none. */
export function nameOf(share) {
  if (nameless(share.ids[0]) === root && share.kind === "folder") return t.places.folder;
  if (share.name === null) return t.sharing.nameless(share.ids.length);
  return share.kind === "selection" ? t.sharing.selection(share.name, share.ids.length - 1) : share.name;
}

/** Where the shared file or folder is on the page; null for a selection, and for things that do not exist any more. */
export function stateOfShared({ state, kind, ids }) {
  if (state === "gone" || kind === "selection") return null;
  if (state === "suspended") return placeState("trash");
  return kind === "folder" ? placeState("folder", ids[0]) : { ...placeState("files"), file: ids[0] };
}

/** The facts about a link, each as an element. */
export function factsOf(share) {
  const s = t.sharing;
  const { drop } = share;
  const isOver = share.expires_at && new Date(share.expires_at) <= new Date();
  return [
    ...(share.version ? [[s.pinned(share.version)]] : []),
    ...(share.has_password ? [[s.hasPassword]] : []),
    share.expires_at ? [isOver ? s.ended : s.until, time(share.expires_at)] : [s.never],
    drop ? [s.received(drop.received_files, drop.max_files)] : [s.used(share.downloads, share.max_downloads)],
    ...(drop ? [[drop.max_bytes === null ? size(drop.received_bytes) : t.sent(size(drop.received_bytes), size(drop.max_bytes))]] : []),
    share.last_used_at ? [s.lastUsed, time(share.last_used_at)] : [s.neverUsed],
  ].map((words) => el("li", {}, ...words));
}

/** The whole address of a link. */
export const addressOfLink = (share) => new URL(share.url, location.origin).href;

/** A problem in words: some codes mean something else for links than for files. */
export function wordsOf(problem) {
  if (problem.code === "forbidden") return t.sharing.forbidden(problem.detail ?? "");
  if (problem.code === "quota_exceeded") return t.sharing.full;
  return problem.message;
}
