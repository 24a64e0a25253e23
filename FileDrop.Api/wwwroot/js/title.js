// The tab's title: where one is, and how far the uploads are, for whoever looks at another tab meanwhile.

import { t } from "./texts.js";

let place = "";
let progress = null;

export function setTitle(name) {
  place = name;
  draw();
}

/** From 0 to 1; null while nothing is uploaded. */
export function setProgress(part) {
  progress = part;
  draw();
}

function draw() {
  const title = place ? t.titleOf(place) : t.title;
  const text = progress === null ? title : t.titleWith(progress, title);
  if (document.title !== text) document.title = text;
}
