// Several songs at once, over a stand-in for the core that finds longer songs more popular.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { asCsv, shareAbove } from "../../www/compare.js";
import { tune, wav } from "./songs.mjs";
import { visitStandIn } from "./visit.mjs";

let visit, browser, page, songs;

before(async () => {
  visit = await visitStandIn({ "short.wav": 20, "no song.wav": "not at all", "long.wav": 100, "=middle, quoted.wav": 65 });
  ({ browser, page, songs } = visit);
});

after(() => visit?.close());

beforeEach(async () => {
  await page.open();
  await page.run("localStorage.clear(); element.context = {}");
  await page.prepared();
});

const rows = () =>
  page.run("return [...element.shadowRoot.querySelectorAll('.compare tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))");
const names = async () => (await rows()).map(([name]) => name);

test("several songs are answered one after another, the most popular first", async () => {
  await page.chooseFile(songs.join("\n"));
  assert.equal((await page.answered()).phase, "ready");
  const [first, second, third, failed] = await rows();
  assert.deepEqual(first.slice(0, 2), ["long", "74"]);
  assert.deepEqual(second.slice(0, 2), ["=middle, quoted", "39"]);
  assert.deepEqual(third.slice(0, 2), ["short", "34"]);
  assert.deepEqual(failed, ["no song", "The file could not be decoded"]);
  // The best is open, below the table.
  assert.deepEqual(await page.text(".song-name"), ["long"]);
  assert.match((await page.text(".verdict"))[0], /^long is likely to do better than the next, =middle, quoted/);
  assert.match((await page.text("[role=status]"))[0], /3 of 4 songs answered/);
});

test("songs are sorted by any column, both ways, and open by their name", async () => {
  await page.chooseFile([songs[0], songs[2], songs[3]].join("\n"));
  await page.answered();
  await page.click("[data-column=estimate]");
  assert.deepEqual(await names(), ["short", "=middle, quoted", "long"]);
  assert.equal(
    await page.run("return element.shadowRoot.querySelector('.column-estimate').getAttribute('aria-sort')"),
    "ascending",
  );
  await page.click("[data-column=song]");
  assert.deepEqual(await names(), ["=middle, quoted", "long", "short"]);
  await page.click("[data-song='0']");
  assert.deepEqual(await page.text(".song-name"), ["short"]);
  assert.deepEqual(await page.text(".opened .song-link"), ["short"]);
});

test("what is known counts for all songs", async () => {
  await page.chooseFile([songs[0], songs[3]].join("\n"));
  await page.answered();
  assert.match((await page.text(".verdict"))[0], /cannot be told apart/);
  await page.run(`
    const usual = element.shadowRoot.getElementById("context-usual");
    usual.value = 80;
    usual.dispatchEvent(new Event("input", { bubbles: true }));`);
  await page.until("both have changed", 5_000, async () => {
    const estimates = (await rows()).map(([, estimate]) => estimate);
    return estimates.join() === "68,66";
  });
});

test("the answers can be saved, and nothing in them is run by a spreadsheet", async () => {
  await page.chooseFile([songs[1], songs[3]].join("\n"));
  await page.answered();
  const saved = await browser.driver.executeAsyncScript(`
    const done = arguments[arguments.length - 1];
    const root = document.querySelector("foretune-predictor").shadowRoot;
    const blobs = [];
    const create = URL.createObjectURL;
    URL.createObjectURL = (blob) => { blobs.push(blob); return create.call(URL, blob); };
    for (const kind of ["csv", "json"]) root.querySelector("[data-action=" + kind + "-songs]").click();
    URL.createObjectURL = create;
    Promise.all(blobs.map((blob) => blob.text())).then(done);`);
  const [header, failed, answered] = saved[0].trimEnd().split("\r\n");
  assert.match(header, /^song,duration_seconds,mean,p10,p50,p90,danceability,.*,error$/);
  assert.match(failed, /^no song,,.*,undecodable$/);
  assert.match(answered, /^"'=middle, quoted",65,/);
  const [, song] = JSON.parse(saved[1]);
  assert.equal(song.song, "=middle, quoted");
  assert.ok(song.popularity.p10 < song.popularity.p90 && !("spectrogram" in song));
});

test("Cancel ends the queue and keeps what is answered", async () => {
  await page.chooseFile([songs[0], songs[2], songs[3]].join("\n"));
  await page.until("the first is answered", 20_000, async () => (await page.text(".compare-number")).length === 1);
  await page.click(".stage button.quiet");
  assert.equal((await page.answered()).phase, "ready");
  assert.deepEqual(await page.text(".song-name"), ["short"]);
  assert.equal((await rows()).length, 3);
  await page.click("[data-action=another]");
  assert.equal(await page.phase(), "idle");
  assert.deepEqual(await rows(), []);
});

test("an order is told by the whole forecasts", () => {
  const forecast = (...values) => ({ quantiles: values.map((value, index) => ({ level: (index + 1) / 4, value })) });
  assert.equal(shareAbove(forecast(10, 20, 30), forecast(10, 20, 30)), 0.5);
  assert.equal(shareAbove(forecast(50, 60, 70), forecast(10, 20, 30)), 1);
  const [one, other] = [forecast(15, 25, 35), forecast(10, 20, 30)];
  assert.ok(Math.abs(shareAbove(one, other) + shareAbove(other, one) - 1) < 1e-9);
  assert.ok(shareAbove(one, other) > 0.55);
});

test("a table holds a line even for a song that was never reached", () => {
  assert.match(asCsv([{ name: 'a "b"' }]), /\r\n"a ""b""",,.*,cancelled\r\n$/);
});

test("every song has its small picture on the scale of all, and the verdict is of all", async () => {
  await page.chooseFile([songs[0], songs[2], songs[3]].join("\n"));
  await page.answered();
  assert.deepEqual(await page.text(".multiple-name"), ["long", "=middle, quoted", "short"]);
  const [first, second] = await page.text(".multiple-verdict");
  assert.equal(first, "Highest estimate");
  assert.match(second, /^Behind the highest in \d+% of cases$/);
  // The same forecast takes the same area whatever the song: 60 by 200, the longest curve full width.
  const ends = await page.run(`
    return [...element.shadowRoot.querySelectorAll(".multiple-curve path")].map((path) => path.getBBox().x + path.getBBox().width);`);
  assert.ok(ends[0] > 190 && ends[2] < 50, `the curves end at ${ends}`);
  assert.match(
    await page.run("return element.shadowRoot.querySelector('.multiple-pictures').getAttribute('aria-label')"),
    /middle is 74/,
  );
});

test("songs that cannot be told from the best are counted", async () => {
  const alike = [20, 21, 22].map((seconds) => join(visit.files, `${seconds}.wav`));
  for (const [index, path] of alike.entries()) await writeFile(path, wav([tune(20 + index, 8000)], 8000));
  await page.chooseFile(alike.join("\n"));
  await page.answered();
  assert.match((await page.text(".verdict"))[0], /is ahead, but 2 others cannot be told apart from it/);
  assert.match((await page.text(".multiple-verdict"))[1], /^Not told apart from the highest: behind in 50% of cases/);
});
