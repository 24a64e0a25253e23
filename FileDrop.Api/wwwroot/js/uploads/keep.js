// Keeps the queue over a reload: the files to send, their targets and, except for the largest files, the bytes.

/** In bytes. The browser's store gets no copy of a larger file; the user must choose it again. */
const largestKept = 1024 ** 3;

let opened = null;

function open() {
  return (opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("filedrop", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("uploads", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  }));
}

async function run(mode, work) {
  try {
    const transaction = (await open()).transaction("uploads", mode);
    const request = work(transaction.objectStore("uploads"));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } catch {
    // The browser has no storage or no room, so the queue lasts as long as the page.
    return undefined;
  }
}

const record = (item) => ({
  id: item.id,
  tab: item.tab,
  name: item.name,
  size: item.size,
  type: item.type,
  modified: item.modified,
  parent: item.parent,
  folder: item.folder,
  into: item.into,
  onConflict: item.onConflict,
  batch: item.batch,
  url: item.url,
  target: item.target,
  isPaused: item.state === "paused",
  mayRepeat: item.mayRepeat,
  order: item.order,
});

export const keep = {
  /** With its bytes, once. */
  async add(item) {
    const isSmall = item.size <= largestKept;
    if (isSmall) item.isKept = (await run("readwrite", (store) => store.put({ ...record(item), file: item.file }))) !== undefined;
    // The bytes do not fit, so keep only the upload's address.
    if (!item.isKept) await run("readwrite", (store) => store.put({ ...record(item), file: null }));
  },

  /** Keeps the progress; the bytes stay as they are. */
  async change(item) {
    await run("readwrite", (store) => {
      const request = store.get(item.id);
      request.onsuccess = () => request.result && store.put({ ...request.result, ...record(item) });
      return request;
    });
  },

  remove: (id) => run("readwrite", (store) => store.delete(id)),

  all: async () => ((await run("readonly", (store) => store.getAll())) ?? []).toSorted((one, other) => one.order - other.order),
};
