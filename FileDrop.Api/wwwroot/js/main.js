// Puts the page together and keeps it in step with the service.

import { announcer } from "./announce.js";
import { Browser } from "./browser.js";
import { connection } from "./connection.js";
import { Detail } from "./detail.js";
import { el, icon, setText } from "./dom.js";
import { downView, signInView } from "./doors.js";
import { root } from "./entries.js";
import { on } from "./events.js";
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

/** How often the visible rows are read again, and how often a service that is down is asked, in milliseconds. */
const rhythm = 3000;

/** How long changes are collected before the page reads them, in milliseconds. */
const settling = 200;

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
let changes = 0;

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
on("files", () => {
  // Many uploads can end in the same moment; one refresh is enough for all.
  changes ||= setTimeout(() => {
    changes = 0;
    look();
    drawUsage();
  }, settling);
});

const isNarrow = matchMedia("(max-width: 960px)");
isNarrow.addEventListener("change", drawDetail);

/** Whether the service accepts the key that was just entered. */
async function enter() {
  await (route.view === "shared" ? known : browser.listing).more();
  return !session.isLocked && connection.problem === null;
}

/** Reads the screen's data again, one refresh at a time. */
async function look() {
  try {
    await (looking ??= (async () => {
      await browser.refresh();
      await detail.refresh();
      await readShares();
    })());
  } catch {
    // The request itself has told the connection or the session.
  } finally {
    looking = null;
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
drawUsage();
queue.begin();
setInterval(() => document.visibilityState === "visible" && look(), rhythm);
setInterval(refreshTimes, 20_000);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
