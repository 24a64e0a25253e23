// The viewers of texts. Each returns { element, note }; `note` says what is not shown.

import { el } from "../dom.js";
import { bareType, extensionOf } from "../format.js";
import { markdown } from "./markdown.js";
import { table } from "./table.js";

/** The viewer for a file: by its type, otherwise by its extension. */
export function viewerOf(file) {
  const [type, extension] = [bareType(file), extensionOf(file.file_name)];
  if (type === "text/markdown" || ["md", "markdown"].includes(extension)) return page;
  if (/^text\/(csv|tab-separated-values)$/.test(type) || ["csv", "tsv"].includes(extension)) return table;
  return type === "text/plain" && ["", "txt", "text"].includes(extension) ? prose : code;
}

/** A part of the page that scrolls by itself, also with the keyboard. */
const scroller = (look, label, ...children) =>
  el("div", { class: `reading ${look}`, tabindex: "0", role: "region", "aria-label": label }, ...children);

const page = (text, label) => ({ element: scroller("markdown", label, ...markdown(text)) });

const prose = (text, label) => ({ element: scroller("prose", label, el("pre", { text })) });

/** Source with line numbers. */
function code(text, label) {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  const numbers = lines.map((_, i) => i + 1).join("\n");
  return {
    element: scroller(
      "code",
      label,
      el("pre", { class: "numbers", "aria-hidden": "true", text: numbers }),
      el("pre", { class: "lines", text: lines.join("\n") }),
    ),
  };
}
