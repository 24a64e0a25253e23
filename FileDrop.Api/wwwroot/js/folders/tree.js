// A tree of folders that load as they are opened, for the keyboard and the pointer (WAI-ARIA, "Tree View").

import { api } from "../api.js";
import { bdi, el, icon } from "../dom.js";
import { root, toEntry } from "../entries.js";
import { compare } from "../natural.js";
import { toastProblem } from "../toasts.js";
import { t } from "../texts.js";

const pageSize = 200;

export class FolderTree extends EventTarget {
  selected = null;
  element = el("ul", { role: "tree", class: "tree", "aria-label": t.folders });

  /** `blocked`: the ids of folders that cannot be chosen, with everything below them. */
  constructor(blocked) {
    super();
    this.blocked = blocked;
    this.element.append(this.#branch({ file_id: root, file_name: t.places.folder, folder_id: null }, 1));
    this.element.addEventListener("click", (event) => this.#click(event));
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Opens the tree down to a folder, and selects it. */
  async show(id) {
    try {
      const way = id === root ? [] : (await api.folderPath(id)).body.folders.map((folder) => folder.folder_id);
      let node = this.#top;
      await this.#open(node);
      for (const step of way) {
        const next = childrenOf(node).find((child) => child.entry.file_id === step);
        if (!next || next.isBlocked) break;
        node = next;
        await this.#open(node);
      }
      this.select(node);
    } catch (problem) {
      toastProblem(problem);
      this.select(this.#top);
    }
  }

  /** Adds a new folder below the selected one, and selects it. */
  async add(folder) {
    const node = this.selected;
    node.isLoaded = false;
    await this.#open(node).catch(toastProblem);
    const made = childrenOf(node).find((child) => child.entry.file_id === folder.file_id);
    if (made) this.select(made);
  }

  select(node, takeFocus = true) {
    if (!node) return;
    for (const other of this.element.querySelectorAll("[aria-selected=true]")) {
      other.setAttribute("aria-selected", "false");
      other.tabIndex = -1;
    }
    this.selected = node;
    node.setAttribute("aria-selected", "true");
    node.tabIndex = 0;
    if (takeFocus) node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest" });
    this.dispatchEvent(new Event("change"));
  }

  /** Shows changes of the feed. */
  take(changes) {
    for (const { id, isFolder, entry } of changes) {
      const node = isFolder && this.element.querySelector(`#tree-${CSS.escape(id)}`)?.previousElementSibling;
      const parent = entry && this.element.querySelector(`#tree-${CSS.escape(entry.folder_id)}`)?.previousElementSibling;
      if (!isFolder || (node && entry && node.entry.folder_id === entry.folder_id && node.entry.file_name === entry.file_name)) continue;
      const hadFocus = node && node.parentElement.contains(document.activeElement);
      const wasSelected = node && node.parentElement.contains(this.selected);
      const above = node?.parentElement.parentElement.previousElementSibling;
      // Draw a moved folder anew at its place: it and the folders below it may be blocked there.
      node?.parentElement.remove();
      if (above && above !== parent && above.isLoaded && !above.group.hasChildNodes()) above.removeAttribute("aria-expanded");
      if (parent?.isLoaded) {
        const branch = this.#branch(entry, Number(parent.getAttribute("aria-level")) + 1, parent.isBlocked);
        const next = childrenOf(parent).find((other) => compare(entry, other.entry) < 0);
        parent.group.insertBefore(branch, next?.parentElement ?? null);
        if (!parent.hasAttribute("aria-expanded")) parent.setAttribute("aria-expanded", String(!parent.group.hidden));
        if (wasSelected) this.select(branch.firstElementChild, hadFocus);
      } else if (wasSelected) this.select(above, hadFocus);
    }
  }

  get #top() {
    return this.element.firstElementChild.firstElementChild;
  }

  /** A folder and the place for the folders in it, side by side, so that the folder's name is all of its text. */
  #branch(entry, level, parentIsBlocked = false) {
    const group = el("ul", { role: "group", id: `tree-${entry.file_id}`, hidden: true });
    const node = el(
      "div",
      {
        role: "treeitem",
        class: "node",
        "aria-level": level,
        "aria-expanded": "false",
        "aria-selected": "false",
        "aria-owns": group.id,
        tabindex: "-1",
      },
      el("span", { class: "twist" }, icon("next")),
      icon("folder"),
      bdi(entry.file_name),
    );
    node.style.paddingInlineStart = `${(level - 1) * 20 + 4}px`;
    Object.assign(node, { entry, group, isBlocked: parentIsBlocked || this.blocked.has(entry.file_id) });
    if (node.isBlocked) node.setAttribute("aria-disabled", "true");
    return el("li", { role: "none" }, node, group);
  }

  async #open(node) {
    // There is nothing below it.
    if (node.isLoaded && !node.hasAttribute("aria-expanded")) return;
    node.setAttribute("aria-expanded", "true");
    node.group.hidden = false;
    if (node.isLoaded) return;
    node.isLoaded = true;
    node.setAttribute("aria-busy", "true");
    try {
      const level = Number(node.getAttribute("aria-level")) + 1;
      const folders = await foldersIn(node.entry.file_id);
      node.group.replaceChildren(...folders.map((folder) => this.#branch(folder, level, node.isBlocked)));
      if (folders.length === 0) node.removeAttribute("aria-expanded");
    } catch (problem) {
      node.isLoaded = false;
      throw problem;
    } finally {
      node.removeAttribute("aria-busy");
    }
  }

  #close(node) {
    node.setAttribute("aria-expanded", "false");
    node.group.hidden = true;
    if (node.group.contains(this.selected)) this.select(node);
  }

  #toggle(node) {
    if (node.getAttribute("aria-expanded") === "true") this.#close(node);
    else this.#open(node).catch(toastProblem);
  }

  #click(event) {
    const node = event.target.closest("[role=treeitem]");
    if (!node) return;
    if (event.target.closest(".twist")) this.#toggle(node);
    else {
      this.select(node);
      if (event.detail === 2) this.#toggle(node);
    }
  }

  #key(event) {
    const node = event.target.closest("[role=treeitem]");
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = [...this.element.querySelectorAll("[role=treeitem]")].filter((each) => each.getClientRects().length > 0);
    const at = shown.indexOf(node);
    const isOpen = node.getAttribute("aria-expanded") === "true";
    const moves = { ArrowDown: shown[at + 1], ArrowUp: shown[at - 1], Home: shown[0], End: shown.at(-1) };
    if (event.key in moves) this.select(moves[event.key]);
    else if (event.key === "ArrowRight" && !isOpen) this.#open(node).catch(toastProblem);
    else if (event.key === "ArrowRight") this.select(childrenOf(node)[0]);
    else if (event.key === "ArrowLeft" && isOpen) this.#close(node);
    else if (event.key === "ArrowLeft") this.select(node.parentElement.parentElement.previousElementSibling);
    else if (/^[^\s]$/u.test(event.key)) this.#find(shown, at, event.key);
    else return;
    event.preventDefault();
  }

  /** The next folder whose name begins with a letter. */
  #find(shown, at, letter) {
    const begins = (node) => node.entry.file_name.toLocaleLowerCase().startsWith(letter.toLocaleLowerCase());
    this.select([...shown.slice(at + 1), ...shown.slice(0, at)].find(begins));
  }
}

const childrenOf = (node) => [...node.group.children].map((branch) => branch.firstElementChild);

/** The folders directly in a folder. The service lists them before files. */
async function foldersIn(id) {
  const found = [];
  for await (const page of api.pages(`/folders/${encodeURIComponent(id)}/entries?sort=file_name&order=asc&limit=${pageSize}`)) {
    const folders = page.map(toEntry).filter((entry) => entry.isFolder);
    found.push(...folders);
    if (folders.length < page.length) break;
  }
  return found.sort(compare);
}
