// axe-core on every state of the page, for readers of every kind, and what axe cannot see: the
// keyboard, what is said, and how large things are. Over a stand-in for the core.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { Key } from "selenium-webdriver";

import { visitStandIn } from "./visit.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let visit, browser, page, axe, song, other, broken;

before(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  visit = await visitStandIn({ "A song.wav": 40, "Another.wav": 70, "broken.wav": "no song at all" });
  ({ browser, page } = visit);
  [song, other, broken] = visit.songs;
});

after(() => visit?.close());

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

/** Shows the page as this reader's device asks for it. */
async function emulate({ theme = "light", width = 1440, language = "en", features = [] }) {
  const { driver } = browser;
  const userAgent = await driver.executeScript("return navigator.userAgent");
  await driver.sendDevToolsCommand("Emulation.setUserAgentOverride", { userAgent, acceptLanguage: language });
  await driver.sendDevToolsCommand("Emulation.setEmulatedMedia", {
    features: [
      { name: "prefers-color-scheme", value: theme },
      // What scrolls smoothly is not yet there when it is looked at.
      { name: "prefers-reduced-motion", value: "reduce" },
      ...features,
    ],
  });
  await driver.sendDevToolsCommand("Emulation.setDeviceMetricsOverride", {
    width,
    height: 900,
    deviceScaleFactor: 1,
    mobile: width < 600,
  });
}

async function enter(state) {
  await page.open();
  await page.run("localStorage.clear(); element.context = {}");
  await page.prepared();
  await STATES[state]();
}

const READERS = {
  "in the light, on a desk": {},
  "in the light, on a phone": { width: 360 },
  "in the dark, on a desk": { theme: "dark" },
  "in the dark, on a phone": { theme: "dark", width: 360 },
  "from right to left, on a desk, in the dark": { language: "ar-EG", theme: "dark" },
  "from right to left, on the smallest phone": { language: "ar-EG", width: 320 },
  "with more contrast": { features: [{ name: "prefers-contrast", value: "more" }] },
};

for (const [reader, settings] of Object.entries(READERS)) {
  test(`axe finds nothing to complain of, ${reader}`, async (t) => {
    await emulate(settings);
    for (const state of Object.keys(STATES)) {
      await t.test(state, async () => {
        await enter(state);
        assert.deepEqual(await violations(), []);
        const overflow = await browser.driver.executeScript(
          "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        assert.equal(overflow, 0, "the page is wider than the screen");
      });
    }
  });
}

/** What has the focus, whether that can be seen, and whether something lies over it. */
function focused() {
  return browser.driver.executeScript(`
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    if (!at || at === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const { left, right, top, bottom } = at.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    let over = document.elementFromPoint(x, y);
    while (over?.shadowRoot) {
      const inner = over.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === over) break;
      over = inner;
    }
    return {
      name: at.id || at.dataset.action || at.dataset.column || at.dataset.song || at.className || at.textContent.trim(),
      visible: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
      uncovered: over === at || at.contains(over) || !!over?.contains(at),
      over: over?.className,
    };`);
}

async function tabThrough(most = 120) {
  const path = [];
  await browser.driver.executeScript("document.activeElement?.blur(); scrollTo(0, 0)");
  for (let turn = 0; turn < most; turn++) {
    await browser.driver.actions().sendKeys(Key.TAB).perform();
    const at = await focused();
    if (!at) break;
    path.push(at);
  }
  return path;
}

for (const [state, needed] of Object.entries({
  idle: ["language", "choose", "demo-src"],
  result: ["another", "context-year", "context-genre", "context-explicit", "context-usual", "context-others", "play", "clip-30", "clip-15", "seek", "reset-what-if", "what-if-danceability", "what-if-tempo", "what-if-year", "what-if-key", "what-if-mode", "what-if-genre"],
  compare: ["song", "estimate", "energy", "0", "1", "print-songs", "csv-songs", "json-songs"],
  error: ["choose", "demo-src"],
})) {
  test(`the keyboard reaches everything there is to do, in sight: ${state}`, async () => {
    await emulate({});
    await enter(state);
    const path = await tabThrough();
    const names = path.map(({ name }) => name);
    for (const name of needed) assert.ok(names.includes(name), `${name} is not among ${names.join(", ")}`);
    assert.equal(new Set(names).size, names.length, `the focus goes round: ${names.join(", ")}`);
    for (const { name, visible, uncovered, over } of path) {
      assert.ok(visible, `the focus on ${name} cannot be seen`);
      assert.ok(uncovered, `${name} has the focus behind ${over}`);
    }
  });
}

test("keys sort, open, slide and seek", async () => {
  await emulate({});
  await enter("compare");
  const press = async (selector, ...keys) => {
    await page.run("element.shadowRoot.querySelector(arguments[0]).focus()", selector);
    await browser.driver.actions().sendKeys(...keys).perform();
  };
  const order = () => page.text(".song-link");
  const before = await order();
  await press("[data-column=estimate]", Key.ENTER);
  assert.deepEqual(await order(), before.toReversed());
  await press("[data-song='0']", Key.SPACE);
  assert.deepEqual(await page.text(".song-name"), ["A song"]);
  // The focus stays where it was, though the table was drawn anew.
  assert.equal((await focused()).name, "0");
  await press("#what-if-danceability", Key.ARROW_RIGHT);
  await page.until("the answer follows", 5_000, async () => /\+0\.2/.test((await page.text(".what-if-answer"))[0]));
  await press(".seek", Key.END);
  assert.match((await page.text(".clock"))[0], /^0:40 /);
});

test("everything that can be pressed is large enough for a finger", async () => {
  await emulate({ width: 360 });
  for (const state of Object.keys(STATES)) {
    await enter(state);
    const small = await browser.driver.executeScript(`
      const found = [];
      const look = (root) => {
        for (const target of root.querySelectorAll("a[href], button, input, select, [tabindex='0']")) {
          // A link within a sentence may be as high as its line.
          if (!target.checkVisibility() || target.matches(".file-input") || target.closest("p")) continue;
          const { width, height } = target.getBoundingClientRect();
          if (width < 24 || height < 24) found.push((target.id || target.className || target.textContent) + " is " + width + " by " + height);
        }
        for (const host of root.querySelectorAll("*")) if (host.shadowRoot) look(host.shadowRoot);
      };
      look(document);
      return found;`);
    assert.deepEqual(small, [], state);
  }
});

test("every picture has its words, or is said to have none", async () => {
  await emulate({});
  for (const state of Object.keys(STATES)) {
    await enter(state);
    const silent = await page.run(`
      return [...element.shadowRoot.querySelectorAll("svg, canvas, .range, .ruler, .bar")]
        .filter((picture) => !picture.closest("[aria-hidden=true]") && !picture.closest("[role=img][aria-label]"))
        // A bar lies beside its number, in the same definition.
        .filter((picture) => !picture.closest("dd")?.textContent.trim())
        .map((picture) => picture.getAttribute("class"));`);
    assert.deepEqual(silent, [], state);
  }
});

test("what happens is said as it happens", async () => {
  await emulate({});
  await page.open();
  await page.prepared();
  await page.run(`
    window.said = [];
    const status = element.shadowRoot.querySelector("[role=status]");
    new MutationObserver(() => window.said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });`);
  await page.answerTo(song);
  await page.answerTo(broken);
  const said = await page.run("return window.said");
  for (const words of [/^Loading the model/, /^Decoding the file/, /^Listening/, /^Forecast for A song: 34 of 100/, /^No forecast: The file could not be decoded/]) {
    assert.ok(said.some((text) => words.test(text)), `${words} is not among ${said.join(" | ")}`);
  }
});
