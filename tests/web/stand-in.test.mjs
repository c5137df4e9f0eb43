// The page and its workers when the analysis is slow, hangs or traps, which a real model
// cannot be made to do: the core is a stand-in that does what the genre says.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { consoleErrors, inPage as runInPage } from "./browser.mjs";
import { tune, wav } from "./songs.mjs";
import { visitStandIn } from "./visit.mjs";

let visit, browser, page, song;

before(async () => {
  visit = await visitStandIn({ "A song.wav": wav([tune(4, 44_100)], 44_100) });
  ({ browser, page } = visit);
  [song] = visit.songs;
});

after(() => visit?.close());

beforeEach(async () => {
  await page.open();
  await page.prepared();
});

const inPage = (body) => runInPage(browser.driver, body);

test("a result shows its number, interval, features, tags, key, tempo and loudness", async () => {
  const { phase, result } = await page.answerTo(song);
  assert.equal(phase, "ready");
  assert.deepEqual(await page.text(".song-name"), ["A song"]);
  assert.deepEqual(await page.text(".number-value"), [String(Math.round(result.popularity.p50))]);
  assert.match((await page.text(".interval"))[0], /\d+ to \d+/);
  assert.equal((await page.text(".bar-row")).length, 7);
  assert.equal((await page.text(".tag")).length, 9);
  const [tempo, key, loudness] = await page.text(".tile-value");
  assert.match(tempo, /118\.0 BPM/);
  assert.equal(key, "C♯ minor");
  assert.match(loudness, /−9\.4 LUFS/);
  assert.match((await page.text(".tile.loudness"))[0], /turn it down by 4\.6 dB/);
  const description = await page.run(
    "return element.shadowRoot.querySelector('canvas').getAttribute('aria-label')",
  );
  assert.match(description, /Mel spectrogram of 0:04/);
  const painted = await page.run(`
    const canvas = element.shadowRoot.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(data).size;`);
  assert.ok(painted > 20, `the spectrogram has ${painted} shades`);
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("a name is shown as text, whatever it holds", async () => {
  await page.run(
    "element.predict({ channels: [new Float32Array(44100 * 4)], sampleRate: 44100 }, { name: '<img src=x onerror=alert(1)>' })",
  );
  await page.answered();
  assert.deepEqual(await page.text(".song-name"), ["<img src=x onerror=alert(1)>"]);
});

test("events say what happens, across the shadow root", async () => {
  await page.run(`
    window.seen = [];
    for (const name of ["foretune-phase", "foretune-result", "foretune-error"]) {
      document.addEventListener(name, ({ detail, composed }) =>
        window.seen.push([name, detail.phase ?? detail.error?.code ?? detail.name, composed]));
    }`);
  await page.answerTo(song);
  const text = join(visit.files, "not a song.wav");
  await writeFile(text, "no song at all");
  await page.answerTo(text);
  assert.deepEqual(await page.run("return window.seen"), [
    ["foretune-phase", "loading", true],
    ["foretune-phase", "decoding", true],
    ["foretune-phase", "analyzing", true],
    ["foretune-phase", "ready", true],
    ["foretune-result", "A song", true],
    ["foretune-phase", "idle", true],
    ["foretune-phase", "loading", true],
    ["foretune-phase", "decoding", true],
    ["foretune-phase", "error", true],
    ["foretune-error", "undecodable", true],
  ]);
});

test("a dropped file is analysed, on the element and beside it", async () => {
  for (const target of ["element.shadowRoot.querySelector('.stage')", "document.querySelector('h1')"]) {
    await page.run(`
      element.reset();
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(arguments[0]), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], "Dropped.wav"));
      for (const name of ["dragenter", "dragover", "drop"]) {
        (${target}).dispatchEvent(
          new DragEvent(name, { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }));
      }`, wav([tune(4, 8000)], 8000).toString("base64"));
    assert.equal((await page.answered()).phase, "ready");
    assert.deepEqual(await page.text(".song-name"), ["Dropped"]);
  }
});

test("Cancel stops a song, and the next one is answered", async () => {
  await page.run("element.context = { genre: 'slow' }");
  await page.chooseFile(song);
  await page.until("it is being analysed", 10_000, async () => (await page.phase()) === "analyzing");
  await page.click(".stage button");
  assert.equal(await page.phase(), "idle");
  await page.run("element.context = {}");
  assert.equal((await page.answerTo(song)).phase, "ready");
});

test("the keyboard reaches every control, and the focus follows the state", async () => {
  const focused = () => page.run("return element.shadowRoot.activeElement?.className ?? null");
  await page.run("element.shadowRoot.querySelector('[data-action=choose]').focus()");
  assert.equal(await focused(), "primary");
  await page.answerTo(song);
  assert.equal(await focused(), "song-name");
  await page.click("[data-action=another]");
  assert.equal(await focused(), "primary");
});

test("songs are answered in the order asked, one of them stopped while it waits", async () => {
  const order = await inPage(`
    const foretune = await Foretune.load();
    const order = [];
    const stop = new AbortController();
    const ask = (name, options) =>
      foretune.predict(song, options).then(() => order.push(name), ({ code }) => order.push(name + " " + code));
    const all = [ask("first"), ask("second", { signal: stop.signal }), ask("third")];
    stop.abort();
    await Promise.all(all);
    foretune.dispose();
    return order;`);
  assert.deepEqual(order, ["second cancelled", "first", "third"]);
});

test("a trap is reported as a crash, and a fresh worker answers the next song", async () => {
  const codes = await inPage(`
    const foretune = await Foretune.load();
    const codes = [
      await codeOf(foretune.predict(song, { context: { genre: "trap" } })),
      await codeOf(foretune.predict(song)),
    ];
    foretune.dispose();
    return codes;`);
  assert.deepEqual(codes, ["crashed", "answered"]);
});

test("a worker that hangs is given up, while the page stays alive", async () => {
  const [codes, frames] = await inPage(`
    let frames = 0;
    const count = () => { frames++; requestAnimationFrame(count); };
    count();
    const foretune = await Foretune.load({ stallSeconds: 2 });
    const codes = [
      await codeOf(foretune.predict(song, { context: { genre: "hang" } })),
      await codeOf(foretune.predict(song)),
    ];
    foretune.dispose();
    return [codes, frames];`);
  assert.deepEqual(codes, ["unresponsive", "answered"]);
  // Two seconds at 60 frames a second, and half of that on a busy machine.
  assert.ok(frames > 60, `${frames} frames were painted while the worker hung`);
});

test("disposing rejects what is left, and everything after", async () => {
  const codes = await inPage(`
    const foretune = await Foretune.load();
    const running = codeOf(foretune.predict(song, { context: { genre: "hang" } }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const waiting = codeOf(foretune.predictFeatures({}, {}));
    foretune.dispose();
    return [await running, await waiting, await codeOf(foretune.predict(song))];`);
  assert.deepEqual(codes, ["disposed", "disposed", "disposed"]);
});

test("every kind of input is taken, and the caller's own memory is left alone", async () => {
  const outcomes = await inPage(`
    const foretune = await Foretune.load();
    const bytes = Uint8Array.from(atob("${wav([tune(4, 8000)], 8000).toString("base64")}"), (c) => c.charCodeAt(0));
    const buffer = new AudioBuffer({ length: 44100 * 4, sampleRate: 44100, numberOfChannels: 2 });
    const url = new URL("tune.wav", location.href);
    const outcomes = {};
    const inputs = { file: new File([bytes], "a.wav"), blob: new Blob([bytes]), array: bytes.buffer, view: bytes, buffer, song };
    for (const [name, input] of Object.entries(inputs)) outcomes[name] = await codeOf(foretune.predict(input));
    outcomes.missing = await codeOf(foretune.predict(url));
    outcomes.number = await codeOf(foretune.predict(7));
    outcomes.empty = await codeOf(foretune.predict(new Blob([])));
    outcomes.left = [bytes.byteLength, buffer.length, song.channels[0].length];
    foretune.dispose();
    return outcomes;`);
  assert.deepEqual(outcomes, {
    file: "answered",
    blob: "answered",
    array: "answered",
    view: "answered",
    buffer: "answered",
    song: "answered",
    missing: "song_unavailable",
    number: "invalid_input",
    empty: "empty_file",
    left: [64_044, 176_400, 176_400],
  });
});

test("a song is shared among workers, and says what it finds on the way", async () => {
  const { workers, order, estimates, windows, again } = await inPage(`
    const used = new Set();
    const RealWorker = Worker;
    window.Worker = class extends RealWorker {
      postMessage(message, ...rest) {
        used.add(this);
        // As long as a real one takes, or the first that is free would do all of it.
        setTimeout(() => super.postMessage(message, ...rest), message.method === "listen" ? 300 : 0);
      }
    };
    const foretune = await Foretune.load({ workers: 3 });
    window.Worker = RealWorker;
    used.clear();
    const long = () => ({ channels: [new Float32Array(44100 * 90)], sampleRate: 44100 });
    const steps = [];
    const result = await foretune.predict(long(), { onProgress: (step) => steps.push(step) });
    const again = await foretune.predict(long());
    foretune.dispose();
    return {
      workers: used.size,
      order: steps.every(({ fraction }, index) => index < 2 || fraction >= steps[index - 1].fraction),
      estimates: steps.filter(({ estimate }) => estimate).map(({ estimate }) => estimate.p50),
      windows: result.windows.map(({ start_seconds }) => start_seconds),
      again: JSON.stringify(again) === JSON.stringify(result),
    };`);
  assert.equal(workers, 3);
  assert.ok(order, "progress goes back");
  assert.equal(estimates.length, 1);
  assert.equal(windows.length, 31);
  assert.deepEqual(windows, windows.toSorted((a, b) => a - b));
  assert.ok(again, "the order in which windows are heard shows in the result");
});

test("a job that fails ends its song and leaves the others in order", async () => {
  const codes = await inPage(`
    const foretune = await Foretune.load({ workers: 2 });
    const codes = await Promise.all([
      codeOf(foretune.predict(song, { context: { genre: "trap" } })),
      codeOf(foretune.predict(song)),
      codeOf(foretune.predict({ channels: [], sampleRate: 44100 })),
      codeOf(foretune.predict(song)),
    ]);
    foretune.dispose();
    return codes;`);
  assert.deepEqual(codes, ["crashed", "answered", "channel_count", "answered"]);
});

test("two elements share one engine, which ends with the last of them", async () => {
  const counted = await inPage(`
    const created = [];
    const RealWorker = Worker;
    let alive = 0;
    window.Worker = class extends RealWorker {
      constructor(...args) { super(...args); alive++; created.push(this); }
      terminate() { alive--; super.terminate(); }
    };
    const add = () => document.body.appendChild(document.createElement("foretune-predictor"));
    document.querySelector("foretune-predictor").remove();
    const until = async (holds) => {
      for (let turn = 0; turn < 200 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const prepared = (element) => element.shadowRoot.querySelector(".readiness.prepared");
    const [one, two] = [add(), add()];
    await until(() => prepared(one) && prepared(two));
    const both = alive;
    one.remove();
    // Long enough for an engine to end that should not.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const left = alive;
    two.remove();
    await until(() => alive === 0);
    window.Worker = RealWorker;
    const workers = Math.min(4, navigator.hardwareConcurrency);
    return { created: created.length / workers, both: both / workers, left: left / workers, none: alive };`);
  assert.deepEqual(counted, { created: 1, both: 1, left: 1, none: 0 });
});

test("what cannot be loaded is said in words, and trying again mends it", async () => {
  await page.run(
    `const broken = document.createElement("foretune-predictor");
     broken.setAttribute("base-url", arguments[0]);
     element.replaceWith(broken);`,
    new URL("nowhere/", page.url).href,
  );
  await page.chooseFile(song);
  const { phase, error } = await page.answered();
  assert.equal(phase, "error");
  assert.equal(error.code, "network");
  assert.match((await page.text(".panel-title"))[0], /could not be loaded/);
  await page.run(`element.setAttribute("base-url", arguments[0])`, page.url);
  await page.click(".stage button.primary");
  assert.equal((await page.answered()).phase, "ready");
});

test("models and core are fetched once, and what is damaged is refused by name until it is mended", async () => {
  const load = `
    const load = async () => {
      const before = performance.getEntriesByType("resource").length;
      const code = await codeOf(Foretune.load().then((foretune) => foretune.dispose()));
      const fetched = performance.getEntriesByType("resource").slice(before)
        .map(({ name }) => new URL(name).pathname.split("/").pop())
        .filter((name) => /wasm$|onnx$/.test(name));
      return { code, fetched: fetched.sort() };
    };`;
  const [first, second, kept] = await inPage(`
    ${load}
    await caches.delete("foretune-assets");
    performance.clearResourceTimings();
    const answers = [await load(), await load()];
    // As in a page that no service worker keeps.
    for (const name of await caches.keys()) if (name.startsWith("foretune-page")) await caches.delete(name);
    const cache = await caches.open("foretune-assets");
    await cache.put("pkg/an-older-core.wasm", new Response("old"));
    await load();
    return [...answers, (await cache.keys()).map(({ url }) => new URL(url).pathname).sort()];`);
  assert.deepEqual(first, { code: "answered", fetched: ["foretune_bg.wasm", "stand-in.onnx"] });
  assert.deepEqual(second, { code: "answered", fetched: [] });
  assert.deepEqual(kept, ["/models/stand-in-reference.json", "/models/stand-in.onnx", "/pkg/foretune_bg.wasm"]);

  const model = join(visit.site, "models/stand-in.onnx");
  const whole = await readFile(model);
  await writeFile(model, Buffer.from(whole).fill(0, 0, 1));
  const refused = await inPage(`
    await caches.delete("foretune-assets");
    return Foretune.load().then(() => "answered", ({ code, message }) => [code, message]);`);
  assert.equal(refused[0], "model_integrity");
  assert.match(refused[1], /stand-in\.onnx is damaged/);
  await writeFile(model, whole);
  assert.equal((await inPage(`${load} return load();`)).code, "answered");
});
