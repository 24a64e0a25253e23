// The earlier contents of a file, and how to restore each.

import * as actions from "./actions.js";
import { el, iconButton } from "./dom.js";
import { size, time } from "./format.js";
import { t } from "./texts.js";

/** Fills a section. `restore(version)` makes a version the current content again. */
export function versionsOf(section, file, versions, restore) {
  const newest = Math.max(...versions.map((version) => version.version));
  const drawn = versions.map((version) => version.version).join();
  if (section.hasChildNodes() && section.dataset.drawn === `${file.file_id} ${drawn}`) return;
  section.dataset.drawn = `${file.file_id} ${drawn}`;
  section.replaceChildren(
    el("h3", { id: "versions", text: t.versions }),
    el(
      "ol",
      { class: "versions" },
      ...versions
        .toSorted((one, other) => other.version - one.version)
        .map((version) =>
          el(
            "li",
            {},
            el(
              "div",
              {},
              el("strong", { text: t.versionOf(version.version) }),
              version.version === newest ? el("span", { class: "badge", text: t.currentVersion }) : null,
              el("div", { class: "note" }, size(version.size), " · ", time(version.created_at)),
            ),
            iconButton("download", t.downloadVersion(version.version), () => actions.download([file], version.version)),
            version.version === newest ? null : iconButton("restore", t.restoreVersion(version.version), () => restore(version.version)),
          ),
        ),
    ),
  );
}
