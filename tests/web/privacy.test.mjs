// That nothing leaks: every request of the whole browser and everything that it writes to disk while
// songs are analysed, with the real core and models.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";
import { randomOf } from "./hostile/random.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { realSite } from "./site.mjs";
import { tune, wav } from "./songs.mjs";

const NAME = "Unheard of 7f3a";
const RATE = 44_100;

let files, song, bytes, netLog, server, browser, page;
const log = [];

before(async () => {
  files = await mkdtemp(join(tmpdir(), "foretune-private-"));
  const { next } = randomOf("private");
  // A little noise makes every stretch of it unlike any other data.
  bytes = wav([tune(6, RATE).map((sample) => sample * 0.9 + 0.05 * (next() - 0.5))], RATE);
  song = join(files, `${NAME}.wav`);
  await writeFile(song, bytes);
  netLog = join(files, "net-log.json");
  server = await startServer({ directory: realSite(), onRequest: (request) => log.push(request) });
  browser = await openBrowser({
    args: [`--log-net-log=${netLog}`, "--net-log-capture-mode=Everything"],
    keepProfile: true,
  });
  await browser.driver.sendDevToolsCommand("Page.addScriptToEvaluateOnNewDocument", { source: RECORD_WRITES });
  page = new PredictorPage(browser.driver, server.url);
  await page.open();
  await page.prepared();
  await page.keptOffline();
});

after(async () => {
  await browser?.close().catch(() => {});
  await server?.close();
  if (browser) await rm(browser.profile, { recursive: true, force: true, maxRetries: 5 });
  if (files) await rm(files, { recursive: true });
});

/** In the page, before any of its scripts: what is kept, and by which interface. */
const RECORD_WRITES = `
  window.writes = [];
  const record = (owner, names) => {
    for (const name of names) {
      const original = owner?.prototype?.[name];
      if (!original) continue;
      owner.prototype[name] = function (...args) {
        const said = args.map((arg) => typeof arg === "string" ? arg : arg?.url ?? Object.prototype.toString.call(arg));
        window.writes.push([owner.name + "." + name, ...said].join(" "));
        return original.apply(this, args);
      };
    }
  };
  record(window.Cache, ["put", "add", "addAll"]);
  record(window.IDBFactory, ["open"]);
  record(window.IDBObjectStore, ["put", "add"]);
  record(window.Storage, ["setItem"]);
  record(window.StorageManager, ["getDirectory"]);
  record(window.BroadcastChannel, ["postMessage"]);
  record(window.ServiceWorkerContainer, ["register"]);
  record(window.Navigator, ["sendBeacon"]);
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(Document.prototype, "cookie", {
    get: cookie.get,
    set(value) { window.writes.push("cookie " + value); cookie.set.call(this, value); },
  });`;

const usage = () =>
  browser.driver.executeAsyncScript(
    "const done = arguments[0]; navigator.storage.estimate().then(({ usage, usageDetails }) => done({ usage, usageDetails }));",
  );

/** What of the song or its result lies in the browser's profile, by where it is. */
async function found(needles) {
  const hits = [];
  const visit = async (folder) => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await visit(path);
      if (!entry.isFile()) continue;
      const content = await readFile(path).catch(() => Buffer.alloc(0));
      for (const [what, needle] of needles) if (content.includes(needle)) hits.push(`${what} in ${path}`);
    }
  };
  await visit(browser.profile);
  return hits;
}

/** The song's bytes and samples, its name and its result, as they would look on a disk. */
function needlesOf(result) {
  const needles = [
    ["its name", Buffer.from(NAME)],
    ["its name, in UTF-16", Buffer.from(NAME, "utf16le")],
  ];
  for (let at = 1_000; at + 32 < bytes.length; at += 40_000) {
    needles.push(["its bytes", bytes.subarray(at, at + 32)]);
    const first = 44 + (at - 44 - ((at - 44) % 2));
    const samples = Float32Array.from({ length: 8 }, (_, index) => bytes.readInt16LE(first + 2 * index) / 32_768);
    needles.push(["its samples", Buffer.from(samples.buffer)]);
  }
  const values = [result.features.danceability, result.features.tempo, result.popularity.mean];
  // So many digits are found nowhere by chance.
  for (const value of values.filter((number) => String(number).length > 12)) {
    needles.push(["its result", Buffer.from(String(value))], ["its result", Buffer.from(Float64Array.of(value).buffer)]);
  }
  return needles;
}

let result;
let began;

test("after load, a song is answered without a request or a write of anything", async () => {
  await page.run("element.toggleAttribute('remember', false)");
  const before = await usage();
  const served = log.length;
  await page.run("window.writes.length = 0");
  began = Date.now();
  for (let turn = 0; turn < 3; turn++) {
    const answer = await page.answerTo(song);
    assert.equal(answer.phase, "ready", answer.error?.message);
    result = answer.result;
  }
  assert.deepEqual(log.slice(served), [], "the server was asked");
  assert.deepEqual(await page.run("return window.writes"), []);
  // Whoever writes, a worker too, uses storage.
  assert.deepEqual(await usage(), before);
});

test("nothing of the song lies on the disk", async () => {
  assert.deepEqual(await found(needlesOf(result)), []);
  // The search does find what is written there.
  const control = [["the control", Buffer.from("Control 5c1e")]];
  await page.run("localStorage.setItem('control', arguments[0])", "Control 5c1e");
  await page.until("the browser has written it", 30_000, async () => (await found(control)).length > 0);
  await page.run("localStorage.clear()");
});

test("of a song that is remembered the answer is kept, never its sound", async () => {
  const served = log.length;
  await page.run("element.toggleAttribute('remember', true); window.writes.length = 0");
  assert.equal((await page.answerTo(song)).phase, "ready");
  assert.deepEqual(log.slice(served), [], "the server was asked");
  await page.until("the answer is kept", 5_000, async () => (await page.run("return window.writes")).length >= 2);
  assert.deepEqual(await page.run("return window.writes"), [
    "IDBObjectStore.put [object Object]",
    "IDBObjectStore.put [object Object]",
  ]);
  const kept = await found(needlesOf(result));
  for (const hit of kept) assert.match(hit, /^its (name|name, in UTF-16|result) in .*[\\/]IndexedDB[\\/]/);
  assert.ok(kept.length > 0, "the answer is not found where it is kept");
});

test("what the reader tells of her songs is kept, and that alone", async () => {
  await page.run("window.writes.length = 0; element.context = { genre: 'polka', year: 1999 }");
  assert.deepEqual(await page.run("return window.writes"), [
    `Storage.setItem foretune-context {"genre":"polka","year":1999}`,
  ]);
  await page.run("element.context = {}");
  assert.equal(await page.run("return document.cookie"), "");
});

test("the policy of the page forbids what it need not do", async () => {
  const refused = await browser.driver.executeAsyncScript(`
    const done = arguments[0];
    (async () => {
      const refused = [];
      addEventListener("securitypolicyviolation", ({ effectiveDirective }) => refused.push(effectiveDirective));
      const elsewhere = "http://127.0.0.1:1/";
      const add = (name, properties) => document.body.append(Object.assign(document.createElement(name), properties));
      add("script", { textContent: "window.ran = true" });
      add("script", { src: elsewhere + "a.js" });
      add("img", { src: elsewhere + "a.png" });
      add("audio", { src: elsewhere + "a.mp3" });
      add("iframe", { src: elsewhere });
      add("object", { data: elsewhere });
      add("link", { rel: "stylesheet", href: elsewhere + "a.css" });
      add("style", { textContent: "body { background: red }" });
      add("base", { href: elsewhere });
      const form = Object.assign(document.createElement("form"), { action: elsewhere, method: "post" });
      document.body.append(form);
      form.submit();
      for (const ask of [
        () => fetch(elsewhere, { method: "POST", body: "song" }),
        () => new WebSocket("ws://127.0.0.1:1/"),
        () => new EventSource(elsewhere),
        () => new Worker(URL.createObjectURL(new Blob(["1"]))),
      ]) try { await ask(); } catch {}
      navigator.sendBeacon(elsewhere, "song");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      // While the driver's own script runs, evaluation is let through.
      try { eval("window.ran = true"); } catch {}
      await new Promise((resolve) => setTimeout(resolve, 100));
      done([[...new Set(refused)].sort(), window.ran === true, refused.filter((name) => name === "connect-src").length]);
    })();`);
  assert.deepEqual(refused, [
    ["base-uri", "connect-src", "form-action", "frame-src", "img-src", "media-src", "object-src", "script-src", "script-src-elem", "style-src-elem", "worker-src"],
    false,
    4,
  ]);
});

test("no file of the site names another origin", async () => {
  const named = [];
  const visit = async (folder) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await visit(path);
      else if ([".js", ".html", ".css", ".svg", ".json", ".webmanifest"].includes(extname(path))) {
        for (const [url] of (await readFile(path, "utf8")).matchAll(/(?:https?|wss?):\/\/[^\s"'`)<>]+/g)) {
          // Names of XML namespaces are not addresses, wasm-bindgen links to a manual in a comment, and
          // .example is nobody's (RFC 2606).
          const known = /^https?:\/\/(www\.w3\.org\/|developer\.mozilla\.org\/|[^/]+\.example(\/|$))/;
          if (!known.test(url)) named.push(`${url} in ${entry.name}`);
        }
      }
    }
  };
  await visit(realSite());
  assert.deepEqual(named, []);
});

test("the whole browser asked nobody but the site, sent nothing, and was silent while it listened", async () => {
  await browser.close();
  const { constants, events } = JSON.parse(await readFile(netLog, "utf8"));
  const of = (type) => events.filter((event) => event.type === constants.logEventTypes[type]);
  const asked = of("URL_REQUEST_START_JOB")
    .filter(({ params }) => params?.url)
    .map(({ params, time }) => ({
      url: params.url,
      method: params.method,
      initiator: params.initiator,
      at: Number(time) + Number(constants.timeTickOffset),
    }));
  const { origin } = new URL(server.url);
  const ours = asked.filter(({ url }) => url.startsWith(`${origin}/`));
  assert.ok(ours.length > 10, `the log has only ${ours.length} requests of the page`);
  // The browser has errands of its own, for updates and the like, which no page has asked for.
  const errands = asked.filter(({ url, initiator }) => initiator === "not an origin" && !url.startsWith(`${origin}/`));
  const others = asked.filter((request) => !ours.includes(request) && !errands.includes(request));
  assert.deepEqual(others, []);
  assert.deepEqual([...new Set(ours.map(({ method }) => method))], ["GET"]);
  assert.deepEqual(ours.filter(({ at }) => at >= began), []);
  // An address carries nothing but the beginning of a file's own hash.
  for (const { url } of ours) assert.match(new URL(url).search, /^(\?sha256=[0-9a-f]{16})?$/);
  const text = await readFile(netLog, "utf8");
  assert.ok(!text.includes(NAME) && !text.includes(encodeURIComponent(NAME)), "the song's name is in the network log");
  console.log(`${ours.length} requests to the site, 0 of them after load; ${errands.length} errands of the browser itself`);
});
