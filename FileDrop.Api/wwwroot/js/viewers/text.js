// Reads the start of a file as text, if it is text.

import { firstBytes } from "../api.js";

/** The bytes to show, and the bytes to examine first if a file may not be text. */
const most = 256 * 1024;
const sample = 4 * 1024;

/** Returns { text, length, isCut }, where `length` is the number of bytes read; null if the file is not text. */
export async function readText(file, signal) {
  let bytes = await firstBytes(file.file_id, sample, signal);
  if (!isText(bytes)) return null;
  if (file.file_size > bytes.length) bytes = await firstBytes(file.file_id, most, signal);
  return { text: decode(bytes), length: bytes.length, isCut: file.file_size > bytes.length };
}

const marks = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];
const markOf = (bytes) => marks.find(([mark]) => mark.every((byte, i) => bytes[i] === byte))?.[1] ?? null;

/** Control characters that a text may have: tab, line feed, form feed, carriage return, escape (colours of a terminal). */
const usual = new Set([9, 10, 12, 13, 27]);

/** Whether bytes look like the start of a text. */
export function isText(bytes) {
  if (markOf(bytes)) return true;
  if (bytes.some((byte) => byte < 32 && !usual.has(byte))) return false;
  // If it is not UTF-8, it is an older encoding only if most bytes are ASCII letters.
  return isUtf8(bytes) || bytes.filter((byte) => byte >= 0x80).length < bytes.length * 0.3;
}

/** The encoding of a byte order mark, otherwise UTF-8 if the bytes allow it, otherwise windows-1252. */
export function decode(bytes) {
  return new TextDecoder(markOf(bytes) ?? (isUtf8(bytes) ? "utf-8" : "windows-1252")).decode(bytes, { stream: true });
}

function isUtf8(bytes) {
  try {
    // The last character may be incomplete.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
