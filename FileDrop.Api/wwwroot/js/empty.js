// The text in the place of an empty list.

import { el, icon } from "./dom.js";
import { root } from "./entries.js";
import { chooseFiles } from "./header.js";
import { go, isFiltered, placeState, route } from "./route.js";
import { t } from "./texts.js";

const isTouch = () => matchMedia("(pointer: coarse)").matches;

export class Empty {
  element = el("div", { class: "empty", tabindex: "-1", hidden: true });

  /** Shows the text for an empty list, or hides it. `isGone`: the folder cannot be shown; `hasLoose`: there are files in no folder. */
  draw({ isEmpty, isGone, hasLoose }) {
    const { element } = this;
    element.hidden = !isEmpty && !isGone;
    if (element.hidden) return;
    const [picture, title, text, button] = isGone ? gone() : (filtered() ?? place(hasLoose));
    const state = `${picture} ${title} ${text}`;
    if (element.dataset.state === state) return;
    element.dataset.state = state;
    element.replaceChildren(...[icon(picture), el("h2", { text: title }), el("p", { text }), button].filter(Boolean));
  }
}

const button = (text, click, look = "") => el("button", { type: "button", class: look, text, on: { click } });

const gone = () => ["folder", t.goneFolder, t.goneFolderText, button(t.openRoot, () => go(placeState("folder")))];

function filtered() {
  if (!isFiltered(route)) return null;
  return ["search", t.nothingFound, t.nothingFoundText, button(t.showAll, () => go({ q: "", type: "", tags: [] }))];
}

function place(hasLoose) {
  const upload = () => button(t.uploadFiles, chooseFiles, "primary");
  if (route.view === "trash") return ["trash", t.emptyTrash, t.emptyTrashText];
  if (route.view === "unsorted") return ["inbox", t.emptyUnsorted, t.emptyUnsortedText];
  // Before folders, all files were loose; their owner looks for them here.
  if (route.view === "folder" && route.folder === root && hasLoose)
    return ["inbox", t.onlyLoose, t.onlyLooseText, button(t.showUnsorted, () => go(placeState("unsorted")), "primary")];
  if (route.view === "folder" && route.folder !== root)
    return ["folder", t.emptyFolder, isTouch() ? t.emptyFolderTouch : t.emptyFolderText, upload()];
  return isTouch() ? ["upload", t.emptyTitleTouch, t.emptyTextTouch, upload()] : ["upload", t.emptyTitle, t.emptyText, upload()];
}
