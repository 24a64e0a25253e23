// The settings of a link, for a new one and for one that exists.

import { copyText } from "../copy.js";
import { el, iconButton } from "../dom.js";
import { moment } from "../format.js";
import { t } from "../texts.js";
import { dropFields } from "./drop.js";
import { choice, labelled, localTime, newId, numberField, tick } from "./fields.js";
import { makePassword } from "./password.js";

const minute = 60_000;
const week = 7 * 24 * 60 * minute;

/**
 * Makes the fields. Returns { element, read() }: the settings of a new link, or the changed ones of an existing one.
 * @param share the link; null for a new one.
 * @param isFolder whether the new link is for one folder, which can also take files.
 * @param say(text): tells what happened.
 */
export function settings({ share = null, isFolder = false, say }) {
  const s = t.sharing;
  const modes = share ? (share.mode === "upload" ? [] : ["view", "download"]) : ["view", "download", ...(isFolder ? ["upload"] : [])];
  const mode = modeField(modes, share?.mode ?? "download", () => draw());
  const expiry = expiryField(share?.expires_at ?? null);
  const password = passwordField(Boolean(share?.has_password), say);
  const downloads = numberField(s.downloads, share?.max_downloads ?? null, s.unlimited);
  const note = el("textarea", { rows: "2", maxlength: "500", dir: "auto", value: share?.note ?? "" });
  const drop = share && !share.drop ? null : dropFields(share?.drop ?? null);
  const draw = () => {
    const isDrop = mode.read() === "upload";
    downloads.show(!isDrop);
    if (drop) drop.element.disabled = drop.element.hidden = !isDrop;
  };
  draw();
  const all = () => {
    const isDrop = mode.read() === "upload";
    return {
      mode: mode.read(),
      expires_at: expiry.read(),
      password: password.read(),
      max_downloads: isDrop ? null : downloads.read(),
      note: note.value.trim() || null,
      drop: isDrop ? drop.read() : null,
    };
  };
  return {
    element: el(
      "div",
      { class: "fields" },
      mode.element,
      expiry.element,
      password.element,
      downloads.element,
      drop?.element,
      labelled(s.note, note),
    ),
    read: () =>
      share
        ? changesOf(share, all())
        : Object.fromEntries(Object.entries(all()).filter(([, value]) => value !== null && value !== undefined)),
  };
}

/** The settings that differ from those of the share. An undefined password stays as it is. */
function changesOf(share, now) {
  const before = { ...share };
  if (now.drop) before.drop = Object.fromEntries(Object.keys(now.drop).map((name) => [name, share.drop[name] ?? null]));
  const isOther = ([name, value]) =>
    value !== undefined && (name === "password" || JSON.stringify(value) !== JSON.stringify(before[name] ?? null));
  return Object.fromEntries(Object.entries(now).filter(isOther));
}

/** One button for each mode, and a line about the chosen one. */
function modeField(modes, chosen, changed) {
  const hint = el("p", { class: "note", id: newId("hint"), role: "status" });
  const group = newId("mode");
  const buttons = modes.map((mode) =>
    el("input", {
      type: "radio",
      name: group,
      value: mode,
      checked: mode === chosen,
      "aria-describedby": hint.id,
      on: { change: () => draw() },
    }),
  );
  const read = () => buttons.find((button) => button.checked)?.value ?? chosen;
  const draw = () => {
    hint.textContent = t.sharing.hints[read()];
    changed();
  };
  hint.textContent = t.sharing.hints[chosen];
  const element = el(
    "fieldset",
    { class: "modes" },
    el("legend", { text: t.sharing.allows }),
    el(
      "div",
      { class: "switch" },
      ...buttons.map((button) => el("label", {}, button, el("span", { text: t.sharing.modes[button.value] }))),
    ),
    hint,
  );
  element.hidden = modes.length === 0;
  return { element, read };
}

/** A time in words, or by a date. An existing time stays, to the millisecond, unless another one is chosen. */
function expiryField(expiresAt) {
  const words = Object.entries(t.sharing.expiries);
  const usual = [words.find(([value]) => value === ""), ...words.filter(([value]) => value !== "")];
  const kept = expiresAt ? [["keep", t.sharing.keepExpiry(moment(new Date(expiresAt)))]] : [];
  const date = el("input", { type: "datetime-local", min: localTime(new Date(Date.now() + minute)) });
  const dated = labelled(t.sharing.expiryDate, date);
  const field = choice([...kept, ...usual], expiresAt ? "keep" : "", {
    on: {
      change: () => {
        draw();
        if (date.required) date.focus();
      },
    },
  });
  const draw = () => {
    date.required = field.value === "date";
    // A disabled field does not keep the form from being sent.
    date.disabled = dated.hidden = !date.required;
    if (date.required && !date.value) date.value = localTime(new Date(Date.now() + week));
  };
  draw();
  return {
    element: el("div", { class: "pair wraps" }, labelled(t.sharing.expires, field), dated),
    read: () => {
      if (field.value === "") return null;
      if (field.value === "keep") return expiresAt;
      return new Date(field.value === "date" ? date.value : Date.now() + 1000 * Number(field.value)).toISOString();
    },
  };
}

/** A text that can be read, so that the user can pass it on; the service does not show it again. */
function passwordField(hasOne, say) {
  const s = t.sharing;
  const field = el("input", {
    minlength: "8",
    maxlength: "256",
    placeholder: hasOne ? s.samePassword : s.noPassword,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    on: { input: () => draw() },
  });
  const removal = tick(s.removePassword, false);
  const copy = iconButton("copy", s.copyPassword, async () => say((await copyText(field.value)) ? s.passwordCopied : s.notCopied));
  const make = el("button", { type: "button", text: s.makePassword, on: { click: () => fill(makePassword()) } });
  const fill = (password) => {
    field.value = password;
    draw();
  };
  const draw = () => {
    copy.hidden = field.value === "";
    if (field.value) removal.box.checked = false;
  };
  removal.box.addEventListener("change", () => {
    if (removal.box.checked) field.value = "";
    draw();
  });
  removal.element.hidden = !hasOne;
  draw();
  return {
    element: el(
      "div",
      {},
      el("div", { class: "pair wraps" }, labelled(hasOne ? s.newPassword : s.password, field), make, copy),
      removal.element,
    ),
    read: () => (field.value ? field.value : removal.box.checked ? null : undefined),
  };
}
