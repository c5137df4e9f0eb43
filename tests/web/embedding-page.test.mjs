// The page on which the element is set up: the lines it gives do, in another site, what its preview
// shows.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { By } from "selenium-webdriver";

import { startServer } from "../../xtask/serve.mjs";
import { consoleErrors, openBrowser } from "./browser.mjs";
import { standInSite } from "./site.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let site, pages, server, host, browser, driver;

before(async () => {
  site = await standInSite();
  pages = await mkdtemp(join(tmpdir(), "foretune-host-"));
  server = await startServer({ directory: site, headers: { "Access-Control-Allow-Origin": "*" } });
  host = await startServer({ directory: pages });
  browser = await openBrowser();
  driver = browser.driver;
});

after(async () => {
  await browser?.close();
  for (const one of [server, host]) await one?.close();
  for (const folder of [site, pages]) if (folder) await rm(folder, { recursive: true });
});

beforeEach(() => driver.get(`${server.url}embedding.html`));

/** As a person does: what changes is told once it is entered. */
const say = (values) =>
  driver.executeScript(`
    const { elements } = document.getElementById("options");
    for (const [name, value] of Object.entries(arguments[0])) {
      const control = elements[name];
      if (typeof value === "boolean") control.checked = value;
      else control.value = value;
      (control.length ? document.getElementById("options") : control).dispatchEvent(new Event("change", { bubbles: true }));
    }`, values);
const lines = () => driver.executeScript("return document.getElementById('lines').textContent");
const attributesOf = (selector) =>
  driver.executeScript(
    "return Object.fromEntries([...document.querySelector(arguments[0]).attributes].map(({ name, value }) => [name, value]))",
    selector,
  );

const EVERYTHING = {
  src: "songs/A & B.mp3",
  "release-year": "2026",
  genre: "indie pop",
  explicit: "false",
  "artist-usual-popularity": "41",
  "artist-other-songs": "12",
  theme: "dark",
  lang: "fr",
  compact: true,
  lazy: true,
  radius: "4",
  "own-accent": true,
  accent: "#7a1fa2",
};

/** The lines in a page of another site. */
async function inAnotherSite(html) {
  await writeFile(join(pages, "index.html"), `<!doctype html><html lang="en"><title>A band</title><link rel="icon" href="data:,">${html}`);
  await driver.get(host.url);
}

test("at first, the shortest lines that work", async () => {
  assert.equal(
    await lines(),
    `<script type="module" src="${server.url}foretune-element.js"></script>\n<foretune-predictor></foretune-predictor>`,
  );
});

test("the lines make the element that the preview shows", async () => {
  await say(EVERYTHING);
  const preview = await attributesOf("#preview foretune-predictor");
  const html = await lines();
  await inAnotherSite(html);
  assert.deepEqual(await attributesOf("foretune-predictor").then(normalised), normalised(preview));
  assert.equal(preview.src, "songs/A & B.mp3");
  assert.equal(preview["artist-usual-popularity"], "41");
  const read = () => driver.executeScript("return document.querySelector('foretune-predictor').context ?? null");
  await driver.wait(async () => (await read()) !== null, 10_000);
  assert.deepEqual(await read(), {
    year: 2026,
    genre: "indie pop",
    explicit: false,
    artist_usual_popularity: 41,
    artist_other_songs: 12,
  });
});

/** A style that was set by properties is written with a semicolon at its end. */
function normalised({ style = "", ...others }) {
  return { ...others, style: style.replace(/;\s*$/, "") };
}

test("the frame's lines show the same in a frame, as high as it is", async () => {
  await driver.findElement(By.css("[value=frame]")).click();
  await say({ ...EVERYTHING, src: "" });
  await inAnotherSite(await lines());
  await driver.wait(
    () => driver.executeScript("return parseFloat(document.querySelector('iframe').style.height) > 100"),
    20_000,
  );
  await driver.switchTo().frame(driver.findElement(By.css("iframe")));
  const inFrame = await attributesOf("foretune-predictor");
  assert.deepEqual([inFrame["release-year"], inFrame.genre, inFrame.loading], ["2026", "indie pop", "lazy"]);
  assert.match(inFrame.style, /--foretune-accent: #7a1fa2/);
  await driver.switchTo().defaultContent();
});

test("half a number, no address and quotes do no harm", async () => {
  await say({ "release-year": "26", address: "our site", genre: `"><script>alert(1)</script>` });
  assert.equal(
    await lines(),
    `<script type="module" src="${server.url}foretune-element.js"></script>\n` +
      `<foretune-predictor\n  genre="&quot;>&lt;script>alert(1)&lt;/script>"></foretune-predictor>`,
  );
});

test("another folder is named, with what a strict policy has to allow", async () => {
  await say({ address: "https://files.band.example/foretune" });
  assert.match(await lines(), /src="https:\/\/files\.band\.example\/foretune\/foretune-element\.js"/);
  const policy = await driver.executeScript("return document.getElementById('policy').textContent");
  assert.match(policy, /script-src https:\/\/files\.band\.example 'wasm-unsafe-eval'/);
});

test("the lines are copied, or marked where the browser does not copy", async () => {
  await driver.findElement(By.id("copy")).click();
  await driver.wait(async () => (await driver.findElement(By.id("copied")).getText()) !== "", 5_000);
  const said = await driver.findElement(By.id("copied")).getText();
  if (said !== "Copied.") assert.equal(await driver.executeScript("return String(getSelection())"), await lines());
});

test("everything that the element can be told is offered", async () => {
  const source = await readFile(new URL("../../www/foretune-element.js", import.meta.url), "utf8");
  const attributes = [...source.matchAll(/@attr \{.*?\} ([a-z-]+)/g)].map(([, name]) => name);
  // The page's own demo, and what the address of the script says already.
  const wanted = attributes.filter((name) => !["demo-src", "base-url"].includes(name));
  const offered = await driver.executeScript(
    "return [...document.getElementById('options').elements].map(({ name }) => name === 'lazy' ? 'loading' : name)",
  );
  assert.deepEqual(wanted.filter((name) => !offered.includes(name)), []);
});

for (const theme of ["light", "dark"]) {
  test(`axe finds nothing, and nothing is wider than a small phone: ${theme}`, async () => {
    await driver.sendDevToolsCommand("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
    await driver.sendDevToolsCommand("Emulation.setDeviceMetricsOverride", { width: 320, height: 700, deviceScaleFactor: 1, mobile: true });
    await driver.executeScript(AXE);
    const violations = await driver.executeAsyncScript(
      "const done = arguments[0]; axe.run().then(({ violations }) => done(violations.map(({ id, nodes }) => [id, nodes[0].html])))",
    );
    assert.deepEqual(violations, []);
    const overflow = await driver.executeScript("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert.equal(overflow, 0);
    assert.deepEqual(await consoleErrors(driver), []);
    await driver.sendDevToolsCommand("Emulation.clearDeviceMetricsOverride", {});
  });
}
