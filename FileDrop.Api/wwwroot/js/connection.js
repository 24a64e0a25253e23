// Whether the service answers. Requests report their outcome; an event tells the waiting parts when it is back.

import { emit } from "./events.js";

let problem = null;

export const connection = {
  /** The reason why it does not answer; null while it does. */
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
