// Shows how far something long has come.

import { filesChanged } from "./events.js";
import { running, toastProblem } from "./toasts.js";

/** More entries than this take so long that their progress shows. */
const quick = 200;

/** Runs `work(progress)` on entries, and says why it failed. `words(done, all)`: the message meanwhile. */
export async function withProgress(entries, words, work) {
  const message = entries.length > quick ? running(words(0, entries.length)) : null;
  try {
    return await work((done) => message?.say(words(done, entries.length)));
  } catch (problem) {
    toastProblem(problem);
    filesChanged();
    return null;
  } finally {
    message?.end();
  }
}
