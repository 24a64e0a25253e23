// The panel about one file.

import { api } from "./api.js";
import * as actions from "./actions.js";
import { copyText } from "./copy.js";
import { bdi, el, icon, iconButton } from "./dom.js";
import { root, toEntry } from "./entries.js";
import { filesChanged } from "./events.js";
import { chooseFolder } from "./folders/choose.js";
import { move } from "./folders/moving.js";
import { size, time } from "./format.js";
import { showLarge } from "./large.js";
import { placeOf } from "./place.js";
import { preview } from "./preview.js";
import { nameField } from "./rename.js";
import { go, isEverywhere, route } from "./route.js";
import { share } from "./sharing/dialog.js";
import { tagsOf } from "./tags.js";
import { setTitle } from "./title.js";
import { toast, toastProblem } from "./toasts.js";
import { t } from "./texts.js";
import { queue } from "./uploads/queue.js";
import { versionsOf } from "./versions.js";

export class Detail {
  #file = null;
  #etag = null;
  #stop = new AbortController();
  #renaming = null;
  #preview = el("div", { class: "preview" });
  #facts = el("dl", { class: "facts" });
  #tags = el("section", { "aria-labelledby": "tags" });
  #versions = el("section", { "aria-labelledby": "versions" });
  #actions = el("div", { class: "actions" });
  #large = iconButton("expand", t.large, () => this.showLarge());
  #name = el("h2", { id: "detail-name", tabindex: "-1" });

  element = el("aside", { class: "detail", "aria-labelledby": "detail-name", hidden: true });

  /** `listing()`: the list beside it. */
  constructor(listing) {
    this.listing = listing;
    this.#preview.addEventListener("click", (event) => event.target.matches("img") && this.showLarge());
    this.element.append(
      el(
        "header",
        {},
        this.#name,
        this.#large,
        iconButton("close", t.close, () => this.close(), { class: "icon close" }),
      ),
      el("div", { class: "body" }, this.#preview, this.#actions, this.#facts, this.#tags, this.#versions),
    );
  }

  get id() {
    return this.element.hidden ? "" : route.file;
  }

  /** The live file on the screen; null if there is none. */
  get file() {
    return this.element.hidden || route.view === "trash" ? null : this.#file;
  }

  close() {
    go({ file: "" });
  }

  /** Turns the name into a field. */
  rename() {
    const { file } = this;
    if (!file || this.#renaming) return;
    const field = nameField(file, async (name, byKey) => {
      this.#renaming = null;
      this.#name.classList.remove("unseen");
      field.element.remove();
      if (byKey) this.#actions.querySelector("[data-action=pen]")?.focus();
      if (name === null) return;
      const now = await actions.rename(file, name);
      if (now && this.#file?.file_id === now.file_id) this.#took(now);
    });
    this.#renaming = field;
    this.#name.classList.add("unseen");
    this.#name.before(field.element);
    field.focus();
  }

  /** Shows the file over the whole window. */
  showLarge() {
    if (this.file) showLarge(this.listing(), this.file);
  }

  /** Uploads a file of this device as the shown file's new content. */
  addVersion(content) {
    if (this.file) queue.addVersion(this.file, content);
  }

  /** Shows the file that the address names, or nothing. */
  async show(takeFocus = false) {
    this.#renaming?.keep();
    this.#stop.abort();
    this.#stop = new AbortController();
    this.element.hidden = !route.file;
    [this.#file, this.#etag] = [null, null];
    if (!route.file) {
      for (const part of [this.#preview, this.#actions, this.#facts, this.#tags, this.#versions]) part.replaceChildren();
      return;
    }
    this.#preview.replaceChildren();
    const known = this.listing().get(route.file);
    if (known) this.#draw(known);
    if (takeFocus) this.#name.focus({ preventScroll: true });
    await this.refresh();
  }

  /** Checks whether the file is still as shown. */
  async refresh() {
    const id = route.file;
    if (!id || this.element.hidden) return;
    if (route.view === "trash") {
      const file = this.listing().get(id);
      if (file && file !== this.#file) this.#draw(file);
      else if (!file && this.listing().length > 0) this.#drawGone();
      return;
    }
    const { signal } = this.#stop;
    try {
      const answer = await api.file(id, this.#etag, signal);
      if (answer.status === 304 || signal.aborted) return;
      this.#etag = answer.etag;
      if (answer.body.version !== this.#file?.version || !this.#facts.hasChildNodes()) this.#draw(toEntry(answer.body));
      await this.#drawVersions();
    } catch (problem) {
      if (!signal.aborted && problem.status === 404) this.#drawGone();
    }
  }

  #draw(file) {
    const before = this.#file;
    this.#file = file;
    setTitle(file.file_name);
    const isTrash = Boolean(file.deleted_at);
    this.#large.hidden = isTrash;
    this.#name.replaceChildren(bdi(file.file_name));
    if (!isTrash && before?.sha256 !== file.sha256) preview(this.#preview, file, this.#stop.signal);
    const focused = this.#actions.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    this.#actions.replaceChildren(...(isTrash ? this.#trashActions(file) : this.#fileActions(file)));
    if (focused) this.#actions.querySelector(`[data-action=${focused}]`)?.focus();
    this.#drawFacts(file);
    if (isTrash) this.#tags.replaceChildren();
    else if (!this.#tags.contains(document.activeElement) || !before) this.#drawTags(file);
  }

  #drawFacts(file) {
    const fact = (name, ...value) => el("div", {}, el("dt", { text: name }), el("dd", {}, ...value));
    const sum = el("code", { class: "sum", text: file.sha256 });
    this.#facts.replaceChildren(
      ...[
        fact(t.size, el("span", { text: size(file.file_size), title: `${file.file_size.toLocaleString()} bytes` })),
        fact(t.type, el("span", { text: file.file_type })),
        !file.deleted_at && fact(t.place, placeOf(file, this.#stop.signal)),
        file.modified_at && fact(t.modified, time(file.modified_at)),
        fact(t.created, time(file.created_at)),
        fact(t.updated, time(file.updated_at)),
        file.deleted_at && fact(t.deletedAt, time(file.deleted_at)),
        file.purge_at && fact(t.purgeAt, time(file.purge_at)),
        fact(
          t.checksum,
          sum,
          iconButton("copy", t.copyChecksum, () => copy(file.sha256, sum)),
        ),
      ].filter(Boolean),
    );
  }

  #fileActions(file) {
    return [
      button("download", t.download, () => actions.download([file]), "primary"),
      button("share", t.sharing.share, () => share([file]), "sharing-only"),
      button("pen", t.rename, () => this.rename()),
      button("move", t.moveTo, () => this.#move()),
      button("newVersion", t.newVersion, () => this.#chooseVersion()),
      button("trash", t.remove, () => actions.remove([file], (ids) => this.#left(ids))),
    ];
  }

  async #move() {
    const file = this.#file;
    const target = await chooseFolder({ title: t.moveTitle(1, file.file_name), action: t.moveHere, from: file.folder_id ?? root });
    // The details stay open, and follow the file.
    if (target) await move([file], target, (ids) => !isEverywhere(route) && this.listing().remove(ids));
    await this.refresh();
  }

  #chooseVersion() {
    const field = el("input", { type: "file", on: { change: () => field.files[0] && this.addVersion(field.files[0]) } });
    field.click();
  }

  #trashActions(file) {
    return [
      button("restore", t.restore, () => actions.restore([file], (ids) => this.#left(ids)), "primary"),
      button("trash", t.purge, () => actions.purge([file], (ids) => this.#left(ids)), "danger"),
    ];
  }

  #left(ids) {
    this.listing().remove(ids);
    this.close();
  }

  #drawTags(file) {
    tagsOf(this.#tags, file, async (tags) => {
      try {
        const { body } = await api.update(file.file_id, { tags }, this.#etag);
        this.#etag = null;
        this.#took(body.file);
        this.#drawTags(body.file);
      } catch (problem) {
        if (problem.code === "precondition_failed") toast(t.changedMeanwhile, { isError: true });
        else toastProblem(problem);
        this.#etag = null;
        await this.refresh();
      }
    });
  }

  async #drawVersions() {
    const { signal } = this.#stop;
    const { body } = await api.versions(this.#file.file_id, signal);
    if (signal.aborted) return;
    versionsOf(this.#versions, this.#file, body, async (version) => {
      try {
        const answer = await api.restoreVersion(this.#file.file_id, version);
        toast(t.versionRestored(version));
        this.#etag = null;
        this.#took(answer.body.file);
        await this.refresh();
      } catch (problem) {
        toastProblem(problem);
      }
    });
  }

  #took(changed) {
    const file = toEntry(changed);
    this.#draw(file);
    this.listing().replace(file);
    filesChanged();
  }

  #drawGone() {
    this.#file = null;
    this.#large.hidden = true;
    this.#name.replaceChildren(t.gone);
    for (const part of [this.#actions, this.#facts, this.#tags, this.#versions]) part.replaceChildren();
    this.#preview.replaceChildren(el("div", { class: "none" }, icon("trash"), el("p", { text: t.goneText })));
  }
}

const button = (picture, text, click, look = "") =>
  el("button", { type: "button", class: look, "data-action": picture, on: { click } }, icon(picture), el("span", { text }));

async function copy(text, element) {
  if (await copyText(text)) toast(t.copied);
  else getSelection().selectAllChildren(element);
}
