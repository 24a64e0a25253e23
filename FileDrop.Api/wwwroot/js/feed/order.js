// Which list has an entry, and where, as the service decides it.

import { compareTexts } from "../natural.js";
import { isFiltered } from "../route.js";

/** Whether a list has a live entry; null if only the service knows. An entry that is gone (null) can only be in the trash. */
export function isIn(state, entry) {
  if (state.view === "trash") return entry ? false : null;
  if (!entry || state.view === "shared") return false;
  if (isFiltered(state)) return null;
  return state.view === "folder" ? entry.folder_id === state.folder : !entry.isFolder && (state.view === "files" || entry.folder_id === null);
}

/** The key by which a list is sorted. Folders have no size. */
export const keyOf = (entry, { sort }) =>
  sort === "file_name" || (sort === "file_size" && entry.isFolder) ? entry.file_name.toUpperCase().normalize("NFC") : entry[sort];

/** The order of two entries in a list. */
export const compareIn = (state, one, other) =>
  Boolean(other.isFolder) - Boolean(one.isFolder) ||
  (state.order === "desc" ? -1 : 1) *
    (compareTexts(keyOf(one, state), keyOf(other, state)) || compareTexts(one.file_id, other.file_id));
