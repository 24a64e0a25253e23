// Asks about uploads whose name is taken, one dialog at a time. An answer can count for all that were added together.

import { askAboutName } from "../conflicts.js";
import { on } from "../events.js";
import { t } from "../texts.js";
import { queue } from "./queue.js";

let isAsking = false;

export function askAboutUploads() {
  on("uploads", next);
}

async function next() {
  const item = queue.items.find((each) => each.state === "conflict" && !each.isAsked);
  // Another dialog is open: the upload keeps its buttons in the panel, and is asked about later.
  if (!item || isAsking || document.querySelector("dialog[open]")) return;
  isAsking = true;
  item.isAsked = true;
  const isFile = item.inTheWay === "file";
  const { choice, isForAll } = await askAboutName(item.name, {
    replace: isFile ? t.replaceVersion : null,
    text: isFile ? t.uploadTaken : t.folderInTheWay,
    hasMore: queue.items.some((other) => other !== item && other.batch === item.batch && other.isOpen),
  });
  isAsking = false;
  if (choice === null) {
    // Closed without an answer: all that wait now keep their buttons.
    for (const other of queue.items) if (other.state === "conflict") other.isAsked = true;
  } else if (queue.items.includes(item)) queue.decide(item, choice, isForAll);
  next();
}
