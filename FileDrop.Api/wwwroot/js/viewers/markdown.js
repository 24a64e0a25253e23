// Markdown as elements: the common parts of CommonMark, and GitHub's tables. HTML in it is shown as text.

import { el } from "../dom.js";
import { inline } from "./inline.js";

const deepest = 12;

/** A longer line counts as plain text, so that no pattern runs over a program's output. */
const longestLine = 2000;

/** Most lines of one block. More lines begin the next block, so that the work stays in proportion to the text. */
const longestBlock = 2000;

const fence = /^ {0,3}(`{3,}|~{3,})/;
const heading = /^ {0,3}(#{1,6})(?=\s|$)(.*)$/;
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const quote = /^ {0,3}> ?/;
const item = /^( {0,3})([-*+]|(\d{1,9})[.)])(?:( +)(.*)|$)/;
const underline = /^ {0,3}(=+|-+)\s*$/;
const columns = /^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

export function markdown(text) {
  return blocks(text.replace(/\t/g, "    ").split(/\r\n|\r|\n/), 0);
}

/** Each reader of a block returns [element, lines it took], or null if the lines are a different block. */
const ways = [readFence, readIndented, readHeading, readRule, readQuote, readList, readTable];

function blocks(lines, depth) {
  const made = [];
  for (let at = 0; at < lines.length;) {
    if (lines[at].trim() === "") {
      at++;
      continue;
    }
    const rest = lines.slice(at, at + longestBlock);
    const [element, count] = first(rest, depth) ?? readParagraph(rest);
    made.push(element);
    at += count;
  }
  return made;
}

function first(lines, depth) {
  if (lines[0].length > longestLine) return null;
  for (const way of ways) {
    const block = way(lines, depth);
    if (block) return block;
  }
  return null;
}

function readFence(lines) {
  const mark = fence.exec(lines[0])?.[1];
  if (!mark) return null;
  const end = lines.findIndex((line, i) => i > 0 && line.trim().startsWith(mark) && /^(`+|~+)$/.test(line.trim()));
  const code = lines.slice(1, end < 0 ? lines.length : end);
  return [el("pre", {}, el("code", { text: code.join("\n") })), code.length + (end < 0 ? 1 : 2)];
}

function readIndented(lines) {
  const count = countWhile(lines, (line) => /^ {4}/.test(line));
  return (
    count && [
      el(
        "pre",
        {},
        el("code", {
          text: lines
            .slice(0, count)
            .map((line) => line.slice(4))
            .join("\n"),
        }),
      ),
      count,
    ]
  );
}

function readHeading(lines) {
  const [, marks, text = ""] = heading.exec(lines[0]) ?? [];
  return marks ? [title(marks.length, text.trim().replace(/(^|\s)#+$/, "")), 1] : null;
}

// The file's name is a heading of the second level, so headings within the file begin below it.
const title = (level, text) => el(`h${Math.min(6, level + 2)}`, {}, ...inline(text));

function readRule(lines) {
  return rule.test(lines[0]) ? [el("hr"), 1] : null;
}

function readQuote(lines, depth) {
  const count = countWhile(lines, (line) => quote.test(line));
  if (!count || depth > deepest) return null;
  return [
    el(
      "blockquote",
      {},
      ...blocks(
        lines.slice(0, count).map((line) => line.replace(quote, "")),
        depth + 1,
      ),
    ),
    count,
  ];
}

function readList(lines, depth) {
  const begin = item.exec(lines[0]);
  if (!begin || depth > deepest) return null;
  const isOrdered = begin[3] !== undefined;
  const items = [];
  let at = 0;
  while (at < lines.length) {
    const mark = item.exec(lines[at]);
    if (!mark || (mark[3] !== undefined) !== isOrdered || rule.test(lines[at])) break;
    const indent = mark[1].length + mark[2].length + Math.min(mark[4]?.length ?? 1, 4);
    const own = [mark[5] ?? ""];
    for (at++; at < lines.length; at++) {
      const isIndented = indentOf(lines[at]) >= indent;
      const isBlank = lines[at].trim() === "";
      if (isBlank && !(at + 1 < lines.length && (indentOf(lines[at + 1]) >= indent || item.test(lines[at + 1])))) break;
      // A line of the same paragraph need not be indented.
      const isLazy = own.at(-1) !== "" && !startsBlock(lines[at]);
      if (!isBlank && !isIndented && !isLazy) break;
      own.push(isIndented ? lines[at].slice(indent) : lines[at].trim());
    }
    items.push(listItem(own, depth));
  }
  const start = isOrdered && begin[3] !== "1" ? { start: String(Number(begin[3])) } : {};
  return [el(isOrdered ? "ol" : "ul", start, ...items), at];
}

function listItem(lines, depth) {
  const [, box, text] = /^\[([ xX])\]\s+(.*)$/.exec(lines[0]) ?? [];
  const inner = blocks(box === undefined ? lines : [text, ...lines.slice(1)], depth + 1);
  const mark = box === undefined ? null : `${box === " " ? "☐" : "☑"} `;
  // A single paragraph stands in the item itself, so that short lists stay close.
  const children = inner.flatMap((block) => (block.tagName === "P" ? [...block.childNodes, " "] : [block]));
  return el("li", box === undefined ? {} : { class: "task" }, mark, ...children);
}

function readTable(lines) {
  if (lines.length < 2 || !lines[0].includes("|") || !columns.test(lines[1])) return null;
  const count = countWhile(lines, (line) => line.includes("|"));
  const row = (line, tag, attributes) => el("tr", {}, ...cellsOf(line).map((cell) => el(tag, attributes, ...inline(cell))));
  const body = lines.slice(2, count).map((line) => row(line, "td", {}));
  return [el("table", {}, el("thead", {}, row(lines[0], "th", { scope: "col" })), el("tbody", {}, ...body)), count];
}

const cellsOf = (line) =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

function readParagraph(lines) {
  const count = Math.max(
    1,
    countWhile(lines, (line, i) => line.trim() !== "" && (i === 0 || !startsBlock(line))),
  );
  const text = lines.slice(0, count);
  const [, mark] = underline.exec(lines[count] ?? "") ?? [];
  if (mark) return [title(mark[0] === "=" ? 1 : 2, text.join(" ").trim()), count + 1];
  return [el("p", {}, ...inline(text.map((line) => line.trimStart()).join("\n"))), count];
}

const startsBlock = (line) =>
  line.length <= longestLine &&
  (fence.test(line) || heading.test(line) || rule.test(line) || quote.test(line) || item.test(line) || underline.test(line));

const indentOf = (line) => (line.trim() === "" ? 0 : line.search(/\S/));

function countWhile(lines, test) {
  const end = lines.findIndex((line, i) => !test(line, i));
  return end < 0 ? lines.length : end;
}
