// The page in the reader's language, over a stand-in for the core.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { consoleErrors } from "./browser.mjs";

import { visitStandIn } from "./visit.mjs";

let visit, browser, page, song, other, broken;

before(async () => {
  visit = await visitStandIn({ "A song (mix 2).wav": 40, "أغنية.wav": 70, "broken.wav": "no song at all" });
  ({ browser, page } = visit);
  [song, other, broken] = visit.songs;
});

after(() => visit?.close());

/** Opens the page as one whose browser asks for `languages`, in their order of preference. */
async function openFor(languages) {
  const userAgent = await browser.driver.executeScript("return navigator.userAgent");
  await browser.driver.sendDevToolsCommand("Emulation.setUserAgentOverride", { userAgent, acceptLanguage: languages });
  await page.open();
  await page.run("localStorage.clear()");
  await page.open();
}

const root = (property) => browser.driver.executeScript(`return document.documentElement.${property}`);
const heading = () => browser.driver.executeScript("return document.querySelector('h1').textContent");
const choose = (language) =>
  browser.driver.executeScript(
    `const menu = document.getElementById("language");
     menu.value = arguments[0];
     menu.dispatchEvent(new Event("change"));`,
    language,
  );
const shows = (selector, words) =>
  page.until(`${selector} shows ${words}`, 5_000, async () => (await page.text(selector)).some((text) => words.test(text)));

beforeEach(() => openFor("en"));

test("the browser's preference decides, and its region writes the numbers", async () => {
  await openFor("it,de-CH,fr");
  await page.until("the page is German", 5_000, async () => (await heading()) === "Eine Prognose für deinen Song");
  assert.deepEqual([await root("lang"), await root("dir")], ["de", "ltr"]);
  await page.prepared();
  assert.match((await page.text(".readiness"))[0], /^Bereit, 0\.0 MB geladen/);
  await page.answerTo(song);
  assert.deepEqual(await page.text(".estimate .card-title").then(([first]) => first), "Erwartete Popularität");
  assert.deepEqual((await page.text(".tile.key .tile-value"))[0], "Cis-Moll");
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("nobody sees another language come and go", async () => {
  const script = await browser.driver.sendAndGetDevToolsCommand("Page.addScriptToEvaluateOnNewDocument", {
    source: `
      window.seen = new Set();
      const look = () => {
        const heading = document.querySelector("h1");
        const shown = heading && getComputedStyle(document.body).visibility === "visible";
        if (shown) window.seen.add(heading.textContent);
        const panel = document.querySelector("foretune-predictor")?.shadowRoot?.querySelector(".panel-title");
        if (panel?.checkVisibility({ visibilityProperty: true })) window.seen.add(panel.textContent);
        requestAnimationFrame(look);
      };
      look();`,
  });
  await openFor("es-MX");
  await page.prepared();
  const seen = await browser.driver.executeScript("return [...window.seen]");
  assert.deepEqual(seen.sort(), ["Suelta aquí una canción", "Un pronóstico para tu canción"]);
  await browser.driver.sendDevToolsCommand("Page.removeScriptToEvaluateOnNewDocument", script);
});

test("the menu changes everything that is shown, in every state, and is remembered", async () => {
  await page.prepared();
  await page.answerTo(song);
  assert.match((await page.text(".trust"))[0], /^Of the songs that sound/);
  await choose("fr");
  await shows(".trust", /^Parmi les morceaux/);
  assert.equal(await heading(), "Une prévision pour votre morceau");
  assert.equal(await page.phase(), "ready");
  assert.deepEqual(await page.text(".number-value"), ["34"]);
  await choose("en");
  await shows(".trust", /^Of the songs that sound/);
  assert.equal(await heading(), "A forecast for your song");

  await page.answerTo(broken);
  await choose("es");
  await shows(".panel-message", /^Tu navegador no puede leer este archivo \(WAV: no samples\)/);
  await choose("en");
  await page.run("element.reset()");
  await page.chooseFile([song, other].join("\n"));
  await page.answered();
  await choose("de");
  await shows(".verdict", /lassen sich nicht unterscheiden|dürfte besser abschneiden/);
  assert.equal((await page.text(".opened .song-link")).length, 1);
  await page.open();
  await page.until("it is still German", 5_000, async () => (await heading()).startsWith("Eine Prognose"));
});

test("a song goes on being analysed while the language changes", async () => {
  await page.prepared();
  await page.run("element.context = { genre: 'slow' }");
  await page.chooseFile(song);
  await page.until("it is being analysed", 10_000, async () => (await page.phase()) === "analyzing");
  await choose("fr");
  await shows(".stage button", /^Annuler$/);
  assert.equal((await page.answered()).phase, "ready");
  await shows(".tag-name", /^électronique$/i);
});

test("from right to left the words turn around, and time does not", async () => {
  await openFor("ar-EG");
  await page.prepared();
  assert.deepEqual([await root("lang"), await root("dir")], ["ar", "rtl"]);
  await page.answerTo(song);
  const { direction, charts, name, number } = await page.run(`
    const { shadowRoot } = element;
    const directionOf = (selector) => getComputedStyle(shadowRoot.querySelector(selector)).direction;
    return {
      direction: directionOf(".estimate"),
      charts: [".scale", ".lanes", ".time-axis", ".contribution-bar"].map(directionOf),
      name: shadowRoot.querySelector(".song-name bdi").textContent,
      number: shadowRoot.querySelector(".number-value").textContent,
    };`);
  assert.equal(direction, "rtl");
  assert.deepEqual(charts, ["ltr", "ltr", "ltr", "ltr"]);
  assert.equal(name, "A song (mix 2)");
  assert.equal(number, "٣٤");
  const overflow = await browser.driver.executeScript(
    "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  assert.equal(overflow, 0);
});

test("an element speaks its own language, else the one around it, else the browser's", async () => {
  await openFor("fr");
  const titles = await browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    const add = (parent, lang) => {
      const element = document.createElement("foretune-predictor");
      element.setAttribute("loading", "lazy");
      if (lang) element.lang = lang;
      return parent.appendChild(element);
    };
    const german = document.body.appendChild(document.createElement("div"));
    german.lang = "de-AT";
    const host = german.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
    const italian = document.body.appendChild(document.createElement("div"));
    italian.lang = "it";
    const elements = [add(german, "es"), add(german), add(host), add(italian)];
    const title = (element) => element.shadowRoot.querySelector("[data-action=choose]").textContent;
    setTimeout(() => {
      const first = elements.map(title);
      german.lang = "en";
      elements[0].lang = "ar";
      setTimeout(() => done([first, elements.slice(0, 2).map(title)]), 500);
    }, 500);`);
  assert.deepEqual(titles, [
    ["Elegir una canción", "Song auswählen", "Song auswählen", "Choisir un morceau"],
    ["اختيار أغنية", "Choose a song"],
  ]);
});

test("a language that cannot be fetched leaves English, and the page usable", async () => {
  await rm(join(visit.site, "locales/fr.js"));
  // Or else the service worker still has it.
  await browser.driver.sendDevToolsCommand("Network.enable", {});
  await browser.driver.sendDevToolsCommand("Network.setBypassServiceWorker", { bypass: true });
  await openFor("fr");
  await page.prepared();
  assert.deepEqual(await page.text("[data-action=choose]"), ["Choose a song"]);
  assert.equal((await page.answerTo(song)).phase, "ready");
});
