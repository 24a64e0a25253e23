// Copies a folder: the service copies files, and the page the folders around them.

import { api, Problem } from "../api.js";
import { runBatch } from "../batch.js";
import { folderIds, root, toEntry } from "../entries.js";

/**
 * Copies a folder with everything in it.
 * @param folder the folder.
 * @param target the folder to copy into.
 * @param onConflict the rule for a taken name.
 * @returns { top, problems }: the new folder, and the problems of the entries that were not copied.
 */
export async function copyFolder(folder, target, onConflict) {
  // Read everything first: the copy may lie within the source.
  const inside = await everythingIn(folder.file_id);
  const { body } = await api.createFolder(folder.file_name, target, onConflict);
  const copies = new Map([[folder.file_id, body.folder_id]]);
  const files = [];
  for (const entry of inside) {
    const place = copies.get(entry.folder_id);
    // The folder around it was moved away in the meantime.
    if (!place) continue;
    if (entry.isFolder) copies.set(entry.file_id, (await api.createFolder(entry.file_name, place)).body.folder_id);
    else files.push({ op: "copy", entry, folder_id: place });
  }
  const { problems } = await runBatch(files);
  return { top: toEntry(body), problems };
}

async function everythingIn(id) {
  const found = [];
  for await (const page of api.pages(`/folders/${id}/entries?deep=true&limit=1000`)) found.push(...page.map(toEntry));
  return found;
}

/** Refuses to copy or move a folder into itself or into a folder below it. */
export async function refuseCircle(entries, target) {
  const folders = folderIds(entries);
  if (folders.size === 0 || target === root) return;
  const { body } = await api.folderPath(target);
  if (body.folders.some((folder) => folders.has(folder.folder_id))) throw Problem.of({ status: 409, code: "circle" });
}
