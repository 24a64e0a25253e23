// One upload: its file, its progress and its speed.

const memory = 5000;

/**
 * States: "waiting", "checking", "sending", "offline" (waits for the service), "locked" (waits for a key), "paused",
 * "repeat" (a file like it exists already), "lost" (the user must choose its file again), "failed", "done".
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

  /** `target`: the id of the file whose new version it is; null for a new file. */
  constructor({ id, tab, file, name, size, type, modified, folder, url = null, target = null, mayRepeat = false, order }) {
    Object.assign(this, { id, tab, file, name, size, type, modified, folder, url, target, mayRepeat, order });
  }

  get isOpen() {
    return this.state !== "done";
  }

  get isUnderWay() {
    return this.state === "checking" || this.state === "sending";
  }

  /** Whether the upload waits for the user. */
  get needsPerson() {
    return this.state === "repeat" || this.state === "lost" || this.state === "failed";
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
