// The queue: it sends a few uploads at once, lets the others wait, and handles failures.

import { api } from "../api.js";
import { connection } from "../connection.js";
import { emit, filesChanged, on } from "../events.js";
import { session } from "../session.js";
import { toast } from "../toasts.js";
import { t } from "../texts.js";
import { Item } from "./item.js";
import { keep } from "./keep.js";
import { replace } from "./replace.js";
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

  /** Takes over the queue from before a reload, and the uploads of a closed tab. */
  begin() {
    return (this.#begun ??= this.#begin());
  }

  async #begin() {
    await enter();
    for (const kept of await keep.all()) {
      if (await isOpen(kept.tab)) continue;
      const item = new Item({ ...kept, tab: tab.id });
      item.state = !kept.file ? "lost" : kept.isPaused ? "paused" : "waiting";
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

  /** `found`: { file, folder } of each. */
  async add(found) {
    // Do not take new uploads for uploads from before the reload.
    await this.begin();
    const known = new Set(this.items.filter((item) => item.isOpen).map(keyOf));
    let left = 0;
    for (const { file, folder } of found) {
      const item = this.#make(file, { folder, name: file.name });
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
  }

  /** Uploads a file of this device as the new version of an existing file. */
  async addVersion(target, file) {
    await this.begin();
    const item = this.#make(file, { folder: "", name: target.file_name, target: target.file_id });
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
      const isRepeat = !item.url && !item.target && !item.mayRepeat && (await isThere(item));
      stop.signal.throwIfAborted();
      if (isRepeat) {
        item.state = "repeat";
        return this.#changed();
      }
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
      await this.#failed(item, problem);
    }
    this.#changed();
  }

  async #failed(item, problem) {
    const { status } = problem;
    if (status === 401) {
      item.state = "locked";
      session.lock();
    } else if (problem.isUnreachable && !(await isReadable(item.file))) {
      [item.state, item.problem] = ["failed", t.unreadable];
    } else if (problem.isUnreachable || [409, 423, 429, 460, 503].includes(status)) {
      // The file is fine: ask again a little later how much of it the service has.
      item.state = "offline";
      item.problem = problem.isUnreachable ? null : problem.message;
      const wait = Math.max(problem.retryAfter * 1000, Math.min(longestWait, 500 * 2 ** this.#failures++));
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#wake(), wait);
    } else [item.state, item.problem] = ["failed", problem.message];
    keep.change(item);
  }

  #wake() {
    if (connection.problem === null) this.#failures = Math.min(this.#failures, 2);
    for (const item of this.items) if (item.state === "offline" || (item.state === "locked" && !session.isLocked)) item.state = "waiting";
    this.#changed();
  }
}

const keyOf = (item) => `${item.target}/${item.folder}/${item.name}/${item.size}`;

/** Whether the list has a file of the same name and size. */
async function isThere(item) {
  const name = item.name.normalize("NFC");
  const { body } = await api.namesakes(name, item.size);
  return body.some((file) => file.file_name === name && file.file_size === item.size);
}

async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

export const queue = new Queue();
