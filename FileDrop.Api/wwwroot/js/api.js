// The service's public API, as far as the page needs it.

import { session } from "./session.js";
import { connection } from "./connection.js";
import { t } from "./texts.js";

/** The longest time for an answer, in milliseconds; a batch, which copies many files, has longer. */
const patience = 20_000;
const patienceOfBatch = 600_000;

/** An error of the service (RFC 9457), or a missing answer (status 0). */
export class Problem extends Error {
  constructor(status, code, detail, retryAfter = 0) {
    const text = t.problems[code] ?? detail;
    super(typeof text === "function" ? text(detail).trim() : text);
    Object.assign(this, { status, code, detail, retryAfter });
  }

  get isUnreachable() {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  /** Whether the file or folder does not exist any more. */
  get isGone() {
    return this.code === "file_not_found" || this.code === "folder_not_found";
  }

  /** The problem of one operation of a batch, which has only a code. */
  static of = ({ status, code }) => new Problem(status, code, "");

  static unreachable = () => new Problem(0, "unreachable", t.problems.unreachable);

  static from(status, text, retryAfter) {
    try {
      const { code, detail, title, checks } = JSON.parse(text);
      return Object.assign(new Problem(status, code ?? "unknown", detail ?? title ?? `HTTP ${status}`, retryAfter), { checks });
    } catch {
      return new Problem(status, "unknown", `HTTP ${status}`, retryAfter);
    }
  }
}

/** One request; resolves with { status, body, etag, next } for 2xx and 304, otherwise throws a Problem or AbortError. */
export async function ask(method, path, { json, headers = {}, signal, quiet = false, wait = patience } = {}) {
  const limit = AbortSignal.timeout(wait);
  const { key } = session;
  let response, text;
  try {
    response = await fetch(path, {
      method,
      headers: { ...session.headers(), ...(json === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: json === undefined ? undefined : JSON.stringify(json),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      cache: "no-store",
    });
    text = await response.text();
  } catch (failure) {
    if (signal?.aborted) throw failure;
    const problem = Problem.unreachable();
    if (!quiet) connection.failed(problem);
    throw problem;
  }
  if (response.ok || response.status === 304) {
    if (!quiet) connection.worked();
    return {
      status: response.status,
      body: text && response.status !== 304 ? JSON.parse(text) : null,
      etag: response.headers.get("ETag"),
      next: nextOf(response.headers.get("Link")),
    };
  }
  const problem = Problem.from(response.status, text, Number(response.headers.get("Retry-After")) || 0);
  // The user may have entered another key meanwhile.
  if (problem.status === 401 && key === session.key) session.lock();
  if (!quiet && (problem.isUnreachable || problem.status === 503)) connection.failed(problem);
  throw problem;
}

function nextOf(link) {
  return /<([^>]+)>;\s*rel="?next"?/.exec(link ?? "")?.[1] ?? null;
}

const at = (id) => `/files/${encodeURIComponent(id)}`;
const folderAt = (id) => `/folders/${encodeURIComponent(id)}`;
const shareAt = (id) => `/shares/${encodeURIComponent(id)}`;

export const api = {
  list: (url, options) => ask("GET", url, options),
  /** Each page of a list, one after the other. */
  async *pages(url) {
    for (let next = url; next;) {
      const answer = await ask("GET", next);
      yield answer.body;
      next = answer.next;
    }
  },
  file: (id, etag, signal) => ask("GET", `${at(id)}/metadata`, { signal, headers: etag ? { "If-None-Match": etag } : {} }),
  update: (id, change, etag) => ask("PUT", at(id), { json: change, headers: etag ? { "If-Match": etag } : {} }),
  filePath: (id, signal) => ask("GET", `${at(id)}/path`, { signal }),
  folderPath: (id, signal) => ask("GET", `${folderAt(id)}/path`, { signal }),
  atPath: (names) => ask("GET", `/paths/${names.map(encodeURIComponent).join("/")}`),
  createFolder: (name, parent, onConflict = "fail") =>
    ask("POST", "/folders", { json: { name, parent_id: parent, on_conflict: onConflict } }),
  updateFolder: (id, change) => ask("PATCH", folderAt(id), { json: change }),
  batch: (operations) => ask("POST", "/batch", { json: operations, wait: patienceOfBatch }),
  zip: (ids) => ask("POST", "/zip", { json: { ids }, wait: patienceOfBatch }),
  versions: (id, signal) => ask("GET", `${at(id)}/versions`, { signal }),
  restoreVersion: (id, version) => ask("POST", `${at(id)}/versions/${version}/restore`),
  purge: (id) => ask("DELETE", `/trash/${encodeURIComponent(id)}`),
  purgeFolder: (id) => ask("DELETE", `/trash/folders/${encodeURIComponent(id)}`),
  emptyTrash: () => ask("DELETE", "/trash"),
  makeShare: (settings) => ask("POST", "/shares", { json: settings }),
  changeShare: (id, change) => ask("PATCH", shareAt(id), { json: change }),
  endShare: (id) => ask("DELETE", shareAt(id)),
  health: () => ask("GET", "/health", { quiet: true }),
  usage: () => ask("GET", "/usage", { quiet: true }),
  namesakes: (name, size) =>
    ask("GET", `/files?${new URLSearchParams({ loose: true, name, min_size: size, max_size: size, sort: "file_size", limit: 100 })}`),
};

/** The picture of a share's link, as SVG. */
export async function shareCode(id, signal) {
  const asked = fetch(`${shareAt(id)}/qr`, { headers: session.headers(), signal, cache: "no-store" });
  const response = await asked.catch((failure) => {
    throw signal.aborted ? failure : Problem.unreachable();
  });
  const text = await response.text();
  if (!response.ok) throw Problem.from(response.status, text);
  return text;
}

/** The first bytes of a file, up to a limit. */
export async function firstBytes(id, most, signal) {
  const headers = { ...session.headers(), Range: `bytes=0-${most - 1}` };
  const response = await fetch(at(id), { headers, signal, cache: "no-store" });
  if (!response.ok) throw Problem.from(response.status, await response.text());
  return new Uint8Array(await response.arrayBuffer());
}

/** The address of a file's bytes for the browser itself. With a key it is a short-lived link, since the browser cannot send the key. */
export async function contentUrl(id, { inline = false, version = null } = {}) {
  let path = at(id);
  if (session.key) path = (await ask("POST", `${path}/link`, { json: version === null ? undefined : { version } })).body.url;
  else if (version !== null) path += `?version=${version}`;
  const url = new URL(path, location.origin);
  if (inline) url.searchParams.set("inline", "true");
  return url.pathname + url.search;
}
