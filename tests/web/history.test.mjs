// The songs that the page keeps on the device, and that it keeps nothing else of them.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { consoleErrors } from "./browser.mjs";
import { visitStandIn } from "./visit.mjs";

let visit, browser, page, first, second;

before(async () => {
  visit = await visitStandIn({ "First light.wav": 20, "Night bus.wav": 30 });
  ({ browser, page } = visit);
  [first, second] = visit.songs;
});

after(() => visit?.close());

beforeEach(async () => {
  await page.open();
  await page.prepared();
});

const names = () => page.text(".history-link");
const lists = (...expected) =>
  page.until(`the list is ${expected}`, 5_000, async () => (await names()).join() === expected.join());

async function forgetEverything() {
  await page.click("[data-action=forget-everything]");
  await page.click("[data-action=forget-confirm]");
  await page.until("it says so", 5_000, async () => (await page.text(".history-note"))[0] === "Everything is deleted.");
}

/** All that the origin holds, in every store that a page can fill. */
function stored() {
  return browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    (async () => {
      const found = { local: Object.keys(localStorage), caches: await caches.keys(), workers: (await navigator.serviceWorker.getRegistrations()).length, records: [] };
      for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((resolve, reject) => Object.assign(indexedDB.open(name), { onsuccess: ({ target }) => resolve(target.result), onerror: reject }));
        for (const store of database.objectStoreNames) {
          const records = await new Promise((resolve, reject) => Object.assign(database.transaction(store).objectStore(store).getAll(), { onsuccess: ({ target }) => resolve(target.result), onerror: reject }));
          found.records.push(...records.map((record) => ({ store, size: JSON.stringify(record, (_key, value) => ArrayBuffer.isView(value) ? [...value] : value).length, keys: Object.keys(record.result ?? {}) })));
        }
        database.close();
      }
      done(found);
    })().catch((error) => done("threw " + error));`);
}

test("songs are listed with their forecasts, the latest first, and are there after a reload", async () => {
  assert.equal(await page.run("return element.shadowRoot.querySelector('.history').checkVisibility()"), false);
  await page.answerTo(first);
  assert.equal((await page.answerTo(second)).phase, "ready");
  await page.run("element.reset()");
  await lists("Night bus", "First light");
  await page.open();
  await lists("Night bus", "First light");
  assert.deepEqual(await page.text(".history-estimate"), ["34", "34"]);
  assert.match((await page.text(".history-range"))[0], /14 to 59/);
  const today = await page.run("return element.shadowRoot.querySelector('.history-date').dateTime");
  assert.ok(Math.abs(Date.now() - Date.parse(today)) < 60_000, today);
});

test("the same song again takes the place of what was kept", async () => {
  await page.answerTo(first);
  await page.run("element.reset()");
  await lists("First light", "Night bus");
});

test("a kept song opens as it was, without its sound, and goes on being asked", async () => {
  const before = await page.answerTo(second);
  await page.run(`
    const usual = element.shadowRoot.getElementById("context-usual");
    usual.value = 80;
    usual.dispatchEvent(new Event("input", { bubbles: true }));`);
  await page.until("the forecast follows", 5_000, async () => (await page.text(".number-value"))[0] === "66");
  await page.open();
  await page.run("localStorage.clear(); element.context = {}");
  await page.prepared();
  await page.click(".history-link");
  const { phase, result } = await page.answered();
  assert.equal(phase, "ready");
  assert.deepEqual(await page.text(".song-name"), ["Night bus"]);
  assert.deepEqual(await page.text(".number-value"), ["66"]);
  assert.deepEqual({ ...result, popularity: null }, { ...before.result, popularity: null });
  assert.equal(await page.run("return element.shadowRoot.getElementById('context-usual').value"), "80");
  assert.match((await page.text(".kept-words"))[0], /without its sound/);
  assert.deepEqual(await page.text("[data-action=play]"), []);
  await page.until("it is explained", 5_000, async () => (await page.text(".contribution")).length > 0);
  // What is told of an earlier song is not told of the next one.
  assert.deepEqual(await page.run("return element.context"), {});
});

test("what another model forecast is shown, and not continued by this one", async () => {
  await page.answerTo(first);
  await browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    indexedDB.open("foretune-history").onsuccess = ({ target: { result: database } }) => {
      const answers = database.transaction("answers", "readwrite").objectStore("answers");
      answers.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return database.close(), done();
        cursor.update({ ...cursor.value, popularityModel: "an earlier one" });
        cursor.continue();
      };
    };`);
  await page.run("element.reset()");
  await page.click(".history-link");
  await page.answered();
  assert.match((await page.text(".kept-words"))[0], /earlier model/);
  assert.deepEqual(await page.text(".number-value"), ["34"]);
  assert.deepEqual(await page.text(".contribution, .slider, .context-form"), []);
});

test("one song can be deleted, and the focus stays in the list", async () => {
  await page.answerTo(first);
  await page.answerTo(second);
  await page.run("element.reset()");
  await lists("Night bus", "First light");
  await page.run("element.shadowRoot.querySelector('.history-delete').focus()");
  await page.click(".history-delete");
  await lists("First light");
  assert.equal(await page.run("return element.shadowRoot.activeElement.getAttribute('aria-label')"), "Delete First light");
  assert.deepEqual((await stored()).records.map(({ store }) => store), ["answers", "songs"]);
});

test("answers are kept and no sound, and one button deletes all that is on the device", async () => {
  await page.answerTo(second);
  await page.run("element.context = { year: 2020 }; element.reset()");
  const { records, local, caches } = await stored();
  const { size, keys } = records.find(({ store, keys }) => store === "answers" && keys.length > 0);
  assert.ok(!keys.some((key) => /audio|samples|channels|source|file/.test(key)), keys.join());
  // Half a minute at 8 kHz is 240,000 samples; the pictures of it as JSON are less.
  assert.ok(size < 240_000, `${size} characters are kept of a song`);
  assert.ok(local.includes("foretune-context") && caches.includes("foretune-assets"), JSON.stringify({ local, caches }));
  await forgetEverything();
  await page.until("nothing is left", 5_000, async () => {
    const { local, caches, workers, records } = await stored();
    return local.length + caches.length + workers + records.length === 0;
  });
  assert.deepEqual(await page.run("return element.context"), {});
  assert.deepEqual(await names(), []);
  // The page goes on, and begins anew.
  assert.equal((await page.answerTo(first)).phase, "ready");
});

test("many songs are listed a few at a time", async () => {
  await browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    import("./history.js").then(async ({ keepAnswer }) => {
      for (let song = 0; song < 205; song++) {
        const result = { features: { tempo: song }, popularity: { p10: 1, p50: 20, p90: 40 } };
        await keepAnswer({ name: "Song " + song, analysed: 1e12 + song, result, context: {}, popularityModel: "" });
      }
    }).then(done, done);`);
  await page.open();
  await page.until("there are some", 5_000, async () => (await names()).length === 6);
  // Of more than 200 the oldest are dropped.
  assert.deepEqual(await page.text("[data-action=history-more]"), ["Show all 200"]);
  await page.click("[data-action=history-more]");
  assert.equal((await names()).length, 200);
  await forgetEverything();
});

test("without storage a song is answered all the same, and the page says what it cannot do", async () => {
  const { identifier } = await browser.driver.sendAndGetDevToolsCommand("Page.addScriptToEvaluateOnNewDocument", {
    source: "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };",
  });
  await page.open();
  assert.equal((await page.answerTo(first)).phase, "ready");
  await page.run("element.reset()");
  await page.until("it is said", 5_000, async () => /does not let the page keep/.test((await page.text(".history-note"))[0]));
  await browser.driver.sendDevToolsCommand("Page.removeScriptToEvaluateOnNewDocument", { identifier });
});

test("a full device keeps no more, and the page says so", async () => {
  await page.run(`
    IDBObjectStore.prototype.put = function () {
      throw new DOMException("full", "QuotaExceededError");
    };`);
  assert.equal((await page.answerTo(first)).phase, "ready");
  await page.run("element.reset()");
  await page.until("it is said", 5_000, async () => /no room left/.test((await page.text(".history-note"))[0]));
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("an element that is not told to remember keeps nothing", async () => {
  await page.run(`
    const embedded = document.createElement("foretune-predictor");
    element.replaceWith(embedded);`);
  await page.prepared();
  await page.answerTo(first);
  await page.run("element.context = { year: 2020 }");
  const { records, local } = await stored();
  assert.deepEqual([records, local], [[], []]);
  assert.deepEqual(await page.text(".history"), []);
});
