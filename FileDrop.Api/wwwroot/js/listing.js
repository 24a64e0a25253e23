// One list of files and folders, as pages that load while the user scrolls. Changes of the feed are shown at their places. Only where the
// service alone knows the places, as in a search, are the visible pages read again.

import { api } from "./api.js";
import { toEntry } from "./entries.js";
import { compareIn, isIn, keyOf } from "./feed/order.js";
import { hasWords, NaturalOrder } from "./natural.js";
import { isDeep, listUrls } from "./route.js";

const firstPage = 100;
const nextPage = 200;
const largestPage = 1000;

/**
 * The service sorts names by their bytes. To show them in natural order, a list by name loads at most this many files at once; later
 * files are inserted at their places.
 */
const sortedAtOnce = 10_000;

/** More rows would make a scroll area higher than browsers allow. */
export const mostRows = 250_000;

export class Listing extends EventTarget {
  #pages = [];
  #pageOf = new Map();
  /** The lists that follow one another, as the trash has folders before files; the number of the current one, and its next page. */
  #sources;
  #source = 0;
  #next;
  #loading = null;
  #stop = new AbortController();
  #natural = null;
  /** The number of answers on their way, and the changes since they were asked for, which they may not know. */
  #asked = 0;
  #late = [];
  #refreshing = null;
  /** Changes when changes of all pages, also of those on their way, may have been missed. */
  #age = 0;

  constructor(state) {
    super();
    this.state = state;
    if (state.sort === "file_name" || isDeep(state)) this.#natural = new NaturalOrder(state.order === "desc");
    this.#sources = listUrls(state, firstPage);
    this.#next = this.#sources[0] ?? null;
  }

  length = 0;
  /** The folders among the loaded entries. */
  folders = 0;
  problem = null;

  get isComplete() {
    return this.#next === null;
  }

  get isFull() {
    return this.length >= mostRows;
  }

  get isLoading() {
    return this.#loading !== null;
  }

  /** Stops all further requests. */
  close() {
    this.#stop.abort();
  }

  at(index) {
    if (this.#natural) return this.#natural.at(index);
    const page = this.#pages[this.#pageAt(index)];
    return page?.items[index - page.start];
  }

  get(id) {
    return this.#pageOf.get(id)?.items.find((file) => file.file_id === id);
  }

  indexOf(id) {
    if (this.#natural) {
      const file = this.get(id);
      return file ? this.#natural.indexOf(file) : -1;
    }
    const page = this.#pageOf.get(id);
    return page ? page.start + page.items.findIndex((file) => file.file_id === id) : -1;
  }

  *ids(from = 0, to = this.length - 1) {
    for (let i = from; i <= to; i++) yield this.at(i).file_id;
  }

  /** Loads the next page; a large one if the user is in a rush. */
  more(rush = false) {
    if (this.isComplete || this.isFull) return Promise.resolve();
    return (this.#loading ??= this.#more(rush).finally(() => {
      this.#loading = null;
      this.#tell();
      if (this.#natural && this.length < sortedAtOnce && this.problem === null && !this.#stop.signal.aborted) this.more(true);
    }));
  }

  /** Loads the rest. */
  async all() {
    while (!this.isComplete && !this.isFull && this.problem === null && !this.#stop.signal.aborted) await this.more(true);
  }

  /** Reads the pages again that hold these rows. */
  async refresh(from, to) {
    if (this.#pages.length === 0) return this.more();
    for (const page of this.#pagesOf(from, to)) await this.#again(page);
  }

  /** Changes may have been missed: each page is read again once its rows are in view. */
  expire() {
    this.#age += 1;
  }

  /** Reads the pages of these rows again if changes of them may have been missed. */
  freshen(from, to) {
    const isStale = () => this.#pages.length > 0 && [...this.#pagesOf(from, to)].some((page) => page.age !== this.#age);
    if (this.#refreshing || !isStale()) return;
    this.#refreshing = this.refresh(from, to)
      // The request itself has told the connection.
      .catch(() => {})
      .finally(() => (this.#refreshing = null));
  }

  /** Shows changes of the feed. Returns whether the list must be read again, since only the service knows what it has now. */
  take(changes) {
    if (this.#asked > 0) this.#late.push(...changes);
    let [isUnknown, isOther] = [this.problem !== null, false];
    for (const { id, entry } of changes) {
      const [known, isHere] = [this.get(id), isIn(this.state, entry)];
      if (isHere === null) isUnknown = true;
      else if (!isHere) isOther = this.#takeOut(id) || isOther;
      // An answer to this page can be newer than the feed.
      else if (!known || (marks(known) !== marks(entry) && known.version <= entry.version)) {
        isOther = true;
        if (known && keyOf(known, this.state) === keyOf(entry, this.state)) this.#put(entry);
        else {
          this.#takeOut(id);
          this.#insert(entry);
        }
      }
    }
    if (isOther) this.#changed();
    return isUnknown;
  }

  /** Shows a file that changed here at its place at once. */
  replace(file) {
    if (this.#put(file)) this.#changed();
  }

  /** Removes files that are gone. */
  remove(ids) {
    for (const id of ids) this.#takeOut(id);
    this.#changed();
  }

  #put(file) {
    const page = this.#pageOf.get(file.file_id);
    if (!page) return false;
    page.items[page.items.findIndex((item) => item.file_id === file.file_id)] = file;
    page.etag = null;
    return true;
  }

  #takeOut(id) {
    const page = this.#pageOf.get(id);
    if (!page) return false;
    page.items = page.items.filter((file) => file.file_id !== id);
    page.etag = null;
    return this.#pageOf.delete(id);
  }

  /** Puts an entry at its place, unless that is in a page that is not loaded yet. */
  #insert(entry) {
    const isBefore = (other) => compareIn(this.state, other, entry) < 0;
    const filled = this.#pages.filter((page) => page.items.length > 0);
    const page = filled.findLast((one) => isBefore(one.items[0])) ?? filled[0] ?? this.#pages[0];
    if (!page) return;
    const at = page.items.findLastIndex(isBefore) + 1;
    if (at === page.items.length && page === (filled.at(-1) ?? page) && !this.isComplete) return;
    page.items = page.items.toSpliced(at, 0, entry);
    page.etag = null;
    this.#pageOf.set(entry.file_id, page);
  }

  /** Asks for a page. Changes that come meanwhile are shown again after the answer, which may be older. */
  async #ask(page, show) {
    this.#asked += 1;
    try {
      show(await api.list(page.url, { signal: this.#stop.signal, headers: page.etag ? { "If-None-Match": page.etag } : {} }));
    } finally {
      this.#asked -= 1;
      if (this.#asked === 0 && this.#late.length > 0) this.take(this.#late.splice(0));
    }
  }

  async #more(rush) {
    const url = new URL(this.#next, location.origin);
    if (this.#pages.length > 0 && url.pathname !== "/trash/folders") url.searchParams.set("limit", rush ? largestPage : nextPage);
    const page = { url: url.pathname + url.search, source: this.#source, start: this.length, items: [], etag: null, age: this.#age };
    try {
      await this.#ask(page, (answer) => {
        page.etag = answer.etag;
        this.#goOn(answer.next);
        this.#pages.push(page);
        const before = this.length;
        this.#fill(page, this.#entries(page, answer.body));
        if (this.length === before + page.items.length) this.#natural?.add(page.items);
        else this.#sort();
        this.problem = null;
      });
    } catch (problem) {
      if (!this.#stop.signal.aborted) this.problem = problem;
    }
  }

  /** Leads to the next page: of this source or, at its end, of the next one. */
  #goOn(next) {
    this.#next = next ?? this.#sources[++this.#source] ?? null;
  }

  #entries(page, body) {
    const entries = body.map(toEntry);
    // The list of folders in the trash has no search of its own.
    return page.url.startsWith("/trash/folders") ? entries.filter((entry) => hasWords(entry.file_name, this.state.q)) : entries;
  }

  async #again(page) {
    page.age = this.#age;
    try {
      await this.#ask(page, (answer) => this.#replacePage(page, answer));
    } catch (problem) {
      if (!this.#stop.signal.aborted) throw problem;
    }
  }

  #replacePage(page, answer) {
    if (answer.status === 304 || !this.#pages.includes(page)) return;
    page.etag = answer.etag;
    const now = this.#entries(page, answer.body);
    if (isSame(now, page.items)) return;
    if (answer.next === null) {
      // The source ends here now.
      const index = this.#pages.indexOf(page);
      this.#drop(this.#pages.filter((later, i) => i > index && later.source === page.source));
      if (this.#source === page.source) this.#goOn(null);
      this.#fill(page, now);
    } else {
      // New files push others out of the page; those follow the last file that both have.
      const places = new Map(page.items.map((file, i) => [file.file_id, i]));
      const both = now.findLast((file) => places.has(file.file_id));
      if (both || now.length === 0) this.#fill(page, [...now, ...page.items.slice(both ? places.get(both.file_id) + 1 : 0)]);
      else this.#startOver(page, now, answer.next);
    }
    this.#changed();
  }

  /** All files of a page have moved, so the pages after it are read again when the user scrolls there. */
  #startOver(page, now, next) {
    this.#drop(this.#pages.slice(this.#pages.indexOf(page) + 1));
    [this.#source, this.#next] = [page.source, next];
    this.#fill(page, now);
  }

  #drop(pages) {
    for (const page of pages) for (const file of page.items) this.#pageOf.delete(file.file_id);
    this.#pages = this.#pages.filter((page) => !pages.includes(page));
  }

  #fill(page, items) {
    for (const file of page.items) if (this.#pageOf.get(file.file_id) === page) this.#pageOf.delete(file.file_id);
    for (const file of items) {
      // If the sort key changes, a file can appear at a second place; the newest answer is right.
      const other = this.#pageOf.get(file.file_id);
      if (other && other !== page) other.items = other.items.filter((item) => item.file_id !== file.file_id);
      this.#pageOf.set(file.file_id, page);
    }
    page.items = items;
    this.#measure();
  }

  #measure() {
    [this.length, this.folders] = [0, 0];
    for (const page of this.#pages) {
      page.start = this.length;
      this.length += page.items.length;
      // Folders come first, in a page too, except in a deep list.
      if (page.items[0]?.isFolder || isDeep(this.state)) this.folders += page.items.filter((entry) => entry.isFolder).length;
    }
  }

  /** The pages that hold these rows, and the first one of each source: it has the newest entries of a list by time, and new ones of an empty list. */
  #pagesOf(from, to) {
    const pages = new Set(this.#pages.filter((page, i) => page.source !== this.#pages[i - 1]?.source));
    if (!this.#natural) for (const page of this.#pages.slice(Math.max(0, this.#pageAt(from)), this.#pageAt(to) + 1)) pages.add(page);
    else for (let i = from; i <= to && i < this.length; i++) pages.add(this.#pageOf.get(this.at(i).file_id));
    return pages;
  }

  #pageAt(index) {
    let [low, high] = [0, this.#pages.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#pages[middle].start <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #changed() {
    this.#measure();
    this.#sort();
    this.#tell();
  }

  #sort() {
    this.#natural?.set(this.#pages.flatMap((page) => page.items));
  }

  #tell() {
    if (!this.#stop.signal.aborted) this.dispatchEvent(new Event("change"));
  }
}

const isSame = (one, other) => one.length === other.length && one.every((entry, i) => marks(entry) === marks(other[i]));

/** Changes with an entry. The counts of a folder in the trash grow for some seconds. */
const marks = ({ file_id, version, files, folders }) => `${file_id} ${version} ${files} ${folders}`;
