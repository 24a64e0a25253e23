// A file over the whole window, with keys, buttons and swipes to the files beside it.

import { show } from "./dialogs.js";
import { bdi, el, iconButton } from "./dom.js";
import { preview } from "./preview.js";
import { go } from "./route.js";
import { t } from "./texts.js";

/** A finger that moves this far to the side, in pixels, and twice as far as up or down, turns the page. */
const swipe = 50;

/** `listing`: the list around the file. */
export function showLarge(listing, file) {
  let stop = new AbortController();
  const name = el("h2", { id: "large-name" });
  const place = el("div", { class: "stage" });
  const previous = iconButton("previous", t.previousFile, () => turn(-1));
  const next = iconButton("next", t.nextFile, () => turn(1));
  const dialog = el(
    "dialog",
    { class: "large", "aria-labelledby": "large-name" },
    el(
      "header",
      {},
      name,
      previous,
      next,
      iconButton("close", t.close, () => dialog.close()),
    ),
    place,
  );

  const draw = () => {
    stop.abort();
    stop = new AbortController();
    name.replaceChildren(bdi(file.file_name));
    place.replaceChildren();
    preview(place, file, stop.signal);
    const index = listing.indexOf(file.file_id);
    // Not really disabled: that would take the focus out of the dialog.
    previous.setAttribute("aria-disabled", index <= 0 || Boolean(listing.at(index - 1)?.isFolder));
    next.setAttribute("aria-disabled", index < 0 || (index === listing.length - 1 && listing.isComplete));
  };
  const turn = async (step) => {
    const to = listing.indexOf(file.file_id) + step;
    if (to === listing.length) await listing.more();
    const other = to >= 0 && listing.indexOf(file.file_id) >= 0 ? listing.at(to) : undefined;
    if (!other || other.isFolder || !dialog.open) return;
    file = other;
    go({ file: file.file_id }, { replace: true });
    draw();
  };

  dialog.addEventListener("keydown", (event) => {
    // A video or a text keeps its own keys.
    if (event.target.closest("video, audio, .reading") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "ArrowRight") turn(1);
  });
  let from = null;
  place.addEventListener("pointerdown", (event) => (from = event.pointerType === "touch" && event.isPrimary ? event : null));
  place.addEventListener("pointercancel", () => (from = null));
  place.addEventListener("pointerup", (event) => {
    if (!from) return;
    const [x, y] = [event.clientX - from.clientX, event.clientY - from.clientY];
    from = null;
    if (Math.abs(x) > swipe && Math.abs(x) > 2 * Math.abs(y)) turn(x < 0 ? 1 : -1);
  });
  show(dialog, () => stop.abort());
  draw();
}
