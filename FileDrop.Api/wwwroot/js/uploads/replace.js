// A file of this device as the new version of one that is there: one request, since only new files are resumable.

import { request, typeOf } from "./xhr.js";

/** @param on see `send` in tus.js. Gives the file's id. */
export async function replace(item, on, signal) {
  const type = await typeOf(item.file);
  // A slice without a type: else the browser would send its own guess as the type, and an unknown one is for the service to find.
  const body = item.file.slice(0, item.size, "");
  await request("PUT", `/files/${encodeURIComponent(item.target)}/content`, type ? { "Content-Type": type } : {}, body, signal, (sent) =>
    on.progress(Math.min(item.size, sent)),
  );
  return item.target;
}
