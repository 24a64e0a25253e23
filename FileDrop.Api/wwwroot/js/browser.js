// The list of a place, with its way, its filters and the bar of the selection.

import { announce } from "./announce.js";
import * as actions from "./actions.js";
import { api } from "./api.js";
import { connect } from "./connect.js";
import { el, icon } from "./dom.js";
import { Empty } from "./empty.js";
import { emit } from "./events.js";
import { filtersOf } from "./filters.js";
import { root } from "./entries.js";
import { chooseFolder } from "./folders/choose.js";
import { cut } from "./folders/clipboard.js";
import { newFolder } from "./folders/create.js";
import { Crumbs } from "./folders/crumbs.js";
import { moveAllLoose } from "./folders/moving.js";
import { Grid } from "./grid.js";
import { Listing } from "./listing.js";
import { go, isEverywhere, isFiltered, listUrls, placeState, route, shownFolder } from "./route.js";
import { Selection } from "./selection.js";
import { share } from "./sharing/dialog.js";
import { markOf } from "./sharing/mark.js";
import { drawCount, sortChoice } from "./sorting.js";
import { Toolbar } from "./toolbar.js";
import { t } from "./texts.js";

export class Browser {
  selection = new Selection();
  crumbs = new Crumbs();
  listing = null;
  grid = new Grid(this.selection, {
    open: (entry) => this.open(entry),
    remove: (ids) => this.remove(ids.map((id) => this.listing.get(id)).filter(Boolean)),
    rename: async (entry, name) => this.listing.replace((await actions.rename(entry, name)) ?? { ...entry }),
    isCut: (id) => cut.has(id),
    markOf,
  });

  #shown = null;
  /** The entry that gets the keyboard once the list has it: a folder that the user left, or made. */
  #awaited = null;
  /** Whether the keyboard was in the list when another one came, and so gets its first row. */
  #takesFirst = false;
  #hasLoose = false;
  #count = el("p", { class: "note count", role: "status" });
  #filters = el("div", { class: "filters", role: "group", "aria-label": t.filter });
  #plain = el("div", { class: "plain" });
  #toolbar = new Toolbar(this);
  #empty = new Empty();

  element = el(
    "main",
    { class: "browser", id: "main" },
    el("div", { class: "bar" }, this.crumbs.element, this.#plain),
    this.#filters,
    this.#toolbar.element,
    this.grid.element,
    this.#empty.element,
  );

  constructor() {
    this.selection.addEventListener("change", () => this.#drawChosen());
    this.crumbs.addEventListener("go", () => this.focus());
    this.crumbs.addEventListener("change", () => this.#named());
  }

  /** The selected entries. */
  get selected() {
    return this.selection.ids.map((id) => this.listing.get(id)).filter(Boolean);
  }

  /** The entries that a key means: the selected ones or, without a selection, the current one. */
  get chosen() {
    return this.selection.size > 0 ? this.selected : [this.listing?.get(this.selection.current)].filter(Boolean);
  }

  /** Opens a folder, or the details of a file. */
  open(entry) {
    if (!entry.isFolder) return go({ file: entry.file_id });
    if (entry.deleted_at) return this.selection.toggle(entry.file_id);
    if (shownFolder() !== null && entry.folder_id === route.folder) this.crumbs.enter(entry);
    go(placeState("folder", entry.file_id));
  }

  /** Opens the folder above the shown one. */
  up() {
    if (this.crumbs.parent && shownFolder()) go(placeState("folder", this.crumbs.parent));
  }

  /** Shows the list that the address names, if it has changed. `before`: the route until now. */
  show(before = null) {
    const key = listUrls(route, 0).join(" ");
    if (key === this.#shown) {
      this.grid.drawNow();
      return;
    }
    this.#shown = key;
    // Going up leads to the folder from which the user comes.
    this.#awaited = before?.view === "folder" && before.folder !== route.folder ? before.folder : null;
    this.reload();
  }

  reload() {
    this.listing?.close();
    const listing = (this.listing = new Listing({ ...route }));
    listing.addEventListener("change", () => this.#changed());
    this.#takesFirst = this.#hasFocus;
    this.selection.clear();
    this.selection.current = null;
    this.crumbs.show();
    this.#drawBar();
    this.element.setAttribute("aria-busy", "true");
    this.grid.show(listing);
    this.#named();
    this.#changed();
    this.crumbs.refresh();
    this.#look();
  }

  /** Reads the visible rows again. */
  async refresh() {
    const { listing } = this;
    // A page on its way may be older than the reason to read again.
    if (listing.isLoading) return listing.expire();
    this.#look();
    if (listing.problem) {
      listing.problem = null;
      await listing.more();
      return;
    }
    const [top, bottom] = this.grid.range;
    await this.crumbs.refresh();
    await listing.refresh(top, bottom);
  }

  /** Shows changes of the feed. Returns whether the visible rows must be read again. */
  take(changes) {
    this.crumbs.take(changes);
    const isUnknown = this.listing.take(changes);
    this.#look();
    return isUnknown;
  }

  /** Deletes entries: for good in the trash. */
  remove(entries) {
    if (entries.length === 0) return;
    const { listing } = this;
    const run = route.view === "trash" ? actions.purge : actions.remove;
    // The user may have gone to another list meanwhile, such as the trash.
    run(entries, (ids) => listing === this.listing && this.gone(ids));
  }

  /** Takes entries out of the list that are no longer in it. */
  gone(ids) {
    const next = this.#neighbour(ids);
    this.listing.remove(ids);
    if (next && ids.includes(this.selection.current)) this.selection.move(next);
    if (ids.includes(route.file)) go({ file: "" });
  }

  /** Entries went to another folder: they leave the list, unless it shows all places. */
  left(ids) {
    if (!isEverywhere(route)) this.gone(ids);
  }

  /** Makes a folder in the shown one. */
  async addFolder() {
    const folder = await newFolder(shownFolder() ?? root);
    this.focus();
    if (!folder) return;
    announce(t.folderMade(folder.file_name));
    if (shownFolder() === folder.folder_id) this.#awaited = folder.file_id;
    else go(placeState("folder", root));
  }

  #changed() {
    const { listing } = this;
    this.selection.keep((id) => listing.indexOf(id) >= 0);
    this.grid.changed();
    this.#arrive();
    drawCount(this.#count, listing);
    this.element.setAttribute("aria-busy", String(listing.isLoading));
    this.#drawEmpty();
    emit("list");
  }

  /** Gives the keyboard a row: the awaited one, or the first one in a list that the keyboard has. */
  #arrive() {
    const { listing, selection } = this;
    const index = this.#awaited ? listing.indexOf(this.#awaited) : -1;
    if (index >= 0) {
      selection.move(this.#awaited);
      this.grid.reveal(index);
      this.#awaited = null;
    } else if (selection.current === null && listing.length > 0 && this.#takesFirst && (!this.#awaited || listing.isComplete)) {
      this.#takesFirst = false;
      selection.move(listing.at(0).file_id);
    }
  }

  /** The names of the place, for the tab and for screen readers. */
  #named() {
    const isFolder = shownFolder() !== null;
    const { name } = this.crumbs;
    this.#filters.replaceChildren(...filtersOf(name));
    this.grid.element.setAttribute("aria-label", route.view === "trash" ? t.trashList : isFolder && name ? t.listOf(name) : t.list);
    emit("place");
    this.#drawEmpty();
  }

  #drawBar() {
    this.#plain.replaceChildren(
      this.#count,
      ...(route.view === "trash" ? [quiet(t.emptyTheTrash, actions.emptyTrash)] : []),
      ...(route.view === "unsorted" && !isFiltered(route) ? [quiet(t.moveAll, () => this.#moveAll())] : []),
      ...(shownFolder() !== null
        ? [
            route.folder === root
              ? tool("drive", t.connect.title, t.connect.title, connect)
              : tool("share", t.sharing.share, t.sharing.shareFolder, () => this.#shareFolder(), "sharing-only"),
            tool("newFolder", t.newFolder, t.newFolder, () => this.addFolder()),
          ]
        : []),
      sortChoice(),
    );
    this.#drawChosen();
  }

  /** Shares the shown folder. */
  #shareFolder() {
    share([{ file_id: route.folder, file_name: this.crumbs.name, isFolder: true }]);
  }

  async #moveAll() {
    const target = await chooseFolder({ title: t.moveAllTitle, action: t.moveHere, from: root });
    if (target) await moveAllLoose(target);
  }

  #drawChosen() {
    this.#filters.hidden = this.selection.size > 0;
    this.#toolbar.draw();
  }

  /** The entry that gets the keyboard once the current one is gone. */
  #neighbour(ids) {
    const left = new Set(ids);
    const from = this.listing.indexOf(this.selection.current);
    for (let i = Math.max(0, from); i < this.listing.length; i++)
      if (!left.has(this.listing.at(i).file_id)) return this.listing.at(i).file_id;
    for (let i = from; i >= 0; i--) if (!left.has(this.listing.at(i).file_id)) return this.listing.at(i).file_id;
    return null;
  }

  /** Looks for loose files while the root is empty. */
  async #look() {
    if (shownFolder() !== root || this.listing.length > 0) return;
    try {
      this.#hasLoose = (await api.list("/files?loose=true&limit=1")).body.length > 0;
      this.#drawEmpty();
    } catch {
      // The list itself says why nothing is shown.
    }
  }

  #drawEmpty() {
    const { listing } = this;
    const isGone = shownFolder() !== null && (this.crumbs.problem ?? listing.problem)?.code === "folder_not_found";
    const isEmpty = listing.length === 0 && listing.isComplete && listing.problem === null;
    // The focus stays in the place of the list, which only one of the two has.
    const hadFocus = this.#hasFocus;
    this.grid.element.hidden = isEmpty || isGone;
    this.#empty.draw({ isEmpty, isGone, hasLoose: this.#hasLoose });
    if (hadFocus && !this.#hasFocus) this.focus();
  }

  get #hasFocus() {
    return this.grid.hasFocus || this.#empty.element.contains(document.activeElement);
  }

  /** Gives the list the keyboard, or the text in its place. */
  focus() {
    (this.grid.element.hidden ? this.#empty.element : this.grid.element).focus({ preventScroll: true });
  }
}

/** A button whose text has no room on a phone. */
const tool = (picture, text, label, click, look = "") =>
  el(
    "button",
    { type: "button", class: `quiet make ${look}`.trim(), title: label, "aria-label": label, on: { click } },
    icon(picture),
    el("span", { text }),
  );

const quiet = (text, click) => el("button", { type: "button", class: "quiet", text, on: { click } });
