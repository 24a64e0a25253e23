// Resumable uploads by the tus protocol (1.0.0): create, ask how far it is, send the rest in chunks.

import { Problem } from "../api.js";
import { session } from "../session.js";

const version = { "Tus-Resumable": "1.0.0" };
const smallest = 8 * 1024 ** 2;
const largest = 64 * 1024 ** 2;

/** A chunk grows while it takes less than this, and shrinks if it takes four times as long. In milliseconds. */
const goodTime = 4000;

/** A connection that moves nothing for so long is given up. In milliseconds. */
const patience = 60_000;

/**
 * Sends a file to its end.
 * @param item has file, name, folder, size, and url once the upload exists.
 * @param on created(url), progress(bytes), startedOver().
 * @returns the id of the file that it became; null if the service does not say.
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
    const answer = await request("POST", "/uploads", { "Upload-Length": item.size, "Upload-Metadata": await metadata(item) }, null, signal);
    on.created(new URL(answer.field("Location"), location.href).pathname);
    if (item.size === 0) return fileOf(answer);
  }
  let chunk = smallest;
  for (;;) {
    on.progress(offset);
    const began = performance.now();
    const from = offset;
    const answer = await request(
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

/** Gives an upload up, and with it what the service has of it. */
export async function terminate(url) {
  try {
    await request("DELETE", url, {});
  } catch {
    // It goes by itself when it expires.
  }
}

/** How far the service has it; null: no longer at all. */
async function find(item, signal) {
  try {
    const answer = await request("HEAD", item.url, {}, null, signal);
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
  if (item.folder && new TextEncoder().encode(item.folder).length <= 256) fields.tags = JSON.stringify({ folder: item.folder });
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${base64(value)}`)
    .join(",");
}

/** A text that is UTF-8 says so: whoever shows it later need not guess. */
async function typeOf(file) {
  if (!file.type.startsWith("text/")) return file.type;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(await file.slice(0, 64 * 1024).arrayBuffer(), { stream: true });
    return `${file.type};charset=utf-8`;
  } catch {
    return file.type;
  }
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Not fetch: browsers tell the progress of a body by XMLHttpRequest alone. */
function request(method, url, headers, body = null, signal = null, progress = null) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = new XMLHttpRequest();
    let timer;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => xhr.abort(), patience);
    };
    xhr.open(method, url);
    for (const [name, value] of Object.entries({ ...version, ...session.headers(), ...headers })) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => {
      watch();
      progress?.(event.loaded);
    };
    // All is sent: the service may take its time to store it.
    xhr.upload.onload = () => clearTimeout(timer);
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve({ field: (name) => xhr.getResponseHeader(name) });
      else reject(Problem.from(xhr.status, xhr.responseText, Number(xhr.getResponseHeader("Retry-After")) || 0));
    };
    xhr.onerror = xhr.onabort = () => reject(signal?.aborted ? signal.reason : Problem.unreachable());
    const stop = () => xhr.abort();
    signal?.addEventListener("abort", stop, { once: true });
    xhr.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    watch();
    xhr.send(body);
  });
}
