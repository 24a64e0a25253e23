// Follows the feed of changes. One tab of the browser reads it and tells the others: HTTP/1.1 has six connections to a service for all
// tabs. This tab goes on in the background, so that the others are current. If it closes or freezes, another one goes on where it was.
// Pages from another machine over plain HTTP have no locks. There, each tab reads the feed for as long as it can be seen.

import { Problem } from "../api.js";
import { connection } from "../connection.js";
import { toEntry } from "../entries.js";
import { emit, on } from "../events.js";
import { session } from "../session.js";
import { patience, read } from "./stream.js";

/** How long changes are collected before the page shows them, in milliseconds. */
const settling = 50;

/** More changes than this at once are not shown one by one; the page reads its data again. */
const many = 2000;

/** The first and the longest time between two tries, in milliseconds. */
const firstWait = 500;
const longestWait = 15_000;

/** The place in the feed up to which this tab knows it; null if it does not. */
let cursor = null;
let stop = new AbortController();
let channel = null;
/** The signal of the reading while this tab reads the feed; null while another one does. */
let reading = null;
/** When this tab has last heard of the feed. */
let heardAt = 0;
let waiting = [];
let timer = 0;
let wake = () => {};

/** Follows the feed of the current key. Emits "changes" ([{ id, isFolder, entry }], the entry null if it is gone), and "gap" when some may have been missed. */
export function follow() {
  on("session", begin);
  on("connection", () => connection.problem === null && wake());
  window.addEventListener("online", () => wake());
  setInterval(takeOver, patience / 2);
  document.addEventListener("visibilitychange", takeOver);
  begin();
}

async function begin() {
  stop.abort();
  const { signal } = (stop = new AbortController());
  [cursor, waiting, heardAt, channel] = [null, [], Date.now(), null];
  if (session.isLocked) return;
  if (!navigator.locks) return readWhileSeen(signal);
  const name = await nameOf(session.key);
  if (signal.aborted) return;
  channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }) => hear(data));
  signal.addEventListener("abort", channel.close.bind(channel));
  channel.postMessage({ isNew: true });
  lead(signal);
}

/** Tabs with one key share a feed. The name must not tell the key. */
async function nameOf(key) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key ?? ""));
  return `filedrop-feed-${Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Waits until no other tab reads the feed, then reads it. `steal`: takes it from a tab that has frozen. */
async function lead(signal, steal = false) {
  const lost = new AbortController();
  let isHeld = false;
  try {
    await navigator.locks.request(channel.name, steal ? { steal } : { signal }, () => {
      isHeld = true;
      return readOn(AbortSignal.any([signal, lost.signal]));
    });
  } catch {
    lost.abort();
    if (signal.aborted) return;
    // Another tab took it, or the browser has locks but does not give any.
    if (isHeld) lead(signal);
    else readWhileSeen(signal);
  }
}

/** Another tab reads the feed, but is not heard: it has frozen. */
function takeOver() {
  if (!channel || reading || session.isLocked || document.visibilityState === "hidden" || Date.now() - heardAt < patience) return;
  heardAt = Date.now();
  lead(stop.signal, true);
}

function readWhileSeen(signal) {
  let hidden = new AbortController();
  const turn = () => {
    hidden.abort();
    hidden = new AbortController();
    if (document.visibilityState === "visible") readOn(AbortSignal.any([signal, hidden.signal]));
  };
  document.addEventListener("visibilitychange", turn, { signal });
  turn();
}

/** Reads stream after stream. */
async function readOn(signal) {
  reading = signal;
  for (let failures = 0; !signal.aborted; failures++) {
    let wait = 0;
    try {
      await read(cursor, (now, changes) => {
        failures = 0;
        const isGap = cursor === null || connection.problem !== null;
        tell({ cursor: now, changes, isGap });
      }, signal);
    } catch (problem) {
      if (signal.aborted) break;
      if (problem.status === 401) session.lock();
      // The key may not read.
      if (problem.status === 401 || problem.status === 403) break;
      if (problem.status === 400 || problem.status === 410) cursor = null;
      // Say nothing of the first broken stream.
      else if (failures > 0 && (!problem.status || problem.isUnreachable || problem.status === 503))
        tell({ away: { status: problem.status, code: problem.code, detail: problem.detail } });
      wait = (problem.retryAfter ?? 0) * 1000;
    }
    await pause(Math.max(wait, Math.random() * Math.min(longestWait, firstWait * 2 ** failures)), signal);
  }
  if (reading === signal) reading = null;
}

/** Waits for a time, or until there is a reason to try again. */
const pause = (time, signal) =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timeout);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timeout = setTimeout(end, time);
    signal.addEventListener("abort", end);
    wake = end;
  });

/** Tells this tab and the others. */
function tell(message) {
  channel?.postMessage(message);
  take(message);
}

function hear(message) {
  if (!message.isNew) take(message);
  else if (reading && cursor) channel.postMessage({ cursor, changes: [] });
}

function take({ cursor: now, changes, isGap, away }) {
  heardAt = Date.now();
  if (away) return connection.failed(away.status ? new Problem(away.status, away.code, away.detail) : Problem.unreachable());
  const isFirst = cursor === null;
  cursor = now;
  waiting.push(...changes);
  if (isGap || isFirst || waiting.length > many) {
    waiting = [];
    emit("gap");
  } else if (waiting.length > 0) timer ||= setTimeout(give, settling);
}

function give() {
  timer = 0;
  // The last change of an entry is the one that counts.
  const last = new Map(waiting.map((raw) => [raw.id ?? (raw.kind === "folder" ? raw.folder_id : raw.file_id), raw]));
  waiting = [];
  if (last.size > 0)
    emit(
      "changes",
      Array.from(last, ([id, raw]) => ({ id, isFolder: raw.kind === "folder", entry: raw.gone ? null : toEntry(raw) })),
    );
}
