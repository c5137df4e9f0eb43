// axe-core on every state of the page, in both themes, over a stand-in for the core.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { standInSite } from "./site.mjs";
import { tune, wav } from "./songs.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let site, files, server, browser, page, axe, song, other, broken;

before(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  site = await standInSite();
  files = await mkdtemp(join(tmpdir(), "foretune-songs-"));
  [song, other, broken] = ["A song.wav", "Another.wav", "broken.wav"].map((name) => join(files, name));
  await writeFile(song, wav([tune(40, 8000)], 8000));
  await writeFile(other, wav([tune(70, 8000)], 8000));
  await writeFile(broken, "no song at all");
  server = await startServer({ directory: site });
  browser = await openBrowser();
  page = new PredictorPage(browser.driver, server.url);
});

after(async () => {
  await browser?.close();
  await server?.close();
  for (const folder of [site, files]) if (folder) await rm(folder, { recursive: true });
});

const STATES = {
  async idle() {},
  async analysing() {
    await page.run("element.context = { genre: 'slow' }");
    await page.chooseFile(song);
    await page.until("it is being analysed", 10_000, async () => (await page.phase()) === "analyzing");
  },
  async result() {
    await page.run("element.context = { artist_usual_popularity: 60 }");
    await page.answerTo(song);
    await page.until("the contributions are there", 5_000, async () => (await page.text(".contribution")).length > 0);
  },
  async compare() {
    await page.chooseFile([song, other, broken].join("\n"));
    await page.answered();
  },
  async error() {
    await page.answerTo(broken);
  },
};

/** What axe finds, in the words that name the place and the fault. */
async function violations() {
  await browser.driver.executeScript(`if (!window.axe) { ${axe} }`);
  return browser.driver.executeAsyncScript(
    `const done = arguments[arguments.length - 1];
     axe.run(document, { runOnly: arguments[0], resultTypes: ["violations"] }).then(
       ({ violations }) => done(violations.flatMap(({ id, nodes }) =>
         nodes.map(({ target, any, all, none }) => id + " at " + JSON.stringify(target) + ": " + [...any, ...all, ...none].map(({ message }) => message).join("; ")))),
       (error) => done(["axe failed: " + error]));`,
    RULES,
  );
}

for (const theme of ["light", "dark"]) {
  for (const width of [1440, 360]) {
    test(`axe finds nothing to complain of, ${theme}, ${width} pixels wide`, async (t) => {
      await browser.driver.sendDevToolsCommand("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: theme }],
      });
      await browser.driver.sendDevToolsCommand("Emulation.setDeviceMetricsOverride", {
        width,
        height: 900,
        deviceScaleFactor: 1,
        mobile: width < 600,
      });
      for (const [state, enter] of Object.entries(STATES)) {
        await t.test(state, async () => {
          await page.open();
          await page.run("localStorage.clear(); element.context = {}");
          await page.prepared();
          await enter();
          assert.deepEqual(await violations(), []);
          const overflow = await browser.driver.executeScript(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
          );
          assert.equal(overflow, 0, "the page is wider than the screen");
        });
      }
    });
  }
}
