// Shows a file's content in place. The browser shows images, audio, video and PDFs; this page shows texts.

import { contentUrl } from "./api.js";
import { el, icon } from "./dom.js";
import { kind, size } from "./format.js";
import { t } from "./texts.js";
import { readText } from "./viewers/text.js";
import { viewerOf } from "./viewers/viewers.js";

/** Fills a place with the preview of a file; `signal` ends it. */
export async function preview(place, file, signal) {
  try {
    const content = await make(file, signal);
    if (!signal.aborted) place.replaceChildren(...content);
  } catch {
    if (!signal.aborted) place.replaceChildren(...none(file, t.previewFailed));
  }
}

async function make(file, signal) {
  const look = kind(file);
  const label = t.previewOf(file.file_name);
  if (file.file_size === 0 || look === "archive") return none(file, t.noPreview);
  // In an image element an SVG runs no script and loads nothing.
  if (look === "image") return [media(el("img", { alt: label, src: await url(file), decoding: "async" }), file)];
  if (look === "video")
    return [
      media(el("video", { "aria-label": label, src: await url(file), controls: true, preload: "metadata", playsinline: true }), file),
    ];
  if (look === "audio")
    return [media(el("audio", { "aria-label": label, src: await url(file), controls: true, preload: "metadata" }), file)];
  if (look === "pdf") return [el("iframe", { title: label, src: await url(file), class: "paper" })];
  const text = await readText(file, signal);
  if (text === null) return none(file, t.noPreview);
  const { element, note } = viewerOf(file)(text.text, label);
  const notes = [note, text.isCut && t.previewPart(size(text.length))].filter(Boolean);
  return [element, ...notes.map((words) => el("p", { class: "note", text: words }))];
}

const url = (file) => contentUrl(file.file_id, { inline: true });

function media(element, file) {
  element.addEventListener("error", () => element.replaceWith(...none(file, t.previewFailed)));
  return element;
}

const none = (file, why) => [
  el("div", { class: "none" }, el("span", { class: `kind ${kind(file)}` }, icon(kind(file))), el("p", { text: why })),
];
