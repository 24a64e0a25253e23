// One stream of the feed of changes (server-sent events). It is read by fetch, since an EventSource cannot send the key in a header.

import { Problem } from "../api.js";
import { session } from "../session.js";

/** A stream gives a sign of life every 15 s. Without one for this long, in milliseconds, the connection is dead. */
export const patience = 40_000;

/**
 * Reads a stream until it ends. Throws a Problem if the service refuses it, another error if the connection fails.
 * @param cursor the place in the feed to go on from; null begins now.
 * @param take take(cursor, changes): gets each part, and the place behind it. The first part says where the stream begins, and has no changes.
 */
export async function read(cursor, take, signal) {
  const dead = new AbortController();
  const end = () => dead.abort();
  let timer = setTimeout(end, patience);
  window.addEventListener("offline", end);
  try {
    const response = await fetch(cursor ? "/changes" : "/changes?cursor=latest", {
      headers: { ...session.headers(), Accept: "text/event-stream", ...(cursor ? { "Last-Event-ID": cursor } : {}) },
      signal: AbortSignal.any([signal, dead.signal]),
      cache: "no-store",
    });
    if (!response.ok) throw Problem.from(response.status, await response.text(), Number(response.headers.get("Retry-After")) || 0);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(end, patience);
      const parts = (text + value).split("\n\n");
      text = parts.pop();
      for (const part of parts) cursor = /^id: (.*)/m.exec(part)?.[1] ?? cursor;
      take(cursor, parts.map((part) => /^data: (.*)/m.exec(part)?.[1]).filter(Boolean).map((data) => JSON.parse(data)));
    }
  } finally {
    clearTimeout(timer);
    window.removeEventListener("offline", end);
  }
}
