// Files and folders in one shape, so that one list can show both.

/** The id of every owner's root. Requests and addresses also take the word. */
export const root = "root";
const rootId = "00000000-0000-7000-8000-000000000000";

/** The id under which the page's addresses know a folder. */
export const nameless = (id) => (id === rootId ? root : id);

/** A folder gets the members of a file that every row reads; in both, `folder_id` is the folder around it, and null means loose. */
export function toEntry(raw) {
  if (raw.kind !== "folder" && raw.file_id) return raw.folder_id === rootId ? { ...raw, folder_id: root } : raw;
  return {
    ...raw,
    isFolder: true,
    file_id: raw.folder_id,
    file_name: raw.name,
    file_size: 0,
    file_type: "",
    tags: {},
    folder_id: nameless(raw.parent_id),
  };
}

export const kindOf = (entry) => (entry.isFolder ? "folder" : "file");

/** Whether folders are among the entries, so that texts speak of items. */
export const isMixed = (entries) => entries.some((entry) => entry.isFolder);

/** The arguments of a text about entries. */
export const named = (entries) => [entries.length, entries[0].file_name, isMixed(entries)];

export const folderIds = (entries) => new Set(entries.filter((entry) => entry.isFolder).map((entry) => entry.file_id));
