// The songs that were analysed on this device: their answers, never their sound. Kept by IndexedDB,
// what a list needs apart from the answers, which are a hundred times as large.

const NAME = "foretune-history";
// A result of another shape needs another version, whose upgrade drops what it cannot show.
const VERSION = 1;
/** The oldest are dropped beyond these. */
const MOST_SONGS = 200;

/**
 * @typedef {object} KeptSong
 * @property {string} id
 * @property {string} name
 * @property {number} analysed when, in milliseconds since 1970
 * @property {number} p10
 * @property {number} p50
 * @property {number} p90
 *
 * @typedef {object} KeptAnswer
 * @property {import("./foretune.js").Result} result
 * @property {import("./foretune.js").Context} context what was known beside the sound
 * @property {string} popularityModel by which it was forecast
 */

/**
 * Keeps the answer to a song; the same song again takes the place of what was kept of it.
 * @param {{name: string, analysed: number} & KeptAnswer} answer
 */
export function keepAnswer({ name, analysed, result, context, popularityModel }) {
  const { p10, p50, p90 } = result.popularity;
  const id = JSON.stringify([name, result.features]);
  return transact("readwrite", (songs, answers) => {
    songs.put({ id, name, analysed, p10, p50, p90 });
    answers.put({ id, result, context, popularityModel });
    const oldest = songs.index("analysed").openKeyCursor(null, "prev");
    let seen = 0;
    oldest.onsuccess = () => {
      const cursor = oldest.result;
      if (!cursor) return;
      seen += 1;
      if (seen > MOST_SONGS) for (const store of [songs, answers]) store.delete(cursor.primaryKey);
      cursor.continue();
    };
  });
}

/** @returns {Promise<KeptSong[]>} the latest first */
export async function keptSongs() {
  const songs = await transact("readonly", (songs) => songs.getAll());
  return songs.sort((a, b) => b.analysed - a.analysed);
}

/** @returns {Promise<KeptAnswer | undefined>} */
export function keptAnswer(id) {
  return transact("readonly", (_songs, answers) => answers.get(id));
}

export function forgetSong(id) {
  return transact("readwrite", (songs, answers) => {
    for (const store of [songs, answers]) store.delete(id);
  });
}

export function forgetSongs() {
  return transact("readwrite", (songs, answers) => {
    for (const store of [songs, answers]) store.clear();
  });
}

let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      for (const name of [...database.objectStoreNames]) database.deleteObjectStore(name);
      database.createObjectStore("songs", { keyPath: "id" }).createIndex("analysed", "analysed");
      database.createObjectStore("answers", { keyPath: "id" });
    };
    request.onsuccess = () => {
      const database = request.result;
      const closed = () => (opening = null);
      database.onclose = closed;
      // A newer page in another tab must not wait for this one.
      database.onversionchange = () => {
        database.close();
        closed();
      };
      resolve(database);
    };
    request.onerror = () => reject(request.error);
  });
  // Denied now may be allowed later.
  opening.catch(() => (opening = null));
  return opening;
}

/** Runs `work` on both stores; resolves to what its last request found, once everything is written. */
async function transact(mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(["songs", "answers"], mode);
    const request = work(transaction.objectStore("songs"), transaction.objectStore("answers"));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
  });
}
