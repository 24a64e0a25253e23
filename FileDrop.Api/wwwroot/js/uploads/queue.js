// The queue: it sends a few uploads at once, lets the others wait, and handles failures.

import { connection } from "../connection.js";
import { root } from "../entries.js";
import { emit, filesChanged, on } from "../events.js";
import { session } from "../session.js";
import { toast, toastProblem } from "../toasts.js";
import { t } from "../texts.js";
import { Item } from "./item.js";
import { keep } from "./keep.js";
import { replace } from "./replace.js";
import { folderAt, isThere, occupant } from "./structure.js";
import { enter, isOpen, tab } from "./tabs.js";
import { find, send, terminate } from "./tus.js";

/** The number of simultaneous uploads. Small ones (in bytes) mostly wait for answers, so there may be more of them. */
const lanes = 3;
const lanesOfSmall = 5;
const small = 1024 ** 2;

/** The longest time between two tries, in milliseconds. */
const longestWait = 15_000;

const newId = () => `${tab.id}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

class Queue {
  items = [];
  #failures = 0;
  #timer = 0;
  #order = Date.now();
  #begun = null;
  /** The choices about taken names that count for all files that were added together. */
  #rules = new Map();

  /** Takes over the queue from before a reload, and the uploads of a closed tab. */
  begin() {
    return (this.#begun ??= this.#begin());
  }

  async #begin() {
    await enter();
    for (const kept of await keep.all()) {
      if (await isOpen(kept.tab)) continue;
      const { isPaused, ...fields } = kept;
      const item = new Item({ ...fields, tab: tab.id });
      item.state = !kept.file ? "lost" : isPaused ? "paused" : "waiting";
      item.isKept = Boolean(kept.file);
      this.items.push(item);
      keep.change(item);
      if (item.state !== "waiting") this.#measure(item);
    }
    window.addEventListener("beforeunload", (event) => this.items.some((item) => item.isAtRisk) && event.preventDefault());
    on("connection", () => connection.problem === null && this.#wake());
    on("session", () => this.#wake());
    window.addEventListener("online", () => this.#wake());
    this.#changed();
  }

  /** Asks for the progress of uploads that wait for the user. */
  async #measure(item) {
    if (!item.url) return;
    try {
      item.sent = (await find(item))?.offset ?? 0;
      emit("uploads");
    } catch {
      // The upload asks again before it resumes.
    }
  }

  /**
   * `found`: { file, folder } of each file, and { folder } of each empty folder. `parent`: the id of the folder to put them in, null for
   * loose files; a folder is never loose, and goes to the root.
   */
  async add(found, parent) {
    // Do not take new uploads for uploads from before the reload.
    await this.begin();
    const batch = this.#order++;
    const empty = found.filter(({ file }) => !file);
    const known = new Set(this.items.filter((item) => item.isOpen).map(keyOf));
    let left = 0;
    for (const { file, folder } of found) {
      if (!file) continue;
      const item = this.#make(file, { parent: parent ?? (folder ? root : null), folder, name: file.name, batch });
      const lost = this.items.find((other) => other.state === "lost" && !other.target && other.isSameFile(file));
      if (lost) this.give(lost, file);
      else if (known.has(keyOf(item))) left++;
      else {
        known.add(keyOf(item));
        this.items.push(item);
        keep.add(item);
      }
    }
    if (left > 0) toast(t.inQueue(left));
    this.#changed();
    try {
      for (const { folder } of empty) await folderAt(parent ?? root, folder);
    } catch (problem) {
      toastProblem(problem);
    }
    if (empty.length > 0) filesChanged();
  }

  /** Uploads a file of this device as the new version of an existing file. */
  async addVersion(target, file) {
    await this.begin();
    const item = this.#make(file, { folder: "", name: target.file_name, target: target.file_id, batch: this.#order });
    this.items.push(item);
    keep.add(item);
    this.#changed();
  }

  #make(file, rest) {
    const { size, type, lastModified } = file;
    return new Item({ id: newId(), tab: tab.id, file, size, type, modified: lastModified, order: this.#order++, ...rest });
  }

  pause(item) {
    item.state = "paused";
    // A new version is sent in one request, which starts over.
    if (item.target) item.sent = 0;
    item.stop?.abort();
    keep.change(item);
    this.#changed();
  }

  /** Resumes, tries again, or uploads a file although one like it exists. */
  resume(item) {
    if (item.state === "repeat") item.mayRepeat = true;
    item.state = item.file ? "waiting" : "lost";
    item.problem = null;
    keep.change(item);
    this.#changed();
  }

  /** The user's choice about a taken name: "replace", "rename" or "skip". `isForAll`: for all that were added with it, too. */
  decide(item, choice, isForAll = false) {
    const all = this.items.filter((other) => other === item || (isForAll && other.batch === item.batch && other.state === "conflict"));
    if (isForAll) this.#rules.set(item.batch, choice);
    // Each change tells the dialog, which must not ask about the next one.
    for (const each of all) each.isAsked = true;
    for (const each of all) this.#settle(each, choice);
  }

  #settle(item, choice) {
    if (choice === "skip") this.cancel(item);
    // A file cannot replace a folder: the user decides again.
    else if (choice === "replace" && item.inTheWay === "folder") {
      item.isAsked = false;
      this.#changed();
    } else {
      item.onConflict = choice;
      this.resume(item);
    }
  }

  /** Sets the file of an upload that lost it; false if it is a different file. */
  give(item, file) {
    if (!item.isSameFile(file)) return false;
    item.file = file;
    item.isKept = false;
    keep.add(item);
    this.resume(item);
    return true;
  }

  cancel(item) {
    const { url, state } = item;
    this.items = this.items.filter((other) => other !== item);
    item.state = "cancelled";
    item.stop?.abort();
    keep.remove(item.id);
    if (url && state !== "done") terminate(url);
    this.#changed();
  }

  clearDone() {
    this.items = this.items.filter((item) => item.isOpen);
    this.#changed();
  }

  pauseAll() {
    for (const item of this.items) if (["waiting", "checking", "sending", "offline", "locked"].includes(item.state)) this.pause(item);
  }

  resumeAll() {
    for (const item of this.items) if (item.state === "paused") this.resume(item);
  }

  #changed() {
    for (let under = this.items.filter((item) => item.isUnderWay).length; under < lanesOfSmall; under++) {
      const next = this.items.find((item) => item.state === "waiting" && (under < lanes || item.size <= small));
      if (!next) break;
      this.#run(next);
    }
    emit("uploads");
  }

  async #run(item) {
    const stop = new AbortController();
    item.stop = stop;
    item.state = "checking";
    try {
      const hindrance = item.url || item.target ? null : await this.#hindrance(item);
      stop.signal.throwIfAborted();
      if (hindrance) return this.#hinder(item, hindrance);
      item.state = "sending";
      item.restart();
      this.#changed();
      const way = item.target ? replace : send;
      item.fileId = await way(
        item,
        {
          created: (url) => {
            item.url = url;
            keep.change(item);
          },
          progress: (bytes) => {
            item.progress(bytes);
            emit("uploads", item);
          },
          startedOver: () => (item.note = t.startedOver),
        },
        stop.signal,
      );
      item.state = "done";
      item.sent = item.size;
      item.file = null;
      this.#failures = 0;
      keep.remove(item.id);
      filesChanged();
    } catch (problem) {
      if (item.stop !== stop || stop.signal.aborted) return;
      if (problem.code === "name_taken" && item.into) {
        // Another upload took the name first. `on_conflict` is set when an upload begins, so start over.
        if (item.url) terminate(item.url);
        const inTheWay = (await occupant(item.into, item.name).catch(() => null)) ?? "file";
        if (item.stop !== stop || stop.signal.aborted) return;
        Object.assign(item, { url: null, sent: 0, onConflict: null, isAsked: false, inTheWay });
        return this.#hinder(item, "conflict");
      }
      await this.#failed(item, problem);
    }
    this.#changed();
  }

  /** Finds the folder, and looks whether the name is free there. Returns the state of an upload that must wait for the user. */
  async #hindrance(item) {
    if (item.parent === null) return !item.mayRepeat && (await isThere(item)) ? "repeat" : null;
    item.into ??= await folderAt(item.parent, item.folder);
    if (item.onConflict) return null;
    item.inTheWay = await occupant(item.into, item.name);
    return item.inTheWay ? "conflict" : null;
  }

  #hinder(item, state) {
    item.state = state;
    keep.change(item);
    const rule = state === "conflict" ? this.#rules.get(item.batch) : null;
    if (rule) this.#settle(item, rule);
    else this.#changed();
  }

  async #failed(item, problem) {
    const { status } = problem;
    if (status === 401) {
      item.state = "locked";
      session.lock();
    } else if (problem.isUnreachable && !(await isReadable(item.file))) {
      [item.state, item.problem] = ["failed", t.unreadable];
    } else if (problem.isUnreachable || (problem.code !== "name_taken" && [409, 423, 429, 460, 503].includes(status))) {
      // The file is fine: ask again a little later how much of it the service has.
      item.state = "offline";
      item.problem = problem.isUnreachable ? null : problem.message;
      const wait = Math.max(problem.retryAfter * 1000, Math.min(longestWait, 500 * 2 ** this.#failures++));
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#wake(), wait);
    } else [item.state, item.problem] = ["failed", problem.message];
    // Another try looks for the folder again, and makes it if it was one of those that came with the files.
    if (problem.code === "folder_not_found") item.into = null;
    keep.change(item);
  }

  #wake() {
    if (connection.problem === null) this.#failures = Math.min(this.#failures, 2);
    for (const item of this.items) if (item.state === "offline" || (item.state === "locked" && !session.isLocked)) item.state = "waiting";
    this.#changed();
  }
}

const keyOf = (item) => `${item.target}/${item.parent}/${item.folder}/${item.name}/${item.size}`;

async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

export const queue = new Queue();
