// The page with the real core and models, in a real browser: the main job, and files that are no song.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startServer } from "../../xtask/serve.mjs";
import { consoleErrors, openBrowser, PredictorPage } from "./browser.mjs";
import { realSite } from "./site.mjs";
import { silentMp3, tune, wav } from "./songs.mjs";

// Spotify's units; src/features/mod.rs has the same ranges for the core.
const RANGES = {
  danceability: [0, 1],
  energy: [0, 1],
  key: [0, 11],
  loudness: [-60, 5],
  mode: [0, 1],
  speechiness: [0, 1],
  acousticness: [0, 1],
  instrumentalness: [0, 1],
  liveness: [0, 1],
  valence: [0, 1],
  tempo: [0, 260],
};

const requests = [];
let files, server, browser, page, demo;

before(async () => {
  files = await mkdtemp(join(tmpdir(), "foretune-songs-"));
  demo = join(realSite(), "demo", "demo.mp3");
  server = await startServer({ directory: realSite(), onRequest: (request) => requests.push(request) });
  browser = await openBrowser();
  page = new PredictorPage(browser.driver, server.url);
  await page.open();
  await page.prepared();
  await page.keptOffline();
});

after(async () => {
  await browser?.close();
  await server?.close();
  if (files) await rm(files, { recursive: true });
});

async function file(name, content) {
  const path = join(files, name);
  await writeFile(path, content);
  return path;
}

/** What the page itself has fetched; a song's own blob never leaves the process. */
function fetchedByPage() {
  return page.run(`
    return performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => !name.startsWith("blob:"));`);
}

function assertAnswer(result) {
  const { popularity, features, tags, signal, spectrogram, duration_seconds } = result;
  for (const name of ["mean", "p10", "p50", "p90", "percentile"]) {
    assert.ok(popularity[name] >= 0 && popularity[name] <= 100, `${name} is ${popularity[name]}`);
  }
  assert.ok(popularity.p10 <= popularity.p50 && popularity.p50 <= popularity.p90);
  assert.deepEqual(Object.keys(features).sort(), Object.keys(RANGES).sort());
  for (const [name, [low, high]] of Object.entries(RANGES)) {
    assert.ok(features[name] >= low && features[name] <= high, `${name} is ${features[name]}`);
  }
  assert.ok(tags.length >= 5 && tags.every(([name, score]) => name && score >= 0 && score <= 1));
  assert.equal(signal.key.pitch_class, features.key);
  assert.equal(spectrogram.data, spectrogram.bands * spectrogram.frames);
  // The last frame may begin after the last sample or a frame before it.
  const pictured = spectrogram.frames * spectrogram.frame_seconds;
  assert.ok(Math.abs(pictured - duration_seconds) <= 2 * spectrogram.frame_seconds, `${pictured} s of ${duration_seconds} s are pictured`);
}

test("a song is answered without a request, and the page shows the answer", async () => {
  assert.deepEqual(requests.filter(({ status }) => status >= 400), []);
  const [served, fetched] = [requests.length, await fetchedByPage()];
  const { phase, result, error } = await page.answerTo(demo);
  assert.equal(phase, "ready", error?.message);
  assertAnswer(result);
  // The browser looks for a new version of the service worker when it sees fit.
  const asked = requests.slice(served).filter(({ path }) => !["/service-worker.js", "/precache.js"].includes(path));
  assert.deepEqual(asked, [], "requests after the models were loaded");
  assert.deepEqual(await fetchedByPage(), fetched);
  assert.deepEqual(await page.text(".number-value"), [String(Math.round(result.popularity.p50))]);
  assert.equal((await page.text(".bar-row")).length, 7);
  assert.deepEqual(result.warnings, []);
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("the demo button answers the demo song", async () => {
  await page.run("element.reset()");
  await page.click("[data-action=demo-src]");
  const { phase, result } = await page.answered();
  assert.equal(phase, "ready");
  assertAnswer(result);
});

test("what is known beside the sound is answered for the same features", async () => {
  const { result } = await page.answerTo(demo);
  const known = { year: 2024, genre: "pop", explicit: false, artist_usual_popularity: 62, artist_other_songs: 12 };
  await page.run("element.context = arguments[0]", known);
  const informed = (await page.answerTo(demo)).result;
  await page.run("element.context = {}");
  assertAnswer(informed);
  assert.deepEqual(informed.features, result.features);
  // An artist whose songs usually reach 62 is no stranger: the forecast has to move towards it.
  assert.ok(
    Math.abs(informed.popularity.p50 - 62) < Math.abs(result.popularity.p50 - 62),
    `${result.popularity.p50} became ${informed.popularity.p50}`,
  );
});

test("the contributions that are shown add up to the forecast, and the curve has a point a window", async () => {
  const { result } = await page.answerTo(demo);
  await page.until("the contributions are there", 10_000, async () => (await page.text(".contribution")).length === 12);
  const { start, end, points } = await page.run(`
    const root = element.shadowRoot;
    const number = (selector) => parseFloat(root.querySelector(selector).textContent.match(/[\\d.]+(?=\\.$)/)[0]);
    return {
      start: number(".contributions-start"),
      end: number(".contributions-sum"),
      points: [...root.querySelectorAll(".contribution")].map(({ dataset }) => Number(dataset.points)),
    };`);
  assert.ok(Math.abs(end - result.popularity.p50) <= 0.05, `${end} is shown for ${result.popularity.p50}`);
  const sum = start + points.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(sum - result.popularity.p50) < 0.1, `${sum} for ${result.popularity.p50}`);
  assert.equal(result.windows.length, Math.ceil(result.duration_seconds / 2.992));
});

test("mono at 48 kHz is a song as well as stereo at 44.1 kHz", async () => {
  for (const [channels, rate] of [[1, 48_000], [2, 44_100], [2, 22_050]]) {
    const samples = tune(6, rate);
    const path = await file(`${channels} at ${rate}.wav`, wav(Array(channels).fill(samples), rate));
    const { phase, result, error } = await page.answerTo(path);
    assert.equal(phase, "ready", error?.message);
    assertAnswer(result);
  }
});

test("no file that is not a song breaks the page", async (t) => {
  const short = await file("short.wav", wav([tune(4, 44_100)], 44_100));
  const demoBytes = await readFile(demo);
  const cases = {
    "an empty file": ["empty_file", await file("empty.mp3", "")],
    "text renamed .mp3": ["not_audio", await file("text.mp3", "Dear diary, today I made a song.\n".repeat(90))],
    "an MP3 cut off after its first frames": ["too_short", await file("cut.mp3", demoBytes.subarray(0, 6_000))],
    "damaged MP3 data": ["undecodable", await file("damaged.mp3", Buffer.concat([Buffer.from("ID3\x04\0\0\0\0\0\0"), Buffer.alloc(40_000, 0x55)]))],
    "a clip of 0.2 seconds": ["too_short", await file("blip.wav", wav([tune(0.2, 44_100)], 44_100))],
    "pure silence": ["silent", await file("silence.wav", wav([new Float32Array(5 * 44_100)], 44_100))],
    "a song of three hours": ["too_long", await file("three hours.mp3", silentMp3(3 * 3600))],
    "a video without audio": [
      "no_audio_track",
      fileURLToPath(new URL("fixtures/video-without-audio.mp4", import.meta.url)),
    ],
  };
  for (const [name, [code, path]] of Object.entries(cases)) {
    await t.test(name, async () => {
      const { phase, error } = await page.answerTo(path);
      assert.equal(phase, "error");
      assert.equal(error.code, code, error.message);
      assert.ok(error.message.length > 30 && /\.$/.test(error.message), error.message);
      const [words] = await page.text(".panel-message");
      assert.ok(words.length > 30 && /\.$/.test(words) && !words.includes("{"), words);
      if (code === "too_long") assert.match(words, /^It lasts 180 minutes; up to 30 minutes/);
      assert.deepEqual(await page.text(".panel-code"), [code]);
      assert.ok((await page.text(".panel-title"))[0].length > 5);
      // Usable at once after: no reload, no second click.
      assert.equal((await page.answerTo(short)).phase, "ready");
    });
  }
});

test("an MP3 cut in half is answered for the half that is there, with a warning", async () => {
  const bytes = await readFile(demo);
  const half = await file("half.mp3", bytes.subarray(0, bytes.length / 2));
  const { phase, result, error } = await page.answerTo(half);
  assert.equal(phase, "ready", error?.message);
  assertAnswer(result);
  assert.deepEqual(result.warnings.map(({ code }) => code), ["truncated"]);
  assert.equal((await page.text(".warnings li")).length, 1);
});

test("after all of that the demo song is still answered", async () => {
  const { phase, result } = await page.answerTo(demo);
  assert.equal(phase, "ready");
  assertAnswer(result);
});
