// The page where nothing can be kept: storage that its reader denies, and a device that is full. Both
// are the browser's own, not a stand-in's.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { standInSite } from "./site.mjs";
import { tune, wav } from "./songs.mjs";

let site, files, song, server, browser, page;

before(async () => {
  site = await standInSite();
  files = await mkdtemp(join(tmpdir(), "foretune-songs-"));
  song = join(files, "A song.wav");
  await writeFile(song, wav([tune(4, 8_000)], 8_000));
  server = await startServer({ directory: site });
});

after(async () => {
  await server?.close();
  for (const folder of [site, files]) if (folder) await rm(folder, { recursive: true });
});

afterEach(() => browser?.close());

async function open(options) {
  browser = await openBrowser(options);
  page = new PredictorPage(browser.driver, server.url);
}

/** What each kind of storage answers to a write: its error's name, or "kept". */
const tried = () =>
  browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    const large = new Uint8Array(1 << 20);
    const outcome = async (write) => { try { await write(); return "kept"; } catch ({ name }) { return name; } };
    (async () => ({
      localStorage: await outcome(() => localStorage.setItem("tried", "x")),
      caches: await outcome(async () => (await caches.open("tried")).put("tried", new Response(large))),
      indexedDB: await outcome(() => new Promise((resolve, reject) => {
        const opening = indexedDB.open("tried", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("tried");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction("tried", "readwrite");
          transaction.objectStore("tried").put(large, 1);
          transaction.onabort = () => reject(transaction.error);
          transaction.oncomplete = resolve;
        };
      })),
      serviceWorker: await outcome(() => navigator.serviceWorker.register("service-worker.js")),
    }))().then(done);`);

async function isAnswered() {
  await page.open();
  await page.prepared();
  await page.run("window.failures = []; addEventListener('unhandledrejection', ({ reason }) => window.failures.push(String(reason)))");
  const { phase, error } = await page.answerTo(song);
  assert.equal(phase, "ready", error?.message);
  // What the reader tells of her songs cannot be kept either, and is used all the same.
  await page.run("element.context = { year: 1999 }");
  assert.equal((await page.answerTo(song)).phase, "ready");
  await page.run("element.reset()");
  assert.deepEqual(await page.run("return window.failures"), []);
}

test("where storage is denied, as in a private window, songs are answered and the page says what it cannot do", async () => {
  // Cookies blocked: browsers then deny all of a site's storage.
  await open({ preferences: { profile: { default_content_setting_values: { cookies: 2 } } } });
  await isAnswered();
  const denied = await tried();
  assert.ok(Object.values(denied).every((outcome) => outcome !== "kept"), JSON.stringify(denied));
  await page.until("it is said", 5_000, async () => /does not let the page keep/.test((await page.text(".history-note"))[0]));
  // Once more, from nothing.
  await isAnswered();
});

test("where the device is full, songs are answered and the page says that there is no room", async () => {
  await open();
  const { origin } = new URL(server.url);
  await browser.driver.sendDevToolsCommand("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000 });
  await isAnswered();
  const full = await tried();
  assert.match(full.caches + full.indexedDB, /^(QuotaExceededError){2}$/, JSON.stringify(full));
  await page.until("it is said", 5_000, async () => /no room left/.test((await page.text(".history-note"))[0]));
  await isAnswered();
});
