// The list with its filters, the bar of the selection, and the texts for an empty list.

import * as actions from "./actions.js";
import { el, icon, iconButton, setText } from "./dom.js";
import { emit } from "./events.js";
import { drawCount, Grid, sortChoice } from "./grid.js";
import { chooseFiles } from "./header.js";
import { Listing } from "./listing.js";
import { go, listUrl, route } from "./route.js";
import { Selection } from "./selection.js";
import { tagFilters } from "./tags.js";
import { t } from "./texts.js";

export class Browser {
  selection = new Selection();
  listing = null;
  grid = new Grid(this.selection, {
    open: (file) => go({ file: file.file_id }),
    remove: (ids) => this.#removed(ids.map((id) => this.listing.get(id)).filter(Boolean)),
    rename: async (file, name) => {
      const now = await actions.rename(file, name);
      if (now) this.listing.replace(now);
      else this.listing.replace({ ...file });
    },
  });

  #shown = "";
  #title = el("h1");
  #count = el("p", { class: "note count", role: "status" });
  #filters = el("div", { class: "filters", role: "group", "aria-label": t.filter });
  #plain = el("div", { class: "plain" });
  #chosen = el("div", { class: "chosen", role: "toolbar", "aria-label": t.selected(0), hidden: true });
  #empty = el("div", { class: "empty", hidden: true });

  element = el(
    "main",
    { class: "browser", id: "main" },
    el("div", { class: "bar" }, this.#title, this.#plain, this.#chosen),
    this.#filters,
    this.grid.element,
    this.#empty,
  );

  constructor() {
    this.selection.addEventListener("change", () => this.#drawChosen());
  }

  /** Shows the list that the address names, if it has changed. */
  show() {
    const key = listUrl(route, 0);
    if (key === this.#shown) {
      this.grid.drawNow();
      return;
    }
    this.#shown = key;
    this.reload();
  }

  reload() {
    this.listing?.close();
    const listing = (this.listing = new Listing({ ...route }));
    listing.addEventListener("change", () => this.#changed());
    this.selection.clear();
    this.selection.current = null;
    this.#drawBar();
    this.#empty.hidden = true;
    this.element.setAttribute("aria-busy", "true");
    this.grid.show(listing);
    this.#changed();
  }

  /** Reads the visible rows again. */
  async refresh() {
    const { listing } = this;
    if (!listing || listing.isLoading) return;
    if (listing.problem) {
      listing.problem = null;
      await listing.more();
      return;
    }
    const [top, bottom] = this.grid.range;
    await listing.refresh(top, bottom);
    // A list by time shows the newest first, so its first page is read too.
    if (top > 0 && this.listing === listing) await listing.refresh(0, 0);
  }

  #changed() {
    const { listing } = this;
    this.selection.keep((id) => listing.indexOf(id) >= 0);
    this.grid.changed();
    drawCount(this.#count, listing);
    this.element.setAttribute("aria-busy", String(listing.isLoading));
    this.#drawEmpty();
    emit("list");
  }

  #drawBar() {
    setText(this.#title, route.view === "trash" ? t.trash : t.files);
    this.#plain.replaceChildren(
      this.#count,
      ...(route.view === "trash"
        ? [el("button", { type: "button", class: "quiet", text: t.emptyTheTrash, on: { click: actions.emptyTrash } })]
        : []),
      sortChoice(),
    );
    this.#filters.replaceChildren(
      ...Object.entries(t.kinds).map(([type, text]) =>
        el("button", {
          type: "button",
          class: "chip",
          text,
          "aria-pressed": String(route.type === type),
          on: { click: () => go({ type, file: "" }) },
        }),
      ),
      ...tagFilters(route.tags),
    );
    this.#drawChosen();
  }

  #drawChosen() {
    const { selection, listing } = this;
    const isOn = selection.size > 0;
    if (!isOn && this.#chosen.contains(document.activeElement)) this.grid.element.focus();
    [this.#chosen.hidden, this.#plain.hidden] = [!isOn, isOn];
    this.#title.classList.toggle("unseen", isOn);
    if (!isOn) return;
    const files = () => selection.ids.map((id) => listing.get(id)).filter(Boolean);
    const gone = (ids) => this.#gone(ids);
    const act = (picture, text, click, look = "") =>
      el("button", { type: "button", class: look, "aria-label": text, title: text, on: { click } }, icon(picture), el("span", { text }));
    const focused = [...this.#chosen.children].indexOf(document.activeElement);
    this.#chosen.setAttribute("aria-label", t.selected(selection.size));
    this.#chosen.replaceChildren(
      iconButton("close", t.clearSelection, () => selection.clear()),
      el("strong", { role: "status", text: t.selected(selection.size) }),
      ...(route.view === "trash"
        ? [
            act("restore", t.restore, () => actions.restore(files(), gone)),
            act("trash", t.purge, () => actions.purge(files(), gone), "danger"),
          ]
        : [act("download", t.download, () => actions.download(files())), act("trash", t.remove, () => this.#removed(files()), "danger")]),
    );
    this.#chosen.children[focused]?.focus();
  }

  #removed(files) {
    if (files.length === 0) return;
    if (route.view === "trash") actions.purge(files, (ids) => this.#gone(ids));
    else actions.remove(files, (ids) => this.#gone(ids));
  }

  #gone(ids) {
    const next = this.#neighbour(ids);
    this.listing.remove(ids);
    if (next && ids.includes(this.selection.current)) this.selection.move(next);
    if (ids.includes(route.file)) go({ file: "" });
  }

  /** The file that gets the keyboard once the current one is gone. */
  #neighbour(ids) {
    const left = new Set(ids);
    const from = this.listing.indexOf(this.selection.current);
    for (let i = Math.max(0, from); i < this.listing.length; i++)
      if (!left.has(this.listing.at(i).file_id)) return this.listing.at(i).file_id;
    for (let i = from; i >= 0; i--) if (!left.has(this.listing.at(i).file_id)) return this.listing.at(i).file_id;
    return null;
  }

  #drawEmpty() {
    const { listing } = this;
    const isEmpty = listing.length === 0 && listing.isComplete && listing.problem === null;
    this.#empty.hidden = !isEmpty;
    this.grid.element.hidden = isEmpty;
    if (!isEmpty) return;
    const isFiltered = route.q || route.type || route.tags.length > 0;
    const [picture, title, text] = isFiltered
      ? ["search", t.nothingFound, t.nothingFoundText]
      : route.view === "trash"
        ? ["trash", t.emptyTrash, t.emptyTrashText]
        : matchMedia("(pointer: coarse)").matches
          ? ["upload", t.emptyTitleTouch, t.emptyTextTouch]
          : ["upload", t.emptyTitle, t.emptyText];
    const button = isFiltered
      ? el("button", { type: "button", text: t.showAll, on: { click: () => go({ q: "", type: "", tags: [] }) } })
      : route.view === "trash"
        ? null
        : el("button", { type: "button", class: "primary", text: t.uploadFiles, on: { click: chooseFiles } });
    const state = `${picture} ${title}`;
    if (this.#empty.dataset.state === state) return;
    this.#empty.dataset.state = state;
    this.#empty.replaceChildren(...[icon(picture), el("h2", { text: title }), el("p", { text }), button].filter(Boolean));
  }
}
