// Our page as a person meets it: how long until it is ready, how long from a dropped song to its
// answer, what of that the main thread is blocked, how soon it follows her hand, and what longer songs
// cost.

import { readdir, readFile } from "node:fs/promises";

import { openBrowser, PredictorPage } from "../../tests/web/browser.mjs";
import { startServer } from "../../xtask/serve.mjs";
import { mp3, wav } from "./songs.mjs";

const SECONDS = 210;
const DROPS = 7;
const VISITS = 5;
const MINUTES = [1, 3, 10, 30];
const SLIDES = 100;
const KEYS = 20;
// As WebDriver writes the tabulator key.
const TAB = "\uE004";

// Runs before the page's own scripts.
const WATCH = `
  globalThis.watched = { tasks: [], interactions: [] };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) watched.tasks.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
  // From a key or a click to the next picture, in steps of 8 ms.
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) watched.interactions.push(duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  const look = () => {
    const shadow = document.querySelector("foretune-predictor")?.shadowRoot;
    if (shadow?.querySelector(".readiness.prepared")) watched.prepared = performance.now();
    else setTimeout(look, 1);
  };
  look();`;

// Drops a file on the page, and answers when what was seen.
const DROP = `
  const [address, done] = arguments;
  (async () => {
    const element = document.querySelector("foretune-predictor");
    const shadow = element.shadowRoot;
    element.reset();
    const bytes = await (await fetch(address)).arrayBuffer();
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "song.mp3", { type: "audio/mpeg" }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const phases = {};
    const seen = {};
    const began = performance.now();
    const since = () => performance.now() - began;
    const observer = new MutationObserver(() => {
      if (shadow.querySelector(".panel-first")?.textContent) seen.estimate ??= since();
    });
    observer.observe(shadow, { childList: true, subtree: true, characterData: true });
    element.addEventListener("foretune-phase", ({ detail }) => (phases[detail.phase] ??= since()));
    const answered = new Promise((resolve, reject) => {
      element.addEventListener("foretune-result", resolve, { once: true });
      element.addEventListener("foretune-error", ({ detail }) => reject(detail.error), { once: true });
    });
    const drop = { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true };
    shadow.querySelector(".stage").dispatchEvent(new DragEvent("drop", drop));
    await answered;
    seen.result = since();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    seen.painted = since();
    observer.disconnect();
    // The observer of long tasks is told of them afterwards.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const blocked = watched.tasks.filter(({ startTime }) => startTime >= began).map(({ duration }) => duration);
    return { ...seen, phases, blocked, windows: element.result.windows.length };
  })().then((value) => done({ value }), (error) => done({ error: error.stack ?? String(error) }));`;

// Tells of the answer to the next song.
const FOLLOW = `
  const element = document.querySelector("foretune-predictor");
  element.reset();
  window.going = new Promise((resolve, reject) => {
    let began;
    element.addEventListener("foretune-phase", () => (began ??= performance.now()));
    element.addEventListener("foretune-error", ({ detail }) => reject(detail.error), { once: true });
    element.addEventListener("foretune-result", async () => {
      const result = performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, 200));
      const blocked = watched.tasks.filter(({ startTime }) => startTime >= began).map(({ duration }) => duration);
      resolve({ result, blocked });
    }, { once: true });
  });
  window.going.catch(() => {});`;

export async function measurePage(report, { root, songs }) {
  for (const seconds of [SECONDS, 60 * MINUTES[2]]) await mp3(songs, seconds);
  const server = await startServer({ directory: root });
  try {
    await visits(report, server);
    await drops(report, server);
    await interactions(report, server);
    await lengths(report, server, songs);
  } finally {
    await server.close();
  }
}

/** A browser with an empty profile, watching. */
async function watchingBrowser() {
  const browser = await openBrowser();
  await browser.driver.sendDevToolsCommand("Page.addScriptToEvaluateOnNewDocument", { source: WATCH });
  return browser;
}

async function visit({ driver }, server) {
  await driver.get(new URL("site/", server.url).href);
  return driver.executeAsyncScript(`
    const done = arguments[0];
    const wait = () => (watched.prepared ? done(watched.prepared) : setTimeout(wait, 20));
    wait();`);
}

async function drop({ driver }, server, seconds) {
  const { value, error } = await driver.executeAsyncScript(DROP, new URL(`songs/${seconds} seconds.mp3`, server.url).href);
  if (error) throw new Error(error);
  return value;
}

/** A file as a person chooses one: the page is given no copy of it. */
async function choose({ driver }, path) {
  await driver.executeScript(FOLLOW);
  await new PredictorPage(driver).chooseFile(path);
  const { value, error } = await driver.executeAsyncScript(`
    const [done] = arguments;
    window.going.then((value) => done({ value }), (error) => done({ error: error.stack ?? String(error) }));`);
  if (error) throw new Error(error);
  return value;
}

async function visits(report, server) {
  const first = [];
  const second = [];
  for (let round = 0; round < VISITS; round++) {
    const browser = await watchingBrowser();
    try {
      first.push(await visit(browser, server));
      // Storing what was fetched may take a moment longer than using it.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      second.push(await visit(browser, server));
    } finally {
      await browser.close();
    }
  }
  report.heading("The page in Chromium: milliseconds from navigation until a song can be analysed");
  report.table(["", "min", "median", "max", "bar"], [
    report.row("first visit, served from this machine", first, 0),
    report.row("second visit", second, 0, 300),
  ]);
}

async function drops(report, server) {
  const browser = await watchingBrowser();
  const answers = [];
  try {
    await visit(browser, server);
    for (let round = 0; round < DROPS; round++) answers.push(await drop(browser, server, SECONDS));
  } finally {
    await browser.close();
  }
  const of = (pick) => answers.map(pick);
  report.heading(`A stereo MP3 of ${SECONDS} s dropped on the page in Chromium: milliseconds`);
  report.table(["", "min", "median", "max", "bar"], [
    report.row("decoded", of(({ phases }) => phases.analyzing), 0),
    report.row("first estimate", of(({ estimate }) => estimate), 0, 700),
    report.row(`result, all ${answers[0].windows} windows heard`, of(({ result }) => result), 0, 1500),
    report.row("result painted", of(({ painted }) => painted), 0),
    report.row("longest task of the main thread, 0 if below 50", of(({ blocked }) => Math.max(0, ...blocked)), 0, 50),
    report.row("all tasks of 50 and more together", of(({ blocked }) => blocked.reduce((sum, task) => sum + task, 0)), 0),
  ]);
}

// Moves one slider to and fro, and answers how long each time until the forecast followed.
const SLIDE = `
  const [times, done] = arguments;
  (async () => {
    const shadow = document.querySelector("foretune-predictor").shadowRoot;
    const slider = shadow.querySelector("#what-if-danceability");
    const answer = shadow.querySelector(".what-if-answer");
    const taken = [];
    for (let turn = 0; turn < times; turn++) {
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      const followed = new Promise((resolve) => {
        const observer = new MutationObserver(() => (observer.disconnect(), resolve(performance.now())));
        observer.observe(answer, { childList: true, subtree: true, characterData: true });
      });
      const began = performance.now();
      slider.valueAsNumber = turn % 2 ? 0.2 : 0.8;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      taken.push((await followed) - began);
    }
    return taken;
  })().then((value) => done({ value }), (error) => done({ error: error.stack ?? String(error) }));`;

async function interactions(report, server) {
  const browser = await watchingBrowser();
  const { driver } = browser;
  try {
    await visit(browser, server);
    await drop(browser, server, SECONDS);
    await driver.executeAsyncScript(
      "const done = arguments[0]; const look = () => document.querySelector('foretune-predictor').shadowRoot.querySelector('#what-if-danceability') ? done() : setTimeout(look, 20); look();",
    );
    const { value: followed, error } = await driver.executeAsyncScript(SLIDE, SLIDES);
    if (error) throw new Error(error);
    await driver.executeScript("watched.interactions.length = 0");
    // A longer song, so that keys are pressed while it is analysed.
    const address = new URL(`songs/${MINUTES[2] * 60} seconds.mp3`, server.url).href;
    await driver.executeScript(
      `const [address] = arguments; window.going = new Promise((done) => (function () {${DROP}})(address, done));`,
      address,
    );
    for (let press = 0; press < KEYS; press++) await driver.actions().sendKeys(TAB).pause(100).perform();
    const { value } = await driver.executeAsyncScript("window.going.then(arguments[0])");
    if (!value || value.result < 100 * KEYS) throw new Error("the song was answered before the keys were pressed");
    const pressed = await driver.executeScript("return watched.interactions");
    // Those that are not reported took less than the 16 ms from which the browser reports them.
    const all = [...pressed, ...Array(Math.max(0, KEYS - pressed.length)).fill(16)];
    report.heading("How soon the page follows: milliseconds");
    report.table(["", "min", "median", "max", "bar"], [
      report.row(`the forecast, after a slider is moved, ${SLIDES} times`, followed, 1, 16),
      report.row(`the next picture, after a key while a song is analysed, ${KEYS} times`, all, 0, 100),
    ]);
  } finally {
    await browser.close();
  }
}

async function lengths(report, server, songs) {
  const files = [];
  for (const minutes of MINUTES) files.push([`${minutes} min of MP3`, minutes, await mp3(songs, minutes * 60)]);
  const longest = MINUTES.at(-1);
  files.push([`${longest} min of WAV`, longest, await wav(songs, longest * 60)]);
  const rows = [];
  for (const [name, minutes, path] of files) {
    const browser = await watchingBrowser();
    try {
      await visit(browser, server);
      const memory = await peakMemory(browser, () => choose(browser, path));
      const { result, blocked } = memory.value;
      rows.push([
        name,
        (result / 1000).toFixed(2),
        (result / 1000 / minutes).toFixed(3),
        Math.max(0, ...blocked).toFixed(0),
        memory.before.toFixed(0),
        memory.peak.toFixed(0),
      ]);
    } finally {
      await browser.close();
    }
  }
  report.heading("Longer songs: cost, and the memory of the page's process in MB");
  report.table(["", "seconds", "seconds a minute", "longest task, ms", "memory before", "memory at most"], rows);
}

/** What `work` gives, and the page's process's memory before it and at most during it, in MB. */
async function peakMemory({ driver }, work) {
  const { userDataDir } = (await driver.getCapabilities()).get("chrome");
  // Sought once: to look through all processes every time would take the page's own time.
  const renderers = await renderersOf(userDataDir);
  const before = await residentMegabytes(renderers);
  let peak = before;
  let running = true;
  const watching = (async () => {
    while (running) {
      peak = Math.max(peak, await residentMegabytes(renderers));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  try {
    const value = await work();
    return { value, before, peak };
  } finally {
    running = false;
    await watching;
  }
}

/** The processes that draw pages of the browser with that profile; none off Linux. */
async function renderersOf(profile) {
  const renderers = [];
  for (const process of (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    // It may have ended meanwhile.
    const command = await readFile(`/proc/${process}/cmdline`, "utf8").catch(() => "");
    if (command.includes("--type=renderer") && command.includes(profile)) renderers.push(process);
  }
  return renderers;
}

/** Resident memory of the largest of the processes; NaN where there is none. */
async function residentMegabytes(processes) {
  const megabytes = [];
  for (const process of processes) {
    const status = await readFile(`/proc/${process}/status`, "utf8").catch(() => "");
    const [, kilobytes = 0] = /VmRSS:\s+(\d+) kB/.exec(status) ?? [];
    megabytes.push(kilobytes / 1000);
  }
  return megabytes.length ? Math.max(...megabytes) : NaN;
}
