// Comma-separated values (RFC 4180) as a table; semicolons and tabs separate as well.

import { el } from "../dom.js";
import { t } from "../texts.js";

const mostRows = 500;
const mostColumns = 100;

export function table(text, label) {
  const rows = parse(text, separatorOf(text));
  const [head = [], ...body] = rows.slice(0, mostRows + 1);
  const cells = (row, tag, attributes = {}) => row.slice(0, mostColumns).map((cell) => el(tag, { ...attributes, text: cell }));
  const element = el(
    "div",
    { class: "reading sheet", tabindex: "0", role: "region", "aria-label": label },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...cells(head, "th", { scope: "col" }))),
      el("tbody", {}, ...body.map((row) => el("tr", {}, ...cells(row, "td")))),
    ),
  );
  return { element, note: rows.length > mostRows + 1 ? t.rowsShown(mostRows) : null };
}

/** The most frequent separator of the first line. */
function separatorOf(text) {
  const [line] = text.split(/[\r\n]/, 1);
  const count = (separator) => line.split(separator).length;
  return [",", ";", "\t"].reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

function parse(text, separator) {
  const rows = [];
  let [row, cell, isQuoted] = [[], "", false];
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length && rows.length <= mostRows + 1; i++) {
    const letter = text[i];
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') cell += text[++i];
      else isQuoted = false;
    } else if (letter === '"' && cell === "") isQuoted = true;
    else if (letter === separator) endCell();
    else if (letter === "\n" || letter === "\r") {
      if (letter === "\r" && text[i + 1] === "\n") i++;
      endRow();
    } else cell += letter;
  }
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}
