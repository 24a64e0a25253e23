// Markdown within a line: code, emphasis, links. Built as nodes, so that a file's text never becomes markup of this page.

import { el } from "../dom.js";
import { t } from "../texts.js";

/** A longer paragraph is shown unchanged, since the search for pairs in it could take long. */
const longest = 8000;

/** The only links that work; a relative address has no meaning outside the file's original folder. */
const schemes = /^(https?:\/\/|mailto:)/i;

const patterns = [
  [/^\\([!-/:-@[-`{-~])/, ([, letter]) => letter],
  [/^(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/, ([, , code]) => el("code", { text: code.replace(/^ (.+) $/, "$1") })],
  [/^!\[([^\]]*)\]\([^)\s]*(?:\s+"[^"]*")?\)/, ([, text]) => el("span", { class: "note", text: t.pictureOf(text) })],
  [/^\[([^\]]+)\]\(<?((?:[^()\s<>]|\([^()\s<>]*\))*)>?(?:\s+"[^"]*")?\)/, ([, text, address]) => link(address, inline(text))],
  [/^<((?:https?:\/\/|mailto:)[^>\s]+)>/i, ([, address]) => link(address, [address])],
  [/^(https?:\/\/[^\s<>)"']*[^\s<>)"'.,;:!?])/i, ([, address]) => link(address, [address])],
  [/^(\*\*|__)(?=\S)([\s\S]*?\S)\1/, ([, , text]) => el("strong", {}, ...inline(text))],
  [/^~~(?=\S)([\s\S]*?\S)~~/, ([, text]) => el("del", {}, ...inline(text))],
  [/^\*(?=\S)([^*]*[^*\s])\*/, ([, text]) => el("em", {}, ...inline(text))],
  [/^_(?=\S)([^_]*[^_\s])_(?![A-Za-z0-9])/, ([, text]) => el("em", {}, ...inline(text))],
  [/^(?: {2,}|\\)\n/, () => el("br")],
];

/** The characters with which a pattern can begin. */
const special = /[\\`![<*_~]|https?:|(?: {2,}\n)/gi;

/** Returns texts and elements. */
export function inline(text) {
  if (text.length > longest) return [text];
  const parts = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    special.lastIndex = at;
    const next = special.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at === text.length) break;
    const isInWord = /[A-Za-z0-9]/.test(text[at - 1] ?? "");
    const rest = text.slice(at);
    const found = patterns
      .filter(() => !(isInWord && /^(_|https?:)/.test(rest)))
      .map(([pattern, make]) => [pattern.exec(rest), make])
      .find(([match]) => match);
    if (found) {
      const [match, make] = found;
      parts.push(plain, make(match));
      plain = "";
      at += match[0].length;
    } else plain += text[at++];
  }
  return [...parts, plain].filter((part) => part !== "");
}

function link(address, children) {
  if (!schemes.test(address)) return el("span", {}, ...children);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}
