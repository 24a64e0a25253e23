// Decides which tab sends which upload: each tab sends its own, and those of closed tabs.

const place = "filedrop.tab";
const name = (id) => `filedrop-tab-${id}`;

export const tab = { id: "" };

/** Takes this tab's id, which stays the same over a reload. A duplicated tab gets a new one. */
export async function enter() {
  tab.id = sessionStorage.getItem(place) ?? fresh();
  if (!(await hold(tab.id))) {
    tab.id = fresh();
    await hold(tab.id);
  }
  sessionStorage.setItem(place, tab.id);
}

/** Whether another tab with this id is open. In browsers without locks (plain http), a tab takes over only its own uploads. */
export async function isOpen(id) {
  if (id === tab.id) return false;
  if (!navigator.locks) return true;
  const { held } = await navigator.locks.query();
  return held.some((lock) => lock.name === name(id));
}

const fresh = () => Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("");

/** Holds the lock of this tab for as long as the tab lives. */
function hold(id) {
  if (!navigator.locks) return true;
  return new Promise((resolve) =>
    navigator.locks.request(name(id), { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : null;
    }),
  );
}
