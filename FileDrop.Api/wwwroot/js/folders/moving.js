// Moves and copies files and folders into a folder.

import { toastProblems } from "../actions.js";
import { api } from "../api.js";
import { runBatch } from "../batch.js";
import { asker } from "../conflicts.js";
import { isMixed, named, root } from "../entries.js";
import { filesChanged } from "../events.js";
import { withProgress } from "../progress.js";
import { toast, toastProblem } from "../toasts.js";
import { undoable } from "../undo.js";
import { t } from "../texts.js";
import { copyFolder, refuseCircle } from "./copying.js";

/** Moves entries. `gone(ids)` gets those that left their folder. `target`: { id, name }. */
export async function move(entries, target, gone = () => {}) {
  const moving = entries.filter((entry) => entry.folder_id !== target.id);
  if (moving.length === 0) return;
  await withProgress(moving, t.moving, async (progress) => {
    await refuseCircle(moving, target.id);
    const ask = asker(t.replaceOther, t.moveTaken);
    const { done, problems } = await runBatch(operations("move", moving, target.id), { ask, progress });
    toastProblems(problems, moving);
    if (done.length === 0) return;
    gone(done.map(({ entry }) => entry.file_id));
    filesChanged();
    const moved = done.map(({ entry }) => entry);
    const text = t.moved(...named(moved), target.name);
    // A file cannot become loose again, and a replaced one is in the trash.
    if (done.some(({ entry, choice }) => !entry.folder_id || choice === "replace")) toast(text);
    else undoable(text, () => undoMove(moved));
  });
}

async function undoMove(entries) {
  const back = entries.map((entry) => ({
    op: "move",
    entry,
    folder_id: entry.folder_id,
    file_name: entry.file_name,
    on_conflict: "rename",
  }));
  const { done, problems } = await runBatch(back);
  toastProblems(problems, entries);
  if (done.length > 0) toast(t.movedBack(...named(done.map(({ entry }) => entry))));
  filesChanged();
}

/** Copies entries; a copy beside its source gets a free name. */
export async function copy(entries, target) {
  await withProgress(entries, t.copying, async (progress) => {
    await refuseCircle(entries, target.id);
    const [files, folders] = [entries.filter((entry) => !entry.isFolder), entries.filter((entry) => entry.isFolder)];
    const isBeside = (entry) => entry.folder_id === target.id;
    const copies = operations("copy", files, target.id);
    const ask = asker(t.replaceVersion, t.copyTaken);
    const { done, problems } = await runBatch(
      copies.map((one) => (isBeside(one.entry) ? { ...one, on_conflict: "rename" } : one)),
      { ask, progress },
    );
    const names = done.map(({ entry }) => entry.file_name);
    const askFolder = asker(null, t.folderTaken);
    for (const [i, folder] of folders.entries()) {
      try {
        const result = await copyOne(
          folder,
          target.id,
          isBeside(folder),
          () => askFolder(folder.file_name, i < folders.length - 1),
        );
        if (!result) continue;
        names.push(folder.file_name);
        problems.push(...result.problems);
      } catch (problem) {
        problems.push(problem);
      } finally {
        progress(files.length + i + 1);
      }
    }
    toastProblems(problems, entries);
    if (names.length === 0) return;
    filesChanged();
    toast(t.copiedTo(names.length, names[0], isMixed(entries), target.name));
  });
}

/** Returns null if the user skips it. */
async function copyOne(folder, target, isBeside, ask) {
  try {
    return await copyFolder(folder, target, isBeside ? "rename" : "fail");
  } catch (problem) {
    if (problem.code !== "name_taken") throw problem;
    return (await ask()) === "skip" ? null : copyFolder(folder, target, "rename");
  }
}

/** Moves all loose files into a folder. */
export async function moveAllLoose(target) {
  const loose = [];
  try {
    for await (const page of api.pages("/files?loose=true&limit=1000")) loose.push(...page);
  } catch (problem) {
    toastProblem(problem);
    return;
  }
  await move(loose, target);
}

const operations = (op, entries, target) => entries.map((entry) => ({ op, entry, folder_id: target }));

/** The folder with this id, as targets are given. */
export const targetOf = (id, name) => ({ id, name: id === root ? t.places.folder : name });
