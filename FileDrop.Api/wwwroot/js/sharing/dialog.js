// The dialog in which the user makes links, and the one in which the user changes a link.

import { api } from "../api.js";
import { show } from "../dialogs.js";
import { el, icon, iconButton } from "../dom.js";
import { named } from "../entries.js";
import { on } from "../events.js";
import { toast } from "../toasts.js";
import { t } from "../texts.js";
import { ShareCard } from "./card.js";
import { newId } from "./fields.js";
import { settings } from "./form.js";
import { known } from "./known.js";
import { wordsOf } from "./words.js";

const mostEntries = 1000;

/** Shares files and folders: shows their links, and makes new ones. */
export function share(entries) {
  if (entries.length === 0 || !known.isAllowed) return;
  if (entries.length > mostEntries) toast(t.sharing.tooMany(mostEntries), { isError: true });
  else new ShareDialog(entries);
}

class ShareDialog {
  #ids;
  #cards = new Map();
  #list = el("ul", { class: "links", "aria-label": t.sharing.links });
  #messages = messages();
  #place = el("div");
  #form = null;
  #more = el(
    "button",
    { type: "button", class: "more", on: { click: () => this.#open(true) } },
    icon("share"),
    el("span", { text: t.sharing.newLink }),
  );

  constructor(entries) {
    this.entries = entries;
    this.#ids = entries.map((entry) => entry.file_id);
    const title = newId("sharing");
    const close = () => this.dialog.close();
    this.dialog = el(
      "dialog",
      { class: "sharing", "aria-labelledby": title },
      el("header", {}, el("h2", { id: title, text: t.sharing.title(...named(entries)) }), iconButton("close", t.close, close)),
      this.#list,
      this.#place,
      this.#messages.element,
    );
    show(
      this.dialog,
      on("shares", () => this.#draw()),
    );
    this.#draw();
    if (this.#cards.size === 0) this.#open(true);
    else this.#first.focus();
    this.#look();
  }

  get #first() {
    return this.#cards.values().next().value;
  }

  /** The links that lead to exactly these files and folders. */
  get #shares() {
    const ids = new Set(this.#ids);
    const isSame = (share) => share.ids.length === ids.size && share.ids.every((id) => ids.has(id));
    return known.of(this.#ids[0]).filter(isSame);
  }

  /** Reads the shares that the page does not know yet, since one of them may lead here. */
  async #look() {
    if (known.isComplete) return;
    this.#say(t.sharing.looking);
    while (!known.isComplete && !known.problem && this.dialog.open) await known.more();
    if (this.#messages.text === t.sharing.looking) this.#say("");
    if (known.problem) this.#say(known.isAllowed ? t.sharing.partial : t.sharing.notAllowed, true);
  }

  #draw() {
    const shares = this.#shares;
    const hadFocus = this.#list.contains(document.activeElement);
    for (const [id, card] of this.#cards) {
      if (shares.some((share) => share.share_id === id)) continue;
      card.element.remove();
      this.#cards.delete(id);
    }
    for (const share of shares) {
      const card = this.#cards.get(share.share_id);
      if (card) card.draw(share);
      else this.#cards.set(share.share_id, new ShareCard(share, { say: this.#say, change, isListed: false }));
    }
    for (const [i, share] of shares.entries()) {
      const { element } = this.#cards.get(share.share_id);
      if (this.#list.children[i] !== element) this.#list.insertBefore(element, this.#list.children[i] ?? null);
    }
    this.#list.hidden = shares.length === 0;
    if (shares.length === 0) this.#open(hadFocus);
    else if (!this.#form) this.#place.replaceChildren(this.#more);
    if (hadFocus && !this.#list.contains(document.activeElement)) this.#first?.focus();
  }

  /** Shows the fields for a new link. */
  #open(takesFocus) {
    if (this.#form) return;
    const [only] = this.entries;
    const fields = settings({ isFolder: this.entries.length === 1 && Boolean(only.isFolder), say: this.#say });
    const leave = () => {
      if (this.#cards.size === 0) return this.dialog.close();
      this.#close();
      this.#more.focus();
    };
    this.#form = formOf(fields, { action: t.sharing.make, leave, send: () => this.#make(fields) });
    this.#place.replaceChildren(this.#form);
    this.#say("");
    if (takesFocus) this.#form.querySelector("input:checked").focus({ preventScroll: true });
  }

  #close() {
    this.#form = null;
    this.#place.replaceChildren(this.#more);
  }

  async #make(fields) {
    this.#say("");
    try {
      const wanted = fields.read();
      const { body } = await api.makeShare({ ids: this.#ids, ...wanted });
      this.#form = null;
      known.took(body);
      // The user did not wait; the list's mark and Shared show the link.
      if (!this.dialog.open) return;
      const card = this.#cards.get(body.share_id);
      if (wanted.password) card.tell(wanted.password);
      this.#say(t.sharing.made);
      card.focus();
      this.dialog.scrollTop = 0;
      await card.showCode(true);
    } catch (problem) {
      this.#say(wordsOf(problem), true);
    }
  }

  #say = (text, isError) => this.#messages.say(text, isError);
}

/** Lets the user change a link. `say(text)`: tells that it was changed. */
export function change(share, say) {
  const title = newId("changing");
  const told = messages();
  const fields = settings({ share, say: told.say });
  const send = async () => {
    told.say("");
    const wanted = fields.read();
    try {
      if (Object.keys(wanted).length > 0) {
        known.took((await api.changeShare(share.share_id, wanted)).body);
        say(t.sharing.saved);
      }
      dialog.close();
    } catch (problem) {
      told.say(wordsOf(problem), true);
      if (problem.code === "share_not_found") known.lost(share.share_id);
    }
  };
  const form = formOf(fields, { action: t.sharing.save, leave: () => dialog.close(), send });
  const dialog = el(
    "dialog",
    { class: "sharing", "aria-labelledby": title },
    el("h2", { id: title, text: t.sharing.changeTitle }),
    form,
    told.element,
  );
  show(dialog, () => {});
  form.querySelector("fieldset:not([hidden]) input:checked, select").focus();
}

/** A place in a dialog for its messages, since the page's own lie behind it. */
function messages() {
  const note = el("p", { class: "note", role: "status" });
  const wrong = el("p", { class: "wrong", role: "alert" });
  const element = el("div", { class: "messages" }, wrong, note);
  return {
    element,
    get text() {
      return note.textContent;
    },
    say: (text, isError = false) => {
      note.textContent = isError ? "" : text;
      wrong.textContent = isError ? text : "";
      if (text) element.scrollIntoView({ block: "nearest" });
    },
  };
}

/** A form around fields, which is sent once at a time. */
function formOf(fields, { action, leave, send }) {
  const go = el("button", { class: "primary", text: action });
  return el(
    "form",
    {
      on: {
        submit: async (event) => {
          event.preventDefault();
          if (go.disabled) return;
          go.disabled = true;
          await send();
          go.disabled = false;
        },
      },
    },
    fields.element,
    el("div", { class: "choices" }, el("button", { type: "button", text: t.cancel, on: { click: leave } }), go),
  );
}
