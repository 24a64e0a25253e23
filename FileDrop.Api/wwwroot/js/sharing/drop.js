// The settings of a link by which others send files into a folder.

import { el } from "../dom.js";
import { t } from "../texts.js";
import { choice, labelled, numberField, sizeField, tick } from "./fields.js";

const none = {
  max_files: null,
  max_file_size: null,
  max_bytes: null,
  types: [],
  asks_name: false,
  folder_per_uploader: false,
  files_expire_in: null,
};
const day = 86_400;

/** Fields for the limits in `drop`. Returns { element, read() }: all limits, as the service takes them. */
export function dropFields(drop) {
  const rules = drop ?? none;
  const s = t.sharing;
  const files = numberField(s.maxFiles, rules.max_files, s.unlimited);
  const one = sizeField(s.maxFileSize, rules.max_file_size);
  const all = sizeField(s.maxBytes, rules.max_bytes);
  const types = el("input", {
    value: (rules.types ?? []).join(", "),
    placeholder: s.allTypes,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    on: { input: () => types.setCustomValidity(typesOf(types.value) === null ? s.badTypes : "") },
  });
  const name = tick(s.asksName, rules.asks_name);
  const each = tick(s.folderPerUploader, rules.folder_per_uploader);
  const life = choice(livesWith(rules.files_expire_in), String(rules.files_expire_in ?? ""));
  // A folder for each name needs the names.
  const follow = () => {
    if (each.box.checked) name.box.checked = true;
    name.box.disabled = each.box.checked;
  };
  each.box.addEventListener("change", follow);
  follow();
  return {
    element: el(
      "fieldset",
      { class: "fields", "aria-label": s.modes.upload },
      files.element,
      one.element,
      all.element,
      labelled(s.types, types),
      name.element,
      each.element,
      labelled(s.filesExpire, life),
    ),
    read: () => ({
      max_files: files.read(),
      max_file_size: one.read(),
      max_bytes: all.read(),
      types: typesOf(types.value),
      asks_name: name.box.checked,
      folder_per_uploader: each.box.checked,
      files_expire_in: life.value === "" ? null : Number(life.value),
    }),
  };
}

/** The types in a text; a word without a dot is an extension. Null if one is neither. */
function typesOf(text) {
  const types = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((type) => (/^[a-z0-9]+$/i.test(type) ? `.${type}` : type));
  return types.every((type) => /^(\.[!-~]+|[!-.0-~]+\/[!-.0-~]+)$/.test(type) && !type.includes('"') && type.length <= 127) &&
    types.length <= 50
    ? types
    : null;
}

/** The usual times, and the one that is set. */
function livesWith(seconds) {
  const lives = Object.entries(t.sharing.fileLives).sort(([one], [other]) => one - other);
  if (seconds !== null && !(seconds in t.sharing.fileLives))
    lives.push([String(seconds), t.sharing.fileLife(Math.round((10 * seconds) / day) / 10)]);
  return lives;
}
