// The view of one song's answer, over a stand-in for the core whose answers are known.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { consoleErrors } from "./browser.mjs";
import { visitStandIn } from "./visit.mjs";

const SONG_SECONDS = 60;

let visit, browser, page, song;

before(async () => {
  visit = await visitStandIn({ "A song.wav": SONG_SECONDS });
  ({ browser, page } = visit);
  [song] = visit.songs;
});

after(() => visit?.close());

beforeEach(async () => {
  await page.open();
  await page.run("localStorage.clear()");
  await page.open();
  await page.prepared();
});

/** Sets a control of the view as a person would. */
function set(id, value) {
  return page.run(
    `const control = element.shadowRoot.getElementById(arguments[0]);
     control.value = arguments[1];
     for (const name of ["input", "change"]) control.dispatchEvent(new Event(name, { bubbles: true }));`,
    id,
    value,
  );
}

function shows(selector, words) {
  return page.until(`${selector} shows ${words}`, 5_000, async () =>
    (await page.text(selector)).some((text) => text === words || (words instanceof RegExp && words.test(text))),
  );
}

/** Where the playhead stands, in seconds. */
async function playhead() {
  const share = await page.run("return element.shadowRoot.querySelector('.lanes').style.getPropertyValue('--at')");
  return Number(share) * SONG_SECONDS;
}

test("what is known of a song changes its forecast at once, and can be taken back", async () => {
  await page.answerTo(song);
  assert.deepEqual(await page.text(".number-value"), ["34"]);
  assert.deepEqual(
    await page.run("return [...element.shadowRoot.querySelectorAll('#context-genres option')].map(({ value }) => value)"),
    ["pop", "rock", "dance"],
  );
  await set("context-usual", "70");
  await shows(".number-value", "59");
  assert.match((await page.text(".without-context"))[0], /From the sound alone: 34/);
  await set("context-usual", "700");
  await shows(".number-value", "34");
  assert.deepEqual(await page.text(".without-context"), []);
});

test("each thing that is known shows how many points it makes", async () => {
  await page.answerTo(song);
  assert.deepEqual((await page.text(".effect")).join(""), "");
  await set("context-usual", "70");
  await set("context-year", "2020");
  // 0.3 · (34 + 10) + 0.7 · 70 = 62.2; without the artist 44, without the year 59.2.
  await shows("[for=context-usual].effect", "+18.2 points");
  await shows("[for=context-year].effect", "+3.0 points");
  assert.deepEqual(await page.text("[for=context-genre].effect"), [""]);
});

test("the song is compared with songs of its genre, else of its era, else with all", async () => {
  await page.answerTo(song);
  const percent = async () => Number((await page.text(".percentile"))[0].match(/(\d+)%/)[1]);
  assert.deepEqual(await page.text(".legend-reference"), ["all songs it learned from"]);
  const amongAll = await percent();
  await set("context-year", "1985");
  await shows(".legend-reference", "songs from 1980 to 1999 it learned from");
  await set("context-genre", "indie pop");
  await shows(".legend-reference", "pop songs it learned from");
  assert.match((await page.text("[data-feature=danceability] .standing"))[0], /^Higher than in \d+% of pop songs/);
  await set("context-year", "");
  await shows(".number-value", "34");
  // The stand-in's pop songs are more popular by twelve points than its songs in general.
  assert.ok((await percent()) < amongAll - 5, `${await percent()} % among pop, ${amongAll} % among all`);
});

test("contributions add up from nothing known to the forecast", async () => {
  await page.answerTo(song);
  await shows(".contributions-sum", /34/);
  const points = await page.run(
    "return [...element.shadowRoot.querySelectorAll('.contribution')].map(({ dataset }) => [dataset.input, Number(dataset.points)])",
  );
  assert.equal(points.length, 12);
  const [[first, context], ...features] = points;
  assert.equal(first, "context");
  const magnitudes = features.map(([, value]) => Math.abs(value));
  assert.deepEqual(magnitudes, magnitudes.toSorted((a, b) => b - a));
  const sum = 30 + context + features.reduce((total, [, value]) => total + value, 0);
  assert.ok(Math.abs(sum - 34) < 0.1, `they add up to ${sum}`);
  await set("context-usual", "70");
  await shows(".contributions-sum", /59/);
});

test("a slider changes the forecast of what if, and only that", async () => {
  await page.answerTo(song);
  assert.match((await page.text(".what-if-answer"))[0], /^34\s+as the song is/);
  await set("what-if-danceability", "0.91");
  await shows(".what-if-answer", /^38\s+\+4\.0 points/);
  await set("what-if-year", "1980");
  await shows(".what-if-answer", /^28\s+−6\.0 points/);
  assert.deepEqual(await page.text(".number-value"), ["34"]);
  // A moved slider stays where it was put when the song itself is better known.
  await set("context-usual", "70");
  await shows(".what-if-answer", /^57\s+−1\.8 points/);
  await page.click("[data-action=reset-what-if]");
  await shows(".what-if-answer", /^59\s+as the song is/);
  assert.equal(await page.run("return element.shadowRoot.getElementById('what-if-danceability').value"), "0.71");
});

test("the song can be heard from any place of the picture, and its strongest part by itself", async () => {
  await page.answerTo(song);
  assert.match((await page.text(".clock"))[0], /^0:00 \/ 1:00$/);
  await page.press("[data-action=play]");
  await page.until("it plays", 5_000, async () => (await playhead()) > 0.2);
  assert.deepEqual(await page.text("[data-action=play]"), ["Pause"]);
  await page.press("[data-action=play]");
  await shows("[data-action=play]", "Play");
  await page.run(`
    const seek = element.shadowRoot.querySelector(".seek");
    seek.value = 42;
    seek.dispatchEvent(new Event("input", { bubbles: true }));`);
  assert.ok(Math.abs((await playhead()) - 42) < 0.5, `the playhead stands at ${await playhead()} s`);
  const clip = await page.run(`
    const { style } = element.shadowRoot.querySelectorAll(".clip")[1];
    return ["--from", "--to"].map((name) => Number(style.getPropertyValue(name)));`);
  const [from, to] = clip.map((share) => share * SONG_SECONDS);
  assert.ok(Math.abs(to - from - 15) < 1e-6, `the shorter clip lasts ${to - from} s`);
  await page.press("[data-action=clip-15]");
  await page.until("the clip plays", 5_000, async () => {
    const at = await playhead();
    return at > from && at < to;
  });
  await page.click("[data-action=another]");
  assert.equal(await page.phase(), "idle");
  assert.deepEqual(await consoleErrors(browser.driver), []);
});

test("the picture over time is told in words", async () => {
  await page.answerTo(song);
  const words = await page.run("return element.shadowRoot.querySelector('.curve').getAttribute('aria-label')");
  assert.match(words, /from \d+ \(around \d:\d\d\) to \d+ \(around \d:\d\d\)/);
  const [inText] = await page.text(".curve-words");
  assert.ok(inText.startsWith(words), inText);
  assert.match(inText, /highest of any 30 seconds.*highest of any 15 seconds/s);
});

test("a first impression is given before the whole song is heard", async () => {
  await page.run(`
    window.impressions = [];
    new MutationObserver(() => {
      const words = element.shadowRoot.querySelector(".panel-first")?.textContent;
      if (words) window.impressions.push([words, element.phase]);
    }).observe(element.shadowRoot, { subtree: true, childList: true });`);
  await page.answerTo(song);
  assert.deepEqual((await page.run("return window.impressions"))[0], ["First impression: about 34", "analyzing"]);
});

test("what is known of the songs is remembered on the device, until it is cleared", async () => {
  await page.answerTo(song);
  await set("context-usual", "70");
  await set("context-genre", "rock");
  await shows(".number-value", "59");
  await page.open();
  await page.prepared();
  await page.answerTo(song);
  await shows(".number-value", "59");
  assert.equal(await page.run("return element.shadowRoot.getElementById('context-genre').value"), "rock");
  await page.click(".clear");
  await shows(".number-value", "34");
  await page.open();
  assert.deepEqual(await page.run("return element.context"), {});
});

test("loudness over time is drawn against the level of streaming, and told in words", async () => {
  await page.answerTo(song);
  const words = await page.run("return element.shadowRoot.querySelector('.loudness-lane').getAttribute('aria-label')");
  assert.match(words, /from −26 LUFS \(around 0:01\) to −8 \(around 0:3\d\)/);
  assert.deepEqual(await page.text(".loudness-mark"), ["−14"]);
  assert.ok((await page.text(".legend-words p")).includes(words));
  assert.equal((await page.text(".lane-name")).length, 4);
});

test("what raises and what lowers the forecast is said, the strongest first", async () => {
  await page.answerTo(song);
  await shows(".contributions-words", "Raised most by Tempo, Valence, and Liveness. Lowered most by Danceability, Energy, and Key.");
});

test("half and eight in ten songs, half time and double time are told", async () => {
  await page.answerTo(song);
  const [, halfLow, halfHigh, low, high] = (await page.text(".trust"))[0].match(/half land between (\d+) and (\d+) .* between (\d+) and (\d+)/).map(Number);
  assert.ok(low < halfLow && halfLow < 34 && 34 < halfHigh && halfHigh < high, (await page.text(".trust"))[0]);
  assert.match((await page.text(".tile.tempo"))[0], /Half time is 59, double time 236 BPM\./);
  assert.doesNotMatch((await page.text(".tile.tempo"))[0], /felt/);
});

test("features are compared with all songs and with those of the genre", async () => {
  await page.answerTo(song);
  const standing = "[data-feature=danceability] .standing";
  assert.match((await page.text(standing))[0], /^Higher than in 71% of all songs\.$/);
  // Of an era only the popularity is known.
  await set("context-year", "1985");
  await shows(".legend-reference", "songs from 1980 to 1999 it learned from");
  assert.match((await page.text(standing))[0], /^Higher than in 71% of all songs\.$/);
  await set("context-genre", "indie pop");
  await shows(standing, /^Higher than in 85% of pop songs, and in 71% of all\.$/);
});

test("key, mode and genre can be tried out as well", async () => {
  await page.answerTo(song);
  await page.run(`
    window.asked = [];
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message.method === "predictFeatures") window.asked.push([message.args.features.key, message.args.features.mode, message.args.context.genre ?? null]);
      return post.call(this, message, ...rest);
    };`);
  await set("what-if-key", "5");
  await set("what-if-mode", "1");
  await set("what-if-genre", "rock");
  await page.until("the last is asked", 5_000, async () => (await page.run("return window.asked.at(-1)?.join()")) === "5,1,rock");
  await page.click("[data-action=reset-what-if]");
  await page.until("it is the song again", 5_000, async () => (await page.run("return window.asked.at(-1)?.join()")) === "1,0,");
});
