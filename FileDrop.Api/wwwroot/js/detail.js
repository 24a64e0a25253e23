// The panel about one file.

import { api } from "./api.js";
import * as actions from "./actions.js";
import { bdi, el, icon, iconButton } from "./dom.js";
import { filesChanged } from "./events.js";
import { size, time } from "./format.js";
import { preview } from "./preview.js";
import { go, route } from "./route.js";
import { tagsOf } from "./tags.js";
import { toast, toastProblem } from "./toasts.js";
import { t } from "./texts.js";
import { versionsOf } from "./versions.js";

export class Detail {
  #file = null;
  #etag = null;
  #stop = new AbortController();
  #preview = el("div", { class: "preview" });
  #facts = el("dl", { class: "facts" });
  #tags = el("section", { "aria-labelledby": "tags" });
  #versions = el("section", { "aria-labelledby": "versions" });
  #actions = el("div", { class: "actions" });
  #name = el("h2", { id: "detail-name", tabindex: "-1" });

  element = el("aside", { class: "detail", "aria-labelledby": "detail-name", hidden: true });

  /** `listing()`: the list beside it. `rename(id)`: renames in the list. */
  constructor(listing, rename) {
    this.listing = listing;
    this.rename = rename;
    this.element.append(
      el(
        "header",
        {},
        this.#name,
        iconButton("close", t.close, () => this.close(), { class: "icon close" }),
      ),
      el("div", { class: "body" }, this.#preview, this.#actions, this.#facts, this.#tags, this.#versions),
    );
  }

  get id() {
    return this.element.hidden ? "" : route.file;
  }

  close() {
    go({ file: "" });
  }

  /** Shows the file that the address names, or nothing. */
  async show(takeFocus = false) {
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

  /** Looks whether the file is still as it is shown. */
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
      if (answer.body.version !== this.#file?.version || !this.#facts.hasChildNodes()) this.#draw(answer.body);
      await this.#drawVersions();
    } catch (problem) {
      if (!signal.aborted && problem.status === 404) this.#drawGone();
    }
  }

  #draw(file) {
    const before = this.#file;
    this.#file = file;
    document.title = t.titleOf(file.file_name);
    const isTrash = Boolean(file.deleted_at);
    this.#name.replaceChildren(bdi(file.file_name, { dir: "auto" }));
    if (!isTrash && before?.sha256 !== file.sha256) preview(this.#preview, file, this.#stop.signal);
    this.#actions.replaceChildren(...(isTrash ? this.#trashActions(file) : this.#fileActions(file)));
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
        fact(t.created, time(file.created_at)),
        fact(t.updated, time(file.updated_at)),
        file.deleted_at && fact(t.deletedAt, time(file.deleted_at)),
        file.purge_at && fact(t.purgeAt, time(file.purge_at)),
        fact(t.version, String(file.version)),
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
      button("pen", t.rename, () => this.rename(file.file_id)),
      button("trash", t.remove, () => actions.remove([file], (ids) => this.#left(ids))),
    ];
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

  #took(file) {
    this.#draw(file);
    this.listing().replace(file);
    filesChanged();
  }

  #drawGone() {
    this.#file = null;
    this.#name.replaceChildren(t.gone);
    for (const part of [this.#actions, this.#facts, this.#tags, this.#versions]) part.replaceChildren();
    this.#preview.replaceChildren(el("div", { class: "none" }, icon("trash"), el("p", { text: t.goneText })));
  }
}

const button = (picture, text, click, look = "") =>
  el("button", { type: "button", class: look, on: { click } }, icon(picture), el("span", { text }));

async function copy(text, element) {
  try {
    // Browsers have a clipboard for pages on https and on this machine alone; elsewhere the old way is all there is.
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else {
      getSelection().selectAllChildren(element);
      document.execCommand("copy");
    }
    toast(t.copied);
  } catch {
    getSelection().selectAllChildren(element);
  }
}
