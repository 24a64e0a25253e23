// The shares that the page knows. One request reads a hundred, the newest first. The marks in lists know the newest 300 shares, as they
// were at most a minute ago, so that no row costs a request; the view of shares reads the older ones while the user scrolls.

import { api } from "../api.js";
import { emit, on, sharesChanged } from "../events.js";
import { session } from "../session.js";

const marked = 300;
const first = "/shares?limit=100";

/** How old the known shares may get, in milliseconds: while marks show them, and while their own view does. */
const age = 60_000;
const ageInView = 9_000;

let shares = new Map();
let sorted = null;
let ofEntries = null;
let next = first;
let isAllowed = true;
let problem = null;
let readAt = 0;
let reading = null;
/** Changes with each share made, changed or ended here, which an answer on its way may not know. */
let changes = 0;

export const known = {
  /** All known shares, the newest first. */
  get list() {
    // Ids grow with the time of creation.
    return (sorted ??= [...shares.values()].sort((one, other) => (one.share_id < other.share_id ? 1 : -1)));
  },
  get isComplete() {
    return next === null;
  },
  /** Whether the key may share. True until the service refuses. */
  get isAllowed() {
    return isAllowed;
  },
  /** Why the last reading failed; null if it did not. */
  get problem() {
    return problem;
  },

  /** The known shares that name this file or folder, the newest first. */
  of(id) {
    if (!ofEntries) {
      ofEntries = new Map();
      for (const share of this.list) for (const one of share.ids) ofEntries.set(one, [...(ofEntries.get(one) ?? []), share]);
    }
    return ofEntries.get(id) ?? [];
  },

  /** Reads the next page, or waits for the page that is being read. */
  more() {
    if (next === null || !isAllowed) return Promise.resolve();
    return (reading ??= read(next).finally(() => (reading = null)));
  },

  /** Reads the shares again if they are too old. `from`: the share in the view after which a page is read again too. */
  async refresh(isShown, from = null) {
    if (!isAllowed || session.isLocked || Date.now() - readAt < (isShown ? ageInView : age)) return;
    readAt = Date.now();
    await reading;
    await (reading = readAgain(from).finally(() => (reading = null)));
    // A failed reading is tried again with the next refresh of the page.
    if (problem) readAt = 0;
  },

  /** Lets the next refresh read the shares again, however new they are. */
  expire() {
    readAt = 0;
  },

  /** A share was made or changed here. */
  took(share) {
    changes += 1;
    shares.set(share.share_id, share);
    changed();
    sharesChanged();
  },

  /** A share has ended. */
  lost(id) {
    changes += 1;
    if (shares.delete(id)) changed();
    sharesChanged();
  },
};

on("session", () => {
  shares = new Map();
  [next, problem, readAt, changes] = [first, null, 0, changes + 1];
  allow(true);
  changed();
});

on("links", () => known.expire());

/** The share after which a page begins; null for the first page. */
const beforeOf = (url) => new URL(url, location.origin).searchParams.get("before");

async function readAgain(from) {
  let page = first;
  for (let count = 0; page && count < marked; count += 100) page = await read(page);
  if (from) await read(`${first}&before=${from}`);
}

/** Reads one page; returns the address of the next one, or null. */
async function read(url) {
  const then = changes;
  let answer;
  try {
    answer = await api.list(url);
  } catch (failure) {
    if (then !== changes) return null;
    problem = failure;
    if (failure.status === 403) allow(false);
    emit("shares");
    return null;
  }
  // The answer is older than a change made here: ask again.
  if (then !== changes) return session.isLocked ? null : read(url);
  const [end, isBack] = [next, problem !== null];
  problem = null;
  if (answer.next === null) next = null;
  else if (next && !(beforeOf(next) < beforeOf(answer.next))) next = answer.next;
  if (merge(answer.body, beforeOf(url), answer.next === null) || next !== end || isBack) changed();
  return answer.next;
}

/** Puts a page in the place of the known shares in its part of the list; returns whether that changes any. */
function merge(page, before, isEnd) {
  const last = isEnd ? "" : page.at(-1).share_id;
  const now = new Set(page.map((share) => share.share_id));
  const gone = [...shares.keys()].filter((id) => (before === null || id < before) && id >= last && !now.has(id));
  const other = page.filter((share) => JSON.stringify(share) !== JSON.stringify(shares.get(share.share_id)));
  for (const id of gone) shares.delete(id);
  for (const share of other) shares.set(share.share_id, share);
  return gone.length + other.length > 0;
}

function changed() {
  [sorted, ofEntries] = [null, null];
  emit("shares");
}

/** Without the scope, the page does not offer to share. */
function allow(now) {
  isAllowed = now;
  document.body.classList.toggle("unshared", !now);
}
