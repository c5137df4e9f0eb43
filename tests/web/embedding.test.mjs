// The element in someone else's page: attributes, properties, another origin, a strict policy.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";
import { consoleErrors, openBrowser, PredictorPage } from "./browser.mjs";
import { standInSite } from "./site.mjs";
import { tune, wav } from "./songs.mjs";

// What a site has to allow that embeds Foretune from elsewhere, and nothing more.
const policy = (origin) =>
  `default-src 'none'; script-src 'self' ${origin} 'wasm-unsafe-eval'; worker-src blob: ${origin}; connect-src 'self' ${origin}; media-src 'self' blob:`;

let site, pages, cdn, host, browser, page;

before(async () => {
  site = await standInSite();
  pages = await mkdtemp(join(tmpdir(), "foretune-host-"));
  cdn = await startServer({ directory: site, headers: { "Access-Control-Allow-Origin": "*" } });
  const { origin } = new URL(cdn.url);
  host = await startServer({ directory: pages, headers: { "Content-Security-Policy": policy(origin) } });
  await writeFile(join(pages, "Our single.wav"), wav([tune(20, 8000)], 8000));
  await writeFile(join(pages, "set-early.js"), `document.getElementById("early").context = { year: 1999 };`);
  await writeFile(
    join(pages, "index.html"),
    `<!doctype html><html lang="en"><title>A band</title>
     <foretune-predictor src="Our%20single.wav" release-year="2020" artist-usual-popularity="70" genre="rock" compact></foretune-predictor>
     <foretune-predictor id="early" genre="pop" release-year="soon" loading="lazy"></foretune-predictor>
     <script type="module" src="set-early.js"></script>
     <script type="module" src="${cdn.url}foretune-element.js"></script>`,
  );
  browser = await openBrowser();
  page = new PredictorPage(browser.driver, host.url);
  await page.open();
});

after(async () => {
  await browser?.close();
  for (const server of [cdn, host]) await server?.close();
  for (const folder of [site, pages]) if (folder) await rm(folder, { recursive: true });
});

test("attributes tell what is known, and what is no number tells nothing", async () => {
  await page.until("the element is defined", 10_000, () => page.run("return !!element.context"));
  const known = { year: 2020, artist_usual_popularity: 70, genre: "rock" };
  assert.deepEqual(await page.run("return element.context"), known);
  assert.deepEqual(
    await page.run(`
      element.setAttribute("explicit", "");
      element.removeAttribute("genre");
      const changed = element.context;
      element.removeAttribute("explicit");
      element.setAttribute("genre", "rock");
      return changed;`),
    { year: 2020, artist_usual_popularity: 70, explicit: true },
  );
});

test("a property that was set before the element was defined counts", async () => {
  assert.deepEqual(await page.run("return document.getElementById('early').context"), { year: 1999 });
});

test("from another origin, under a strict policy, the offered song is answered", async () => {
  await page.prepared();
  assert.deepEqual(await page.text("[data-action=src]"), ["Analyse Our single"]);
  await page.click("[data-action=src]");
  const { phase, error } = await page.answered();
  assert.equal(phase, "ready", error?.message);
  assert.deepEqual(await page.text(".song-name"), ["Our single"]);
  // 0.3 · (34 + 10) + 0.7 · 70
  assert.deepEqual(await page.text(".number-value"), ["62"]);
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("an address with a percent sign of its own is a name as it is", async () => {
  const offered = await offerOf("songs/100%.mp3");
  assert.deepEqual(offered, ["Analyse 100%"]);
});

/** What an element offers whose `src` is given. */
function offerOf(src) {
  return browser.driver.executeAsyncScript(`
    const [src, done] = arguments;
    const element = document.createElement("foretune-predictor");
    element.setAttribute("src", src);
    document.body.append(element);
    setTimeout(() => {
      done([...element.shadowRoot.querySelectorAll("[data-action=src]")].map(({ textContent }) => textContent));
      element.remove();
    }, 100);`, src);
}

test("compact shows the forecast alone", async () => {
  const shown = () =>
    page.run("return [...element.shadowRoot.querySelectorAll('.card')].filter((card) => card.checkVisibility()).length");
  assert.equal(await shown(), 1);
  await page.run("element.removeAttribute('compact')");
  assert.ok((await shown()) > 5);
});

test("fifty elements that come and go leave no worker behind", async () => {
  const left = await browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    (async () => {
      for (const element of document.querySelectorAll("foretune-predictor")) element.remove();
      let alive = 0;
      const RealWorker = Worker;
      window.Worker = class extends RealWorker {
        constructor(...args) { super(...args); alive++; }
        terminate() { alive--; super.terminate(); }
      };
      let started = 0;
      for (let turn = 0; turn < 50; turn++) {
        const element = document.body.appendChild(document.createElement("foretune-predictor"));
        // Some are gone while they still load, some when they are ready.
        if (turn % 5 === 0) {
          while (!element.shadowRoot.querySelector(".readiness.prepared")) await new Promise((r) => setTimeout(r, 20));
          started = Math.max(started, alive);
        }
        element.remove();
      }
      for (let turn = 0; turn < 100 && alive > 0; turn++) await new Promise((r) => setTimeout(r, 50));
      done([started > 0, alive]);
    })();`);
  assert.deepEqual(left, [true, 0]);
});

test("fifty elements that come and go leave no memory behind", async () => {
  const { driver } = browser;
  const comeAndGo = (times) =>
    driver.executeAsyncScript(`
      const [times, done] = arguments;
      (async () => {
        for (let turn = 0; turn < times; turn++) {
          const element = document.body.appendChild(document.createElement("foretune-predictor"));
          element.context = { genre: "rock" };
          while (!element.shadowRoot.querySelector(".readiness.prepared")) await new Promise((r) => setTimeout(r, 10));
          element.remove();
          await new Promise((r) => setTimeout(r, 0));
        }
        done();
      })();`, times);
  const ask = (command) => driver.sendAndGetDevToolsCommand(command, {});
  const held = async () => {
    // Twice, since what the first collection finalises is free for the second.
    for (const _ of [1, 2]) await ask("HeapProfiler.collectGarbage");
    const { usedSize } = await ask("Runtime.getHeapUsage");
    const { nodes, jsEventListeners } = await ask("Memory.getDOMCounters");
    return { usedSize, nodes, jsEventListeners };
  };
  // What is compiled and kept with the first ones is not counted.
  await comeAndGo(5);
  const before = await held();
  await comeAndGo(50);
  const after = await held();
  console.log(JSON.stringify({ before, after }));
  // Collectors are lazy by one element at most; a leak would be of fifty.
  const nodesOfOne = await driver.executeScript(`
    const element = document.body.appendChild(document.createElement("foretune-predictor"));
    const nodes = element.shadowRoot.querySelectorAll("*").length;
    element.remove();
    return nodes;`);
  assert.ok(nodesOfOne > 20);
  assert.ok(after.nodes - before.nodes <= 2 * nodesOfOne, `${before.nodes} nodes before, ${after.nodes} after`);
  assert.ok(after.jsEventListeners - before.jsEventListeners <= 20, `${after.jsEventListeners} listeners`);
  // 10 kB an element is what its nodes alone would keep.
  assert.ok(after.usedSize - before.usedSize <= 50 * 10_000, `${before.usedSize} bytes before, ${after.usedSize} after`);
});
