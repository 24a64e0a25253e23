// Resumable uploads by the tus protocol (1.0.0): create, ask for the offset, send the rest in chunks.

import { request, typeOf } from "./xhr.js";

const version = { "Tus-Resumable": "1.0.0" };
const smallest = 8 * 1024 ** 2;
const largest = 64 * 1024 ** 2;

/** A chunk grows while it takes less than this, and shrinks if it takes four times as long. In milliseconds. */
const goodTime = 4000;

/**
 * Sends a file to its end.
 * @param item has file, name, size, modified, into and onConflict, and url once the upload exists.
 * @param on created(url), progress(bytes), startedOver().
 * @returns the new file's id; null if the service does not say.
 */
export async function send(item, on, signal) {
  let offset = 0;
  if (item.url) {
    const state = await find(item, signal);
    if (state?.isDone) return state.file;
    if (state === null) {
      on.startedOver();
      item.url = null;
    } else offset = state.offset;
  }
  if (!item.url) {
    const answer = await ask("POST", "/uploads", { "Upload-Length": item.size, "Upload-Metadata": await metadata(item) }, null, signal);
    on.created(new URL(answer.field("Location"), location.href).pathname);
    if (item.size === 0) return fileOf(answer);
  }
  let chunk = smallest;
  for (;;) {
    on.progress(offset);
    const began = performance.now();
    const from = offset;
    const answer = await ask(
      "PATCH",
      item.url,
      { "Upload-Offset": from, "Content-Type": "application/offset+octet-stream" },
      item.file.slice(from, from + chunk),
      signal,
      (sent) => on.progress(Math.min(item.size, from + sent)),
    );
    offset = Number(answer.field("Upload-Offset"));
    if (offset >= item.size) return fileOf(answer);
    const took = performance.now() - began;
    if (took < goodTime) chunk = Math.min(largest, chunk * 2);
    else if (took > 4 * goodTime) chunk = Math.max(smallest, chunk / 2);
  }
}

/** Ends an upload and deletes the service's part of it. */
export async function terminate(url) {
  try {
    await ask("DELETE", url, {});
  } catch {
    // The service deletes it when it expires.
  }
}

/** The service's offset; null if the service no longer has the upload. */
export async function find(item, signal) {
  try {
    const answer = await ask("HEAD", item.url, {}, null, signal);
    const offset = Number(answer.field("Upload-Offset"));
    return { offset, isDone: offset >= item.size && fileOf(answer) !== null, file: fileOf(answer) };
  } catch (problem) {
    if (problem.status === 404 || problem.status === 410) return null;
    throw problem;
  }
}

const fileOf = (answer) => answer.field("Content-Location")?.split("/").pop() ?? null;

async function metadata(item) {
  const fields = { filename: item.name };
  const type = await typeOf(item.file);
  if (type) fields.filetype = type;
  if (item.into) fields.folder_id = item.into;
  if (item.into && item.onConflict) fields.on_conflict = item.onConflict;
  if (item.modified > 0) fields.modified_at = new Date(item.modified).toISOString();
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${base64(value)}`)
    .join(",");
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

const ask = (method, url, headers, ...rest) => request(method, url, { ...version, ...headers }, ...rest);
