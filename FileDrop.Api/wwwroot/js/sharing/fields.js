// The fields of the dialogs about links.

import { el } from "../dom.js";
import { t } from "../texts.js";

/** Makes ids that no other open dialog has. */
let ids = 0;
export const newId = (name) => `${name}-${++ids}`;

/** A field with its label above. */
export const labelled = (text, field, attributes = {}) => el("label", { class: "field", ...attributes }, el("span", { text }), field);

export const tick = (text, checked) => {
  const box = el("input", { type: "checkbox", checked });
  return { element: el("label", { class: "choice" }, box, el("span", { text })), box };
};

export const choice = (options, value, attributes = {}) => {
  const field = el("select", attributes, ...options.map(([each, text]) => el("option", { value: each, text })));
  field.value = value;
  return field;
};

/** A whole number, or nothing for no limit. */
export function numberField(text, value, placeholder) {
  const field = el("input", {
    type: "number",
    inputmode: "numeric",
    min: "1",
    step: "1",
    max: String(Number.MAX_SAFE_INTEGER),
    placeholder,
    value: value ?? "",
  });
  const element = labelled(text, field);
  return {
    element,
    show: (isShown) => (field.disabled = element.hidden = !isShown),
    read: () => (field.value === "" ? null : Number(field.value)),
  };
}

/** A size with its unit; null for no limit. */
export function sizeField(text, bytes) {
  const units = Object.keys(t.sharing.units).map(Number);
  // The largest unit in which the size is a whole number.
  const unit = bytes ? units.findLast((each) => bytes % each === 0) : 1_000_000;
  const field = el("input", {
    type: "number",
    inputmode: "decimal",
    min: "0",
    step: "any",
    placeholder: t.sharing.anySize,
    value: bytes === null ? "" : bytes / unit,
  });
  const of = choice(Object.entries(t.sharing.units), String(unit), { "aria-label": t.sharing.unit(text) });
  return {
    element: el("div", { class: "pair" }, labelled(text, field), of),
    read: () => (field.value === "" ? null : Math.round(Number(field.value) * Number(of.value))),
  };
}

/** A time in the way that a field for times on this device shows it. */
export function localTime(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
