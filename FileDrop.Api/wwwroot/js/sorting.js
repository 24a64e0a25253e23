// Sorting on a screen without room for column heads, and the line that counts the entries.

import { el, icon, setText } from "./dom.js";
import { go, route } from "./route.js";
import { t } from "./texts.js";

/** Sorting on a screen without room for column heads. */
export function sortChoice() {
  const sorts = { created_at: t.added, updated_at: t.changed, file_name: t.name, file_size: t.size };
  if (route.view === "trash") sorts.deleted_at = t.deleted;
  const choice = el(
    "select",
    { "aria-label": t.sortBy, on: { change: () => go({ sort: choice.value, order: choice.value === "file_name" ? "asc" : "desc" }) } },
    ...Object.entries(sorts).map(([value, text]) => el("option", { value, text })),
  );
  choice.value = route.sort;
  const label = route.order === "asc" ? t.ascending : t.descending;
  const turn = el(
    "button",
    {
      type: "button",
      class: "icon",
      "aria-label": label,
      title: label,
      on: { click: () => go({ order: route.order === "asc" ? "desc" : "asc" }) },
    },
    icon(route.order === "asc" ? "up" : "down"),
  );
  return el("div", { class: "sort" }, choice, turn);
}

/** The line that says how many files and folders there are. */
export function drawCount(element, listing) {
  setText(
    element,
    listing.isLoading && listing.length > 1000
      ? t.loadingMore(listing.length)
      : listing.isFull
        ? t.listEnd(listing.length)
        : listing.length === 0 && listing.isLoading
          ? t.loading
          : t.counted(listing.length - listing.folders, listing.folders, !listing.isComplete),
  );
}
