// Whether the service answers. Requests say how they fared; who waits for it is told when it is back.

import { emit } from "./events.js";

let problem = null;

export const connection = {
  /** Why it does not; null while it does. */
  get problem() {
    return problem;
  },
  failed(why) {
    const isNew = problem === null;
    problem = why;
    if (isNew) emit("connection");
  },
  worked() {
    if (problem === null) return;
    problem = null;
    emit("connection");
  },
};
