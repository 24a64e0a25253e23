// Names in natural order: numbers by their value, letters regardless of case and accents.

const keys = new WeakMap();

/** Text without accents, in upper case. */
const folded = (text) =>
  text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .toUpperCase();

/** Whether a name contains each word of a text, as the service searches names. */
export const hasWords = (name, words) =>
  folded(words)
    .split(/\s+/)
    .every((word) => folded(name).includes(word));

/** The key by which names are compared: without accents, and with the count of digits before each number. */
function keyOf(file) {
  let key = keys.get(file);
  if (key === undefined) {
    key = folded(file.file_name).replace(/0*(\d+)/g, (_, digits) => `0${String.fromCharCode(digits.length)}${digits}`);
    keys.set(file, key);
  }
  return key;
}

export const compareTexts = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/** The order of two entries by their names. */
export const compare = (one, other) =>
  compareTexts(keyOf(one), keyOf(other)) || compareTexts(one.file_name, other.file_name) || compareTexts(one.file_id, other.file_id);

/** Files in that order, or in the opposite one. */
export class NaturalOrder {
  #files = [];
  #compare;

  constructor(isDescending) {
    const names = isDescending ? (one, other) => compare(other, one) : compare;
    // Folders come first in either direction.
    this.#compare = (one, other) => Boolean(other.isFolder) - Boolean(one.isFolder) || names(one, other);
  }

  at(index) {
    return this.#files[index];
  }

  indexOf(file) {
    let [low, high] = [0, this.#files.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = this.#compare(this.#files[middle], file);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  set(files) {
    this.#files = files.sort(this.#compare);
  }

  /** Inserts more files at their places. */
  add(files) {
    const [before, more] = [this.#files, files.toSorted(this.#compare)];
    // Pages come nearly in this order, so most of them belong at the end.
    if (before.length === 0 || more.length === 0 || this.#compare(before.at(-1), more[0]) < 0) {
      before.push(...more);
      return;
    }
    const all = [];
    let at = 0;
    for (const file of before) {
      while (at < more.length && this.#compare(more[at], file) < 0) all.push(more[at++]);
      all.push(file);
    }
    while (at < more.length) all.push(more[at++]);
    this.#files = all;
  }
}
