// Shows a file's content, if the service lets it be shown in place.

import { contentUrl } from "./api.js";
import { el, icon } from "./dom.js";
import { kind, size } from "./format.js";
import { session } from "./session.js";
import { t } from "./texts.js";

const mostText = 256 * 1024;

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
  const type = file.file_type.split(";")[0].trim().toLowerCase();
  const look = kind(type);
  const label = t.previewOf(file.file_name);
  if (file.file_size === 0) return none(file, t.noPreview);
  if (type === "text/plain") return text(file, label, signal);
  if (look === "image" && !/svg|xml$/.test(type)) return [media(el("img", { alt: label, src: await url(file), decoding: "async" }), file)];
  if (look === "video")
    return [
      media(el("video", { "aria-label": label, src: await url(file), controls: true, preload: "metadata", playsinline: true }), file),
    ];
  if (look === "audio")
    return [media(el("audio", { "aria-label": label, src: await url(file), controls: true, preload: "metadata" }), file)];
  if (look === "pdf") return [el("iframe", { title: label, src: await url(file), class: "paper" })];
  return none(file, t.noPreview);
}

const url = (file) => contentUrl(file.file_id, { inline: true });

function media(element, file) {
  element.addEventListener("error", () => element.replaceWith(...none(file, t.previewFailed)));
  return element;
}

/** The start of a text, as UTF-8 where it is, in a frame that may do nothing. The service's word that it is inline decides. */
async function text(file, label, signal) {
  const response = await fetch(await url(file), {
    headers: { ...session.headers(), Range: `bytes=0-${mostText - 1}` },
    signal,
    cache: "no-store",
  });
  if (!response.ok || !response.headers.get("Content-Disposition")?.startsWith("inline")) return none(file, t.previewFailed);
  const bytes = await response.arrayBuffer();
  const blob = new Blob([decode(bytes)], { type: "text/plain;charset=utf-8" });
  const address = URL.createObjectURL(blob);
  signal.addEventListener("abort", () => URL.revokeObjectURL(address));
  return [
    el("iframe", { title: label, src: address, sandbox: "", class: "paper" }),
    file.file_size > mostText ? el("p", { class: "note", text: t.previewPart(size(mostText)) }) : "",
  ];
}

function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

const none = (file, why) => [
  el("div", { class: "none" }, el("span", { class: `kind ${kind(file.file_type)}` }, icon(kind(file.file_type))), el("p", { text: why })),
];
