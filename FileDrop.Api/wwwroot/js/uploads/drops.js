// Files that are dragged onto the page anywhere, or pasted.

import { isLocked } from "../session.js";
import { dropped, hasFiles, pasted } from "./gather.js";
import { queue } from "./queue.js";

export function listenToDrops() {
  const { body } = document;
  // Browsers say "left" for every element that the pointer leaves, the inner ones too.
  let depth = 0;
  const show = () => body.classList.toggle("dragging", depth > 0);
  const taking = (handler) => (event) => {
    if (!hasFiles(event.dataTransfer) || isLocked) return;
    event.preventDefault();
    handler(event);
    show();
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
      queue.add(await dropped(event.dataTransfer));
    }),
  );
  window.addEventListener("paste", (event) => {
    const found = pasted(event.clipboardData);
    if (found.length === 0 || isLocked) return;
    event.preventDefault();
    queue.add(found);
  });
}
