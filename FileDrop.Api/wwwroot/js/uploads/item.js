// One upload: its file, its progress and its speed.

import { root } from "../entries.js";

/** The time over which the speed is measured, in milliseconds. */
const memory = 5000;

/**
 * States: "waiting", "checking", "sending", "offline" (waits for the service), "locked" (waits for a key), "paused",
 * "repeat" (a loose file like it exists already), "conflict" (the folder has something of this name),
 * "lost" (the user must choose its file again), "failed", "done".
 */
export class Item {
  state = "waiting";
  sent = 0;
  problem = null;
  note = null;
  fileId = null;
  stop = null;
  /** Whether its bytes are in the browser's store, so that a reload does not lose them. */
  isKept = false;
  #marks = [];

  /** "file" or "folder": the kind of the entry that has the name. */
  inTheWay = null;
  /** Whether a dialog has asked about the name. */
  isAsked = false;

  /**
   * `parent`: the id of the folder that the files were dropped into, null for a loose file; `folder`: the path below it;
   * `into`: the id of the folder at that path, once it is known; `onConflict`: the choice about a taken name;
   * `batch`: the number of the files that were added together; `target`: the id of the file whose new version it is.
   */
  constructor(fields) {
    const defaults = { parent: root, into: null, onConflict: null, batch: 0, url: null, target: null, mayRepeat: false };
    Object.assign(this, defaults, fields);
  }

  get isOpen() {
    return this.state !== "done";
  }

  get isUnderWay() {
    return this.state === "checking" || this.state === "sending";
  }

  /** Whether the upload waits for the user. */
  get needsPerson() {
    return this.state === "repeat" || this.state === "conflict" || this.state === "lost" || this.state === "failed";
  }

  progress(bytes) {
    this.sent = bytes;
    const now = performance.now();
    this.#marks.push([now, bytes]);
    while (this.#marks.length > 2 && now - this.#marks[0][0] > memory) this.#marks.shift();
  }

  /** Bytes a second over the last few seconds; 0 while nothing is known. */
  get speed() {
    if (this.state !== "sending" || this.#marks.length < 2) return 0;
    const [[from, start], [to, end]] = [this.#marks[0], this.#marks.at(-1)];
    return to - from > 200 ? Math.max(0, ((end - start) / (to - from)) * 1000) : 0;
  }

  restart() {
    this.#marks = [];
  }

  /** Whether leaving the page would lose unsent bytes. */
  get isAtRisk() {
    return this.isOpen && this.file !== null && !this.isKept;
  }

  isSameFile(file) {
    // A new version may have another name than its file.
    return (this.target !== null || this.name.normalize("NFC") === file.name.normalize("NFC")) && this.size === file.size;
  }
}
