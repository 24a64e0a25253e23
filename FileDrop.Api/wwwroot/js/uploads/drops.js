// Files that the user drags onto the page, or pastes.

import { bdi, el, icon } from "../dom.js";
import { mark } from "../folders/drags.js";
import { uploadFolder } from "../route.js";
import { session } from "../session.js";
import { t } from "../texts.js";
import { dropped, filesIn, hasFiles, pasted } from "./gather.js";
import { queue } from "./queue.js";

const text = el("span", {}, t.dropHere);

/** Covers the page while the user drags files, and says what a drop will do. */
export const overlay = el("div", { class: "overlay", "aria-hidden": "true" }, icon("upload"), text);

/** `detail`: the panel about one file. One file dropped on it becomes that file's new version. */
export function listenToDrops(detail) {
  const { body } = document;
  // Browsers say "left" for every element that the pointer leaves, the inner ones too.
  let depth = 0;
  const isVersion = (event) => detail.file !== null && detail.element.contains(event.target) && filesIn(event.dataTransfer) === 1;
  // A folder in the list or on the way takes files that are dropped on it.
  const folderAt = (event) => event.target.closest?.(".browser [data-folder], .top [data-folder]") ?? null;
  const show = (event) => {
    const folder = depth > 0 ? folderAt(event) : null;
    mark(folder);
    body.classList.toggle("dragging", depth > 0);
    detail.element.classList.toggle("target", depth > 0 && isVersion(event));
    text.replaceChildren(
      ...(folder
        ? [t.dropInto, " ", bdi(folder.file?.file_name ?? folder.dataset.name ?? t.places.folder)]
        : depth > 0 && isVersion(event)
          ? [t.dropVersion, " ", bdi(detail.file.file_name)]
          : [t.dropHere]),
    );
  };
  const taking = (handler) => (event) => {
    if (!hasFiles(event.dataTransfer) || session.isLocked) return;
    event.preventDefault();
    handler(event);
    show(event);
  };
  window.addEventListener(
    "dragenter",
    taking(() => depth++),
  );
  window.addEventListener(
    "dragover",
    taking((event) => (event.dataTransfer.dropEffect = "copy")),
  );
  window.addEventListener(
    "dragleave",
    taking(() => (depth = Math.max(0, depth - 1))),
  );
  window.addEventListener(
    "drop",
    taking(async (event) => {
      depth = 0;
      const wasVersion = isVersion(event);
      const parent = folderAt(event)?.dataset.folder ?? uploadFolder();
      const found = await dropped(event.dataTransfer);
      // A folder counts as one file until it is opened.
      if (wasVersion && found.length === 1 && found[0].file && found[0].folder === "") detail.addVersion(found[0].file);
      else queue.add(found, parent);
    }),
  );
  window.addEventListener("paste", async (event) => {
    const found = session.isLocked ? null : pasted(event);
    if (found === null) return;
    event.preventDefault();
    queue.add(await found, uploadFolder());
  });
}
