// One request that reports the progress of its body. Not fetch: browsers report that progress only with XMLHttpRequest.

import { Problem } from "../api.js";
import { session } from "../session.js";

/** A connection without progress for this time is given up. In milliseconds. */
const patience = 60_000;

/** Resolves with { field(name) } for 2xx, otherwise throws a Problem or the abort reason of `signal`. */
export function request(method, url, headers, body = null, signal = null, progress = null) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const xhr = new XMLHttpRequest();
    let timer;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => xhr.abort(), patience);
    };
    xhr.open(method, url);
    for (const [name, value] of Object.entries({ ...session.headers(), ...headers })) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => {
      watch();
      progress?.(event.loaded);
    };
    // All bytes are sent; storing them may take the service some time.
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

/** The browser's type of a file. A UTF-8 text says so, so that later viewers need not guess. */
export async function typeOf(file) {
  if (!file.type.startsWith("text/")) return file.type;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(await file.slice(0, 64 * 1024).arrayBuffer(), { stream: true });
    return `${file.type};charset=utf-8`;
  } catch {
    return file.type;
  }
}
