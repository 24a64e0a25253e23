// The address says what the page shows, so that reload, bookmarks and the back button work.

import { emit } from "./events.js";

const sorts = ["created_at", "updated_at", "file_name", "file_size", "deleted_at"];

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
  if (state.view === "trash") query.set("view", "trash");
  if (state.q) query.set("q", state.q);
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

/** The address of one file, for sharing: without the state of the list beside it. */
export const linkTo = (file) =>
  addressOf({
    ...presetOf(file.deleted_at ? "trash" : "files"),
    view: file.deleted_at ? "trash" : "files",
    q: "",
    type: "",
    tags: [],
    file: file.file_id,
  });

export function presetOf(view) {
  return { sort: view === "trash" ? "deleted_at" : "created_at", order: "desc" };
}

/** The API's query for the list of this view. */
export function listUrl(state, limit) {
  const query = new URLSearchParams({ limit, sort: state.sort, order: state.order });
  if (state.q) query.set("search", state.q);
  if (state.type) query.set("type", state.type);
  for (const tag of state.tags) query.append("tag", tag);
  return `/${state.view}?${query}`;
}

function read() {
  const query = new URLSearchParams(location.search);
  const view = query.get("view") === "trash" ? "trash" : "files";
  const sort = query.get("sort");
  const known = sorts.includes(sort) && (sort !== "deleted_at" || view === "trash");
  return {
    view,
    q: query.get("q") ?? "",
    type: query.get("type") ?? "",
    tags: query.getAll("tag"),
    sort: known ? sort : presetOf(view).sort,
    order: known && query.get("order") === "asc" ? "asc" : "desc",
    file: query.get("file") ?? "",
  };
}

function take() {
  const before = { ...route };
  Object.assign(route, read());
  emit("route", before);
}

window.addEventListener("popstate", take);
