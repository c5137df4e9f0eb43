// Songs that are stopped at any moment, workers that end in every way there is, pages out of sight:
// the song in hand gets an answer or a coded error, and the next is answered. The core is a stand-in.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { inPage as runInPage } from "./browser.mjs";
import { visitStandIn } from "./visit.mjs";

let visit, browser, page, song;

// What answers a path in the server's place.
let intercepted = {};

before(async () => {
  const intercept = (path, _request, response) => intercepted[path]?.(response) ?? false;
  visit = await visitStandIn({ "A song.wav": 4 }, { intercept });
  ({ browser, page } = visit);
  [song] = visit.songs;
});

after(() => visit?.close());

beforeEach(async () => {
  intercepted = {};
  await page.open();
  await page.prepared();
});

const inPage = (body) => runInPage(browser.driver, `${WATCHED}${body}`);

/** In the page: which workers live, and what a promise came to before any other task was begun. */
const WATCHED = `
  const living = new Set();
  const RealWorker = Worker;
  window.Worker = class extends RealWorker {
    constructor(...args) { super(...args); living.add(this); }
    postMessage(message, ...rest) { this.doing = message.method; super.postMessage(message, ...rest); }
    terminate() { living.delete(this); super.terminate(); }
  };
  const nextTask = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(0);
  });
  const until = async (holds) => {
    for (let turn = 0; turn < 1000 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
    if (!holds()) throw new Error("waited in vain until " + holds);
  };
  // What asking comes to when it is stopped once "holds", within the same task.
  const stopped = async (ask, holds) => {
    const stop = new AbortController();
    let code = "nothing yet";
    codeOf(ask(stop.signal)).then((found) => (code = found));
    await until(holds);
    const before = performance.now();
    stop.abort();
    await nextTask();
    return { code, milliseconds: performance.now() - before };
  };
  const never = () => new Promise(() => {});`;

const hangs = () => (response) => (response.writeHead(200), response.write("x"), true);

test("a song that is stopped is let go at once, whatever is being done, and the next is answered", async () => {
  intercepted["/endless.wav"] = hangs();
  const found = await inPage(`
    const foretune = await Foretune.load({ workers: 2 });
    const found = {};
    const doing = (method) => () => [...living].some((worker) => worker.doing === method);
    const idle = () => living.forEach((worker) => (worker.doing = null));
    const long = () => ({ channels: [new Float32Array(44100 * 300)], sampleRate: 44100 });

    const { fetch } = window;
    let fetching = false;
    window.fetch = (...args) => ((fetching = true), fetch(...args));
    found.fetching = await stopped((signal) => foretune.predict("endless.wav", { signal }), () => fetching);
    window.fetch = fetch;

    const file = new File([new Uint8Array(1000)], "a.wav");
    const { arrayBuffer } = Blob.prototype;
    let reading = false;
    Blob.prototype.arrayBuffer = () => ((reading = true), never());
    found.reading = await stopped((signal) => foretune.predict(file, { signal }), () => reading);
    Blob.prototype.arrayBuffer = arrayBuffer;

    const { decodeAudioData } = BaseAudioContext.prototype;
    let decoding = false;
    BaseAudioContext.prototype.decodeAudioData = () => ((decoding = true), never());
    found.decoding = await stopped((signal) => foretune.predict(file, { signal }), () => decoding);
    BaseAudioContext.prototype.decodeAudioData = decodeAudioData;

    for (const method of ["piece", "listen"]) {
      idle();
      found[method] = await stopped((signal) => foretune.predict(long(), { signal }), doing(method));
    }
    idle();
    const context = { genre: "hang" };
    found.conclude = await stopped((signal) => foretune.predict(song, { context, signal }), doing("conclude"));

    // Stopped while it waits for another.
    idle();
    const first = codeOf(foretune.predict(song, { context: { genre: "slow" } }));
    await until(doing("piece"));
    found.waiting = await stopped((signal) => foretune.predict(song, { signal }), () => true);
    found.first = { code: await first };
    found.next = { code: await codeOf(foretune.predict(song)) };
    foretune.dispose();
    found.left = living.size;
    return found;`);
  const { first, next, left, ...phases } = found;
  console.log(JSON.stringify(found));
  // Before any other task of the page, which on an idle machine is far less than 100 ms.
  for (const [phase, { code }] of Object.entries(phases)) assert.equal(code, "cancelled", phase);
  assert.deepEqual([first.code, next.code, left], ["answered", "answered", 0]);
});

test("loading that is stopped is let go at once, and leaves no worker behind", async () => {
  intercepted["/models/stand-in.onnx"] = hangs();
  const found = await inPage(`
    await caches.delete("foretune-assets");
    const found = {};
    let asked = false;
    found.fetching = await stopped((signal) => Foretune.load({ signal, onProgress: () => (asked = true) }), () => asked);
    return [found.fetching.code, living.size];`);
  assert.deepEqual(found, ["cancelled", 0]);
});

test("workers that work for a stopped song are ended", async () => {
  const [before, during, after] = await inPage(`
    const foretune = await Foretune.load({ workers: 2 });
    await until(() => living.size === 2);
    const before = [...living];
    const { code } = await stopped((signal) => foretune.predict(song, { context: { genre: "hang" }, signal }), () =>
      [...living].some((worker) => worker.doing === "conclude"));
    const ended = before.filter((worker) => !living.has(worker)).map(({ doing }) => doing);
    const after = await codeOf(foretune.predict(song));
    foretune.dispose();
    return [code, ended, after];`);
  assert.equal(before, "cancelled");
  assert.ok(during.includes("conclude"), String(during));
  assert.equal(after, "answered");
});

for (const [how, genre, code] of [
  ["that traps", "trap", "crashed"],
  ["that hangs", "hang", "unresponsive"],
  ["that has no memory left", "no memory", "out_of_memory"],
  ["that is gone without a word", "gone", "unresponsive"],
]) {
  test(`a worker ${how} is replaced, three times in a row, and the next song is answered`, async () => {
    const { codes, workers } = await inPage(`
      const foretune = await Foretune.load({ workers: 2, stallSeconds: 2 });
      const first = [...living];
      const codes = [];
      for (let turn = 0; turn < 3; turn++) {
        const [spoilt, next] = [{ genre: "${genre}" }, {}].map((context) => codeOf(foretune.predict(song, { context })));
        codes.push(await spoilt, await next);
      }
      const workers = [living.size <= 2, first.every((worker) => living.has(worker))];
      foretune.dispose();
      return { codes, workers };`);
    assert.deepEqual(codes, [code, "answered", code, "answered", code, "answered"]);
    assert.deepEqual(workers, [true, false]);
  });
}

test("a worker that does not start is given up, and the next one starts", async () => {
  const script = await readFile(join(visit.site, "worker.js"));
  const answers = [
    (response) => response.writeHead(404).end(),
    (response) => response.writeHead(200, { "Content-Type": "text/javascript" }).end("this is no script"),
    // It loads, and says nothing.
    (response) => response.writeHead(200, { "Content-Type": "text/javascript" }).end("for (;;);"),
    (response) => response.writeHead(200, { "Content-Type": "text/javascript" }).end(script),
  ];
  const codes = [];
  for (const answer of answers) {
    intercepted["/worker.js"] = (response) => (answer(response), true);
    codes.push(await inPage(`
      const code = await codeOf(Foretune.load({ workers: 1, stallSeconds: 2 }).then((foretune) => foretune.dispose()));
      return living.size === 0 ? code : living.size + " workers are left";`));
  }
  assert.deepEqual(codes, ["crashed", "crashed", "unresponsive", "answered"]);
});

test("a decoder that never answers is given up, and the next song is answered", async () => {
  const codes = await inPage(`
    const foretune = await Foretune.load({ stallSeconds: 2 });
    const bytes = Uint8Array.from(atob("${(await readFile(song)).toString("base64")}"), (character) => character.charCodeAt(0));
    const { decodeAudioData } = BaseAudioContext.prototype;
    BaseAudioContext.prototype.decodeAudioData = never;
    const hung = codeOf(foretune.predict(bytes));
    const next = codeOf(foretune.predict(song));
    const codes = [await hung, await next];
    BaseAudioContext.prototype.decodeAudioData = decodeAudioData;
    codes.push(await codeOf(foretune.predict(bytes)));
    foretune.dispose();
    return codes;`);
  assert.deepEqual(codes, ["unresponsive", "answered", "answered"]);
});

test("of several songs on the page one that breaks its worker is named, and the others are answered", async () => {
  const codes = await page.run(`
    window.seen = [];
    element.addEventListener("foretune-result", ({ detail }) => window.seen.push("answered"));
    element.addEventListener("foretune-error", ({ detail }) => window.seen.push(detail.error.code));
    const of = (seconds) => ({ channels: [new Float32Array(44100 * seconds)], sampleRate: 44100 });
    element.predictAll([of(4), of(13), of(5), of(13), of(6)]);`);
  assert.equal(codes, null);
  await page.answered();
  await page.until("all are answered", 20_000, async () => (await page.run("return window.seen")).length === 5);
  assert.deepEqual(await page.run("return window.seen"), ["answered", "crashed", "answered", "crashed", "answered"]);
});

test("a song is answered while its page is out of sight, and two tabs answer at once", async () => {
  const { driver } = browser;
  const first = await driver.getWindowHandle();
  await page.run(`
    window.states = [document.visibilityState];
    document.addEventListener("visibilitychange", () => window.states.push(document.visibilityState));
    element.context = { genre: "slow" };`);
  await page.chooseFile(song);
  await page.until("it is being analysed", 10_000, async () => (await page.phase()) === "analyzing");
  await driver.switchTo().newWindow("tab");
  const second = await driver.getWindowHandle();
  await page.open();
  await page.prepared();
  const inSecond = await page.answerTo(song);
  await driver.switchTo().window(first);
  const inFirst = await page.answered();
  assert.deepEqual(await page.run("return window.states.slice(0, 2)"), ["visible", "hidden"]);
  await page.run("element.context = {}; localStorage.clear()");
  const again = await page.answerTo(song);
  for (const { phase, error } of [inFirst, inSecond, again]) assert.equal(phase, "ready", error?.message);
  assert.deepEqual(again.result, inSecond.result);
  await driver.switchTo().window(second);
  await driver.close();
  await driver.switchTo().window(first);
});

test("a page that is frozen for longer than the watchdog waits goes on where it was", async () => {
  const { driver } = browser;
  await driver.executeScript(`
    window.code = null;
    window.longestPause = 0;
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      window.longestPause = Math.max(window.longestPause, now - last);
      last = now;
    }, 100);
    import("./foretune.js").then(async ({ Foretune }) => {
      const foretune = await Foretune.load({ stallSeconds: 3 });
      const song = { channels: [new Float32Array(44100 * 300)], sampleRate: 44100 };
      const onProgress = ({ phase }) => (window.phase = phase);
      await foretune.predict(song, { onProgress }).then(() => (window.code = "answered"), ({ code }) => (window.code = code));
      foretune.dispose();
    });`);
  await page.until("it is being analysed", 20_000, () => driver.executeScript("return window.phase === 'analyzing'"));
  await driver.sendDevToolsCommand("Page.setWebLifecycleState", { state: "frozen" });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  await driver.sendDevToolsCommand("Page.setWebLifecycleState", { state: "active" });
  await page.until("it is answered", 60_000, () => driver.executeScript("return window.code !== null"));
  assert.equal(await driver.executeScript("return window.code"), "answered");
  assert.ok((await driver.executeScript("return window.longestPause")) > 4_000, "the page was not frozen");
});
