// Collects the files that the user dropped, chose or pasted, with all files in folders.

import { stamp } from "../format.js";
import { t } from "../texts.js";

/** Whether the dragged items are files. */
export const hasFiles = (transfer) => [...(transfer?.types ?? [])].includes("Files");

/** The number of dragged files; a folder counts as one. */
export const filesIn = (transfer) => [...transfer.items].filter((item) => item.kind === "file").length;

/** Files that systems leave in folders, and that users do not mean to upload. */
const leftovers = new Set([".ds_store", "thumbs.db", "desktop.ini"]);
const isMeant = (name) => !leftovers.has(name.toLowerCase());

/**
 * Returns { file, folder } for each, and { folder } for each empty folder. `folder` is the path within the dropped items, "" at the top.
 */
export async function dropped(transfer) {
  // The list is empty as soon as the event is over, so that all entries are taken first.
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ file: entry, folder: "" });
    else if (entry) await walk(entry, "", found);
  }
  return found;
}

export const chosen = (files) =>
  [...files]
    .map((file) => ({ file, folder: file.webkitRelativePath?.split("/").slice(0, -1).join("/") ?? "" }))
    .filter(({ file, folder }) => folder === "" || isMeant(file.name));

/** Pasted files and folders, or the pasted text as one file; null while the user types in a field. */
export function pasted(event) {
  const transfer = event.clipboardData;
  if (hasFiles(transfer))
    return dropped(transfer).then((found) =>
      found.map(({ file, folder }) => ({ file: file && !folder && isNameless(file) ? renamed(file) : file, folder })),
    );
  if (event.target.closest?.("input, textarea, dialog")) return null;
  const text = transfer?.getData("text/plain");
  if (!text) return null;
  return [{ file: new File([text], `${t.pastedName(stamp(new Date()))}.txt`, { type: "text/plain" }), folder: "" }];
}

async function walk(entry, folder, found) {
  if (entry.isFile) {
    found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), folder });
    return;
  }
  const path = folder ? `${folder}/${entry.name}` : entry.name;
  const before = found.length;
  const reader = entry.createReader();
  // Browsers give a folder's entries in parts, and an empty part at the end.
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) break;
    for (const inner of part) if (!inner.isFile || isMeant(inner.name)) await walk(inner, path, found);
  }
  if (found.length === before) found.push({ folder: path });
}

// Browsers give this name to a picture from the clipboard, which has none.
const isNameless = (file) => /^image\.(png|jpe?g|gif|webp)$/.test(file.name);

const renamed = (file) =>
  new File([file], `${t.pastedName(stamp(new Date()))}.${file.name.split(".").pop()}`, {
    type: file.type,
    lastModified: file.lastModified,
  });
