// The selected files, and the file with the keyboard focus.

export class Selection extends EventTarget {
  #ids = new Set();
  #anchor = null;
  current = null;

  get size() {
    return this.#ids.size;
  }

  get ids() {
    return [...this.#ids];
  }

  has(id) {
    return this.#ids.has(id);
  }

  /** Moves to a file and selects nothing. */
  move(id) {
    this.current = id;
    this.#anchor = id;
    this.#changed();
  }

  toggle(id) {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.move(id);
  }

  /** Selects from the last step without Shift up to a file. */
  extend(listing, id) {
    const [from, to] = [listing.indexOf(this.#anchor ?? this.current ?? id), listing.indexOf(id)];
    if (from >= 0 && to >= 0) this.#ids = new Set(listing.ids(Math.min(from, to), Math.max(from, to)));
    this.current = id;
    this.#changed();
  }

  all(listing) {
    this.#ids = new Set(listing.ids());
    this.#changed();
  }

  clear() {
    this.#ids.clear();
    this.#changed();
  }

  /** Forgets files that are no longer in the list. */
  keep(isThere) {
    const before = this.#ids.size;
    for (const id of this.#ids) if (!isThere(id)) this.#ids.delete(id);
    if (this.#ids.size !== before) this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
