// The view of all links: what is shared, how, and whether the link works.

import { el, icon, setText } from "../dom.js";
import { on } from "../events.js";
import { route } from "../route.js";
import { toast } from "../toasts.js";
import { t } from "../texts.js";
import { ShareCard } from "./card.js";
import { change } from "./dialog.js";
import { known } from "./known.js";

/** The next page is read when the user is this near to the end of the list, in pixels. */
const ahead = 800;

export class SharedView {
  #cards = new Map();
  #count = el("p", { class: "note count", role: "status" });
  #list = el("ul", { class: "shares", "aria-label": t.sharing.list });
  #empty = el("div", { class: "empty", tabindex: "-1", hidden: true });

  element = el(
    "main",
    { class: "browser", id: "main" },
    el(
      "div",
      { class: "bar" },
      el("div", { class: "crumbs" }, el("h1", { text: t.places.shared })),
      el("div", { class: "plain" }, this.#count),
    ),
    this.#list,
    this.#empty,
  );

  constructor() {
    on("shares", () => this.draw());
    this.#list.addEventListener("scroll", () => this.#more(), { passive: true });
    new ResizeObserver(() => this.#more()).observe(this.#list);
  }

  get length() {
    return known.list.length;
  }

  get isComplete() {
    return known.isComplete || !known.isAllowed;
  }

  /** Reads the links on the screen again. */
  async refresh() {
    const top = this.#list.getBoundingClientRect().top;
    const first = [...this.#list.children].findIndex((card) => card.getBoundingClientRect().bottom > top);
    await known.refresh(true, known.list[first - 1]?.share_id);
  }

  draw() {
    if (route.view !== "shared") return;
    const shares = known.list;
    const hadFocus = this.#list.contains(document.activeElement);
    const focused = [...this.#list.children].findIndex((card) => card.contains(document.activeElement));
    const ids = new Set(shares.map((share) => share.share_id));
    for (const [id, card] of this.#cards) {
      if (ids.has(id)) continue;
      card.element.remove();
      this.#cards.delete(id);
    }
    let next = this.#list.firstElementChild;
    for (const share of shares) {
      let card = this.#cards.get(share.share_id);
      if (card) card.draw(share);
      else this.#cards.set(share.share_id, (card = new ShareCard(share, { say, change, isListed: true })));
      if (card.element === next) next = next.nextElementSibling;
      else this.#list.insertBefore(card.element, next);
    }
    setText(this.#count, shares.length === 0 ? (this.isComplete ? "" : t.loading) : t.sharing.counted(shares.length, !known.isComplete));
    this.element.setAttribute("aria-busy", String(shares.length === 0 && !this.isComplete));
    this.#drawEmpty(shares.length === 0);
    // The keyboard goes to the link beside one that has ended.
    if (hadFocus && !this.#list.contains(document.activeElement)) this.#focusAt(shares[Math.min(focused, shares.length - 1)]);
    this.#more();
  }

  /** Gives the list the keyboard, or the text in its place. */
  focus() {
    this.#focusAt(known.list[0]);
  }

  #focusAt(share) {
    if (share) this.#cards.get(share.share_id)?.focus();
    else this.#empty.focus();
  }

  #drawEmpty(isEmpty) {
    const [picture, title, text] = !known.isAllowed
      ? ["key", t.sharing.notAllowed, t.sharing.notAllowedText]
      : known.problem && !this.isComplete
        ? ["warn", t.downTitle, known.problem.message]
        : ["share", t.sharing.empty, t.sharing.emptyText];
    this.#list.hidden = isEmpty;
    this.#empty.hidden = !isEmpty || !(this.isComplete || known.problem);
    if (this.#empty.hidden || this.#empty.dataset.title === title) return;
    this.#empty.dataset.title = title;
    this.#empty.replaceChildren(icon(picture), el("h2", { text: title }), el("p", { text }));
  }

  /** Reads on while the user is near to the end of the list. */
  async #more() {
    const list = this.#list;
    if (this.isComplete || known.problem || !this.element.isConnected || list.scrollTop + list.clientHeight + ahead < list.scrollHeight)
      return;
    await known.more();
    this.#more();
  }
}

const say = (text, isError = false) => toast(text, { isError });
