// @ts-check
// What this browser keeps of a visitor's own photos until the next visit: the files themselves, in IndexedDB.

/** @typedef {import("./photos.js").Shot} Shot */

export const MOST = 24;
export const MOST_BYTES = 100e6;
export const DAYS = 7;

const STORE = "photos";

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

function open() {
  opening ??= new Promise((done, fail) => {
    const asked = indexedDB.open("zoo-photos", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  return opening;
}

/**
 * @template Result
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<Result>} act
 * @returns {Promise<Result>}
 */
async function within(mode, act) {
  const database = await open();
  return new Promise((done, fail) => {
    const transaction = database.transaction(STORE, mode);
    const asked = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => done(asked.result);
    transaction.onabort = transaction.onerror = () => fail(transaction.error ?? asked.error);
  });
}

/** What is kept, the oldest first; nothing where the browser keeps nothing, as in some private windows. */
async function all() {
  /** @type {Shot[]} */
  const found = await within("readonly", (store) => store.getAll());
  return found.sort((a, b) => a.time - b.time);
}

const remove = (/** @type {string} */ id) => within("readwrite", (store) => store.delete(id));

/** Lets go what is too old or too much, the oldest first. */
async function shed() {
  const since = Date.now() - DAYS * 86_400_000;
  let bytes = 0;
  let count = 0;
  const stays = [];
  for (const shot of (await all()).reverse()) {
    bytes += shot.file.size;
    count += 1;
    if (shot.time < since || count > MOST || bytes > MOST_BYTES) await remove(shot.id);
    else stays.unshift(shot);
  }
  return stays;
}

/** @returns {Promise<Partial<Shot>[]>} what is left of earlier visits */
export const keptShots = () => shed().catch(() => []);

/**
 * Keeps an own photo, or what has been learnt of it.
 *
 * @param {Shot} shot
 * @returns {Promise<{count: number, bytes: number} | null>} what is kept now; null where nothing can be
 */
export async function keep(shot) {
  const { id, name, file, path, run, numbers, time, answered, of } = shot;
  try {
    if (file && !shot.example && file.size <= MOST_BYTES)
      await within("readwrite", (store) => store.put({ id, name, file, path, run, numbers, time, answered, of }));
    return sum(await shed());
  } catch {
    return null;
  }
}

/** @param {Partial<Shot>[]} shots */
export const sum = (shots) => ({ count: shots.length, bytes: shots.reduce((all, { file }) => all + file.size, 0) });

export const forget = () => within("readwrite", (store) => store.clear()).catch(() => {});

export const forgetOne = (/** @type {string} */ id) => remove(id).catch(() => {});
