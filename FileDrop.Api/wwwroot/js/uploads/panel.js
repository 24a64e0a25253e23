// The queue on the screen.

import { bdi, el, icon, iconButton, plain, setText } from "../dom.js";
import { on } from "../events.js";
import { duration, size } from "../format.js";
import { go, placeState } from "../route.js";
import { toast } from "../toasts.js";
import { setProgress } from "../title.js";
import { t } from "../texts.js";
import { queue } from "./queue.js";

const mostShown = 200;
const urgency = {
  failed: 0,
  lost: 0,
  repeat: 0,
  conflict: 0,
  sending: 1,
  checking: 1,
  offline: 2,
  locked: 2,
  paused: 3,
  waiting: 4,
  done: 5,
};

const rows = new Map();
const title = el("h2", { id: "uploads-title" });
const summary = el("p", { class: "note" });
const whole = el("progress", { max: "1", "aria-label": t.uploads });
const list = el("ul", { class: "uploads" });
const rest = el("p", { class: "note rest" });
const said = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
const toggle = el("button", {
  type: "button",
  class: "icon",
  "aria-expanded": "true",
  on: { click: () => collapse(!panel.classList.contains("small")) },
});
const all = el("button", { type: "button", class: "quiet", on: { click: () => (isRunning() ? queue.pauseAll() : queue.resumeAll()) } });
const clear = el("button", { type: "button", class: "quiet", text: t.clearDone, on: { click: () => queue.clearDone() } });

export const panel = el(
  "section",
  { class: "panel", "aria-labelledby": "uploads-title", hidden: true },
  el("header", {}, el("div", {}, title, summary), toggle),
  whole,
  el("div", { class: "bar" }, all, clear),
  list,
  rest,
);

export const announcement = said;

let frame = 0;
on("uploads", () => (frame ||= requestAnimationFrame(draw)));
setInterval(() => queue.items.some((item) => item.state === "sending") && draw(), 500);
collapse(false);

function collapse(small) {
  panel.classList.toggle("small", small);
  const label = small ? t.expand : t.collapse;
  toggle.replaceChildren(icon(small ? "up" : "down"));
  toggle.setAttribute("aria-expanded", String(!small));
  toggle.setAttribute("aria-label", label);
  toggle.title = label;
}

const isRunning = () => queue.items.some((item) => ["waiting", "checking", "sending", "offline", "locked"].includes(item.state));

function draw() {
  cancelAnimationFrame(frame);
  frame = 0;
  const { items } = queue;
  panel.hidden = items.length === 0;
  const shown =
    items.length <= mostShown ? items : items.toSorted((one, other) => urgency[one.state] - urgency[other.state]).slice(0, mostShown);
  const unused = new Set(rows.keys());
  shown.forEach((item, i) => {
    const row = rows.get(item.id) ?? make(item);
    unused.delete(item.id);
    fill(row, item);
    if (list.children[i] !== row.element) list.insertBefore(row.element, list.children[i] ?? null);
  });
  for (const id of unused) {
    rows.get(id).element.remove();
    rows.delete(id);
  }
  setText(rest, items.length > shown.length ? t.moreUploads(items.length - shown.length) : "");
  drawWhole(items);
}

function drawWhole(items) {
  const done = items.filter((item) => item.state === "done").length;
  const [bytes, sent] = [sum(items, (item) => item.size), sum(items, (item) => item.sent)];
  const speed = sum(items, (item) => item.speed);
  const waiting = items.filter((item) => item.needsPerson).length;
  const text =
    done === items.length
      ? t.uploaded(done)
      : isRunning()
        ? t.uploading(done, items.length)
        : waiting > 0
          ? t.needsYou(waiting)
          : t.allPaused;
  setText(title, text);
  setText(said, panel.hidden ? "" : text);
  setText(summary, done === items.length ? size(bytes) : rate(sent, bytes, speed));
  whole.hidden = done === items.length;
  whole.value = bytes > 0 ? sent / bytes : 0;
  setProgress(isRunning() ? whole.value : null);
  all.hidden = !isRunning() && !items.some((item) => item.state === "paused");
  setText(all, isRunning() ? t.pauseAll : t.resumeAll);
  clear.hidden = done === 0;
}

const sum = (items, of) => items.reduce((all, item) => all + of(item), 0);

const rate = (sent, bytes, speed) =>
  [t.sent(size(sent), size(bytes)), speed > 0 && t.perSecond(size(speed)), speed > 0 && t.left(duration((bytes - sent) / speed))]
    .filter(Boolean)
    .join(" · ");

function make(item) {
  const row = {
    state: null,
    status: el("p", { class: "note" }),
    bar: el("progress", { max: "1", "aria-label": t.progressOf(item.name) }),
    actions: el("div", { class: "actions" }),
  };
  row.element = el(
    "li",
    {},
    el("div", { class: "what" }, bdi(item.name, { class: "name", title: plain(item.name) }), row.status, row.bar),
    row.actions,
  );
  rows.set(item.id, row);
  return row;
}

function fill(row, item) {
  setText(row.status, words(item));
  row.bar.hidden = !["sending", "offline", "paused", "locked"].includes(item.state) || item.size === 0;
  row.bar.value = item.size > 0 ? item.sent / item.size : 0;
  if (row.state === item.state) return;
  row.state = item.state;
  row.element.className = item.state;
  const hadFocus = row.actions.contains(document.activeElement);
  row.actions.replaceChildren(...actionsOf(item));
  if (hadFocus) row.actions.querySelector("button")?.focus();
}

function words(item) {
  switch (item.state) {
    case "checking":
      return t.checking;
    case "sending":
      return [item.target && t.newVersion, rate(item.sent, item.size, item.speed), item.note].filter(Boolean).join(" · ");
    case "offline":
      return item.problem ? t.trying(item.problem) : t.offline;
    case "locked":
      return t.signInFirst;
    case "paused":
      return t.pausedAt(size(item.sent), size(item.size));
    case "repeat":
      return t.already;
    case "conflict":
      return t.inTheWay(item.inTheWay);
    case "lost":
      return t.needsFile(size(item.sent), size(item.size));
    case "failed":
      return item.problem;
    case "done":
      return `${item.target ? t.versionAdded : t.finished} · ${size(item.size)}`;
    default:
      return `${item.target ? t.versionWaiting : t.waiting} · ${size(item.size)}`;
  }
}

function actionsOf(item) {
  const small = (picture, label, run) => iconButton(picture, t.actionOn(label, item.name), run);
  const text = (label, run) =>
    el("button", { type: "button", class: "quiet", text: label, "aria-label": t.actionOn(label, item.name), on: { click: run } });
  const cancel = small("close", t.cancel, () => queue.cancel(item));
  switch (item.state) {
    case "paused":
      return [small("play", t.resume, () => queue.resume(item)), cancel];
    case "failed":
      return [small("retry", t.retry, () => queue.resume(item)), cancel];
    case "repeat":
      return [text(t.uploadAnyway, () => queue.resume(item)), text(t.skipIt, () => queue.cancel(item))];
    case "conflict":
      return [
        item.inTheWay === "file" && text(t.replaceVersion, () => queue.decide(item, "replace")),
        text(t.keepBoth, () => queue.decide(item, "rename")),
        text(t.skipIt, () => queue.cancel(item)),
      ].filter(Boolean);
    case "lost":
      return [text(t.chooseAgain, () => choose(item)), cancel];
    case "done":
      return [
        item.fileId && text(t.open, () => go({ ...placeOf(item), file: item.fileId })),
        small("close", t.dismiss, () => queue.cancel(item)),
      ].filter(Boolean);
    default:
      return [small("pause", t.pause, () => queue.pause(item)), cancel];
  }
}

const placeOf = (item) => (item.into ? placeState("folder", item.into) : placeState(item.target ? "files" : "unsorted"));

function choose(item) {
  const field = el("input", {
    type: "file",
    on: { change: () => field.files[0] && !queue.give(item, field.files[0]) && toast(t.otherFile, { isError: true }) },
  });
  field.click();
}
