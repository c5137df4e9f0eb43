// The site as it is published, its scripts bundled: the same answers as the readable one, in every
// way in that the documentation names.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";
import { consoleErrors, openBrowser, PredictorPage } from "./browser.mjs";
import { publishedSite, realSite } from "./site.mjs";

const DEMO = join(realSite(), "demo/demo.mp3");

let site, host, pages, browser;
let requests = [];

/** The published site, which any other may embed. */
const serve = (port) =>
  startServer({
    directory: publishedSite(),
    port,
    headers: { "Access-Control-Allow-Origin": "*" },
    onRequest: ({ path }) => requests.push(path),
  });

before(async () => {
  pages = await mkdtemp(join(tmpdir(), "foretune-host-"));
  site = await serve();
  host = await startServer({ directory: pages });
});

after(async () => {
  for (const server of [site, host]) await server?.close();
  if (pages) await rm(pages, { recursive: true });
});

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

async function open(url, options) {
  browser = await openBrowser(options);
  const page = new PredictorPage(browser.driver, url);
  await page.open();
  return page;
}

/** What the readable site answers to the demo song. */
async function readableAnswer() {
  const server = await startServer({ directory: realSite() });
  const page = await open(server.url);
  const { result } = await page.answerTo(DEMO);
  await browser.close();
  await server.close();
  return result;
}

test("it answers as the readable one does, in few requests, and then without a network", async () => {
  const expected = await readableAnswer();
  requests = [];
  const page = await open(site.url);
  await page.prepared();
  const scripts = new Set(requests.filter((path) => path.endsWith(".js") && !/service-worker|precache/.test(path)));
  assert.ok(scripts.size <= 12, `${scripts.size} scripts: ${[...scripts].join(", ")}`);
  await page.keptOffline();
  assert.deepEqual((await page.answerTo(DEMO)).result, expected);
  assert.deepEqual(await consoleErrors(browser.driver), []);
  const { port } = site;
  await site.close();
  await page.open();
  await page.prepared();
  assert.deepEqual((await page.answerTo(DEMO)).result.popularity, expected.popularity);
  site = await serve(port);
});

test("every language is there", async () => {
  const page = await open(site.url);
  for (const [language, title] of [["ar", /^[\u0600-\u06ff]/], ["de", /^Eine Prognose/], ["fr", /^Une prévision/], ["es", /^Un pronóstico/]]) {
    await browser.driver.executeScript("localStorage.setItem('foretune-language', arguments[0])", language);
    await page.open();
    await page.until(`the page speaks ${language}`, 10_000, async () =>
      title.test(await browser.driver.executeScript("return document.querySelector('h1').innerText")),
    );
    await page.until("the element does too", 10_000, async () => !/^Drop/.test((await page.text(".panel-title"))[0]));
  }
});

test("from another origin, the element, the module and the frame work by their documented names", async () => {
  await writeFile(
    join(pages, "index.html"),
    `<!doctype html><html lang="en"><title>A band</title>
     <foretune-predictor src="${site.url}demo/demo.mp3" compact></foretune-predictor>
     <iframe src="${site.url}embed.html?loading=lazy" title="Song forecast"></iframe>
     <script type="module" src="${site.url}foretune-element.js"></script>
     <script type="module" src="${site.url}foretune-iframe.js"></script>
     <script type="module">
       import { Foretune } from "${site.url}foretune.js";
       window.Foretune = Foretune;
     </script>`,
  );
  const page = await open(host.url);
  await page.prepared();
  await page.click("[data-action=src]");
  const { phase, result, error } = await page.answered();
  assert.equal(phase, "ready", error?.message);
  const p50 = await browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    (async () => {
      const foretune = await Foretune.load();
      const { popularity } = await foretune.predict(await (await fetch("${site.url}demo/demo.mp3")).blob());
      foretune.dispose();
      done(popularity.p50);
    })().catch((thrown) => done(String(thrown)));`);
  assert.equal(p50, result.popularity.p50);
  await page.until("the frame is as high as what it shows", 20_000, () =>
    browser.driver.executeScript("return document.querySelector('iframe').getBoundingClientRect().height > 160"),
  );
});

test("nothing is left that only people read, and no script names a file that is not there", async () => {
  const files = await readdir(publishedSite());
  assert.deepEqual(files.filter((name) => /\.ts$|^(view|locales|npm|screenshot\.png)$/.test(name)), []);
  for (const name of files.filter((file) => file.endsWith(".js"))) {
    const source = await readFile(join(publishedSite(), name), "utf8");
    for (const [, imported] of source.matchAll(/(?:from|import)\s*\(?"\.\/([^"]+)"/g)) {
      assert.ok(files.includes(imported.split("/")[0]), `${name} imports ${imported}`);
    }
  }
});
