// Copies a text to the clipboard.

import { el } from "./dom.js";

/** Returns whether the browser let the page copy. */
export async function copyText(text) {
  try {
    // Browsers offer a clipboard only to pages on https and on this machine; elsewhere only the old way works.
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
    // Nothing outside an open dialog can be selected.
    const place = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
    const words = el("span", { class: "unseen", text });
    place.append(words);
    getSelection().selectAllChildren(words);
    const isCopied = document.execCommand("copy");
    words.remove();
    return isCopied;
  } catch {
    return false;
  }
}
