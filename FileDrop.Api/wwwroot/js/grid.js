// The list on the screen: only the rows in view exist, however many files there are.

import { el, icon } from "./dom.js";
import { go, route } from "./route.js";
import { Press } from "./press.js";
import { fillRow, makeRow, markRow, renameIn, timeOf } from "./rows.js";
import { t } from "./texts.js";

const margin = 12;
const ahead = 150;

/** A second click on an open file's name renames it. Within this time, in milliseconds, it is a double click. */
const slowClick = 500;

export class Grid {
  #rows = new Map();
  #space = el("div", { role: "rowgroup", class: "space" });
  #head = el("div", { role: "row", class: "head" });
  #frame = 0;
  #narrow = matchMedia("(max-width: 720px)");
  #short = matchMedia("(max-height: 520px)");
  #top = null;
  #clicked = { id: null, at: 0 };
  #all = el("input", {
    type: "checkbox",
    "aria-label": t.selectAll,
    on: { change: () => (this.#all.checked ? this.selection.all(this.listing) : this.selection.clear()) },
  });

  listing = null;
  element = el("div", { role: "grid", class: "grid", tabindex: "0", "aria-multiselectable": "true" });

  /** `actions`: open(file), remove(ids), rename(file, name), isCut(id), markOf(id): the words of a mark, or "". */
  constructor(selection, actions) {
    this.selection = selection;
    this.actions = actions;
    this.element.append(el("div", { role: "rowgroup", class: "heads" }, this.#head), this.#space);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.#space.addEventListener("click", (event) => this.#click(event));
    new Press(this.#space, (row) => {
      this.element.focus({ preventScroll: true });
      this.selection.toggle(row.file.file_id);
    });
    this.selection.addEventListener("change", () => {
      this.#all.checked = this.selection.size > 0 && this.selection.size === this.listing?.length;
      this.#all.indeterminate = this.selection.size > 0 && !this.#all.checked;
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  get rowHeight() {
    return this.#narrow.matches && !this.#short.matches ? 64 : 48;
  }

  show(listing) {
    this.listing = listing;
    this.#top = null;
    this.element.scrollTop = 0;
    this.#drawHead();
    this.drawNow();
  }

  /** After a change of the list, the visible rows stay in place, whatever came or went above them. */
  changed() {
    const index = this.#top ? this.listing.indexOf(this.#top.id) : -1;
    if (index >= 0 && index !== this.#top.index && this.#top.index > 0) {
      this.#space.style.height = `${this.listing.length * this.rowHeight}px`;
      this.element.scrollTop += (index - this.#top.index) * this.rowHeight;
    }
    this.drawNow();
  }

  get hasFocus() {
    return document.activeElement === this.element;
  }

  /** The first and the last row in view. */
  get range() {
    const top = this.element.scrollTop;
    return [Math.floor(top / this.rowHeight), Math.ceil((top + this.element.clientHeight) / this.rowHeight)];
  }

  draw() {
    this.#frame ||= requestAnimationFrame(() => this.drawNow());
  }

  drawNow() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { listing } = this;
    if (!listing) return;
    this.element.setAttribute("aria-rowcount", listing.isComplete ? listing.length + 1 : -1);
    this.#space.style.height = `${listing.length * this.rowHeight}px`;
    const [top, bottom] = this.range;
    const [first, last] = [Math.max(0, top - margin), Math.min(listing.length - 1, bottom + margin)];
    const column = timeOf(route.sort, route.view);
    const unused = new Set(this.#rows.keys());
    const rows = [];
    for (let i = first; i <= last; i++) {
      const file = listing.at(i);
      let row = this.#rows.get(file.file_id);
      if (!row) {
        row = makeRow(file);
        this.#rows.set(file.file_id, row);
      }
      rows.push(row);
      unused.delete(file.file_id);
      fillRow(row, file, column);
      row.style.transform = `translateY(${i * this.rowHeight}px)`;
      row.setAttribute("aria-rowindex", i + 2);
      markRow(row, {
        isSelected: this.selection.has(file.file_id),
        isCurrent: this.selection.current === file.file_id,
        isOpen: route.file === file.file_id,
        isCut: this.actions.isCut(file.file_id),
        mark: file.deleted_at ? "" : this.actions.markOf(file.file_id),
      });
    }
    for (const id of unused) this.#forget(id);
    this.#place(rows);
    this.#top = top < listing.length ? { id: listing.at(top).file_id, index: top } : null;
    const current = this.#rows.get(this.selection.current);
    if (current) this.element.setAttribute("aria-activedescendant", current.id);
    else this.element.removeAttribute("aria-activedescendant");
    listing.freshen(top, bottom);
    if (bottom + ahead > listing.length && !listing.isComplete && listing.problem === null)
      listing.more(bottom + 2 * ahead > listing.length && top > 500);
  }

  /** Keeps the document's order like the order on the screen, for screen readers. */
  #place(rows) {
    let next = this.#space.firstElementChild;
    for (const row of rows) {
      if (row === next) next = row.nextElementSibling;
      // Moved this way, a field in a row keeps the focus.
      else if (row.isConnected && this.#space.moveBefore) this.#space.moveBefore(row, next);
      else this.#space.insertBefore(row, next);
    }
  }

  /** Scrolls a row into view, no further than needed. */
  reveal(index) {
    const { element, rowHeight } = this;
    const [from, view] = [index * rowHeight, element.clientHeight - this.#head.offsetHeight];
    if (from < element.scrollTop) element.scrollTop = from;
    else if (from + rowHeight > element.scrollTop + view) element.scrollTop = from + rowHeight - view;
    this.drawNow();
  }

  rename(id) {
    const index = this.listing.indexOf(id);
    if (index < 0 || route.view === "trash") return;
    this.reveal(index);
    const row = this.#rows.get(id);
    renameIn(row, (name, byKey) => {
      if (byKey) this.element.focus({ preventScroll: true });
      if (name !== null) this.actions.rename(row.file, name);
    });
  }

  #forget(id) {
    const row = this.#rows.get(id);
    // A move of the list does not discard a name that is being typed.
    if (row.isRenaming && this.listing.indexOf(id) >= 0) return;
    row.remove();
    this.#rows.delete(id);
  }

  #drawHead() {
    const column = timeOf(route.sort, route.view);
    const titles = { updated_at: t.changed, created_at: t.added, deleted_at: t.deleted };
    this.#head.replaceChildren(
      el("div", { role: "columnheader", class: "check" }, el("label", { class: "all" }, this.#all)),
      this.#sortHead("file_name", t.name, "name"),
      this.#sortHead("file_size", t.size, "size"),
      el("div", { role: "columnheader", class: "type" }, el("span", { text: t.type })),
      this.#sortHead(column, titles[column], "time"),
    );
  }

  #sortHead(sort, title, name) {
    const isSorted = route.sort === sort;
    const order = isSorted && route.order === "desc" ? "asc" : isSorted ? "desc" : sort === "file_name" ? "asc" : "desc";
    return el(
      "div",
      { role: "columnheader", class: name, "aria-sort": isSorted ? (route.order === "asc" ? "ascending" : "descending") : "none" },
      el(
        "button",
        { type: "button", on: { click: () => go({ sort, order }) } },
        el("span", { text: title }),
        isSorted ? icon(route.order === "asc" ? "up" : "down") : null,
      ),
    );
  }

  #click(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    const link = event.target.closest("a");
    const isOther = event.ctrlKey || event.metaKey;
    // The middle button and the browser's menu open a link in a tab; Ctrl and Shift select, as in any list of files.
    if (link) event.preventDefault();
    const id = row.file.file_id;
    const before = this.#clicked;
    this.#clicked = { id, at: event.timeStamp };
    const isSelecting = event.pointerType === "touch" && this.selection.size > 0;
    this.element.focus({ preventScroll: true });
    if (event.shiftKey) this.selection.extend(this.listing, id);
    else if (isOther || isSelecting || event.target.closest(".check")) this.selection.toggle(id);
    else if (link && route.file === id && before.id === id && event.pointerType === "mouse") {
      if (event.timeStamp - before.at > slowClick) this.rename(id);
    } else {
      this.selection.move(id);
      this.actions.open(row.file);
    }
  }

  #key(event) {
    const { selection, listing } = this;
    if (event.target !== this.element || event.altKey || listing.length === 0) return;
    const index = Math.max(-1, listing.indexOf(selection.current));
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 2);
    const moves = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: listing.length - 1,
    };
    const handled =
      event.key in moves
        ? this.#moveTo(moves[event.key], event.shiftKey)
        : event.key === "Enter" && index >= 0
          ? this.actions.open(listing.at(index))
          : event.key === " " && index >= 0
            ? selection.toggle(selection.current)
            : event.key === "F2" && index >= 0
              ? this.rename(selection.current)
              : event.key === "Delete"
                ? this.actions.remove(selection.size > 0 ? selection.ids : [selection.current].filter(Boolean))
                : event.key === "a" && (event.ctrlKey || event.metaKey)
                  ? selection.all(listing)
                  : false;
    if (handled === false) return;
    event.preventDefault();
    if (event.key === "End" && !listing.isComplete)
      listing.all().then(() => this.listing === listing && this.#moveTo(listing.length - 1, event.shiftKey));
  }

  #moveTo(index, extend) {
    const to = Math.min(this.listing.length - 1, Math.max(0, index));
    const id = this.listing.at(to).file_id;
    if (extend) this.selection.extend(this.listing, id);
    else this.selection.move(id);
    // Open details follow; however far the user moves, it is one step for the back button.
    if (route.file && !extend && !this.listing.at(to).isFolder) go({ file: id }, { replace: true });
    this.reveal(to);
  }
}
