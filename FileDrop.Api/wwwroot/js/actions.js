// Actions on files and folders, each with its message afterwards and, if possible, its undo.

import { api, contentUrl } from "./api.js";
import { runBatch } from "./batch.js";
import { asker } from "./conflicts.js";
import { confirmed } from "./dialogs.js";
import { el } from "./dom.js";
import { isMixed, named, toEntry } from "./entries.js";
import { filesChanged } from "./events.js";
import { withProgress } from "./progress.js";
import { toast, toastProblem } from "./toasts.js";
import { undoable } from "./undo.js";
import { t } from "./texts.js";

const atOnce = 6;

const idsOf = (done) => done.map(({ entry }) => entry.file_id);

/** Says how many could not be changed, and why the first could not. */
export function toastProblems(problems, entries) {
  if (problems.length > 0) toast(t.partFailed(problems.length, problems[0].message, isMixed(entries)), { isError: true });
}

/** Calls `gone(ids)` with the entries that leave the list on the screen. */
export async function remove(entries, gone) {
  const operations = entries.map((entry) => ({ op: "delete", entry }));
  const { done, problems } = await withProgress(entries, t.deleting, (progress) => runBatch(operations, { progress }));
  toastProblems(problems, entries);
  if (done.length === 0) return;
  gone(idsOf(done));
  filesChanged();
  const removed = done.map(({ entry }) => entry);
  undoable(t.removed(...named(removed)), () => undoRemoval(removed));
}

async function undoRemoval(entries) {
  const operations = entries.map((entry) => ({ op: "restore", entry, on_conflict: "rename" }));
  const { done, problems } = await withProgress(entries, t.restoring, (progress) => runBatch(operations, { progress }));
  if (problems.some(({ isGone }) => isGone)) toast(t.cannotRestore, { isError: true });
  else toastProblems(problems, entries);
  if (done.length > 0) toast(t.restored(...named(done.map(({ now }) => now))));
  filesChanged();
}

export async function restore(entries, gone) {
  const ask = asker(t.replaceOther, t.restoreTaken);
  const operations = entries.map((entry) => ({ op: "restore", entry }));
  const { done, problems } = await withProgress(entries, t.restoring, (progress) => runBatch(operations, { ask, progress }));
  toastProblems(problems, entries);
  if (done.length === 0) return;
  gone(idsOf(done));
  filesChanged();
  toast(t.restored(...named(done.map(({ now }) => now))));
}

export async function purge(entries, gone) {
  if (!(await confirmed(t.confirmPurge(...named(entries)), t.purge))) return;
  const [waiting, done, problems] = [[...entries], [], []];
  const work = async () => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      try {
        await (entry.isFolder ? api.purgeFolder : api.purge)(entry.file_id);
        done.push(entry);
      } catch (problem) {
        if (problem.isGone) done.push(entry);
        else problems.push(problem);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  toastProblems(problems, entries);
  if (done.length === 0) return;
  gone(done.map((entry) => entry.file_id));
  filesChanged();
  toast(t.purged(...named(done)));
}

export async function emptyTrash() {
  if (!(await confirmed(t.confirmEmpty, t.emptyTheTrash))) return;
  try {
    const { body } = await api.emptyTrash();
    toast(t.purged(body.deleted + body.folders, "", body.folders > 0));
  } catch (problem) {
    toastProblem(problem);
  }
  filesChanged();
}

/** Returns the changed entry; null if it failed. */
export async function rename(entry, name) {
  try {
    const { body } = entry.isFolder
      ? await api.updateFolder(entry.file_id, { name })
      : await api.update(entry.file_id, { file_name: name });
    const now = toEntry(body.file ?? body.folder);
    toast(t.renamed(now.file_name));
    filesChanged();
    return now;
  } catch (problem) {
    toastProblem(problem);
    return null;
  }
}

/** Saves one file, or several files and folders as one archive. */
export async function download(entries, version = null) {
  try {
    const [only] = entries;
    const isArchive = entries.length > 1 || only.isFolder;
    if (entries.length > mostInArchive) throw new Error(t.tooManyForArchive(mostInArchive));
    const href = isArchive ? (await api.zip(entries.map((entry) => entry.file_id))).body.url : await contentUrl(only.file_id, { version });
    const link = el("a", { href, download: isArchive ? "" : only.file_name });
    document.body.append(link);
    link.click();
    link.remove();
  } catch (problem) {
    toastProblem(problem);
  }
}

/** A link to an archive names at most this many files and folders. */
const mostInArchive = 200;
