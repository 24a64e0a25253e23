// One link, with its facts and the buttons to copy, show, change and revoke it.

import { api, shareCode } from "../api.js";
import { copyText } from "../copy.js";
import { confirmed } from "../dialogs.js";
import { bdi, drawing, el, icon, iconButton, plain, setText } from "../dom.js";
import { addressOf, go } from "../route.js";
import { t } from "../texts.js";
import { newId } from "./fields.js";
import { known } from "./known.js";
import { addressOfLink, factsOf, nameOf, stateOfShared, wordsOf } from "./words.js";

const pictures = { file: "file", folder: "folder", selection: "files" };

export class ShareCard {
  #share = null;
  #kind = el("span", { class: "kind", "aria-hidden": "true" });
  #name = el("strong", { class: "title" });
  #mode = el("span", { class: "mode" });
  #state = el("span", { class: "badge" });
  #facts = el("ul", { class: "facts-line" });
  #words = el("p", { class: "words", hidden: true });
  #field = el("input", { readonly: true, class: "address", dir: "ltr", on: { focus: () => this.#field.select() } });
  #password = el("p", { class: "secret", hidden: true });
  #code = el("div", { class: "code", hidden: true, id: newId("code") });
  #stop = new AbortController();
  #copy = button("copy", t.sharing.copy, () => this.#copyLink());
  #show = button("code", t.sharing.code, () => this.showCode(this.#code.hidden), {
    "aria-expanded": "false",
    "aria-controls": this.#code.id,
  });
  #change = button("pen", t.sharing.change, () => this.actions.change(this.#share, this.actions.say));
  #revoke = button("trash", t.sharing.revoke, () => this.#end(), { class: "danger" });

  element = el("li", { class: "share" });

  /**
   * @param actions say(text, isError): tells what happened; change(share, say): lets the user change the settings; isListed: whether the
   * card stands in a list of links to many things.
   */
  constructor(share, actions) {
    this.actions = actions;
    const body = el(
      "div",
      { class: "about" },
      actions.isListed ? this.#name : null,
      el("div", { class: "heading" }, this.#mode, this.#state),
      this.#facts,
      this.#words,
    );
    this.element.append(
      ...[
        actions.isListed ? this.#kind : null,
        body,
        actions.isListed ? null : this.#field,
        this.#password,
        el("div", { class: "doing" }, this.#copy, this.#show, this.#change, this.#revoke),
        this.#code,
      ].filter(Boolean),
    );
    this.draw(share);
  }

  /** Shows the current state; what has not changed stays, with the keyboard. */
  draw(share) {
    if (this.#share === share) return;
    const s = t.sharing;
    const name = nameOf(share);
    const isDrop = share.mode === "upload";
    if (share.name !== this.#share?.name || share.state !== this.#share?.state) this.#drawName(share, name);
    setText(this.#mode, s.modes[share.mode]);
    setText(this.#state, s.states[share.state]);
    this.#state.title = s.stateTexts[share.state];
    this.#state.classList.toggle("bad", share.state !== "active");
    this.#facts.replaceChildren(...factsOf(share));
    this.#words.hidden = !share.note;
    setText(this.#words, share.note ?? "");
    this.#field.value = addressOfLink(share);
    this.#field.setAttribute("aria-label", s.address(name));
    this.#kind.className = `kind ${isDrop ? "folder" : share.kind}`;
    this.#kind.replaceChildren(icon(isDrop ? "uploadFolder" : pictures[share.kind]));
    for (const [part, label] of [
      [this.#copy, s.copyOf],
      [this.#show, s.codeOf],
      [this.#change, s.changeOf],
      [this.#revoke, s.revokeOf],
    ])
      part.setAttribute("aria-label", label(name));
    // A link that leads to nothing can only be removed.
    for (const part of [this.#copy, this.#show, this.#change, this.#field]) part.hidden = share.state === "gone";
    if (share.state === "gone") this.showCode(false);
    this.#share = share;
  }

  #drawName(share, name) {
    const state = stateOfShared(share);
    if (!state) return this.#name.replaceChildren(plain(name));
    const link = el("a", { href: addressOf(state) }, bdi(name));
    link.title = plain(name);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(state);
    });
    this.#name.replaceChildren(link);
  }

  /** Shows the password of a link that was just made. */
  tell(password) {
    const [before, after] = t.sharing.passwordIs;
    const words = el("code", { text: password });
    this.#password.replaceChildren(
      el("span", {}, before, words, after),
      iconButton("copy", t.sharing.copyPassword, async () => this.#copied(await copyText(password), t.sharing.passwordCopied)),
    );
    this.#password.hidden = false;
  }

  /** Shows or hides the picture of the link. */
  async showCode(isShown) {
    this.#show.setAttribute("aria-expanded", String(isShown));
    this.#code.hidden = !isShown;
    this.#stop.abort();
    this.#stop = new AbortController();
    if (!isShown || this.#code.hasChildNodes()) return;
    const { signal } = this.#stop;
    try {
      const picture = pictureOf(await shareCode(this.#share.share_id, signal), t.sharing.picture(nameOf(this.#share)));
      if (!signal.aborted) this.#code.replaceChildren(picture);
    } catch (problem) {
      if (signal.aborted) return;
      this.#code.hidden = true;
      this.#show.setAttribute("aria-expanded", "false");
      this.actions.say(wordsOf(problem), true);
    }
  }

  focus() {
    (this.#copy.hidden ? this.#revoke : this.#copy).focus();
  }

  async #copyLink() {
    this.#copied(await copyText(addressOfLink(this.#share)), t.sharing.copied);
  }

  #copied(isCopied, text) {
    if (isCopied) this.actions.say(text);
    else this.actions.say(t.sharing.notCopied, true);
  }

  async #end() {
    const { share_id } = this.#share;
    if (!(await confirmed(t.sharing.confirmRevoke(nameOf(this.#share)), t.sharing.revoke, t.sharing.revokeText))) return;
    try {
      await api.endShare(share_id);
    } catch (problem) {
      if (problem.code !== "share_not_found") return this.actions.say(wordsOf(problem), true);
    }
    known.lost(share_id);
    this.actions.say(t.sharing.revoked);
  }
}

const button = (picture, text, click, attributes = {}) =>
  el("button", { type: "button", title: text, on: { click }, ...attributes }, icon(picture), el("span", { text }));

/** The service's picture as an element of the page, whose policy allows no pictures but those that have an address. */
function pictureOf(svg, label) {
  const [, box] = /viewBox="([\d ]+)"/.exec(svg);
  const shape = [...svg.matchAll(/<path d="([^"]+)"/g)].map((path) => path[1]).join("");
  const picture = drawing(box, shape);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label);
  picture.setAttribute("shape-rendering", "crispEdges");
  return picture;
}
