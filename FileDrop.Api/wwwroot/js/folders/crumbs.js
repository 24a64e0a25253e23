// The way from the root to the shown folder.

import { api } from "../api.js";
import { bdi, el, icon, plain } from "../dom.js";
import { root } from "../entries.js";
import { on } from "../events.js";
import { addressOf, go, isEverywhere, placeState, route } from "../route.js";
import { t } from "../texts.js";

export class Crumbs extends EventTarget {
  element = el("div", { class: "crumbs" });

  /** The folders from the root down to the shown one, without the root; null until they are known. */
  way = [];
  /** Why the shown folder cannot be shown; null if it can. */
  problem = null;
  #drawn = "";

  constructor() {
    super();
    new ResizeObserver(() => this.#scroll()).observe(this.element);
    // Another key has other folders.
    on("session", () => (this.way = null));
  }

  /** The shown folder's name. */
  get name() {
    return route.folder === root ? t.places.folder : (this.way?.at(-1)?.name ?? "");
  }

  /** The folder around the shown one; null above the root. */
  get parent() {
    return route.folder === root || !this.way ? null : (this.way.at(-2)?.folder_id ?? root);
  }

  /** Shows another place. */
  show() {
    if (this.way?.at(-1)?.folder_id !== route.folder) this.way = this.#known();
    this.problem = null;
    this.draw();
  }

  /** Reads the way again. */
  async refresh() {
    const { folder } = route;
    if (route.view !== "folder" || folder === root) return;
    try {
      const { body } = await api.folderPath(folder);
      if (route.folder !== folder) return;
      [this.way, this.problem] = [body.folders, null];
    } catch (problem) {
      if (route.folder !== folder || problem.code !== "folder_not_found") return;
      this.problem = problem;
    }
    const before = this.#drawn;
    this.draw();
    if (this.#drawn !== before) this.dispatchEvent(new Event("change"));
  }

  /** Follows changes of the folders on the way. */
  take(changes) {
    const isOnWay = (id) => id === route.folder || this.way?.some((folder) => folder.folder_id === id);
    if (changes.some(({ id, isFolder }) => isFolder && isOnWay(id))) return this.refresh();
  }

  draw() {
    const key = JSON.stringify([
      route.view,
      isEverywhere(route),
      route.folder,
      this.way?.map((folder) => folder.name),
      Boolean(this.problem),
    ]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    if (route.view !== "folder" || isEverywhere(route)) {
      this.element.replaceChildren(el("h1", { text: route.view === "folder" ? t.found : t.places[route.view] }));
      return;
    }
    const above = route.folder === root ? [] : [{ folder_id: root, name: t.places.folder }, ...(this.way ?? []).slice(0, -1)];
    const title = el("h1", {}, this.problem ? t.goneFolder : bdi(this.name || "…"));
    title.title = plain(this.name);
    const list = el("ol", {}, ...above.map((folder) => el("li", {}, this.#link(folder), icon("next"))), el("li", { class: "last" }, title));
    this.element.replaceChildren(el("nav", { "aria-label": t.path }, list));
    this.#scroll();
  }

  /** The end of a long way is in view. */
  #scroll() {
    const list = this.element.querySelector("ol");
    if (list) list.scrollLeft = list.scrollWidth;
  }

  #link({ folder_id, name }) {
    const state = placeState("folder", folder_id);
    const link = el("a", { href: addressOf(state), "data-folder": folder_id, "data-name": name, draggable: "false" }, bdi(name));
    link.title = plain(name);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(state);
      this.dispatchEvent(new Event("go"));
    });
    return link;
  }

  /** The way to a folder that is on the way already, so that going up shows it at once. */
  #known() {
    if (route.folder === root) return [];
    const at = this.way?.findIndex((folder) => folder.folder_id === route.folder) ?? -1;
    return at >= 0 ? this.way.slice(0, at + 1) : null;
  }

  /** Tells the way to a folder that was in the shown one. */
  enter(folder) {
    if (this.way) this.way = [...this.way, { folder_id: folder.file_id, name: folder.file_name }];
  }
}
