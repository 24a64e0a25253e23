// Sizes, times and kinds in a readable form.

import { locale, t } from "./texts.js";
import { el } from "./dom.js";

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const sizes = units.map(
  (unit, i) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit,
      unitDisplay: i === 0 ? "long" : "short",
      maximumSignificantDigits: i === 0 ? 4 : 3,
    }),
);

export function size(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return sizes[unit].format(value);
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const short = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const steps = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
];

function ago(time) {
  let value = (time - Date.now()) / 1000;
  if (Math.abs(value) < 5) return relative.format(0, "second");
  for (const [unit, most] of steps) {
    if (Math.abs(value) < most - 0.5) return relative.format(Math.round(value), unit);
    value /= most;
  }
  return day.format(time);
}

/** A time element: how long ago, and exactly when on hover. */
export function time(text, attributes = {}) {
  const date = new Date(text);
  return el("time", { ...attributes, datetime: text, title: exact.format(date), text: ago(date) });
}

/** A day and a time in words. */
export const moment = (date) => short.format(date);

/** Updates the age of all times on the page. */
export function refreshTimes() {
  for (const element of document.querySelectorAll("time[datetime]")) {
    const text = ago(new Date(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
}

/** A time for a file name, in characters that every system allows. */
export const stamp = (date) => date.toISOString().slice(0, 19).replace("T", " ").replaceAll(":", ".");

export function duration(seconds) {
  const parts =
    seconds < 60
      ? [[Math.max(1, Math.ceil(seconds)), "second"]]
      : seconds < 3600
        ? [[Math.round(seconds / 60), "minute"]]
        : [
            [Math.floor(seconds / 3600), "hour"],
            [Math.round((seconds % 3600) / 60), "minute"],
          ];
  return parts.map(([value, unit]) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(value)).join(" ");
}

/** A name's extension in lower case, without the dot; "" without an extension. */
export const extensionOf = (name) => /\.([A-Za-z0-9_-]{1,12})$/.exec(name)?.[1].toLowerCase() ?? "";

/** A file's kind: the name of its icon and colour. */
export function kind(file) {
  if (file.isFolder) return "folder";
  const type = bareType(file);
  const [top] = type.split("/");
  // Browsers take TypeScript for a video, because of its extension.
  if (top === "video" && /^[mc]?tsx?$/.test(extensionOf(file.file_name))) return "text";
  if (["image", "video", "audio"].includes(top)) return top;
  if (type === "application/pdf") return "pdf";
  if (/zip|compressed|x-tar|x-7z|x-rar/.test(type)) return "archive";
  return top === "text" || /^application\/(json|xml|javascript|yaml|x-yaml|toml|x-sh|sql)$|\+(json|xml)$/.test(type) ? "text" : "file";
}

/** A file's media type without parameters, in lower case. */
export const bareType = (file) => file.file_type.split(";")[0].trim().toLowerCase();

/** A type in few letters: the name's extension if it is usual, otherwise the type's second half if that is short. */
export function shortType(file) {
  if (file.isFolder) return t.folder;
  const extension = extensionOf(file.file_name);
  if (extension && extension.length <= 5) return extension.toUpperCase();
  const half = bareType(file)
    .split("/")
    .pop()
    .replace(/^x-|^vnd\./, "");
  return half.length <= 5 ? half.toUpperCase() : t.file;
}
