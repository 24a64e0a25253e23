// Actions on one file or many, each with its message afterwards and, if possible, its undo.

import { api, contentUrl } from "./api.js";
import { confirmed } from "./dialogs.js";
import { el } from "./dom.js";
import { filesChanged, on } from "./events.js";
import { toast, toastProblem } from "./toasts.js";
import { t } from "./texts.js";

const atOnce = 6;
/** Browsers drop downloads that start in the same moment. */
const betweenDownloads = 400;

/** Undoes the last deletion of this page. */
let undoable = null;
// Another key has other files.
on("session", () => (undoable = null));

/** Does something to each file; returns those for which it worked, and the first problem. */
async function each(ids, one) {
  const [waiting, done, problems] = [[...ids], [], []];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await one(id);
        done.push(id);
      } catch (problem) {
        // The file is gone already.
        if (problem.code === "file_not_found") done.push(id);
        else problems.push(problem);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (problems.length > 0) toast(t.partFailed(problems.length, problems[0].message), { isError: true });
  return done;
}

/** Calls `gone(ids)` with the files that leave the list on the screen. */
export async function remove(files, gone) {
  const done = await each(
    files.map((file) => file.file_id),
    api.remove,
  );
  if (done.length === 0) return;
  gone(done);
  filesChanged();
  const run = () => {
    if (undoable === run) undoable = null;
    close();
    return undo(done, files);
  };
  undoable = run;
  const close = toast(t.removed(done.length, files[0].file_name), { action: t.undo, run });
}

/** Undoes the last deletion, once; false if there is none. */
export function undoLast() {
  if (undoable === null) return false;
  undoable();
  return true;
}

async function undo(ids, files) {
  let isLost = false;
  const done = await each(ids, (id) =>
    api.restore(id).catch((problem) => {
      isLost ||= problem.code === "file_not_found";
      throw problem;
    }),
  );
  if (isLost) toast(t.cannotRestore, { isError: true });
  else if (done.length > 0) toast(t.restored(done.length, files[0].file_name));
  filesChanged();
}

export async function restore(files, gone) {
  const done = await each(
    files.map((file) => file.file_id),
    api.restore,
  );
  if (done.length === 0) return;
  gone(done);
  filesChanged();
  toast(t.restored(done.length, files[0].file_name));
}

export async function purge(files, gone) {
  if (!(await confirmed(t.confirmPurge(files.length, files[0].file_name), t.purge))) return;
  const done = await each(
    files.map((file) => file.file_id),
    api.purge,
  );
  if (done.length === 0) return;
  gone(done);
  filesChanged();
  toast(t.purged(done.length, files[0].file_name));
}

export async function emptyTrash() {
  if (!(await confirmed(t.confirmEmpty, t.emptyTheTrash))) return;
  try {
    const { body } = await api.emptyTrash();
    toast(t.purged(body.deleted, ""));
  } catch (problem) {
    toastProblem(problem);
  }
  filesChanged();
}

/** Returns the changed file; null if it failed. */
export async function rename(file, name) {
  try {
    const { body } = await api.update(file.file_id, { file_name: name });
    toast(t.renamed(body.file.file_name));
    filesChanged();
    return body.file;
  } catch (problem) {
    toastProblem(problem);
    return null;
  }
}

export async function download(files, version = null) {
  try {
    for (const [i, file] of files.entries()) {
      if (i > 0) await new Promise((resolve) => setTimeout(resolve, betweenDownloads));
      const link = el("a", { href: await contentUrl(file.file_id, { version }), download: file.file_name });
      document.body.append(link);
      link.click();
      link.remove();
    }
  } catch (problem) {
    toastProblem(problem);
  }
}
