// The address says what the page shows, so that reload, bookmarks and the back button work.

import { nameless, root } from "./entries.js";
import { emit } from "./events.js";

const sorts = ["created_at", "updated_at", "file_name", "file_size", "deleted_at"];

/** The places: a folder, all files, the files in no folder, the links of shares, and the trash. */
export const views = ["folder", "files", "unsorted", "shared", "trash"];

/** The view of the page. Only `go` and the browser's back and forward buttons change it. */
export const route = read();

/** Changes a part of it. `replace`: without a step for the back button. */
export function go(change, { replace = false } = {}) {
  const next = { ...route, ...change };
  const address = addressOf(next);
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  take();
}

/** The address of the page with a part of it changed, for links. */
export const addressOf = (state) => {
  const query = new URLSearchParams();
  if (state.view !== "folder") query.set("view", state.view);
  else if (state.folder !== root) query.set("folder", state.folder);
  if (state.q) query.set("q", state.q);
  if (state.q && state.isWithin && state.view === "folder") query.set("in", "folder");
  if (state.type) query.set("type", state.type);
  for (const tag of state.tags) query.append("tag", tag);
  const preset = presetOf(state.view);
  if (state.sort !== preset.sort || state.order !== preset.order) {
    query.set("sort", state.sort);
    query.set("order", state.order);
  }
  if (state.file) query.set("file", state.file);
  const text = query.toString();
  return text ? `/?${text}` : "/";
};

/** A place without filters, in its usual order. */
export const placeState = (view, folder = root) => ({
  ...presetOf(view),
  view,
  folder: nameless(folder),
  q: "",
  isWithin: false,
  type: "",
  tags: [],
  file: "",
});

/** The place of a file or folder, with the file's details, or within the folder. */
export function stateOf(entry) {
  if (entry.deleted_at) return { ...placeState("trash"), file: entry.isFolder ? "" : entry.file_id };
  if (entry.isFolder) return placeState("folder", entry.file_id);
  return { ...(entry.folder_id ? placeState("folder", entry.folder_id) : placeState("unsorted")), file: entry.file_id };
}

/** The address of a file or folder, for sharing: without the state of the list beside it. */
export const linkTo = (entry) => addressOf(stateOf(entry));

export function presetOf(view) {
  if (view === "folder") return { sort: "file_name", order: "asc" };
  return { sort: view === "trash" ? "deleted_at" : "created_at", order: "desc" };
}

/** Whether the list is narrowed. */
export const isFiltered = (state) => Boolean(state.q || state.type || state.tags.length > 0);

/** Whether the list shows files of any place: the view of all files, and the results of a search or a tag. */
export const isEverywhere = (state) =>
  state.view === "files" || (state.view === "folder" && (state.tags.length > 0 || (state.q !== "" && !state.isWithin)));

/** The folder that is on the screen; null while there is none. */
export const shownFolder = () => (route.view === "folder" && !isEverywhere(route) ? route.folder : null);

/** The folder that new files go to: the shown one; null for loose files. */
export const uploadFolder = () => (route.view === "unsorted" ? null : route.view === "folder" ? route.folder : root);

/** Whether the list walks through the folder and everything below, which has an order of its own. */
export const isDeep = (state) => state.view === "folder" && !isEverywhere(state) && state.q !== "";

/** The API's queries for the list of this view, which follow one another. The view of shares has no list of files. */
export function listUrls(state, limit) {
  if (state.view === "shared") return [];
  const query = new URLSearchParams({ limit });
  if (!isDeep(state)) {
    query.set("sort", state.sort);
    query.set("order", state.order);
  }
  if (state.q) query.set("search", state.q);
  if (state.type) query.set("type", state.type);
  for (const tag of state.tags) query.append("tag", tag);
  if (state.view === "trash") return [...(state.type || state.tags.length > 0 ? [] : ["/trash/folders?limit=100"]), `/trash?${query}`];
  if (state.view === "unsorted") query.set("loose", "true");
  if (state.view !== "folder" || isEverywhere(state)) return [`/files?${query}`];
  if (isDeep(state)) query.set("deep", "true");
  return [`/folders/${encodeURIComponent(state.folder)}/entries?${query}`];
}

function read() {
  const query = new URLSearchParams(location.search);
  const asked = query.get("view");
  const view = views.includes(asked) ? asked : "folder";
  const sort = query.get("sort");
  const known = sorts.includes(sort) && (sort !== "deleted_at" || view === "trash");
  return {
    view,
    folder: (view === "folder" && nameless(query.get("folder"))) || root,
    q: view === "shared" ? "" : (query.get("q") ?? ""),
    isWithin: query.get("in") === "folder",
    type: query.get("type") ?? "",
    tags: query.getAll("tag"),
    sort: known ? sort : presetOf(view).sort,
    order: known ? (query.get("order") === "asc" ? "asc" : "desc") : presetOf(view).order,
    file: view === "shared" ? "" : (query.get("file") ?? ""),
  };
}

function take() {
  const before = { ...route };
  Object.assign(route, read());
  emit("route", before);
}

window.addEventListener("popstate", take);
