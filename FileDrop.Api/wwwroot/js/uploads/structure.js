// The targets of uploads: a dropped folder becomes a folder, made once, and taken names are found.

import { api } from "../api.js";
import { root } from "../entries.js";
import { on } from "../events.js";

/** Folders that were just found or made, by the folder around them and their name. */
const known = new Map();
/** The names on the way to a folder, for a while. */
const ways = new Map();

// Another key has other folders.
on("session", () => {
  known.clear();
  ways.clear();
});

/** The page relies on an answer for this time, in milliseconds. */
const life = 10_000;

/** The id of the folder at a path below another one. The missing ones are made; those that are there take the files in. */
export async function folderAt(parent, path) {
  let id = parent;
  for (const name of path.split("/").filter(Boolean)) id = await folderIn(id, name);
  return id;
}

/** "file" or "folder" if the name is taken in the folder, otherwise null. */
export async function occupant(folder, name) {
  return (await entryAt(folder, name))?.kind ?? null;
}

/** Whether there is a loose file of the same name and size. */
export async function isThere(item) {
  const name = item.name.normalize("NFC");
  const { body } = await api.namesakes(name, item.size);
  return body.some((file) => file.file_name === name && file.file_size === item.size);
}

function folderIn(parent, name) {
  return remember(known, `${parent}/${name.normalize("NFC")}`, async () => {
    try {
      return (await api.createFolder(name, parent)).body.folder_id;
    } catch (problem) {
      if (problem.code !== "name_taken") throw problem;
      const there = await entryAt(parent, name);
      if (there?.kind === "folder") return there.folder_id;
      throw problem;
    }
  });
}

async function entryAt(folder, name) {
  const way = await remember(ways, folder, async () =>
    folder === root ? [] : (await api.folderPath(folder)).body.folders.map((each) => each.name),
  );
  try {
    return (await api.atPath([...way, name])).body;
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

/** Asks once for an answer that many uploads need. A failure is not remembered. */
function remember(map, key, ask) {
  let answer = map.get(key);
  if (answer) return answer;
  answer = ask();
  map.set(key, answer);
  const forget = () => map.get(key) === answer && map.delete(key);
  answer.then(() => setTimeout(forget, life), forget);
  return answer;
}
