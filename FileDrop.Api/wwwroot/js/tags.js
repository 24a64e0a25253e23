// A file's tags: show, add and remove them, and find all files with the same tag.

import { bdi, el, icon, iconButton } from "./dom.js";
import { go } from "./route.js";
import { t } from "./texts.js";

/** Fills a section. Calls `save(tags)` with all tags whenever one changes. */
export function tagsOf(section, file, save) {
  const tags = Object.entries(file.tags);
  const key = el("input", {
    name: "key",
    "aria-label": t.tagKey,
    placeholder: t.tagKey,
    required: true,
    maxlength: "64",
    autocomplete: "off",
    pattern: "[^:]+",
  });
  const value = el("input", { name: "value", "aria-label": t.tagValue, placeholder: t.tagValue, maxlength: "256", autocomplete: "off" });
  const form = el(
    "form",
    {
      class: "add-tag",
      on: {
        submit: async (event) => {
          event.preventDefault();
          await save({ ...file.tags, [key.value.trim()]: value.value.trim() });
          section.querySelector("input")?.focus();
        },
      },
    },
    key,
    value,
    el("button", { text: t.addTag }),
  );
  section.replaceChildren(
    el("h3", { id: "tags", text: t.tags }),
    tags.length === 0
      ? el("p", { class: "note", text: t.noTags })
      : el(
          "ul",
          { class: "tags" },
          ...tags.map(([name, text]) =>
            el(
              "li",
              {},
              el(
                "button",
                {
                  type: "button",
                  class: "tag",
                  title: t.filterTag(name, text),
                  on: { click: () => go({ tags: [`${name}:${text}`], q: "", type: "" }) },
                },
                bdi(name),
                text ? el("span", { class: "of" }, bdi(text)) : null,
              ),
              iconButton("close", t.removeTag(name), () => save(Object.fromEntries(tags.filter(([other]) => other !== name)))),
            ),
          ),
        ),
    form,
  );
}

/** The tags by which the list is filtered, each with a button to remove it. */
export const tagFilters = (tags) =>
  tags.map((tag) =>
    el(
      "button",
      {
        type: "button",
        class: "tag on",
        "aria-label": t.tagFilter(tag),
        title: t.tagFilter(tag),
        on: { click: () => go({ tags: tags.filter((other) => other !== tag) }) },
      },
      bdi(tag),
      icon("close"),
    ),
  );
