// Does an operation to many files and folders, in as few requests as possible.

import { api, Problem } from "./api.js";
import { kindOf, toEntry } from "./entries.js";

/** Operations of one request. A copy takes as long as its bytes. */
const atOnce = 200;
const copiesAtOnce = 20;

/**
 * @param operations { op, entry, … }: the members of the API beside the entry.
 * @param about ask(name, hasMore): the choice about a taken name (see conflicts.js); progress(done).
 * @returns done: { entry, now, choice } of each that worked, problems: of each that did not, and the skipped entries.
 */
export async function runBatch(operations, { ask = null, progress = () => {} } = {}) {
  const outcome = { done: [], problems: [], skipped: [] };
  const taken = await run(operations, outcome, progress);
  if (!ask) outcome.problems.push(...taken.map(({ problem }) => problem));
  else if (taken.length > 0) {
    const again = [];
    for (const [i, { operation }] of taken.entries()) {
      const choice = await ask(operation.entry.file_name, i < taken.length - 1);
      if (choice === "skip") outcome.skipped.push(operation.entry);
      else again.push({ ...operation, on_conflict: choice });
    }
    const still = await run(again, outcome, progress);
    outcome.problems.push(...still.map(({ problem }) => problem));
  }
  return outcome;
}

/** Returns the operations whose name was taken. */
async function run(operations, { done, problems }, progress) {
  const taken = [];
  const size = operations[0]?.op === "copy" ? copiesAtOnce : atOnce;
  for (let from = 0; from < operations.length; from += size) {
    const part = operations.slice(from, from + size);
    let results;
    try {
      results = (await api.batch(part.map(({ entry, ...rest }) => ({ ...rest, id: entry.file_id, kind: kindOf(entry) })))).body;
    } catch (problem) {
      // The rest would fail alike; the next refresh shows the finished part.
      problems.push(...operations.slice(from).map(() => problem));
      break;
    }
    for (const [i, { status, code, file, folder }] of results.entries()) {
      const { entry, op, on_conflict } = part[i];
      const problem = code ? Problem.of({ status, code }) : null;
      if (!problem || (problem.isGone && op === "delete"))
        done.push({ entry, now: (file ?? folder) ? toEntry(file ?? folder) : null, choice: on_conflict });
      else if (code === "name_taken") taken.push({ operation: part[i], problem });
      else problems.push(problem);
    }
    progress(Math.min(operations.length, from + size));
  }
  return taken;
}
