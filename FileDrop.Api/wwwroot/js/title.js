// The tab's title: the place, and the progress of uploads, which shows while another tab is open.

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
