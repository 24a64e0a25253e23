// The buttons that narrow the list: where to search, kinds of files, and tags.

import { bdi, el } from "./dom.js";
import { go, route } from "./route.js";
import { tagFilters } from "./tags.js";
import { t } from "./texts.js";

/** `name`: the name of the folder in which the search can stay. */
export const filtersOf = (name) => [
  ...(route.view === "folder" && route.q && route.tags.length === 0
    ? [chip([t.everywhere], !route.isWithin, { isWithin: false }), chip(t.within(bdi(name)), route.isWithin, { isWithin: true })]
    : []),
  ...Object.entries(t.kinds).map(([type, text]) => chip([text], route.type === type, { type })),
  ...tagFilters(route.tags),
];

const chip = (text, isOn, change) =>
  el("button", { type: "button", class: "chip", "aria-pressed": String(isOn), on: { click: () => go({ ...change, file: "" }) } }, ...text);
