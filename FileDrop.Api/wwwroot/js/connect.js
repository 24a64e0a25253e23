// The dialog that says how to use the files as a drive, and from the command line.

import { copyText } from "./copy.js";
import { show } from "./dialogs.js";
import { el, icon, setText } from "./dom.js";
import { session } from "./session.js";
import { t } from "./texts.js";

/** The systems, as browsers name them. An iPad names itself a Mac. */
const systems = { ios: /iphone|ipad|ipod/i, mac: /mac/i, windows: /win/i, linux: /linux|x11/i };

/** Only this machine can reach it. */
const isLoopback = /^(localhost|127\..*|\[::1\])$/;

export function connect() {
  const { connect: words } = t;
  const { origin, host, hostname, protocol } = location;
  const address = `${origin}/dav/`;
  const isPlain = protocol === "http:";
  const said = el("p", { class: "note", role: "status" });
  const field = el("input", {
    class: "address",
    readonly: true,
    dir: "ltr",
    value: address,
    "aria-label": words.address,
    on: { focus: () => field.select() },
  });
  const copy = async () => {
    const isCopied = await copyText(address);
    if (!isCopied) field.focus();
    setText(said, isCopied ? words.copied : words.notCopied);
  };
  const notes = [session.key || !isLoopback.test(hostname) ? words.key : words.open, isPlain && words.plain].filter(Boolean);
  const ways = words.ways({
    address,
    drive: `${isPlain ? "dav" : "davs"}://${host}/dav/`,
    origin,
    login: notes[0] === words.key ? " user=me pass=$(rclone obscure KEY)" : "",
  });
  const own = systemOf(navigator);
  const dialog = el(
    "dialog",
    { class: "connecting", "aria-labelledby": "connect" },
    el("h2", { id: "connect", text: words.title }),
    el("p", { text: words.text }),
    el(
      "div",
      { class: "copying" },
      field,
      el("button", { type: "button", class: "primary", on: { click: copy } }, icon("copy"), el("span", { text: words.copy })),
    ),
    said,
    ...notes.map((text) => el("p", { text })),
    el(
      "dl",
      {},
      ...ways
        .toSorted(([one], [other]) => (other === own) - (one === own))
        .map(([, name, text, command]) =>
          el(
            "div",
            {},
            el("dt", { text: name }),
            el("dd", {}, text, text && command ? " " : null, command ? el("code", { dir: "ltr", text: command }) : null),
          ),
        ),
    ),
    el(
      "div",
      { class: "choices" },
      el("a", { href: "/scalar", class: "reference", text: words.reference }),
      el("button", { type: "button", text: t.close, on: { click: () => dialog.close() } }),
    ),
  );
  show(dialog, () => {});
}

/** The system of the viewer, whose ways come first. */
function systemOf({ platform, maxTouchPoints, userAgent }) {
  if (/mac/i.test(platform) && maxTouchPoints > 1) return "ios";
  if (/android/i.test(userAgent)) return "any";
  return Object.keys(systems).find((system) => systems[system].test(platform));
}
