// The main path in all three engines, with the real core and models: a song is dropped and answered,
// and the answer is that of Chromium.

import assert from "node:assert/strict";
import { copyFile, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { startServer } from "../../xtask/serve.mjs";
import { openBrowser, PredictorPage } from "./browser.mjs";
import { openFirefox, openWebKit } from "./engines.mjs";
import { realSite } from "./site.mjs";
import { tune, wav } from "./songs.mjs";

// Decoded WAV is the same samples everywhere, up to the scaling of 16 bits to floats (by 32767 or
// 32768), a 3,000th of a decibel: 0.0004 points were measured.
const WAV_TOLERANCE = 0.01;
// MP3 decoders differ in the last bits and in how much silence they leave at the beginning, some
// thousand samples, by which all windows are shifted: 0.06 points were measured.
const MP3_TOLERANCE = 0.3;

let site, server, songs;
const chromium = {};

before(async () => {
  site = await mkdtemp(join(tmpdir(), "foretune-engines-"));
  await cp(realSite(), site, { recursive: true });
  await writeFile(join(site, "tune.wav"), wav([tune(12, 44_100)], 44_100));
  await copyFile(join(site, "demo/demo.mp3"), join(site, "song.mp3"));
  songs = ["tune.wav", "song.mp3"];
  server = await startServer({ directory: site });
});

after(async () => {
  await server?.close();
  if (site) await rm(site, { recursive: true });
});

/** Drops a song on the page, as the hand of its visitor would, and gives what comes of it. */
async function dropped(page, song) {
  await page.run("element.reset()");
  await page.driver.executeAsyncScript(
    `const done = arguments[arguments.length - 1];
     fetch(arguments[0]).then((response) => response.blob()).then((blob) => {
       const transfer = new DataTransfer();
       transfer.items.add(new File([blob], arguments[0], { type: blob.type }));
       const stage = document.querySelector("foretune-predictor").shadowRoot.querySelector(".stage");
       for (const name of ["dragenter", "dragover", "drop"]) {
         stage.dispatchEvent(new DragEvent(name, { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }));
       }
       done();
     });`,
    song,
  );
  const { phase, result, error } = await page.answered(300_000);
  assert.equal(phase, "ready", error?.message);
  return result;
}

/** The main path in one engine: the forecasts by song. */
async function mainPath({ driver }) {
  const page = new PredictorPage(driver, server.url);
  await page.open();
  await page.prepared();
  const forecasts = {};
  for (const song of songs) {
    const { popularity } = await dropped(page, song);
    forecasts[song] = popularity.p50;
    const [shown] = await page.text(".number-value");
    assert.equal(shown, String(Math.round(popularity.p50)), song);
  }
  await page.until("the contributions are there", 20_000, async () => (await page.text(".contribution")).length === 12);
  const painted = await page.run(`
    const canvas = element.shadowRoot.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(data).size;`);
  assert.ok(painted > 20, `the spectrogram has ${painted} shades`);
  // What is told of the song is answered, which goes by the workers once more.
  await page.run(`
    const usual = element.shadowRoot.getElementById("context-usual");
    usual.value = "80";
    usual.dispatchEvent(new Event("input", { bubbles: true }));`);
  const alone = Math.round(forecasts["song.mp3"]);
  await page.until("the forecast has changed", 20_000, async () => Number((await page.text(".number-value"))[0]) !== alone);
  await page.run("localStorage.clear()");
  return forecasts;
}

async function within(open, check) {
  const browser = await open();
  try {
    await check(await mainPath(browser));
  } finally {
    await browser.close();
  }
}

test("Chromium answers", () => within(openBrowser, (forecasts) => Object.assign(chromium, forecasts)));

for (const [engine, open] of [["Firefox", openFirefox], ["WebKitGTK", openWebKit]]) {
  test(`${engine} answers as Chromium does`, () =>
    within(open, (forecasts) => {
      for (const [song, p50] of Object.entries(forecasts)) {
        const tolerance = song.endsWith(".wav") ? WAV_TOLERANCE : MP3_TOLERANCE;
        const apart = Math.abs(p50 - chromium[song]);
        assert.ok(apart <= tolerance, `${song}: ${p50} in ${engine}, ${chromium[song]} in Chromium`);
      }
    }));
}
