// A long visit: song after song on one page, with the real core, until it shows whether anything grows.
// Here sixty; a thousand, and a plot of them, by `cargo xtask harden visit`.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { realSite } from "./site.mjs";
import { tune, wav } from "./songs.mjs";
import { plot } from "./visit-plot.mjs";

const ALL = Boolean(process.env.FORETUNE_HARDEN);
const SONGS = ALL ? 1_000 : 60;
const AT_ONCE = ALL ? 20 : 6;
const PLOT = fileURLToPath(new URL("../visit.svg", import.meta.url));

// The answer to one of these songs, its pictures included, takes 50 kB. Through the first eighty songs the
// engine's own notes on the code (which it runs hot, inlines and compiles) grow by about 5 kB a song, then
// stay: sixty songs show a page that keeps every other answer, a thousand one that keeps one of ten.
const HEAP_BYTES_A_SONG = ALL ? 5_000 : 20_000;

// Which worker meets which song differs, and wasm never gives back what the largest took: 2 MB were seen.
// Of the half that is judged, songs that are not freed are 40 MB and more.
const WASM_SLACK_BYTES = 5_000_000;

let server, browser, page;

// In the page and in every worker: says how much memory the cores there have taken.
const MEASURED = `(() => {
  const memories = [];
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate.apply(WebAssembly, args);
    const { memory } = (made.instance ?? made).exports;
    if (memory) memories.push(memory);
    return made;
  };
  const channel = new BroadcastChannel("memory");
  const taken = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  channel.onmessage = ({ data }) => data === "how much?" && channel.postMessage(taken());
  globalThis.coreMemory = taken;
})();\n`;

before(async () => {
  const worker = MEASURED + (await readFile(join(realSite(), "worker.js"), "utf8"));
  server = await startServer({
    directory: realSite(),
    intercept(path, _request, response) {
      // Kept for offline use, the worker would not be the one that says how much it has taken.
      if (path === "/service-worker.js") return response.writeHead(404).end();
      if (path !== "/worker.js") return false;
      return response.writeHead(200, { "Content-Type": "text/javascript" }).end(worker);
    },
  });
  browser = await openBrowser();
  await browser.driver.manage().setTimeouts({ script: 1_200_000 });
  await browser.driver.sendDevToolsCommand("Page.addScriptToEvaluateOnNewDocument", { source: MEASURED + COUNTED });
  page = new PredictorPage(browser.driver, server.url);
  await page.open();
  await page.prepared();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const COUNTED = `
  window.living = new Set();
  const RealWorker = Worker;
  window.Worker = class extends RealWorker {
    constructor(...args) { super(...args); living.add(this); }
    terminate() { living.delete(this); super.terminate(); }
  };`;

/** Different songs of four to six seconds, in stereo and mono, at the usual rates. */
function songs() {
  return [[4, 44_100, 2], [5, 48_000, 2], [4, 22_050, 1], [6, 44_100, 1], [5, 8_000, 2]].map(([seconds, rate, count], index) =>
    wav(Array.from({ length: count }, (_, channel) => tune(seconds, rate).map((sample, at) => sample * (1 - 0.3 * Math.sin((at * (index + 1 + channel)) / rate)))), rate).toString("base64"),
  );
}

/** In the page: answers songs by their numbers; gives how many came out how, and differently than before. */
const ANSWER = `
  const [from, until, songs, done] = arguments;
  (async () => {
    const element = document.querySelector("foretune-predictor");
    const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    window.first ??= new Map();
    const came = { answered: 0, refused: 0, stopped: 0, different: 0 };
    for (let number = from; number < until; number++) {
      const which = number % songs.length;
      // The last before memory is sampled is always answered: what an error shows has fewer nodes.
      const plain = number === until - 1;
      if (number % 23 === 22 && !plain) {
        // No song at all.
        await element.predict(new File([new Uint8Array(9_999)], "broken.mp3"));
        came.refused += element.phase === "error";
        continue;
      }
      const file = new File([bytesOf(songs[which])], "Song " + which + ".wav");
      if (number % 29 === 28 && !plain) {
        // Stopped while it is analysed, which ends the workers that have begun with it.
        const going = element.predict(file);
        while (element.phase !== "analyzing") await new Promise((resolve) => setTimeout(resolve, 5));
        element.reset();
        await going;
        came.stopped += element.phase === "idle";
        continue;
      }
      await element.predict(file);
      if (element.phase !== "ready") continue;
      came.answered += 1;
      const answer = JSON.stringify(element.result, (_key, value) => (ArrayBuffer.isView(value) ? [...value] : value));
      if (!first.has(which)) first.set(which, answer);
      else came.different += first.get(which) !== answer;
    }
    done(came);
  })().catch((thrown) => done(String(thrown)));`;

async function sample(song) {
  const { driver } = browser;
  const ask = (command) => driver.sendAndGetDevToolsCommand(command, {});
  const { wasm, workers } = await driver.executeAsyncScript(`
    const done = arguments[0];
    (async () => {
      const element = document.querySelector("foretune-predictor");
      const workers = living.size;
      let [wasm, told] = [coreMemory(), 0];
      const channel = new BroadcastChannel("memory");
      await new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(told + " of " + workers + " workers said how much")), 30_000);
        channel.onmessage = ({ data }) => {
          wasm += data;
          // Beside the workers, the page's own other end.
          if (++told === workers + 1) resolve();
        };
        channel.postMessage("how much?");
      });
      channel.close();
      done({ wasm: wasm - coreMemory(), workers });
    })().catch((thrown) => done({ workers: String(thrown) }));`);
  assert.equal(typeof workers, "number", workers);
  // Twice, since what the first collection finalises is free for the second.
  for (const _ of [1, 2]) await ask("HeapProfiler.collectGarbage");
  const { usedSize: heap } = await ask("Runtime.getHeapUsage");
  const { nodes } = await ask("Memory.getDOMCounters");
  return { song, heap, wasm, workers, nodes };
}

/** How much `key` grows a song, by least squares. */
function growth(samples, key) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [samples.map(({ song }) => song), samples.map((each) => each[key])];
  const [meanX, meanY] = [mean(x), mean(y)];
  const along = x.reduce((sum, value, index) => sum + (value - meanX) * (y[index] - meanY), 0);
  return along / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}

test(`${SONGS} songs in one visit: the same answers to the end, and nothing grows`, async () => {
  const given = songs();
  const total = { answered: 0, refused: 0, stopped: 0, different: 0 };
  const samples = [];
  for (let from = 0; from < SONGS; from += AT_ONCE) {
    const until = Math.min(SONGS, from + AT_ONCE);
    const came = await browser.driver.executeAsyncScript(ANSWER, from, until, given);
    assert.equal(typeof came, "object", came);
    for (const [what, count] of Object.entries(came)) total[what] += count;
    samples.push(await sample(until));
    if (ALL) console.log(JSON.stringify(samples.at(-1)));
  }
  assert.equal(total.different, 0, `${total.different} answers differ from the first to the same song`);
  assert.equal(total.answered + total.refused + total.stopped, SONGS, JSON.stringify(total));
  assert.ok(total.refused > 0 && total.stopped > 0);
  // What is compiled, cached and kept with the first songs is not counted.
  const half = samples.slice(Math.floor(samples.length / 2));
  const most = (some, key) => Math.max(...some.map((each) => each[key]));
  const slopes = { heap: growth(half, "heap"), nodes: growth(half, "nodes") };
  console.log(JSON.stringify({ ...total, first: samples[0], last: samples.at(-1), growthPerSong: slopes }));
  if (ALL) await writeFile(PLOT, plot(samples, total));
  assert.ok(slopes.heap < HEAP_BYTES_A_SONG, `the heap grows by ${slopes.heap} bytes a song`);
  assert.ok(slopes.nodes < 1, `the page grows by ${slopes.nodes} nodes a song`);
  const before = samples.slice(0, Math.floor(samples.length / 2));
  for (const [key, slack] of [["wasm", WASM_SLACK_BYTES], ["workers", 0]]) {
    assert.ok(most(half, key) <= most(before, key) + slack, `${key}: ${most(half, key)} after ${most(before, key)}`);
  }
});
