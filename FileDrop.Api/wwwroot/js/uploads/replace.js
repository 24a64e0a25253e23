// Uploads a file as the new version of an existing file, in one request, since only new files are resumable.

import { request, typeOf } from "./xhr.js";

/** Returns the file's id. @param on see `send` in tus.js. */
export async function replace(item, on, signal) {
  const type = await typeOf(item.file);
  // Send a slice without a type. Otherwise the browser sends its own guess, and the service should find an unknown type.
  const body = item.file.slice(0, item.size, "");
  await request("PUT", `/files/${encodeURIComponent(item.target)}/content`, type ? { "Content-Type": type } : {}, body, signal, (sent) =>
    on.progress(Math.min(item.size, sent)),
  );
  return item.target;
}
