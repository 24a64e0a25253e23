// Puts the page together and keeps it in step with the service.

import { announcer } from "./announce.js";
import { Browser } from "./browser.js";
import { connection } from "./connection.js";
import { Detail } from "./detail.js";
import { el, icon, setText } from "./dom.js";
import { downView, signInView } from "./doors.js";
import { root } from "./entries.js";
import { on } from "./events.js";
import { follow } from "./feed/follow.js";
import { listenToClipboard } from "./folders/clipboard.js";
import { listenToDrags } from "./folders/drags.js";
import { refreshTimes } from "./format.js";
import { drawHeader, drawUsage, header } from "./header.js";
import { listenToKeys } from "./keys.js";
import { route } from "./route.js";
import { session } from "./session.js";
import { known } from "./sharing/known.js";
import { SharedView } from "./sharing/shared.js";
import { setTitle } from "./title.js";
import { toast, toastPlace } from "./toasts.js";
import { t } from "./texts.js";
import { listenToDrops, overlay } from "./uploads/drops.js";
import { announcement, panel } from "./uploads/panel.js";
import { queue } from "./uploads/queue.js";
import { askAboutUploads } from "./uploads/decisions.js";

/** How often a service that is down is asked, in milliseconds. */
const rhythm = 3000;

/** How often the view of shares is read again, in milliseconds. Downloads by others are not in the feed. */
const rhythmOfShares = 60_000;

/** How long changes are collected before the page reads its data again, and the least time between two such readings, in milliseconds. */
const settling = 200;
const spacing = 1000;

const browser = new Browser();
const shared = new SharedView();
const detail = new Detail(() => browser.listing);
const place = el("div", { class: "place" });
const bannerText = el("span");
const banner = el("p", { class: "banner", role: "alert", hidden: true }, icon("cloudOff"), bannerText);
const signIn = signInView(enter);
const down = downView(look);
let shown = null;
let looking = null;
let lookedAt = 0;
let timer = 0;
let isAgain = false;
/** The data to read again soon: true all on the screen, false the used space, null nothing. A tab in the background waits until it is seen. */
let wanted = null;

// The page itself takes the place of the shell that the document shows before any script runs.
document.body.replaceChildren(
  el("a", {
    class: "skip",
    href: "#main",
    text: t.skip,
    on: {
      click: (event) => {
        event.preventDefault();
        (route.view === "shared" ? shared : browser).focus();
      },
    },
  }),
  header,
  banner,
  place,
  panel,
  toastPlace,
  announcement,
  announcer,
  overlay,
);

on("route", (before) => {
  drawHeader();
  browser.show(before);
  if ((before.view === "shared") !== (route.view === "shared")) drawFront();
  if (route.view === "shared") showShared();
  drawDetail();
  drawTitle();
  if (before.file !== route.file) detail.show(!before.file && place.contains(document.activeElement) && isNarrow.matches);
  if (before.file && !route.file) browser.focus();
});
on("place", drawTitle);
on("session", () => {
  // Files of another key are not kept, and not shown to this one.
  browser.reload();
  detail.show();
  drawFront();
  readShares();
});
on("connection", () => {
  if (connection.problem === null && !banner.hidden) toast(t.back);
  drawFront();
});
on("list", drawFront);
on("links", readShares);
on("shares", () => {
  // At once, since a tab in the background gets no frame to draw in.
  browser.grid.drawNow();
  if (route.view === "shared") drawFront();
});
on("files", () => lookSoon(true));
on("gap", () => {
  browser.listing.expire();
  if (!isSeen() || isDown()) return lookSoon(true);
  browser.grid.draw();
  browser.crumbs.refresh();
  detail.refresh();
  readShares();
  lookSoon(false);
});
on("changes", (changes) => {
  const isUnknown = browser.take(changes);
  const isOpen = changes.some(({ id }) => id === route.file);
  if (isOpen && isSeen()) detail.refresh();
  if (route.view === "shared") known.expire();
  else if (isSeen()) readShares();
  lookSoon(isUnknown || (isOpen && !isSeen()) || route.view === "shared");
});

const isNarrow = matchMedia("(max-width: 960px)");
isNarrow.addEventListener("change", drawDetail);

/** Whether the service accepts the key that was just entered. */
async function enter() {
  await (route.view === "shared" ? known : browser.listing).more();
  return !session.isLocked && connection.problem === null;
}

/** Reads the used space again soon, and the screen's data too if `isUnknown`. Many changes can come in the same moment, and one reading is enough for all. */
function lookSoon(isUnknown) {
  wanted = wanted || isUnknown;
  if (!isSeen()) return;
  timer ||= setTimeout(
    () => {
      const isAll = wanted;
      [timer, wanted, lookedAt] = [0, null, Date.now()];
      if (isAll) look();
      if (!session.isLocked) drawUsage();
    },
    Math.max(settling, lookedAt + spacing - Date.now()),
  );
}

/** Reads the screen's data again, one reading at a time. */
function look() {
  // A reading on its way may have begun before the last change.
  isAgain = looking !== null;
  return (looking ??= readAll().finally(() => {
    looking = null;
    if (isAgain) look();
  }));
}

async function readAll() {
  try {
    await browser.refresh();
    await detail.refresh();
    await readShares();
  } catch {
    // The request itself has told the connection or the session.
  }
}

/** Reads the shares that the page shows or marks, unless they are new enough. */
function readShares() {
  return route.view === "shared" ? shared.refresh() : known.refresh(false);
}

/** Comes to the view of the shares. */
function showShared() {
  shared.draw();
  known.expire();
  readShares();
}

/** Shows the files or the shares, or the view in front of them. */
function drawFront() {
  const main = route.view === "shared" ? shared : browser;
  const list = route.view === "shared" ? shared : browser.listing;
  const hasContent = list !== null && (list.length > 0 || list.isComplete);
  const view = session.isLocked ? signIn : connection.problem !== null && !hasContent ? down : main;
  banner.hidden = connection.problem === null || view !== main;
  if (!banner.hidden) setText(bannerText, t.lost(connection.problem));
  document.body.classList.toggle("closed", view !== main);
  if (view === down) down.draw();
  if (view === shown) return;
  shown = view;
  place.replaceChildren(...(view === browser ? [browser.element, detail.element] : [view.element]));
  if (view === signIn) signIn.focus();
  browser.grid.draw();
}

/** The tab has the name of the place; the details give it that of the file. */
function drawTitle() {
  const isHome = route.view === "folder" && route.folder === root;
  if (!route.file) setTitle(isHome ? "" : route.view === "folder" ? browser.crumbs.name : t.places[route.view]);
}

/** On a small screen the details cover the list. */
function drawDetail() {
  browser.element.inert = isNarrow.matches && Boolean(route.file);
  document.body.classList.toggle("detailed", Boolean(route.file));
}

listenToKeys(browser, detail);
listenToDrags(browser);
listenToClipboard(browser);
listenToDrops(detail);
askAboutUploads();
drawHeader();
browser.show();
drawFront();
readShares();
if (route.view === "shared") shared.draw();
drawDetail();
detail.show();
lookSoon(false);
queue.begin();
follow();
setInterval(() => isSeen() && isDown() && look(), rhythm);
setInterval(() => isSeen() && route.view === "shared" && readShares(), rhythmOfShares);
setInterval(refreshTimes, 20_000);
document.addEventListener("visibilitychange", () => {
  if (!isSeen()) return;
  if (wanted !== null) lookSoon(wanted);
  readShares();
});

function isSeen() {
  return document.visibilityState === "visible";
}

/** Whether data of the page could not be read, but may be the next time. */
function isDown() {
  const problem = connection.problem ?? browser.listing.problem ?? known.problem;
  return problem !== null && !session.isLocked && (problem.status === 0 || problem.status >= 429);
}
